/** Bytes of JSON's signs. */
export const sign = {
  quote: 0x22,
  backslash: 0x5c,
  comma: 0x2c,
  colon: 0x3a,
  openList: 0x5b,
  closeList: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const;

/** A text is not JSON, from this byte on. */
export class NotJson extends Error {
  readonly offset: number;

  constructor(offset: number) {
    super(`This is not JSON from byte ${offset} on.`);
    this.offset = offset;
  }
}

export const isBlank = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

export const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

const isHex = (byte: number | undefined): boolean =>
  isDigit(byte) || (byte !== undefined && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);

/** `"\/bfnrt`: what may stand behind a backslash, except `u`. */
const escapes: ReadonlySet<number> = new Set(Buffer.from('"\\/bfnrt'));
const U = 0x75;

/** Where the text that begins with a quote ends: behind its closing quote. Throws NotJson. */
export function textEnd(bytes: Buffer, start: number, end: number): number {
  let at = start + 1;
  while (at < end) {
    const byte = bytes[at] as number;
    if (byte === sign.quote) return at + 1;
    if (byte < 0x20) break;
    if (byte !== sign.backslash) at++;
    else if (escapes.has(bytes[at + 1] as number)) at += 2;
    else if (bytes[at + 1] === U && [2, 3, 4, 5].every((more) => isHex(bytes[at + more]))) at += 6;
    else break;
  }
  throw new NotJson(Math.min(at, end));
}

/** Where the number at `start` ends. Throws NotJson. */
export function numberEnd(bytes: Buffer, start: number, end: number): number {
  const digits = (from: number): number => {
    let at = from;
    while (at < end && isDigit(bytes[at])) at++;
    if (at === from) throw new NotJson(Math.min(from, end));
    return at;
  };
  const first = bytes[start] === 0x2d ? start + 1 : start;
  let at = bytes[first] === 0x30 ? first + 1 : digits(first);
  if (at < end && bytes[at] === 0x2e) at = digits(at + 1);
  if (at < end && ((bytes[at] as number) | 0x20) === 0x65) {
    const hasSign = bytes[at + 1] === 0x2b || bytes[at + 1] === 0x2d;
    at = digits(at + (hasSign ? 2 : 1));
  }
  return at;
}

const words = ['true', 'false', 'null'].map((word) => Buffer.from(word));

/** Where the `true`, `false` or `null` at `start` ends. Throws NotJson. */
export function wordEnd(bytes: Buffer, start: number, end: number): number {
  const word = words.find(([first]) => first === bytes[start]);
  for (let at = 0; word && at < word.length; at++) {
    if (start + at >= end || bytes[start + at] !== word[at]) throw new NotJson(Math.min(start + at, end));
  }
  if (!word) throw new NotJson(start);
  return start + word.length;
}
