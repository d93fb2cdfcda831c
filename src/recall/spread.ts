import { REACH } from './neighborhoods.ts';

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
export interface Source {
  id: string;
  lineageId: string;
  /** The terms it has, by number, and what each scores. */
  terms: readonly number[];
  owns: readonly number[];
  /** The lineages around it, and how many relations after (positive) or before it. */
  near: readonly string[];
  hops: readonly number[];
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
  /** The terms it has itself, by number. */
  ownTerms: readonly number[];
  terms: readonly TermScore[];
}

/**
 * Lets what memories score spread to what follows them and what they follow, term by term and by maximum: what is meant
 * often stands in the question before, or the answer after. Candidates are returned best first.
 */
export function spread(sources: readonly Source[]): Candidate[] {
  const received = new Map<string, Map<number, { value: number; from: string }>>();
  for (const { id, terms, owns, near, hops } of sources) {
    for (const [index, lineageId] of near.entries()) {
      const factor = factors.get(hops[index] as number) ?? 0;
      const scores = received.get(lineageId) ?? new Map<number, { value: number; from: string }>();
      received.set(lineageId, scores);
      for (const [place, term] of terms.entries()) {
        const value = (owns[place] as number) * factor;
        if (value > (scores.get(term)?.value ?? 0)) scores.set(term, { value, from: id });
      }
    }
  }
  const candidates = sources.map(({ id, lineageId, terms, owns }) => {
    const own = terms.map((term, place) => ({ term, value: owns[place] as number }));
    return candidateOf(id, lineageId, own, received.get(lineageId));
  });
  for (const [lineageId, scores] of received) candidates.push(candidateOf(null, lineageId, [], scores));
  return candidates.sort((a, b) => b.score - a.score || compare(b.lineageId, a.lineageId) || compare(b.id, a.id));
}

function candidateOf(
  id: string | null,
  lineageId: string,
  own: readonly { term: number; value: number }[],
  received: ReadonlyMap<number, { value: number; from: string }> | undefined,
): Candidate {
  const terms = new Map<number, TermScore>(own.map((each) => [each.term, { ...each, from: null }]));
  for (const [term, { value, from }] of received ?? []) {
    if (value > (terms.get(term)?.value ?? 0)) terms.set(term, { term, value, from });
  }
  const scores = [...terms.values()].sort((a, b) => a.term - b.term);
  return {
    id,
    lineageId,
    score: sum(scores),
    own: sum(own),
    ownTerms: own.map(({ term }) => term),
    terms: scores,
  };
}

/** In one order, so that equal parts make equal sums to the last digit. */
const sum = (scores: readonly { value: number }[]): number =>
  scores
    .map(({ value }) => value)
    .sort((a, b) => a - b)
    .reduce((total, value) => total + value, 0);

const compare = (a: string | null, b: string | null): number => (a === b ? 0 : (a ?? '') < (b ?? '') ? -1 : 1);
