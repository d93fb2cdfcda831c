import { timesShort } from './length.ts';
import { type Counted, countHits } from './passages.ts';
import { REACH } from './reach.ts';

/** What is left of a term's score with each FOLLOWS relation, and once more where it leads to what came before. */
const SPREAD = 0.7;

/** `factors[hops]` is what is left `hops` relations after a memory, `factors[-hops]` before it. */
const factors = new Map(
  Array.from({ length: REACH }, (_, index) => index + 1).flatMap((hops) => [
    [hops, SPREAD ** hops],
    [-hops, SPREAD * SPREAD ** hops],
  ]),
);

/** A memory that has terms of the question, and what lies around it. */
export interface Source extends Counted {
  id: string;
  lineageId: string;
  /** The lineages around it, how many relations after (positive) or before it, and how long they are. */
  near: readonly string[];
  hops: readonly number[];
  lengths: readonly number[];
}

/** What a lineage scores for a term: by a version's own words, or by those of a memory nearby. */
export interface TermScore {
  term: number;
  value: number;
  /** The memory nearby whose words they are; null: its own. */
  from: string | null;
}

/** A candidate: one version of a lineage, or, where `id` is null, whichever has none of the words itself. */
export interface Candidate {
  id: string | null;
  lineageId: string;
  /** Term by term the higher of what its own words and what a memory nearby scores. */
  score: number;
  /** The part of `score` that its own words make, term by term; the rest has spread to it. */
  own: number;
  /** The terms it has itself, by number, how often, and how often the passage has them that counts: see {@link Counted}. */
  ownTerms: readonly number[];
  frequencies: readonly number[];
  inPassage: readonly (number | null)[];
  passage: number | null;
  terms: readonly TermScore[];
  /** What has spread to it was divided by this: how many times longer than a short content it is. */
  spreadDivisor: number;
}

/** What a lineage has received: the highest that each term scores, at its number. */
interface Received {
  highest: (TermScore | undefined)[];
  divisor: number;
}

/**
 * Lets what memories score spread to what follows them and what they follow, term by term and by maximum: what is meant
 * often stands in the question before, or the answer after. A long memory speaks for itself: it receives the less the
 * longer it is. Candidates are returned best first.
 */
export function spread(sources: readonly Source[]): Candidate[] {
  const received = new Map<string, Received>();
  for (const { id, terms, owns, near, hops, lengths } of sources) {
    for (const [index, lineageId] of near.entries()) {
      const known = received.get(lineageId) ?? { highest: [], divisor: timesShort(lengths[index] ?? 0) };
      received.set(lineageId, known);
      const factor = (factors.get(hops[index] as number) ?? 0) / known.divisor;
      for (const [place, term] of terms.entries()) {
        const value = (owns[place] as number) * factor;
        if (value > (known.highest[term]?.value ?? 0)) known.highest[term] = { term, value, from: id };
      }
    }
  }
  const candidates = sources.map((source) => candidateOf(source, received.get(source.lineageId)));
  for (const [lineageId, known] of received) {
    candidates.push(candidateOf({ id: null, lineageId, ...countHits([]) }, known));
  }
  return candidates.sort((a, b) => b.score - a.score || compare(b.lineageId, a.lineageId) || compare(b.id, a.id));
}

/** With the higher of what its own words and what those nearby score for each term. */
function candidateOf(
  { id, lineageId, terms, owns, frequencies, inPassage, passage }: Counted & Pick<Candidate, 'id' | 'lineageId'>,
  received: Readonly<Received> | undefined,
): Candidate {
  const highest = received?.highest.slice() ?? [];
  for (const [place, term] of terms.entries()) {
    const value = owns[place] as number;
    if (value >= (highest[term]?.value ?? 0)) highest[term] = { term, value, from: null };
  }
  const scores = highest.filter((score) => score !== undefined);
  return {
    id,
    lineageId,
    score: sum(scores.map(({ value }) => value)),
    own: sum(owns),
    ownTerms: terms,
    frequencies,
    inPassage,
    passage,
    terms: scores,
    spreadDivisor: received?.divisor ?? 1,
  };
}

/** In one order, so that equal parts make equal sums to the last digit. */
const sum = (values: readonly number[]): number =>
  (values.length > 2 ? [...values].sort((a, b) => a - b) : values).reduce((total, value) => total + value, 0);

const compare = (a: string | null, b: string | null): number => (a === b ? 0 : (a ?? '') < (b ?? '') ? -1 : 1);
