import { Turns } from '../../kernel/turns.ts';
import { foldAccents } from './accents.ts';
import { dayLexeme, daysIn, monthName, type NamedDay } from './dates.ts';
import { gramsOf } from './grams.ts';
import { compoundsIn, isPlain, normalizeText, piecesOf, wordsIn } from './words.ts';

/**
 * The version of the analysis of texts. Memories analysed by an earlier version are analysed again in the background:
 * raise it when a change gives texts other terms.
 */
export const ANALYSIS = 3;

/** The most unstemmed lexemes kept of one text, and the most code units of compounds kept of one stretch. */
const MAX_MARKS = 8_000;
const MAX_WHOLES = 4_000;

const lexemesOf = ({ days }: NamedDay): string[] => days.map(({ month, day }) => dayLexeme(month, day));

/** What PostgreSQL makes the lexemes of a text from. */
export interface AnalysedText {
  /** Its words, for to_tsvector; null: the text can be used as it is. */
  words: string | null;
  /** The same words without accents, each in its place; null if there are no accents. */
  folded: string | null;
  /** Unstemmed lexemes: whole compounds, n-grams of text without spaces, days. */
  marks: string[];
}

/** A longer text is analysed in stretches of so many code units. */
const AT_ONCE = 4_000;

/**
 * What a stored text is found by: the same analysis that {@link readWords} does of a question. PostgreSQL stems the
 * words and leaves out stop words. The event loop is free between two stretches of a long text.
 */
export async function analyseText(
  text: string,
  textSearchConfig: string,
  turns: Turns = new Turns(),
): Promise<AnalysedText> {
  await turns.next();
  if (text.length <= AT_ONCE) return analyseAtOnce(text, textSearchConfig);
  const words: string[] = [];
  const folded: string[] = [];
  const marks = new Set<string>();
  let isPlainText = true;
  let room = MAX_MARKS;
  for (const part of stretchesOf(text)) {
    await turns.next();
    const analysed = analyseAtOnce(part, textSearchConfig);
    const own = analysed.words ?? wordsIn(part);
    isPlainText &&= analysed.words === null;
    words.push(own);
    folded.push(analysed.folded ?? own);
    for (const mark of analysed.marks) {
      if (room-- > 0) marks.add(mark);
    }
  }
  const all = words.join(' ');
  const bare = folded.join(' ');
  return { words: isPlainText ? null : all, folded: bare === all ? null : bare, marks: [...marks] };
}

/** Splits a long text into stretches that end at the end of a line or a word. */
function* stretchesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    let until = Math.min(from + AT_ONCE, text.length);
    if (until < text.length) {
      const last = Math.max(text.lastIndexOf('\n', until), text.lastIndexOf(' ', until));
      if (last > from) until = last + 1;
      else if (/[\udc00-\udfff]/.test(text.charAt(until))) until++;
    }
    yield text.slice(from, until);
    from = until;
  }
}

function analyseAtOnce(text: string, textSearchConfig: string): AnalysedText {
  const normal = normalizeText(text);
  const named = daysIn(normal, textSearchConfig);
  const marks = new Set(named.flatMap(lexemesOf));
  if (normal === text && isPlain(text)) return { words: null, folded: null, marks: [...marks] };
  const parts = new Set<string>();
  const namedAt = new Set(named.map(({ start }) => start));
  let room = MAX_WHOLES;
  for (const piece of compoundsIn(normal)) {
    if (piece.parts.length > 0) parts.add(piece.parts.join(' '));
    if (namedAt.has(piece.start)) continue;
    for (const whole of piece.wholes) {
      room -= whole.length;
      if (room > 0) marks.add(whole);
    }
  }
  for (const gram of gramsOf(normal)) marks.add(gram);
  const all = [wordsIn(normal), ...parts].join(' ');
  const bare = foldAccents(all);
  return { words: all, folded: bare === all ? null : bare, marks: [...marks] };
}

/** A word of a question. */
export interface AskedWord {
  word: string;
  /** The same without accents; null if it has none. */
  bare: string | null;
  /** It is a part of another word: `use` in `useAuth`. */
  isPart: boolean;
}

/** A question, analysed as {@link analyseText} analyses stored texts. */
export interface AskedText {
  words: AskedWord[];
  /** Lexemes that are not stemmed. */
  marks: string[];
}

/** The words of a question. A date, in any form, stands for its day, its month and its year. */
export function readWords(text: string, textSearchConfig: string): AskedText {
  const normal = normalizeText(text);
  const named = daysIn(normal, textSearchConfig);
  const words: string[] = [];
  const parts: string[] = [];
  const marks = new Set<string>();
  const days = named.values();
  let day = days.next().value;
  for (const { start, end, words: own, wholes, parts: within } of piecesOf(normal)) {
    while (day && day.end <= start) day = days.next().value;
    if (day && start < day.end && day.start < end) {
      if (start > day.start) continue;
      for (const { month } of day.days) words.push(...piecesIn(monthName(month, textSearchConfig)));
      if (day.year !== null) words.push(String(day.year));
      continue;
    }
    words.push(...own);
    parts.push(...within);
    if (wholes[0]) marks.add(wholes[0]);
  }
  for (const lexeme of named.flatMap(lexemesOf)) marks.add(lexeme);
  for (const gram of gramsOf(normal)) marks.add(gram);
  return { words: [...words.map((word) => asked(word)), ...parts.map((word) => asked(word, true))], marks: [...marks] };
}

const piecesIn = (text: string): string[] => [...piecesOf(text)].flatMap(({ words }) => words);

export function asked(word: string, isPart = false): AskedWord {
  const bare = foldAccents(word);
  return { word, bare: bare === word ? null : bare, isPart };
}
