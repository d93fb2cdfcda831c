import { type AskedWord, asked } from './analysis.ts';
import { dayLexeme, daysIn, type NamedDay } from './dates.ts';
import { isUnspaced, pairsOf } from './grams.ts';
import { normalizeText, type Piece, piecesOf } from './words.ts';

/** What must occur, in the language of tsquery: `words` are stemmed (to_tsquery), `marks` are lexemes as they are. */
export interface Wanted {
  words: string | null;
  marks: string | null;
  /** True: one of the two is enough. False: both must occur, if there are both. */
  isEither: boolean;
  /** What has it has the terms of one of these groups. */
  some: readonly TermGroup[];
}

/** Terms that stand together. */
export interface TermGroup {
  /** Words, by their stems, with their accents or without. */
  words: readonly string[];
  /** Of a phrase stop words count, too, as they are. */
  isPhrase: boolean;
  /** Lexemes as they are. */
  lexemes: readonly string[];
  /** How one of its words begins. */
  beginning: string | null;
}

const group = (words: readonly string[], lexemes: readonly string[] = []): TermGroup[] =>
  words.length + lexemes.length === 0 ? [] : [{ words, isPhrase: false, lexemes, beginning: null }];

/** Weights A and B: the content and the summary. */
const PARTS = ':AB';
const quoted = (lexeme: string): string => `'${lexeme.replaceAll(/['\\]/g, '$&$&')}'`;
const mark = (lexeme: string): string => quoted(lexeme) + PARTS;

/** A word with or without its accents. */
function oneWord({ word, bare }: AskedWord): string {
  return bare === null ? mark(word) : `(${mark(word)} | ${mark(bare)})`;
}

const phraseOf = (words: readonly string[]): string | null =>
  words.length === 0 ? null : words.map((word) => oneWord(asked(word))).join(' <-> ');

const together = (marks: readonly string[]): string | null =>
  marks.length === 0 ? null : marks.map((each) => mark(each)).join(' & ');

/** What must occur so that each word of a text occurs: a compound in one piece, a date in any form. */
export function wantedWords(text: string): Wanted[] {
  const normal = normalizeText(text);
  const days = daysIn(normal, null);
  const pieces = [...piecesOf(normal)];
  const isWithin = (piece: Piece) => (day: NamedDay) => piece.start < day.end && day.start < piece.end;
  return [
    ...pieces.filter((piece) => !days.some(isWithin(piece))).flatMap(wantedPiece),
    ...days.map((day) =>
      wantedDay(
        day,
        pieces.filter((piece) => isWithin(piece)(day)),
      ),
    ),
  ];
}

function wantedPiece({ words, wholes, parts }: Piece): Wanted[] {
  const [whole] = wholes;
  if (whole && /[+#]$/.test(whole)) {
    return [{ words: null, marks: mark(whole), isEither: false, some: group([], [whole]) }];
  }
  const spaced = words.filter((word) => !isUnspaced(word));
  const allPairs = words.filter(isUnspaced).flatMap(pairsOf);
  const pairs = together(allPairs);
  const phrases = [phraseOf(spaced), spaced.length === words.length ? phraseOf(parts) : null].filter(
    (each) => each !== null,
  );
  const joined = phrases.length > 0 ? phrases.map((each) => `(${each})`).join(' | ') : null;
  if (pairs !== null) return [{ words: joined, marks: pairs, isEither: false, some: group([], allPairs) }];
  const either = [...group(spaced), ...group(parts), ...group([], whole ? [whole] : [])];
  return [{ words: joined, marks: whole ? mark(whole) : null, isEither: true, some: either }];
}

function wantedDay({ year, days }: NamedDay, pieces: readonly Piece[]): Wanted {
  const lexemes = days.map(({ month, day }) => dayLexeme(month, day));
  const named = lexemes.map(mark).join(' | ');
  const said = pieces.flatMap((piece) => piece.words);
  const words = said.map((word) => oneWord(asked(word)));
  return {
    some: [...group(said), ...lexemes.flatMap((lexeme) => group([], [lexeme]))],
    words: words.join(pieces.length === 1 ? ' <-> ' : ' & '),
    marks: year === null ? named : `(${named}) & ${mark(String(year))}`,
    isEither: true,
  };
}

/** A phrase: its words one after another. */
export interface WantedPhrase extends Wanted {
  /** All its words: PostgreSQL leaves out stop words when it searches. */
  all: string[];
}

export function wantedPhrase(text: string): WantedPhrase {
  const all = [...piecesOf(normalizeText(text))].flatMap(({ words }) => words);
  const spaced = all.filter((word) => !isUnspaced(word));
  const pairs = all.filter(isUnspaced).flatMap(pairsOf);
  return {
    words: phraseOf(spaced),
    marks: together(pairs),
    isEither: false,
    some: group(spaced, pairs).map((each) => ({ ...each, isPhrase: true })),
    all,
  };
}

/** The beginning of a word, after the other words of its compound. */
export interface WantedPrefix extends Wanted {
  /** What the contents are checked for, since a stem may be shorter than the beginning. Null: no stem is. */
  stem: { marks: string; beginning: string } | null;
}

/** The length of the shortest stems. */
const STEM = 3;

export function wantedPrefix(text: string): WantedPrefix {
  const words = [...piecesOf(normalizeText(text))].flatMap((piece) => piece.words);
  const last = words.at(-1) ?? '';
  if (isUnspaced(last)) return { ...wantedPhrase(text), stem: null };
  const { word, bare } = asked(last);
  const begins = (beginning: string) => `${quoted(beginning)}:*AB`;
  const either = (length?: number) =>
    [...new Set([word, bare ?? word])].map((each) => begins([...each].slice(0, length).join(''))).join(' | ');
  const before = words.slice(0, -1);
  const isLong = [...word].length > STEM;
  return {
    words: phraseOf(before.filter((each) => !isUnspaced(each))),
    marks: `(${either()})`,
    isEither: false,
    some: [{ words: [], isPhrase: false, lexemes: [], beginning: word }],
    stem: isLong && before.length === 0 ? { marks: either(STEM), beginning: word } : null,
  };
}
