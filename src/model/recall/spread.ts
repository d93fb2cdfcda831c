import { type SQL, sql } from 'drizzle-orm';
import { REACH } from './reach.ts';

/** What is left of a term's score with each FOLLOWS relation, and once more where it leads to what came before. */
const SPREAD = 0.7;

/** What is left `hops` relations after a memory, or before it, from the farthest before to the farthest after. */
const factors = Array.from({ length: 2 * REACH + 1 }, (_, index) => index - REACH).map((hops) =>
  hops > 0 ? SPREAD ** hops : SPREAD * SPREAD ** -hops,
);

/** What of a spread is needed. */
export interface Spreading {
  /** Which memory each score has come from. */
  explains: boolean;
  /** A lineage of which a version has terms itself may have others that count. */
  mayHoldTwice: boolean;
}

/**
 * The common table `candidate`: what memories score by their own words and by what spreads to them. It spreads to what
 * follows a memory and to what it follows, term by term and by maximum: what is meant often stands in the question before,
 * or the answer after. It reads the tables `counted` (see {@link countedSql}) and `placed` (id, near, hops: what lies around a
 * memory). A candidate is one version of a `lineage`, or, where `id` is null, whichever has none of the words itself. It has
 * a `score` as if nothing were long, and, term by term, what it scores itself, `owns`, what comes to it, `received`, and from
 * which memory, `sources`.
 */
export function spreadSql({ explains, mayHoldTwice }: Spreading): SQL {
  const value = sql.raw(`counted.own * ('{${factors.join(',')}}'::float8[])[near.hops + ${REACH + 1}]`);
  const ifExplained = (text: SQL) => (explains ? sql`, ${text}` : sql.empty());
  const source = ifExplained(sql`source`);
  const nearest = ifExplained(sql`(array_agg(counted.id order by ${value} desc, counted.id))[1] as source`);
  const one = ifExplained(sql`(array_agg(source order by source))[1] as source`);
  const toAny = sql`union all
          select null, lineage, number, null, value${source} from spreading where lineage in (select lineage from counted)`;
  return sql`spreading as materialized (
      select near.lineage, counted.number, max(${value}) as value${nearest}
      from placed join counted on counted.id = placed.id cross join lateral unnest(placed.near, placed.hops) near (lineage, hops)
      where counted.own > 0
      group by near.lineage, counted.number
    ), candidate as materialized (
      select id, lineage, sum(greatest(own, value) order by greatest(own, value)) as score, array_agg(own) as owns,
        array_agg(value) as received, bool_or(value is not null) as receives${ifExplained(sql`array_agg(source) as sources`)}
      from (
        select id, lineage, number, max(own) as own, max(value) as value${one}
        from (
          select id, lineage, number, own, null::float8 as value${ifExplained(sql`null::uuid as source`)} from counted
          union all
          select version.id, spreading.lineage, number, null, value${source} from spreading
          left join (select distinct id, lineage from counted) version on version.lineage = spreading.lineage
          ${mayHoldTwice ? toAny : sql.empty()}
        ) part
        group by id, lineage, number) part
      group by id, lineage)`;
}

const ORDER = sql`candidate.words desc, candidate.lineage desc, candidate.id desc nulls last`;

/** The best candidates of the table `ranked` in their order, as a table that is called `candidate`. */
export const inOrderSql = (most: number): { from: SQL; order: SQL } => ({
  from: sql`(select * from ranked candidate order by ${ORDER} limit ${sql.raw(String(most))}) candidate`,
  order: ORDER,
});

/**
 * The common table `ranked`: the candidates, with what they score, `words`. A long memory speaks for itself: it receives
 * the less the longer it is, which the table `long` (lineage, times: longer than a short one) says. Added up in one order, so
 * that equal parts make equal sums to the last digit.
 */
export const rankedSql: SQL = sql`ranked as materialized (
      select candidate.*, long.times, case when long.times is null then candidate.score else (
        select sum(greatest(own, value / long.times) order by greatest(own, value / long.times))
        from unnest(candidate.owns, candidate.received) part (own, value)) end as words
      from candidate left join long on long.lineage = candidate.lineage and candidate.receives)`;

/** The memories from which a row of `ranked` has what it does not score itself, as text. */
export const sourcesOfSql: SQL<string> = sql<string>`(
  select array_agg(distinct source) filter (where value / coalesce(ranked.times, 1) > coalesce(own, 0))
  from unnest(ranked.owns, ranked.received, ranked.sources) part (own, value, source))::text`;
