import { type SQL, sql } from 'drizzle-orm';
import { under } from '../../db/typed-sql.ts';
import { postings } from '../../tables/recall.ts';
import { PASSAGE_LENGTH, PASSAGE_WORDS } from './length.ts';
import { PLACE } from './terms.ts';

/** What {@link placesSql} is made from: a lexeme of `unnest(tsvector)`, and the content's length. */
interface Lexeme {
  positions: SQL;
  weights: SQL;
  length: SQL;
}

/**
 * Where in a content a lexeme stands, as postings have it. Null of a content without passages, and of a lexeme whose
 * places are not known: compounds, n-grams, days, what the summary alone says, and what stands beyond the last place
 * that a tsvector knows.
 */
export const placesSql = ({
  positions,
  weights,
  length,
}: Lexeme): SQL => sql`case when ${length} > ${number(PASSAGE_LENGTH)} then
    case when 'A' = all(${weights}) and ${positions}[cardinality(${positions})] < ${number(PLACE)} then ${positions}
    else (select array_agg(place order by place) from unnest(${positions}, ${weights}) p (place, weight)
      where weight = 'A' and place < ${number(PLACE)}) end end`;

/** The passage that a place is in, from 0 on; −1 of the place 0, which stands for none. */
export const passageSql = (place: SQL): SQL =>
  sql`((${place} + ${number(PASSAGE_WORDS - 1)}) / ${number(PASSAGE_WORDS)} - 1)`;

const number = (value: number): SQL => sql.raw(String(value));

const hit = under(postings, 'hit');

/**
 * What memories score in their best passage, `score`, by rows of a table: `number` of the term, `passage` from 0 on, or −1 where it
 * counts in all of the content, and `own`, what it scores there.
 */
export const bestPassagesSql = (hits: SQL): SQL => sql`
  select ${hit.memoryId}, coalesce(max(score) filter (where passage < 0), 0) + coalesce(max(score) filter (where passage >= 0), 0)
    as score
  from (select ${hit.memoryId}, passage, sum(own order by number) as score from ${hits} hit group by ${hit.memoryId}, passage) hit
  group by ${hit.memoryId}`;

/** The same hits; of a term that counts in all of the content, too, what a passage adds to that. */
export const beyondAllSql = (hits: SQL): SQL => sql`(
  select ${hit.memoryId}, number, passage, case when passage < 0 then own else
    greatest(0, own - coalesce(max(own) filter (where passage < 0) over (partition by ${hit.memoryId}, number), 0)) end as own
  from ${hits} hit)`;

/** The terms of a memory as they count. */
export interface Counted {
  terms: readonly number[];
  /** How often the content has each; 0: it counts, once, since a name of an entity has it. */
  frequencies: readonly number[];
  /** How often the passage has it; null: it counts as in all of the content. */
  inPassage: readonly (number | null)[];
  /** What they score together: 0 of one that stands in other passages alone. */
  own: number;
  /** The passage that counts, the first of the best; null: all of the content. */
  passage: number | null;
}

/**
 * The common tables `counted`: what each term of a memory scores, `own`, by rows `mine` (id, lineage, number, passage, own,
 * frequency, inside), which are the hits of some memories; and `spoken`: the terms of each as text, and the `passage` that
 * counts. The terms in the best passage count as that has them, and those that are in no passage as the whole has them. What
 * counts with every passage, too, as names do, makes none of them better than another.
 */
export const countedSql: SQL = sql`counted as materialized (
      select id, lineage, number, best, coalesce(greatest(whole, part), 0) as own,
        case when whole is null or part > whole then times else frequency end as frequency,
        case when part > whole or whole is null then coalesce(inside, 0) else -1 end as inside
      from (
        select mine.id, mine.lineage, mine.number, best.passage as best, max(mine.frequency) as times,
          max(mine.own) filter (where mine.passage < 0) as whole,
          max(mine.frequency) filter (where mine.passage < 0) as frequency,
          max(mine.own) filter (where mine.passage = best.passage) as part,
          max(mine.inside) filter (where mine.passage = best.passage) as inside
        from mine left join (
          select distinct on (id) id, passage from (
            select id, passage, sum(more order by number) as score from (
              select id, number, passage,
                greatest(0, own - coalesce(max(own) filter (where passage < 0) over (partition by id, number), 0)) as more
              from mine) mine
            where passage >= 0 group by id, passage) scored
          order by id, score desc, passage) best on best.id = mine.id
        group by mine.id, mine.lineage, mine.number, best.passage) mine
    ), spoken as (
      select id, max(best) as passage, sum(own order by own) as own,
        string_agg(concat_ws(' ', number, frequency, inside), ',' order by number) as terms
      from counted group by id)`;

/** The terms of a memory as `spoken` has them; null: it has none. */
export function readCounted(terms: string | null, own: number | null, passage: number | null): Counted {
  const read = (terms ?? '').split(',').filter(Boolean);
  const counted = read.map((term) => term.split(' ').map(Number) as [number, number, number]);
  return {
    terms: counted.map(([term]) => term),
    frequencies: counted.map(([, frequency]) => frequency),
    inPassage: counted.map(([, , inside]) => (inside < 0 ? null : inside)),
    own: own ?? 0,
    passage,
  };
}
