import { type SQL, sql } from 'drizzle-orm';

/** The most n-grams kept of one text. */
const MAX_GRAMS = 5_000;
/** How many words a speaker's name has at most, as a question may name them. */
const NAME_WORDS = 3;

/**
 * Scripts that are written without spaces between words: PostgreSQL's parser takes a whole run of them for one word.
 */
const unspaced =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}ー]+/gu;

/**
 * The characters and pairs of neighbouring characters in what is written without spaces, each once: `['東', '京', '東京']`.
 */
export function gramsOf(text: string): string[] {
  const grams = new Set<string>();
  for (const [run] of text.normalize('NFKC').matchAll(unspaced)) {
    const characters = [...run];
    for (const [index, character] of characters.entries()) {
      grams.add(character);
      const next = characters[index + 1];
      if (next) grams.add(character + next);
      if (grams.size >= MAX_GRAMS) return [...grams].slice(0, MAX_GRAMS);
    }
  }
  return [...grams];
}

/** What may be speakers' names in a question: runs of one to three of its words, as {@link searchSql} keeps them. */
export function namesIn(words: readonly string[]): string[] {
  const names = new Set<string>();
  for (const start of words.keys()) {
    for (let length = 1; length <= NAME_WORDS && start + length <= words.length; length++) {
      names.add(`@${words.slice(start, start + length).join(' ')}`);
    }
  }
  return [...names];
}

/** The languages of PostgreSQL's text search configurations: months are indexed by their names in them. */
const languages: Record<string, string> = {
  arabic: 'ar',
  armenian: 'hy',
  basque: 'eu',
  catalan: 'ca',
  danish: 'da',
  dutch: 'nl',
  finnish: 'fi',
  french: 'fr',
  german: 'de',
  greek: 'el',
  hindi: 'hi',
  hungarian: 'hu',
  indonesian: 'id',
  irish: 'ga',
  italian: 'it',
  lithuanian: 'lt',
  nepali: 'ne',
  norwegian: 'nb',
  portuguese: 'pt',
  romanian: 'ro',
  russian: 'ru',
  serbian: 'sr',
  spanish: 'es',
  swedish: 'sv',
  tamil: 'ta',
  turkish: 'tr',
  yiddish: 'yi',
};

/** A day in words, in UTC and the language of the text search configuration: `13 October 2023`. */
export function dateInWords(moment: Date, textSearchConfig: string): string {
  const language = languages[textSearchConfig.replace(/^pg_catalog\./, '')] ?? 'en';
  let format = formats.get(language);
  if (!format) {
    format = new Intl.DateTimeFormat(`${language}-u-nu-latn-ca-gregory`, { dateStyle: 'long', timeZone: 'UTC' });
    formats.set(language, format);
  }
  return format.format(moment);
}
const formats = new Map<string, Intl.DateTimeFormat>();

/** What a memory's terms are made from, in SQL. */
interface SearchParts {
  content: SQL;
  summary: SQL;
  context: SQL;
  /** {@link dateInWords} of `validFrom`. */
  date: SQL;
  /** {@link gramsOf} content and summary, a text[]. */
  grams: SQL;
}

/**
 * The terms a memory is found by: the lexemes of its content (weight A) and summary (B), of the day it became true (C),
 * and without a weight n-grams of what is written without spaces, and `@` with the speaker's name, whole and first.
 */
export const searchSql = ({ content, summary, context, date, grams }: SearchParts): SQL => sql`(
  setweight(to_tsvector(${content}), 'A') || setweight(to_tsvector(coalesce(${summary}, '')), 'B')
  || setweight(to_tsvector(${date}), 'C') || array_to_tsvector(${grams} || coalesce((
    select array_agg(distinct left('@' || called, 500))
    from regexp_replace(lower(btrim(${context} ->> 'speaker')), '\\s+', ' ', 'g') s (speaker),
      unnest(array[speaker, split_part(speaker, ' ', 1)]) n (called)
    where called <> ''), '{}')))`;
