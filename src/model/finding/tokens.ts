import { wordWeights } from '../text/common-words.ts';
import { englishStem } from '../text/english-stem.ts';
import { baseOf } from '../text/irregular.ts';
import type { Token } from './statement.ts';

const NUMBER = String.raw`\d+(?:,\d{3})*(?:\.\d+)?`;
const SCALE = '(?:k|m|bn|million|billion|thousand)';
const LETTERS = String.raw`[\p{L}\p{M}\p{N}_]`;
/** Each alternative reads on without going back over more than what it has read: the whole takes linear time. */
const token = new RegExp(
  [
    String.raw`[$€£]\s?${NUMBER}\s?${SCALE}?(?![\p{L}\p{N}])`,
    String.raw`[$€£]\s?${NUMBER}`,
    String.raw`\d{4}-\d\d-\d\d(?!\d)`,
    String.raw`\d{1,2}:\d\d(?!\d)(?:\s?[ap]\.?m(?![\p{L}\p{N}])\.?)?`,
    String.raw`\d{1,2}\s?[ap]\.?m(?![\p{L}\p{N}])\.?`,
    String.raw`v?\d+(?:\.\d+){2,}`,
    String.raw`v\d+(?:\.\d+)?(?![\p{L}\p{N}])`,
    String.raw`${NUMBER}\s?%`,
    String.raw`${NUMBER}(?:st|nd|rd|th|ms|s|min|h|kb|mb|gb|tb|km|cm|mm|kg|ml|k)(?![\p{L}\p{N}])`,
    NUMBER,
    '°[cf]?',
    String.raw`\p{L}${LETTERS}*(?:[-.'&@]\p{L}${LETTERS}*|[-.]\p{N}${LETTERS}*)*(?:\+\+|#)?`,
  ].join('|'),
  'giu',
);

/** The words of a list, separated by white space. */
export const wordSet = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/));

/** How much a word says that holds a sentence together, at most. */
export const FUNCTION_WORD = 0.05;

const stems = new Map<string, string>();
const MAX_STEMS = 20_000;

/** The stem of a word in lower case; of irregular words that of their first form. */
export function stemOf(word: string): string {
  const known = stems.get(word);
  if (known !== undefined) return known;
  if (stems.size >= MAX_STEMS) stems.clear();
  const stem = baseOf(englishStem(word));
  stems.set(word, stem);
  return stem;
}

const contraction = /'(?:s|m|re|ve|ll|d)$/;

export const weightOf = (word: string): number => wordWeights.get(word.replaceAll("'", '')) ?? 1;

function tokenOf(raw: string, start: number): Token {
  const lower = raw.toLowerCase();
  const isPossessive = lower.endsWith("'s");
  const word = isPossessive ? lower.slice(0, -2) : lower;
  const isNumber = /^(?:[$€£v]\s?)?\d/.test(word);
  const parts = word.includes('-') && !isNumber ? word.split('-').filter((part) => part.length > 2) : [];
  const bare = word.replace(contraction, '');
  const whole = parts.length > 1 ? parts : [bare];
  return {
    raw,
    word,
    start,
    end: start + raw.length,
    isNumber,
    isCapital: /^\p{Lu}/u.test(raw),
    isPossessive,
    stems: isNumber ? [] : whole.map(stemOf),
    weight: isNumber ? 0 : Math.max(...whole.map(weightOf)),
  };
}

/** The tokens of a text with plain apostrophes, in their order. */
export const tokensOf = (text: string): Token[] =>
  Array.from(text.matchAll(token), ({ 0: raw, index }) => tokenOf(raw, index));
