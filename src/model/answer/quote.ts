import { isUnspaced } from '../text/grams.ts';

/** Longer quotes are not looked for. */
export const MAX_QUOTE = 500;

/** Signs that are written in several ways, by each way the first of them. */
const firsts = new Map(
  ["'‘’‚‛ʼ`´′", '"“”„‟«»″', '-‐‑‒–—―−'].flatMap((signs) => [...signs].map((sign) => [sign, signs[0] as string])),
);

/** What stands around a quote: a model puts it into quotation marks, or says that the text goes on. */
const before = /^[\s"“”„«»'‘’`]*(?:…|\.{3})?\s*/u;
const after = /(?:…|\.{3})?["“”„«»'‘’`]*$/u;

const isLetter = (sign: string | undefined): boolean =>
  sign !== undefined && /[\p{L}\p{N}\p{M}]/u.test(sign) && !isUnspaced(sign);

/** A text in which quotes are looked for. White space, case, and the kind of apostrophes and dashes do not matter. */
export class Quotable {
  #text: string;
  #folded = '';
  /** Where the text has each code unit of what it is folded to, and its end. */
  #starts: number[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** A quote as it stands in the text, from a whole word to a whole word; undefined: it does not. */
  find(given: string): string | undefined {
    const quote = wantedOf(given);
    if (quote === undefined) return undefined;
    this.#starts ??= this.#fold();
    const signs = [...quote];
    const [begins, ends] = [isLetter(signs[0]), isLetter(signs.at(-1))];
    for (let at = this.#folded.indexOf(quote); at >= 0; at = this.#folded.indexOf(quote, at + 1)) {
      const end = at + quote.length;
      const isWhole =
        !(begins && isLetter(lastSign(this.#folded, at))) && !(ends && isLetter(firstSign(this.#folded, end)));
      if (isWhole) return this.#text.slice(this.#starts[at], this.#starts[end]).trimEnd();
    }
    return undefined;
  }

  #fold(): number[] {
    this.#text = this.#text.normalize('NFC');
    const { text, starts } = fold(this.#text);
    this.#folded = text;
    return starts;
  }
}

/** What is looked for; undefined where nothing is. */
function wantedOf(given: string): string | undefined {
  if (given.length > 2 * MAX_QUOTE) return undefined;
  const quote = given.toWellFormed().normalize('NFC').replace(before, '').trimEnd().replace(after, '').trimEnd();
  return quote.length <= MAX_QUOTE && /[\p{L}\p{N}]/u.test(quote) ? fold(quote).text : undefined;
}

const firstSign = (text: string, at: number): string | undefined => {
  const point = text.codePointAt(at);
  return point === undefined ? undefined : String.fromCodePoint(point);
};

const lastSign = (text: string, until: number): string | undefined =>
  [...text.slice(Math.max(0, until - 2), until)].at(-1);

function fold(text: string): { text: string; starts: number[] } {
  let folded = '';
  let isSpace = false;
  let at = 0;
  const starts: number[] = [];
  for (const sign of text) {
    const wasSpace = isSpace;
    isSpace = sign.trim() === '';
    if (!isSpace || !wasSpace) {
      const written = isSpace ? ' ' : (firsts.get(sign) ?? sign.toLowerCase());
      folded += written;
      for (let unit = 0; unit < written.length; unit++) starts.push(at);
    }
    at += sign.length;
  }
  starts.push(at);
  return { text: folded, starts };
}
