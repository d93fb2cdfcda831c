import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, moment, texts } from '../../db/sql.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { withPolicies } from '../../model/decay/importance.ts';
import { LENGTH_SLOPE, PASSAGE_FACTOR, SHORT } from '../../model/recall/length.ts';
import { bestPassagesSql, beyondAllSql, passageSql, placesSql } from '../../model/recall/passages.ts';
import { memories, memoriesHistory } from '../../tables/memory.ts';
import { neighborhoods, postings } from '../../tables/recall.ts';
import { filterConditions, type MemoryFilter } from '../memory/filter.ts';
import type { Term } from './analysis.ts';
import { type Mentioning, mentionedSql } from './mentioned.ts';
import { postingsOf, wholePosting } from './postings.ts';
import { type Searched, searchedSql } from './searched.ts';

const best = under(postings, 'best');
const changed = under(memories, 'changed');
const chosen = under(memories, 'chosen');
const h = under(memoriesHistory, 'h');
const hit = under(postings, 'hit');
const m = under(memories, 'm');
const n = under(neighborhoods, 'n');
const p = under(postings, 'p');

/** The highest that a term scores, in its weight: BM25's k1 + 1, where k1 is 1. */
export const HIGHEST = 2;
/** How many memories, the best by their own words, let their scores spread. */
export const MAX_SOURCES = 100;
/** How many memories that pass a filter are looked for by their own words. */
const MAX_MATCHING = 150;

/** True of a filter that says more than which statuses pass. */
export const isSelective = ({ statuses: _, ...others }: MemoryFilter): boolean =>
  Object.values(others).some((value) => value != null);

/**
 * What a term scores that a memory has once, twice …, in its weight: BM25's saturation with a k1 that grows with the
 * length of the content, `lengthFactor`, or is that of a passage, divided by `lengthDivisor`.
 */
const saturation = ({
  frequency,
  length,
  passage,
  inside,
}: Record<'frequency' | 'length' | 'passage' | 'inside', SQL>): SQL => {
  const times = sql`(${length}::float8 / ${float(SHORT)})`;
  const highest = float(HIGHEST);
  return sql`case when ${length} <= ${sql.raw(String(SHORT))} then ${highest} * ${frequency} / (${frequency} + 1)
    else (case when ${passage} < 0 then ${highest} * ${frequency} / (${frequency} + sqrt(${times}))
      else ${highest} * ${inside} / (${inside} + ${float(PASSAGE_FACTOR)}) end) / (1 + ${float(LENGTH_SLOPE)} * ln(${times})) end`;
};

/** A name of an entity counts as if it stood in the memory once, with every passage. */
const ONCE = { frequency: sql`1`, passage: sql`-1`, inside: sql`1` };

/** What a statement with common tables of its own begins with. */
export const commonTables = (needsPolicies: boolean, reading: Reading): SQL =>
  needsPolicies ? sql`${withPolicies(reading)},` : sql`with`;

/** The postings that a term `l` has, as they are. */
const postingsNow = (searched: Searched, workspaceId: string): SQL =>
  postingsOf(sql`l.lexeme`, searched, workspaceId, wholePosting);

/** The postings that a term `l` had when a list began: of what has come since none, of what has changed the former. */
const postingsThen = (searched: Searched, workspaceId: string): SQL => sql`
  select * from (${postingsNow(searched, workspaceId)}) p where not exists (select from changed where ${changed.id} = ${p.memoryId})
  union all
  select ${changed.id}, coalesce(cardinality(t.positions), 1)::smallint, ${lengthSql(changed.content)},
    ${placesSql({ positions: sql`t.positions`, weights: sql`t.weights`, length: lengthSql(changed.content) })}
  from changed cross join lateral unnest(${changed.search}) t
  where t.lexeme = l.lexeme`;

/**
 * The common table `changed`: memories that have come or changed since a list began, and what they were found by then.
 */
const changedSql = (searched: Searched, workspaceId: string, asOf: Date): SQL => sql`changed as materialized (
    select ${h.id}, ${h.search}, ${h.content} from ${aliased(h)}
    where ${searchedSql(h, searched, workspaceId)} and ${h.knownUntil} > ${moment(asOf)} and ${h.knownFrom} <= ${moment(asOf)}
    union all
    select ${m.id}, null, null from ${aliased(m)}
    where ${searchedSql(m, searched, workspaceId)} and ${m.recordedAt} > ${moment(asOf)}
  ), `;

/**
 * The common tables `hit`: which memories have which of the terms, by number, in which passages, and what each scores;
 * and `best`: what memories score by their own words, in their best passage. `mentioned` are those that have terms by the
 * names of entities alone, with a frequency of 0, see {@link mentionedSql}.
 */
function hitSql(
  searched: Searched,
  workspaceId: string,
  terms: readonly Term[],
  maxHits: number,
  asOf: Date | undefined,
  mentioned: SQL | undefined,
): SQL {
  const lexemes = terms.flatMap((term, index) =>
    term.lexemes.map((lexeme) => ({ index, lexeme, weight: term.weight })),
  );
  const counted = {
    frequency: sql`max(p.frequency)`,
    length: sql`max(${p.length})`,
    passage: passageSql(sql`p.place`),
    inside: sql`count(*)`,
  };
  const found = sql`
      select ${p.memoryId}, p.number, ${counted.passage} as passage, ${counted.frequency} as frequency, ${counted.inside} as inside,
        max(p.weight) * (${saturation(counted)}) as own
      from (
        select l.number, l.weight, ${p.memoryId}, p.frequency, ${p.length}, unnest(coalesce(p.places, '{0}')) as place
        from (select unnest(${`{${lexemes.map(({ index }) => index).join(',')}}`}::int[]) as number,
          unnest(${texts(lexemes.map(({ lexeme }) => lexeme))}) as lexeme,
          unnest(${`{${lexemes.map(({ weight }) => weight).join(',')}}`}::float8[]) as weight) l
        cross join lateral (
          select * from (${asOf ? postingsThen(searched, workspaceId) : postingsNow(searched, workspaceId)}) p
          order by ${p.memoryId} desc limit ${sql.raw(String(maxHits))}) p
      ) p
      group by ${p.memoryId}, p.number, passage`;
  if (!mentioned) return sql`hit as materialized (${found}), best as materialized (${bestPassagesSql(sql`hit`)})`;
  return sql`said as materialized (${found}), hit as materialized (
      select ${hit.memoryId}, hit.number, hit.passage, max(hit.frequency) as frequency, max(hit.inside) as inside, max(hit.own) as own
      from (select * from said union all ${mentioned}) hit group by ${hit.memoryId}, hit.number, hit.passage
    ), best as materialized (${bestPassagesSql(beyondAllSql(sql`hit`))})`;
}

/** The length of a content as postings have it. */
export const lengthSql = (content: SQL): SQL<number> => sql<number>`least(octet_length(${content}) / 10, 32767)`;

const float = (value: number): SQL => sql.raw(`${value}::float8`);

/**
 * The common tables of what has the question's terms: `hit`; `chosen`, the best by their own words among those of the
 * filter's statuses, from which scores spread, and, where the filter says more, the best among those that pass it; `mine`,
 * their hits; `placed`, what lies around them. At most `maxHits` postings of a term are followed. What mentions an entity has
 * the terms of its names. A reading of the past finds what held then, by today's index.
 */
export function sourcesSql(
  searched: Searched,
  reading: Reading,
  terms: readonly Term[],
  filter: MemoryFilter,
  maxHits: number,
  asOf: Date | undefined,
  mentioning: Mentioning,
): SQL {
  const { workspaceId } = reading;
  const bestOf = (conditions: readonly SQL[], limit: number) => sql`(
    select ${m.id}, ${m.lineageId} from (select * from best order by score desc, ${best.memoryId} desc) best
    cross join lateral (
      select ${m.id}, ${m.lineageId} from ${reading.from(m)}
      where ${all([sql`${m.workspaceId} = ${workspaceId}`, sql`${m.id} = ${best.memoryId}`, ...conditions])} limit 1) m
    limit ${sql.raw(String(limit))})`;
  const branches = [bestOf(filterConditions({ statuses: filter.statuses }, reading), MAX_SOURCES)];
  if (isSelective(filter)) branches.push(bestOf(filterConditions(filter, reading), MAX_MATCHING));
  const mentioned = mentionedSql(
    searched,
    reading,
    mentioning,
    (weight) => sql`${weight} * (${saturation({ ...ONCE, length: lengthSql(m.content) })})`,
  );
  return sql`${asOf ? changedSql(searched, workspaceId, asOf) : sql.empty()}
    ${hitSql(searched, workspaceId, terms, maxHits, asOf, mentioned)},
    chosen as materialized (${sql.join(branches, sql` union `)}), mine as materialized (
      select ${chosen.id}, ${chosen.lineageId} as lineage, hit.number, hit.passage, hit.own, hit.frequency, hit.inside
      from chosen join hit on ${hit.memoryId} = ${chosen.id}
    ), placed as materialized (
      select ${chosen.id}, n.* from chosen cross join lateral (
        select ${n.near}, ${n.hops} from ${aliased(n)}
        where ${n.workspaceId} = ${workspaceId} and ${n.lineageId} = ${chosen.lineageId} limit 1
      ) n
    )`;
}
