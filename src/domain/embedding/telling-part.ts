import { hashedVector } from './hashing.ts';

/** So much of a long text is looked at, from its beginning: comparing its sentences takes a second per 2,000,000. */
const LOOKED_AT = 50_000;
/** How many characters of the beginning are kept in any case: it mostly says what a text is about. */
const BEGINNING = 200;
/** The numbers that sentences are compared by. */
const DIMENSION = 384;

/**
 * The part of a text, of at most `most` characters (UTF-16 code units), that says best what it is about: its first
 * sentences, and of the others those most like the text as a whole, in their order. A text that is no longer is returned
 * as it is.
 */
export function tellingPart(text: string, most: number): string {
  if (text.length <= most) return text;
  const looked = text.slice(0, LOOKED_AT);
  const sentences = sentencesOf(looked);
  const taken = new Set<number>();
  let room = most;
  const take = (at: number) => {
    const { length } = sentences[at] as string;
    if (length > room) return;
    taken.add(at);
    room -= length + 1;
  };
  let first = 0;
  for (; first < sentences.length && most - room < Math.min(BEGINNING, most); first++) {
    take(first);
    if (!taken.has(first)) break;
  }
  const whole = hashedVector(looked, DIMENSION);
  const others = sentences
    .map((sentence, at) => ({ at, likeness: at < first ? -1 : dot(hashedVector(sentence, DIMENSION), whole) }))
    .filter(({ at }) => at >= first)
    .sort((a, b) => b.likeness - a.likeness || a.at - b.at);
  for (const { at } of others) take(at);
  // A sentence that fits nowhere, such as a text without any end of one, is cut.
  if (taken.size === 0) return text.slice(0, most);
  return [...taken]
    .sort((a, b) => a - b)
    .map((at) => sentences[at])
    .join(' ');
}

/** What ends with a full stop and the like, or a line; only what has a letter. */
const sentencesOf = (text: string): string[] =>
  text
    .split(/(?<=[.!?]["')\]]*)\s+|\n+|(?<=[。！？])/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => /\p{L}/u.test(sentence));

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, at) => sum + value * (b[at] as number), 0);
