import { neighboursIn } from '../finding/answer.ts';
import { FUNCTION_WORD, tokensOf } from '../finding/tokens.ts';
import { foldProse } from '../memory/fold.ts';

/** So much of the trigrams of two texts must be shared, of all that both have. */
const LEAST = 0.6;
/** Of a longer text its beginning is compared. */
const MOST = 4_000;

const denial =
  /^(?:no|not|never|none|nobody|nothing|without|neither|nor|cannot|stopped|quit|former|formerly|\p{L}+n['’]?t)$/u;

/** What two texts are compared by. */
export interface Compared {
  /** Stems of all words but function words, and numbers. */
  words: ReadonlySet<string>;
  /** Three neighbouring characters, with how often they are there. */
  trigrams: ReadonlyMap<string, number>;
  count: number;
  denials: number;
}

/** Reads a text once, to be compared with many. Takes time in proportion to its length. */
export function comparedOf(text: string): Compared {
  const words = (foldProse(text.slice(0, MOST)).match(/[\p{L}\p{N}\p{M}'’]+/gu) ?? []) as string[];
  const folded = ` ${words.join(' ')} `;
  const trigrams = new Map<string, number>();
  const count = Math.max(0, folded.length - 2);
  for (let at = 0; at < count; at++) {
    const gram = folded.slice(at, at + 3);
    trigrams.set(gram, (trigrams.get(gram) ?? 0) + 1);
  }
  const denials = words.filter((word) => denial.test(word)).length;
  const stems = tokensOf(folded).flatMap(({ isNumber, weight, word, stems: own }) =>
    isNumber ? [word] : weight > FUNCTION_WORD ? own : [],
  );
  return { words: new Set([...stems, ...neighboursIn(folded)]), trigrams, count, denials };
}

/**
 * Whether a text says nothing that another does not say: all its words and numbers are there, as many denials,
 * and most of the same characters in a row.
 */
export function repeats(text: Compared, other: Compared): boolean {
  if (text.denials !== other.denials || !text.words.isSubsetOf(other.words)) return false;
  let shared = 0;
  for (const [gram, count] of text.trigrams) shared += Math.min(count, other.trigrams.get(gram) ?? 0);
  return 2 * shared >= LEAST * (text.count + other.count);
}
