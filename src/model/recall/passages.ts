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

/** What memories score in their best passage, `score`, by rows of a table that are as {@link Hit} says. */
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

/** What a term scores in a passage of a memory, or in all of it. */
export interface Hit {
  /** The term's number. */
  term: number;
  /**
   * The passage, from 0 on; −1: all of the content, since it is short, or the term has no place that is known, or stands in
   * the name of an entity.
   */
  passage: number;
  own: number;
  /** How often the content has the term, and how often the passage; 0: only a name of an entity has it. */
  frequency: number;
  inPassage: number;
}

/** The terms of a memory as they count. */
export interface Counted {
  terms: readonly number[];
  /** What each scores: 0 of one that stands in other passages alone. */
  owns: readonly number[];
  /** How often the content has it; 0: it counts, once, since a name of an entity has it. */
  frequencies: readonly number[];
  /** How often the passage has it; null: it counts as in all of the content. */
  inPassage: readonly (number | null)[];
  /** The passage that counts, the first of the best; null: all of the content. */
  passage: number | null;
}

/**
 * The terms of a memory as its best passage has them, and those that are in no passage as the whole has them. What counts
 * with every passage, too, as names do, makes none of them better than another.
 */
export function countHits(hits: readonly Hit[]): Counted {
  const inAll = new Map<number, number>();
  for (const { term, passage, own } of hits) if (passage < 0) inAll.set(term, own);
  const scores = new Map<number, number>();
  for (const { term, passage, own } of hits) {
    const more = Math.max(0, own - (inAll.get(term) ?? 0));
    if (passage >= 0) scores.set(passage, (scores.get(passage) ?? 0) + more);
  }
  let best: number | null = null;
  for (const [passage, score] of scores) {
    const highest = best === null ? -1 : (scores.get(best) as number);
    if (score > highest || (score === highest && passage < (best as number))) best = passage;
  }
  const terms = [...Map.groupBy(hits, ({ term }) => term)].map(([term, of]) => {
    const counting = of.filter(({ passage }) => passage < 0 || passage === best);
    const [highest] = counting.sort((a, b) => b.own - a.own);
    if (highest && highest.passage < 0)
      return { term, own: highest.own, frequency: highest.frequency, inPassage: null };
    const frequency = Math.max(...of.map((hit) => hit.frequency));
    return { term, own: highest?.own ?? 0, frequency, inPassage: highest?.inPassage ?? 0 };
  });
  return {
    terms: terms.map(({ term }) => term),
    owns: terms.map(({ own }) => own),
    frequencies: terms.map(({ frequency }) => frequency),
    inPassage: terms.map(({ inPassage }) => inPassage),
    passage: best,
  };
}
