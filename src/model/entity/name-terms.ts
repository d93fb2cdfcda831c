import { type SQL, sql } from 'drizzle-orm';
import { typed } from '../../db/typed-sql.ts';
import type { Turns } from '../../kernel/turns.ts';
import { lexemesSql, marksText, quoted } from '../recall/terms.ts';
import { foldAccents } from '../text/accents.ts';
import { analyseText } from '../text/analysis.ts';
import { normalizeText, piecesOf } from '../text/words.ts';

/** What the terms of an entity's name are made from beside the name: see {@link nameSearchSql}. */
export interface NameTerms {
  /** As {@link analyseText} has them. */
  words: string | null;
  folded: string | null;
  /** Lexemes that are not stemmed, as PostgreSQL writes a tsvector. */
  marks: string;
}

/** The columns of a recordset of them. */
export const nameTermsShape = {
  words: typed<string | null>('text'),
  folded: typed<string | null>('text'),
  marks: typed<string>('text'),
};

/** How many words a name has at most that is known as a whole. */
export const WHOLE_WORDS = 3;

/** A word or name with its accents and, where it has any, without. */
export const formsOf = (text: string): string[] => [...new Set([text, foldAccents(text)])];

/** The term of a name's word, with its accents or without: also of one that no text is searched for, as `@will`. */
export const wordTerm = (form: string): string => `@${form}`;
export const wordTerms = (word: string): string[] => formsOf(word).map(wordTerm);
/** The term of a name as a whole, by its words. */
export const wholeTerms = (words: readonly string[]): string[] => formsOf(words.join(' ')).map((form) => `=${form}`);

/** The words of a text, in small letters. */
export const wordsOfName = (text: string): string[] => [...piecesOf(normalizeText(text))].flatMap(({ words }) => words);

/** What the terms of a name are made from: it is analysed as texts are. */
export async function nameTerms(name: string, textSearchConfig: string, turns?: Turns): Promise<NameTerms> {
  const { words, folded, marks } = await analyseText(name, textSearchConfig, turns);
  const called = wordsOfName(name);
  const whole = called.length > 0 && called.length <= WHOLE_WORDS ? wholeTerms(called) : [];
  const unstemmed = new Set([...called.flatMap(wordTerms), ...whole]);
  return { words, folded, marks: [marksText(marks, 'A'), ...[...unstemmed].map(quoted)].join(' ') };
}

/**
 * The terms of a name: the lexemes that a text of these words has (weight A), and without a weight each word as it is
 * behind `@`, and a name of up to three words as a whole behind `=`.
 */
export const nameSearchSql = ({ name, words, folded, marks }: Record<'name' | keyof NameTerms, SQL>): SQL => sql`(
  setweight(${lexemesSql(sql`coalesce(${words}, ${name})`, folded)}, 'A') || ${marks}::tsvector)`;
