import { setImmediate } from 'node:timers/promises';

/** How long JSON is made before others get their turn. */
const TURN_MS = 10;
/** About how many bytes are made at once: a value that is smaller is made whole. */
const PIECE_BYTES = 16_384;
/** How many characters are gathered before they become bytes. */
const CHUNK_CHARACTERS = 65_536;

/**
 * What is left of `room` when a value has been written as JSON, about, and without what is to be escaped; below zero as
 * soon as it is too much.
 */
export function roomAfter(value: unknown, room: number): number {
  if (typeof value === 'string') return room - value.length - 2;
  if (typeof value !== 'object' || value === null) return room - 8;
  let left = room - 2;
  if (Array.isArray(value)) {
    for (const each of value) {
      left = roomAfter(each, left - 1);
      if (left < 0) return left;
    }
    return left;
  }
  if (value instanceof Date) return left - 24;
  for (const name in value) {
    left = roomAfter((value as Record<string, unknown>)[name], left - name.length - 4);
    if (left < 0) return left;
  }
  return left;
}

/** Makes JSON piece by piece: neither a large value nor a large text keeps anybody else waiting. */
export class JsonPieces {
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #text = '';
  #length = 0;
  #turnEnds = performance.now() + TURN_MS;

  /** `limit`: the most bytes; nothing is made beyond them. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether more was written than the limit allows: what has been made is then not whole. */
  get isTooLarge(): boolean {
    return this.#length > this.#limit;
  }

  /** All that was written. */
  get bytes(): Buffer {
    this.#flush();
    return Buffer.concat(this.#chunks);
  }

  /** Writes a text as it is. */
  text(text: string): void {
    this.#text += text;
    if (this.#text.length >= CHUNK_CHARACTERS) this.#flush();
  }

  /** Writes a value that JSON can hold. */
  async value(value: unknown): Promise<void> {
    await this.#value(value);
    this.#flush();
  }

  #value(value: unknown): Promise<void> | undefined {
    if (roomAfter(value, PIECE_BYTES) >= 0 || typeof value === 'string' || value instanceof Date) {
      this.text(JSON.stringify(value));
      return performance.now() < this.#turnEnds ? undefined : this.#letOthers();
    }
    return Array.isArray(value) ? this.#list(value) : this.#object(value as Record<string, unknown>);
  }

  async #list(list: readonly unknown[]): Promise<void> {
    let separator = '[';
    for (const each of list) {
      if (this.isTooLarge) return;
      this.text(separator);
      await this.#value(each);
      separator = ',';
    }
    this.text(separator === '[' ? '[]' : ']');
  }

  async #object(object: Readonly<Record<string, unknown>>): Promise<void> {
    let separator = '{';
    for (const name in object) {
      if (this.isTooLarge) return;
      this.text(`${separator}${JSON.stringify(name)}:`);
      await this.#value(object[name]);
      separator = ',';
    }
    this.text(separator === '{' ? '{}' : '}');
  }

  async #letOthers(): Promise<void> {
    await setImmediate();
    this.#turnEnds = performance.now() + TURN_MS;
  }

  #flush(): void {
    const chunk = Buffer.from(this.#text);
    this.#text = '';
    this.#length += chunk.length;
    if (!this.isTooLarge) this.#chunks.push(chunk);
  }
}
