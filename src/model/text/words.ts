import { foldCase, foldWidth } from '../../kernel/fold.ts';
import { atBorders } from './grams.ts';

/** What a run of joined words has besides its words. */
export interface Compound {
  /** The whole run in lower case, and its parts that are compounds themselves. A single word has none. */
  wholes: string[];
  /** The words within its words: `use` and `auth` in `useAuth`, `10` and `kg` in `10kg`. */
  parts: string[];
}

/** A run of joined words: `src/use_auth.ts`, `ABC-1234`, or a single word. */
export interface Piece extends Compound {
  /** Where it begins in the text, and the first place after it. */
  start: number;
  end: number;
  /** Its words, in lower case. */
  words: string[];
}

/** Longer words are cut. */
const MAX_WORD = 200;
/** A longer compound is found by its parts only. */
const MAX_WHOLE = 200;
/** A word with more parts is a digest or the like: nobody searches for its parts. */
const MAX_PARTS = 4;

const LETTERS = String.raw`[\p{L}\p{N}\p{M}]+`;
const piecesWith = (letter: string) =>
  String.raw`${letter}(?:(?:_+\.?|:\/\/|[.\-/@:+#=?&~%\\]|(?<=\p{N}),(?=\p{N}))${letter})*(?:\+\+|#)?`;
const pieces = new RegExp(piecesWith(LETTERS), 'gu');
const letters = new RegExp(LETTERS, 'gu');
const onlyLetters = new RegExp(`^${LETTERS}$`, 'u');
const notLetters = /[^\p{L}\p{N}\p{M}]+/gu;
/** The same for ASCII texts, which are most: many times faster. */
const ascii = {
  pieces: new RegExp(piecesWith('[A-Za-z0-9]+').replaceAll(String.raw`\p{N}`, String.raw`\d`), 'g'),
  special: /[^A-Za-z0-9]|[a-z][A-Z]|\d[A-Za-z]|[A-Za-z]\d/,
  notLetters: /[^A-Za-z0-9]+/g,
};
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text);
const isLong = new RegExp(`(?:^| )[^ ]{${MAX_WORD + 1}}`);
/** The T between a day and a time of day in ISO 8601. */
const dayAndTime = /(?<=(?<!\d)\d{4}-\d\d-\d\d)T(?=\d\d:)/g;
const special = /[^\p{L}\p{N}\p{M}]|\p{Ll}\p{Lu}|\p{N}\p{L}|\p{L}\p{N}/u;
const mayHaveParts = /\p{Ll}\p{Lu}|\p{N}\p{L}|\p{L}\p{N}/u;
const ordinal = /^\p{N}+(?:st|nd|rd|th)$/iu;
const seams = /(?<=\p{Ll}\p{M}*)(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})|(?<=\p{L}\p{M}*)(?=\p{N})|(?<=\p{N})(?=\p{L})/u;
/** What separates the parts of a path or an address. */
const apart = /[/\\?&=@:#~%+]+/u;
/** Groups of thousands with points, as in German; or a decimal, or a version. */
const pointed = /^\d{1,3}(?:\.\d{3})+$/;

/** A text prepared for analysis: NFKC, and numbers without thousands separators: `1,450` is `1450`. */
export function normalizeText(text: string): string {
  const plain = isAscii(text) ? text : foldWidth(text);
  return plain
    .replaceAll(dayAndTime, ' ')
    .replaceAll(/(?<![\p{L}\p{N}.,'])\d{1,3}(?:[,']\d{3})+(?![\d,'])(?!,\d)/gu, (number) =>
      number.replaceAll(/[,']/g, ''),
    );
}

/** The pieces of a normalized text, in their order. */
export function* piecesOf(text: string): Generator<Piece> {
  for (const { 0: run, index: start } of text.matchAll(pieces)) {
    yield { start, end: start + run.length, words: wordsOf(run), ...compoundOf(run) };
  }
}

/** The words of all pieces of a normalized text, in their order, separated by spaces. */
export function wordsIn(text: string): string {
  const words = isAscii(text)
    ? text.toLowerCase().replaceAll(ascii.notLetters, ' ').trim()
    : atBorders(foldCase(text)).join(' ').replaceAll(notLetters, ' ').trim();
  return isLong.test(words) ? words.split(' ').map(cut).join(' ') : words;
}

/** The compounds of a normalized text, and where they begin. */
export function compoundsIn(text: string): (Compound & { start: number })[] {
  const { pieces: runs, special: more } = isAscii(text) ? ascii : { pieces, special };
  const found: (Compound & { start: number })[] = [];
  for (const { 0: run, index: start } of text.matchAll(runs)) {
    if (more.test(run)) found.push({ start, ...compoundOf(run) });
  }
  return found;
}

function compoundOf(run: string): Compound {
  const split = mayHaveParts.test(run) ? lettersIn(run).map((each) => partsOf(each) ?? wordsOf(each)) : [];
  const parts = split.some(({ length }) => length > 1) ? split.flat() : [];
  if (onlyLetters.test(run)) return { wholes: [], parts };
  // A decimal comma becomes a point.
  const whole = foldCase(run.includes(',') ? run.replaceAll(/(?<=\p{N}),(?=\p{N})/gu, '.') : run);
  const wholes = new Set([whole]);
  if (apart.test(whole)) {
    for (const part of whole.split(apart)) if (part !== '' && !onlyLetters.test(part)) wholes.add(part);
  }
  return {
    wholes: [...wholes].filter((each) => each.length <= MAX_WHOLE),
    parts: pointed.test(whole) ? [whole.replaceAll('.', '')] : parts,
  };
}

const lettersIn = (run: string): string[] => run.match(letters) ?? [];

const wordsOf = (run: string): string[] =>
  lettersIn(run).flatMap((each) => {
    const words = atBorders(foldCase(each));
    return each.length <= MAX_WORD ? words : words.map(cut);
  });

/** The beginning of a word that is too long; never half a character. */
const cut = (word: string): string =>
  word.length <= MAX_WORD ? word : word.slice(0, MAX_WORD).replace(/[\ud800-\udbff]$/, '');

/** The words within the words of a run; undefined if there are none. */
function partsOf(run: string): string[] | undefined {
  const parts = atBorders(run).map((word) => {
    const within = ordinal.test(word) ? [] : word.split(seams);
    return within.length > 1 && within.length <= MAX_PARTS ? within.map((part) => cut(foldCase(part))) : [];
  });
  return parts.some(({ length }) => length > 0) ? parts.flat() : undefined;
}

/** Where PostgreSQL's parser may split differently from {@link piecesOf}. */
const unusual =
  /[^\t\n\r\x20-\x7e]|[&<_/@~%\\]|[-+]\d|\.\.|[a-z\d][A-Z]|\d[a-z]|[A-Za-z]\d|[A-Za-z\d][^\sA-Za-z\d']+[A-Za-z\d]|[A-Za-z\d](?:\+\+|#)/;

/** Whether PostgreSQL's parser finds the same words in a text, and the text has nothing else to be found by. */
export const isPlain = (text: string): boolean => !unusual.test(text) && !/(?:^|\s)\S{200}|\d'\d/.test(text);
