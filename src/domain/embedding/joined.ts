import { hashedVector } from './hashing.ts';

/**
 * The name of vectors of two halves: what an English model says of a text's meaning, and its spelling. It changes with
 * every change of either half, of what the model is given, or of how they are joined.
 */
export const JOINED = 'use-lite-en+hashing-1';

/** How many numbers the model gives, how many say the spelling, and both. */
const MEANING = 512;
const SPELLING = 384;
export const JOINED_DIMENSION = MEANING + SPELLING;

/** What the two halves weigh in a cosine; 1 together. */
const MEANING_SHARE = 0.7;
const SPELLING_SHARE = 1 - MEANING_SHARE;

/**
 * The vector of a text, of length 1: √0.7 · meaning, then √0.3 · spelling, each of length 1. So the cosine of two is 0.7
 * times that of their meanings and 0.3 times that of their spellings. Without a meaning the first half is zero, and the
 * spelling has length 1: of two such vectors the cosine is that of their spellings, and of one such and one whole vector
 * √0.3 times that.
 */
export function joinedVector(text: string, meaning: readonly number[] | null): number[] {
  const spelling = hashedVector(text, SPELLING);
  if (!meaning) return [...new Array<number>(MEANING).fill(0), ...spelling];
  const [left, right] = [Math.sqrt(MEANING_SHARE), Math.sqrt(SPELLING_SHARE)];
  return [...meaning.map((value) => left * value), ...spelling.map((value) => right * value)];
}
