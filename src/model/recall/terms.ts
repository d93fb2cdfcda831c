import { type SQL, sql } from 'drizzle-orm';
import { typed } from '../../db/typed-sql.ts';
import { Turns } from '../../kernel/turns.ts';
import { hiddenTermsOf } from '../finding/candidates.ts';
import { analyseText } from '../text/analysis.ts';
import { dayLexeme, monthInWords } from '../text/dates.ts';

/** What a memory is found by besides its speaker; PostgreSQL makes a tsvector of it: see {@link searchSql}. */
export interface SearchTerms {
  /** The text for to_tsvector; null: the content itself. */
  words: string | null;
  /** The same without accents; null if it has none. */
  folded: string | null;
  /** The same two for the summary. */
  summaryWords: string | null;
  summaryFolded: string | null;
  /** Lexemes of both that are not stemmed, and the content's hidden terms, as PostgreSQL writes a tsvector. */
  marks: string;
}

/** The day a memory became true, as terms. */
export interface DateTerms {
  /** `March 2026`, in the language of the text search configuration. */
  month: string;
  /** A lexeme that is not stemmed, as PostgreSQL writes a tsvector. */
  day: string;
}

/** The columns of a recordset of both. */
export const termsShape = {
  words: typed<string | null>('text'),
  folded: typed<string | null>('text'),
  summaryWords: typed<string | null>('text'),
  summaryFolded: typed<string | null>('text'),
  marks: typed<string>('text'),
  month: typed<string>('text'),
  day: typed<string>('text'),
};

/** A position after all words, so that no phrase connects them. */
export const PLACE = 16_383;

/** A lexeme as PostgreSQL writes it in a tsvector. */
export const quoted = (lexeme: string): string => `'${lexeme.replaceAll(/['\\]/g, '$&$&')}'`;
export const marksText = (marks: readonly string[], weight: 'A' | 'B'): string =>
  marks.map((mark) => `${quoted(mark)}:${PLACE}${weight}`).join(' ');

/** The terms of a content and a summary; the event loop is free in between, see {@link Turns}. */
export async function searchTerms(
  content: string,
  summary: string | null,
  textSearchConfig: string,
  turns = new Turns(),
): Promise<SearchTerms> {
  const { words, folded, marks } = await analyseText(content, textSearchConfig, turns);
  const said = summary === null ? undefined : await analyseText(summary, textSearchConfig, turns);
  const hidden = hiddenTermsOf(content, textSearchConfig);
  return {
    words,
    folded,
    summaryWords: said?.words ?? null,
    summaryFolded: said?.folded ?? null,
    marks: [marksText(marks, 'A'), marksText(said?.marks ?? [], 'B'), ...hidden.map(quoted)].join(' '),
  };
}

/** The terms of the day of a moment; the day begins `offset` minutes earlier than in UTC. */
export function dateTerms(moment: Date, offset: number, textSearchConfig: string): DateTerms {
  const there = new Date(moment.getTime() + offset * 60_000);
  return {
    month: monthInWords(there, textSearchConfig),
    day: `${quoted(dayLexeme(there.getUTCMonth() + 1, there.getUTCDate()))}:1`,
  };
}

/** The same terms as parameters of a statement about one memory. */
export const termsSql = (terms: SearchTerms): { [K in keyof SearchTerms]: SQL } => ({
  words: sql`${terms.words}::text`,
  folded: sql`${terms.folded}::text`,
  summaryWords: sql`${terms.summaryWords}::text`,
  summaryFolded: sql`${terms.summaryFolded}::text`,
  marks: sql`${terms.marks}::text`,
});

/** A day's terms as a tsvector (weight C). */
export const dateSql = ({ month, day }: { month: SQL; day: SQL }): SQL =>
  sql`setweight(to_tsvector(${month}) || ${day}::tsvector, 'C')`;
export const dateParameters = ({ month, day }: DateTerms): { month: SQL; day: SQL } => ({
  month: sql`${month}::text`,
  day: sql`${day}::text`,
});

/** The day's terms that a memory has already. They come first, so that their positions do not change. */
export const sameDateSql = (search: SQL): SQL => sql`ts_filter(${search}, '{c}')`;

/** The first version of the analysis that has the day of the offset a moment was given in: later ones keep it. */
const WITH_OFFSET = 1;

/** The day's terms that a memory has, where they are of the offset in which its moment was given; else these. */
export const keptDateSql = (m: { analysis: SQL; search: SQL }, date: SQL): SQL =>
  sql`case when ${m.analysis} >= ${sql.raw(String(WITH_OFFSET))} then ${sameDateSql(m.search)} else ${date} end`;

/** The lexemes of words, and of the same words without accents, at the same positions. */
export const lexemesSql = (words: SQL, folded: SQL): SQL => sql`case when ${folded} is null then to_tsvector(${words})
    else (to_tsvector(${words})::text || ' ' || to_tsvector(${folded})::text)::tsvector end`;

/** What a memory's terms are made from, in SQL. */
interface SearchParts extends Record<keyof SearchTerms, SQL> {
  content: SQL;
  summary: SQL;
  context: SQL;
  /** A tsvector: see {@link dateSql}. */
  date: SQL;
}

/**
 * The terms a memory is found by: the lexemes of its content (weight A) and summary (B), with and without accents; of
 * the day it became true (C); compounds, n-grams and days that content (A) and summary (B) name; and without a weight
 * `@` with the speaker's name, whole and first, and `=` with what it gives a value to, such as `=home:maya`.
 */
export const searchSql = (parts: SearchParts): SQL => sql`(
  ${parts.date} || setweight(${lexemesSql(sql`coalesce(${parts.words}, ${parts.content})`, parts.folded)}, 'A')
  || setweight(${lexemesSql(sql`coalesce(${parts.summaryWords}, ${parts.summary}, '')`, parts.summaryFolded)}, 'B')
  || ${parts.marks}::tsvector || array_to_tsvector(coalesce((
    select array_agg(distinct left('@' || called, 500))
    from regexp_replace(lower(btrim(normalize(${parts.context} ->> 'speaker', NFKC))), '\\s+', ' ', 'g') s (speaker),
      unnest(array[speaker, split_part(speaker, ' ', 1)]) n (called)
    where called <> ''), '{}')))`;
