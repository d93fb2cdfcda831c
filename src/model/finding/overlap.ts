import type { Clause, Token, Weights } from './statement.ts';
import { isVerb } from './subject.ts';
import { FUNCTION_WORD } from './tokens.ts';
import { unitOf } from './units.ts';

/** From this weight on a word says what a text is about. */
export const CONTENT = 0.6;

/** What two sets of words share. */
export interface Overlap {
  /** The sum of the weights of shared words. */
  weight: number;
  /** How many of them are content words. */
  content: number;
  /** The shared words, the weightiest first. */
  words: readonly string[];
}

export const weightIn = (words: Weights): number => {
  let sum = 0;
  for (const weight of words.values()) sum += weight;
  return sum;
};

/** The words of several texts, each with its highest weight. */
export function together(all: readonly Weights[]): Weights {
  const [only] = all;
  if (only && all.length === 1) return only;
  const joined = new Map<string, number>();
  for (const words of all) {
    for (const [stem, weight] of words) joined.set(stem, Math.max(joined.get(stem) ?? 0, weight));
  }
  return joined;
}

export function overlapOf(a: Weights, b: Weights): Overlap {
  const [few, many] = a.size <= b.size ? [a, b] : [b, a];
  const shared: [string, number][] = [];
  let sum = 0;
  for (const [stem, weight] of few) {
    const other = many.get(stem);
    if (other === undefined) continue;
    const lower = Math.min(weight, other);
    shared.push([stem, lower]);
    sum += lower;
  }
  shared.sort((p, q) => q[1] - p[1]);
  const content = shared.filter(([, weight]) => weight >= CONTENT).length;
  return { weight: sum, content, words: shared.map(([stem]) => stem) };
}

/** The words without some. */
export const without = (words: Weights, left: Iterable<string>): Weights => {
  const rest = new Map(words);
  for (const stem of left) rest.delete(stem);
  return rest;
};

/** Words before a noun that do not make it another thing. */
const neutral = new Set(
  `averag total current new initi overal final latest last first next origin own daili main whole entir usual recent
  old actual planned schedul target updat revis pend remain further more most ani all each everi singl person`.split(
    /\s+/,
  ),
);

/** The word before each noun of a clause that may tell things of one kind apart: `fund` → `car`. */
export function qualifiersOf(text: string, tokens: readonly Token[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const [at, { stems, weight, isNumber }] of tokens.entries()) {
    const before = tokens[at - 1];
    const [stem] = stems;
    if (!before || !stem || isNumber || weight <= FUNCTION_WORD) continue;
    if (before.isNumber || before.weight < CONTENT || text.slice(before.end, tokens[at]?.start) !== ' ') continue;
    const qualifier = before.stems.at(-1) as string;
    if (/(?:ed|ing|ly)$/.test(before.word) || isVerb(before.word) || unitOf(before.word) || neutral.has(qualifier))
      continue;
    found.set(stem, qualifier);
  }
  return found;
}

/**
 * Whether two clauses tell of two things of one kind, such as a car fund and a renovation fund: a shared noun of which
 * each has another word before it that the other clause does not have. `nouns`: those that
 * matter; `leftOut`: words that are no such words.
 */
export function haveOtherQualifiers(
  a: Clause,
  b: Clause,
  nouns: Iterable<string>,
  leftOut: readonly string[] = [],
): boolean {
  for (const noun of nouns) {
    const [one, other] = [a.qualifiers.get(noun), b.qualifiers.get(noun)];
    if (!one || !other || leftOut.includes(one) || leftOut.includes(other)) continue;
    if (one !== other && !a.stems.has(other) && !b.stems.has(one)) return true;
  }
  return false;
}
