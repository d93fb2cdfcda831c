import { isKept } from '../../kernel/exact-number.ts';
import { isBlank, isDigit, NotJson, numberEnd, sign, textEnd, wordEnd } from './json-tokens.ts';
import type { Pieces } from './turns.ts';

/** What a JSON text may be made of, at most. */
export interface JsonBounds {
  /** Values of every kind, at every level. */
  values: number;
  /** Objects and lists. */
  containers: number;
  /** Values in one list or object. */
  members: number;
  /** Objects and lists in one list. */
  items: number;
  /** Objects and lists in each other. */
  depth: number;
  /** Bytes of one text. */
  text: number;
}

/** A text is JSON, and more of it than is read. */
export class TooMuchJson extends Error {
  readonly limit: number;

  constructor(what: string, limit: number) {
    super(`at most ${limit.toLocaleString('en')} ${what}`);
    this.limit = limit;
  }
}

/** A number that would not be kept as it is written. */
export interface Inexact {
  written: string;
  path: (string | number)[];
}

/** A value that has been walked over, and where it is. */
export interface Value {
  /** How many containers it is in. */
  level: number;
  /** Where its key begins; -1 where it has none. */
  keyAt: number;
  start: number;
  end: number;
}

/** What may come next. */
const Next = { value: 0, valueOrClose: 1, key: 2, keyOrClose: 3, colon: 4, commaOrClose: 5, nothing: 6 } as const;
type Next = (typeof Next)[keyof typeof Next];

/** So many bytes are walked over between two looks at the clock. */
const STRIDE = 32_768;
/** A number with more bytes would be read for a long time. */
const MOST_NUMBER_BYTES = 400;
/** So many digits are always kept. */
const SAFE_DIGITS = 15;

/**
 * Walks over a JSON text in UTF-8 without making anything of it: checks that it is JSON, counts, and tells `onValue` of
 * each value when it ends, those within it first. It takes turns with other work. Throws NotJson and TooMuchJson.
 */
export class JsonWalk {
  readonly bytes: Buffer;
  readonly end: number;
  /** What has been counted so far. */
  values = 0;
  containers = 0;
  /** The first number since it was last reset that would not be kept. */
  inexact: Inexact | undefined;
  /** Says of a place whether its numbers may be changed: whole numbers beyond 2^53 are taken there as doubles. */
  takesDoubles: ((path: readonly (string | number)[]) => boolean) | undefined;
  readonly #bounds: JsonBounds;
  readonly #onValue: (value: Value) => void;
  #at: number;
  #next: Next = Next.value;
  /** The containers that are open: where each begins, what it is, its key, and what it has so far. */
  readonly #starts: number[] = [];
  readonly #isObject: boolean[] = [];
  readonly #keys: number[] = [];
  readonly #counts: number[] = [];
  readonly #items: number[] = [];
  /** Where the key of the value that comes next begins. */
  #key = -1;

  constructor(
    bytes: Buffer,
    { start, end }: { start: number; end: number },
    bounds: JsonBounds,
    onValue: (value: Value) => void,
  ) {
    this.bytes = bytes;
    this.#at = start;
    this.end = end;
    this.#bounds = bounds;
    this.#onValue = onValue;
  }

  async run(pieces: Pieces): Promise<void> {
    let pause = this.#at + STRIDE;
    while (this.#at < this.end) {
      if (this.#at >= pause) {
        if (pieces.isDue()) await pieces.rest();
        pause = this.#at + STRIDE;
      }
      this.#step(Math.min(pause, this.end));
    }
    if (this.#next !== Next.nothing) throw new NotJson(this.end);
  }

  /** Where the key begins of the member of the whole that is being walked over; -1 where there is none. */
  get outerKeyAt(): number {
    return this.#keys[1] ?? -1;
  }

  /** The key that begins here. */
  keyOf(keyAt: number): string {
    return JSON.parse(this.bytes.toString('utf8', keyAt, textEnd(this.bytes, keyAt, this.end)));
  }

  /** Takes the next sign, or blanks up to a place. */
  #step(until: number): void {
    const byte = this.bytes[this.#at] as number;
    if (isBlank(byte)) {
      let at = this.#at + 1;
      while (at < until && isBlank(this.bytes[at])) at++;
      this.#at = at;
    } else if (byte === sign.quote) this.#text();
    else if (byte === sign.openObject || byte === sign.openList) this.#open(byte === sign.openObject);
    else if (byte === sign.closeObject || byte === sign.closeList) this.#close(byte === sign.closeObject);
    else if (byte === sign.comma) {
      if (this.#next !== Next.commaOrClose) throw new NotJson(this.#at);
      this.#next = this.#isObject.at(-1) ? Next.key : Next.value;
      this.#at++;
    } else if (byte === sign.colon) {
      if (this.#next !== Next.colon) throw new NotJson(this.#at);
      this.#next = Next.value;
      this.#at++;
    } else this.#plain(byte);
  }

  #text(): void {
    const start = this.#at;
    const isKey = this.#next === Next.key || this.#next === Next.keyOrClose;
    if (!isKey) this.#begin();
    const end = textEnd(this.bytes, start, this.end);
    if (end - start > this.#bounds.text) throw new TooMuchJson('bytes in one text', this.#bounds.text);
    this.#at = end;
    if (isKey) {
      this.#key = start;
      this.#next = Next.colon;
    } else this.#finish(this.#key, start);
  }

  /** A number, or a word. */
  #plain(byte: number): void {
    const start = this.#at;
    this.#begin();
    if (byte !== 0x2d && !isDigit(byte)) this.#at = wordEnd(this.bytes, start, this.end);
    else {
      this.#at = numberEnd(this.bytes, start, this.end);
      if (this.#at - start > SAFE_DIGITS && this.inexact === undefined) this.#lookAt(start);
    }
    this.#finish(this.#key, start);
  }

  #lookAt(start: number): void {
    const written = this.bytes.toString('latin1', start, Math.min(this.#at, start + MOST_NUMBER_BYTES + 1));
    // Most long numbers are between -1 and 1.
    if (/^-?\d{1,15}\.\d+$/.test(written) && written.length <= MOST_NUMBER_BYTES) return;
    if (written.length <= MOST_NUMBER_BYTES && isKept(written)) return;
    const path = this.#path();
    if (!this.takesDoubles?.(path)) this.inexact = { written, path };
  }

  #open(isObject: boolean): void {
    this.#begin();
    const { containers, depth, items } = this.#bounds;
    if (++this.containers > containers) throw new TooMuchJson('objects and lists', containers);
    const level = this.#starts.length;
    if (level >= depth) throw new TooMuchJson('objects and lists in each other', depth);
    if (level > 0 && !this.#isObject[level - 1]) {
      const count = (this.#items[level - 1] as number) + 1;
      if (count > items) throw new TooMuchJson('objects and lists in one list', items);
      this.#items[level - 1] = count;
    }
    this.#starts.push(this.#at);
    this.#isObject.push(isObject);
    this.#keys.push(this.#key);
    this.#counts.push(0);
    this.#items.push(0);
    this.#key = -1;
    this.#next = isObject ? Next.keyOrClose : Next.valueOrClose;
    this.#at++;
  }

  #close(isObject: boolean): void {
    const isExpected =
      this.#next === Next.commaOrClose || this.#next === (isObject ? Next.keyOrClose : Next.valueOrClose);
    if (!isExpected || this.#isObject.at(-1) !== isObject) throw new NotJson(this.#at);
    this.#at++;
    this.#isObject.pop();
    this.#counts.pop();
    this.#items.pop();
    this.#finish(this.#keys.pop() as number, this.#starts.pop() as number);
  }

  /** A value begins here. */
  #begin(): void {
    if (this.#next !== Next.value && this.#next !== Next.valueOrClose) throw new NotJson(this.#at);
    const { values, members } = this.#bounds;
    if (++this.values > values) throw new TooMuchJson('values', values);
    const container = this.#counts.length - 1;
    if (container < 0) return;
    const count = (this.#counts[container] as number) + 1;
    if (count > members) throw new TooMuchJson('values in one list or object', members);
    this.#counts[container] = count;
  }

  /** The value that began at `start` has ended here. */
  #finish(keyAt: number, start: number): void {
    this.#key = -1;
    this.#next = this.#starts.length === 0 ? Next.nothing : Next.commaOrClose;
    this.#onValue({ level: this.#starts.length, keyAt, start, end: this.#at });
  }

  /** The keys and places that lead to the value here. */
  #path(): (string | number)[] {
    return this.#isObject.map((isObject, level) => {
      if (!isObject) return (this.#counts[level] as number) - 1;
      const keyAt = level + 1 < this.#keys.length ? (this.#keys[level + 1] as number) : this.#key;
      return this.keyOf(keyAt);
    });
  }
}
