import { UNSPACED as scripts } from '../../kernel/unspaced.ts';

/** The most n-grams kept of one text. */
const MAX_GRAMS = 5_000;

/**
 * Scripts written without spaces between words: PostgreSQL's parser takes a whole run of them as one word.
 */
const unspaced = new RegExp(`[${scripts}]+`, 'gu');
const startsUnspaced = new RegExp(`^[${scripts}]`, 'u');
const border = new RegExp(`(?<=[${scripts}])(?=[^${scripts}])|(?<=[^${scripts}])(?=[${scripts}])`, 'u');
const isMixed = new RegExp(`[${scripts}][^${scripts}]|[^${scripts}][${scripts}]`, 'u');

/** Whether a word is in such a script. */
export const isUnspaced = (word: string): boolean => startsUnspaced.test(word);

/** Splits a run of letters where such a script begins or ends: `['iphone', '手机']`. */
export const atBorders = (run: string): string[] => (isMixed.test(run) ? run.split(border) : [run]);

/**
 * The characters and pairs of neighbouring characters of text without spaces, each once: `['東', '京', '東京']`.
 * `text` is normalized (NFKC).
 */
export function gramsOf(text: string): string[] {
  const grams = new Set<string>();
  for (const [run] of text.matchAll(unspaced)) {
    const characters = [...run];
    for (const [index, character] of characters.entries()) {
      grams.add(character);
      const next = characters[index + 1];
      if (next) grams.add(character + next);
      if (grams.size >= MAX_GRAMS) return [...grams].slice(0, MAX_GRAMS);
    }
  }
  return [...grams];
}

/** The pairs of characters of a run in such a script; a single character stands for itself. */
export function pairsOf(run: string): string[] {
  const characters = [...run];
  if (characters.length < 2) return characters;
  return [...new Set(characters.slice(1).map((character, index) => (characters[index] as string) + character))];
}
