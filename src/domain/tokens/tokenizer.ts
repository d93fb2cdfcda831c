import { LRUCache } from 'lru-cache';
import { Turns } from '../../kernel/turns.ts';
import type { Encoding } from './settings.ts';

/** What a tokenizer takes time for grows with the square of a run without a boundary: longer runs are counted in parts. */
const LONGEST_RUN = 400;
/** So many characters are counted at once. */
const PIECE = 8_000;

/**
 * Where no token goes across: behind a letter and before what is neither letter, mark nor apostrophe; and behind an end of
 * line, before what is no white space, end of line or slash. By the patterns that the encodings split words with.
 */
const BOUNDARY = /(?<=\p{L})(?=[^\p{L}\p{M}'’])|(?<=\n)(?=[^\s/])/gu;

// What looks like a mark of the model's own is text, too.
const AS_TEXT = { disallowedSpecial: new Set<string>() };

type Encoder = Pick<typeof import('gpt-tokenizer/encoding/o200k_base'), 'countTokens' | 'isWithinTokenLimit'>;

const encoders: Record<Encoding, () => Promise<Encoder>> = {
  o200k_base: () => import('gpt-tokenizer/encoding/o200k_base'),
  o200k_harmony: () => import('gpt-tokenizer/encoding/o200k_harmony'),
  cl100k_base: () => import('gpt-tokenizer/encoding/cl100k_base'),
};

/** So many characters of texts, none longer than that, are remembered with their counts: the next prompt has most again. */
const REMEMBERED = 2_000_000;
const LONGEST_REMEMBERED = 2_000;

/** Counts tokens of texts by an encoding. */
export class Tokenizer {
  readonly encoding: Encoding;
  #encoder: Promise<Encoder> | undefined;
  readonly #counts = new LRUCache<string, number>({
    maxSize: REMEMBERED,
    sizeCalculation: (_, { length }) => length + 1,
  });

  constructor(encoding: Encoding = 'o200k_base') {
    this.encoding = encoding;
  }

  /**
   * Loads the encoding, which takes some 0.2 s, in which nothing else is done, and 50 MB. Whoever serves requests loads it
   * before; else it is loaded when it is first needed.
   */
  async load(): Promise<void> {
    await this.#load();
  }

  /** How many tokens a text is, counted in turns with other work. */
  async count(text: string): Promise<number> {
    const { countTokens } = await this.#load();
    const turns = new Turns();
    let total = 0;
    for (const piece of piecesOf(text)) {
      await turns.next();
      total += countTokens(piece, AS_TEXT);
    }
    return total;
  }

  /** The same, or undefined where they are more than `most`: then the rest is not counted. */
  async countUpTo(text: string, most: number): Promise<number | undefined> {
    const known = this.#counts.get(text);
    if (known !== undefined) return known <= most ? known : undefined;
    const { isWithinTokenLimit } = await this.#load();
    const turns = new Turns();
    let total = 0;
    for (const piece of piecesOf(text)) {
      await turns.next();
      const more = isWithinTokenLimit(piece, most - total, AS_TEXT);
      if (more === false) return undefined;
      total += more;
    }
    if (text.length <= LONGEST_REMEMBERED) this.#counts.set(text, total);
    return total;
  }

  #load(): Promise<Encoder> {
    this.#encoder ??= encoders[this.encoding]();
    return this.#encoder;
  }
}

function* boundariesOf(text: string): Generator<number> {
  for (const { index } of text.matchAll(BOUNDARY)) yield index;
  yield text.length;
}

/** The parts of a text that are counted by themselves. */
function* piecesOf(text: string): Generator<string> {
  let from = 0;
  let end = 0;
  for (const index of boundariesOf(text)) {
    const isLong = index - end > LONGEST_RUN;
    if (end > from && (isLong || index - from > PIECE)) {
      yield text.slice(from, end);
      from = end;
    }
    while (index - from > LONGEST_RUN && isLong) {
      const to = wholeCharacter(text, from + LONGEST_RUN);
      yield text.slice(from, to);
      from = to;
    }
    end = index;
  }
  if (end > from) yield text.slice(from, end);
}

const wholeCharacter = (text: string, at: number): number => (/[\udc00-\udfff]/.test(text[at] ?? '') ? at - 1 : at);
