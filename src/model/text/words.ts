import { foldCase, foldWidth } from '../../kernel/fold.ts';
import { atBorders } from './grams.ts';

/** A run of words that nothing but a joining mark stands between: `src/use_auth.ts`, `ABC-1234`, or a single word. */
export interface Piece {
  /** From where to before where in the text. */
  start: number;
  end: number;
  /** Its words, in small letters. */
  words: string[];
  /** It as a whole, in small letters, and those of its parts that are compounds: none of a single word. */
  wholes: string[];
  /** Its words once more where words stand within them: `use` and `auth` in `useAuth`, `10` and `kg` in `10kg`. */
  parts: string[];
}

/** Longer ones are told by their beginning. */
const MAX_WORD = 200;
/** A compound that is longer has parts, and no whole. */
const MAX_WHOLE = 200;
/** A word with more parts is a digest or the like: nobody looks for them. */
const MAX_PARTS = 4;

const LETTERS = String.raw`[\p{L}\p{N}\p{M}]+`;
const piecesWith = (letter: string) =>
  String.raw`${letter}(?:(?:_+\.?|:\/\/|[.\-/@:+#=?&~%\\]|(?<=\p{N}),(?=\p{N}))${letter})*(?:\+\+|#)?`;
const pieces = new RegExp(piecesWith(LETTERS), 'gu');
const letters = new RegExp(LETTERS, 'gu');
const onlyLetters = new RegExp(`^${LETTERS}$`, 'u');
const notLetters = /[^\p{L}\p{N}\p{M}]+/gu;
/** The same for texts of ASCII alone, which are most: many times as fast. */
const ascii = {
  pieces: new RegExp(piecesWith('[A-Za-z0-9]+').replaceAll(String.raw`\p{N}`, String.raw`\d`), 'g'),
  special: /[^A-Za-z0-9]|[a-z][A-Z]|\d[A-Za-z]|[A-Za-z]\d/,
  notLetters: /[^A-Za-z0-9]+/g,
};
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text);
const isLong = new RegExp(`(?:^| )[^ ]{${MAX_WORD + 1}}`);
/** Days before a time of day, as ISO 8601 writes both. */
const dayAndTime = /(?<=(?<!\d)\d{4}-\d\d-\d\d)T(?=\d\d:)/g;
const special = /[^\p{L}\p{N}\p{M}]|\p{Ll}\p{Lu}|\p{N}\p{L}|\p{L}\p{N}/u;
const mayHaveParts = /\p{Ll}\p{Lu}|\p{N}\p{L}|\p{L}\p{N}/u;
const ordinal = /^\p{N}+(?:st|nd|rd|th)$/iu;
const seams = /(?<=\p{Ll}\p{M}*)(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})|(?<=\p{L}\p{M}*)(?=\p{N})|(?<=\p{N})(?=\p{L})/u;
/** What sets the parts of a path or an address apart that are compounds themselves. */
const apart = /[/\\?&=@:#~%+]+/u;
/** Thousands with points between, as in German: or a decimal, or a version. */
const pointed = /^\d{1,3}(?:\.\d{3})+$/;

/** A text as it is analysed: NFKC, and numbers without what separates their thousands: `1,450` is `1450`. */
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
  for (const match of text.matchAll(pieces)) {
    const [run] = match;
    yield pieceOf(run, match.index);
  }
}

/** The words of all pieces of a normalized text, in their order, with a blank between each two. */
export function wordsIn(text: string): string {
  if (isAscii(text)) {
    const words = text.toLowerCase().replaceAll(ascii.notLetters, ' ').trim();
    return isLong.test(words) ? words.split(' ').map(cut).join(' ') : words;
  }
  const words = atBorders(foldCase(text)).join(' ').replaceAll(notLetters, ' ').trim();
  return isLong.test(words) ? words.split(' ').map(cut).join(' ') : words;
}

/** Those pieces of a normalized text that are more than a word. */
export function compoundsIn(text: string): Piece[] {
  const { pieces: runs, special: more } = isAscii(text) ? ascii : { pieces, special };
  const found: Piece[] = [];
  for (const match of text.matchAll(runs)) {
    const [run] = match;
    if (more.test(run)) found.push(pieceOf(run, match.index));
  }
  return found;
}

const pieceOf = (run: string, start: number): Piece =>
  onlyLetters.test(run) ? single(run, start) : compound(run, start);

const single = (run: string, start: number): Piece => ({
  start,
  end: start + run.length,
  words: wordsOf(run),
  wholes: [],
  parts: (mayHaveParts.test(run) && partsOf(run)) || [],
});

function compound(run: string, start: number): Piece {
  const end = start + run.length;
  const words: string[] = [];
  for (const [each] of run.matchAll(letters)) words.push(...wordsOf(each));
  let parts: string[] = [];
  if (mayHaveParts.test(run)) {
    const split = [...run.matchAll(letters)].flatMap(([each]) => partsOf(each) ?? wordsOf(each));
    if (split.length > words.length) parts = split;
  }
  // A decimal comma is a point.
  const whole = foldCase(run.replaceAll(/(?<=\p{N}),(?=\p{N})/gu, '.'));
  if (pointed.test(whole)) parts = [whole.replaceAll('.', '')];
  const wholes = new Set([whole]);
  for (const part of whole.split(apart)) {
    if (part === '' || onlyLetters.test(part)) continue;
    wholes.add(part);
    // The name of a file without its ending.
    const name = part.replace(/\.(?=\p{N}*\p{L})[\p{L}\p{N}]{1,5}$/u, '');
    if (name !== part && !onlyLetters.test(name)) wholes.add(name);
  }
  return { start, end, words, wholes: [...wholes].filter((each) => each.length <= MAX_WHOLE), parts };
}

const wordsOf = (run: string): string[] => {
  const words = atBorders(foldCase(run));
  return run.length <= MAX_WORD ? words : words.map((word) => cut(word));
};

/** Its beginning; never half of a character. */
const cut = (word: string): string =>
  word.length <= MAX_WORD ? word : word.slice(0, MAX_WORD).replace(/[\ud800-\udbff]$/, '');

/** The words within the words of a run; undefined where there are none. */
function partsOf(run: string): string[] | undefined {
  const parts = atBorders(run).map((word) => {
    const within = ordinal.test(word) ? [] : word.split(seams);
    return within.length > 1 && within.length <= MAX_PARTS ? within.map((part) => cut(foldCase(part))) : [];
  });
  return parts.some(({ length }) => length > 0) ? parts.flat() : undefined;
}

/** What PostgreSQL's parser takes otherwise than {@link piecesOf}; it may be too much. */
const unusual =
  /[^\t\n\r\x20-\x7e]|[&<_/@~%\\]|[-+]\d|[a-z\d][A-Z]|\d[a-z]|[A-Za-z]\d|[A-Za-z\d][^\sA-Za-z\d']+[A-Za-z\d]|[A-Za-z\d](?:\+\+|#)/;

/** Whether PostgreSQL's parser finds the same words in a text, and there is nothing else to be found by. */
export const isPlain = (text: string): boolean => !unusual.test(text) && !/(?:^|\s)\S{200}|\d'\d/.test(text);
