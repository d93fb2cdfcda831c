import { foldAccents } from './accents.ts';
import { allLanguages, languageOf } from './language.ts';

/** A day that a text names, in any form. */
export interface NamedDay {
  /** Where it begins in the text, and the first place after it. */
  start: number;
  end: number;
  year: number | null;
  /** The days it may be, since `03/04/2026` can be read in two ways: months 1 to 12, days 1 to 31. */
  days: readonly { month: number; day: number }[];
}

/** The lexeme of a day in any year: `--03-01`, as in XML Schema. No word has a hyphen. */
export const dayLexeme = (month: number, day: number): string => `--${two(month)}-${two(day)}`;
const two = (value: number): string => String(value).padStart(2, '0');

/** Stands for all languages. */
const ANY = '*';

/** The names of a language's months, long and short, alone and within a date; without accents. */
const monthsOf = new Map<string, { numbers: Map<string, number>; names: string }>();

function months(language: string): { numbers: Map<string, number>; names: string } {
  const known = monthsOf.get(language);
  if (known) return known;
  const numbers = new Map<string, number>();
  for (const each of language === ANY ? allLanguages : new Set(['en', language])) {
    for (const format of [{ month: 'long' }, { month: 'short' }, { month: 'long', day: 'numeric' }] as const) {
      const names = new Intl.DateTimeFormat(`${each}-u-nu-latn-ca-gregory`, { ...format, timeZone: 'UTC' });
      for (let month = 1; month <= 12; month++) {
        const parts = names.formatToParts(Date.UTC(2026, month - 1, 1));
        const name =
          parts
            .find(({ type }) => type === 'month')
            ?.value.replace(/\.$/, '')
            .toLowerCase() ?? '';
        if (!/^\p{L}[\p{L}\p{M}]+$/u.test(name)) continue;
        const bare = foldAccents(name);
        if (!numbers.has(bare)) numbers.set(bare, month);
      }
    }
  }
  numbers.set('sept', 9);
  // Accents are folded before names are looked for.
  const names = [...numbers.keys()].sort((a, b) => b.length - a.length).join('|');
  const made = { numbers, names };
  monthsOf.set(language, made);
  return made;
}

const START = String.raw`(?<![\p{L}\p{N}])`;
const END = String.raw`(?![\p{L}\p{N}])`;
const OF = String.raw`(?:of\s|de\s|del\s|do\s|di\s)?`;
const DAY = String.raw`(?<day>\d{1,2})(?:st|nd|rd|th|er|\.|º|ª|o|a)?`;
const numeric = [
  // 2026-03-01, 2026/3/1, 2026.03.01, with or without a time.
  String.raw`(?<!\d)(?<year>\d{4})([-/.])(?<month>\d{1,2})\2(?<day>\d{1,2})(?!\d)`,
  String.raw`(?<!\d)(?<year>\d{4})年(?<month>\d{1,2})月(?<day>\d{1,2})日`,
  String.raw`(?<![\d.])(?<day>\d{1,2})\.\s?(?<month>\d{1,2})\.\s?(?<year>\d{4})(?!\.?\d)`,
].map((pattern) => new RegExp(pattern, 'gu'));
/** 03/04/2026: the first or the second number is the month. */
const either = /(?<![\d/-])(?<day>\d{1,2})([/-])(?<month>\d{1,2})\2(?<year>\d{4})(?![\d/-])/gu;
const worded = new Map<string, { days: RegExp[]; months: RegExp }>();

function wordedIn(language: string): { days: RegExp[]; months: RegExp } {
  const known = worded.get(language);
  if (known) return known;
  const month = `(?<month>${months(language).names})`;
  const days = [
    String.raw`${START}${DAY}\s?${OF}${month}\.?(?:,?\s${OF}(?<year>\d{4}))?${END}`,
    String.raw`${START}${month}\.?\s?${DAY}(?:,?\s(?<year>\d{4}))?${END}`,
  ].map((pattern) => new RegExp(pattern, 'giu'));
  const made = {
    days,
    months: new RegExp(String.raw`${START}${month}(?:\.?,?\s${OF}(?<year>(?:19|20)\d\d))?${END}`, 'giu'),
  };
  worded.set(language, made);
  return made;
}

/** A month that a text names. */
export interface NamedMonth {
  /** Where it begins in the text, and the first place after it. */
  start: number;
  end: number;
  year: number | null;
  /** 1 to 12. */
  month: number;
}

/**
 * The months that a text names, with a year or without, in their order: `March 2026`, `Mar.`, in English and in the
 * language of the text search configuration. Some names are also words: `May`. Months of whole dates are included.
 */
export function monthsIn(text: string, textSearchConfig: string): NamedMonth[] {
  const language = languageOf(textSearchConfig);
  return [...bareIn(text, language).matchAll(wordedIn(language).months)].map((match) => {
    const { year, month = '' } = match.groups ?? {};
    return {
      start: match.index,
      end: match.index + match[0].length,
      year: year ? Number(year) : null,
      month: numberOf(month, language),
    };
  });
}

/** The number of a month, 1 to 12; 0 if it is not a month. */
const numberOf = (month: string, language: string): number =>
  /^\d/.test(month) ? Number(month) : (months(language).numbers.get(month.toLowerCase()) ?? 0);

/**
 * The days that a text names, in their order: `2026-03-01`, `March 1st, 2026`, `01.03.2026`, `1 March`. Months go by
 * their names in English and in the language of the text search configuration; null: in any. `text` is normalized.
 */
export function daysIn(text: string, textSearchConfig: string | null): NamedDay[] {
  if (!/\d/.test(text)) return [];
  const found: NamedDay[] = [];
  const note = (match: RegExpExecArray, isEither = false) => {
    const { year, month: named = '', day = '' } = match.groups ?? {};
    const { index: start, 0: all } = match;
    const end = start + all.length;
    const month = numberOf(named, language);
    const days = [{ month, day: Number(day) }, ...(isEither ? [{ month: Number(day), day: month }] : [])];
    const real = days.filter((each) => each.month >= 1 && each.month <= 12 && each.day >= 1 && each.day <= 31);
    if (real.length === 0 || found.some((other) => start < other.end && other.start < end)) return;
    found.push({ start, end, year: year ? Number(year) : null, days: real });
  };
  const language = textSearchConfig === null ? ANY : languageOf(textSearchConfig);
  for (const pattern of numeric) for (const match of text.matchAll(pattern)) note(match);
  for (const match of text.matchAll(either)) note(match, true);
  const bare = bareIn(text, language);
  for (const pattern of wordedIn(language).days) for (const match of bare.matchAll(pattern)) note(match);
  return found.sort((a, b) => a.start - b.start);
}

/** The text in which months of a language are searched: English months have no accents. */
const bareIn = (text: string, language: string): string => (language === 'en' ? text : withoutAccents(text));

const accented = /[\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff]/gu;

/** The text without accents, as far as every character keeps its place. */
const withoutAccents = (text: string): string =>
  text.replaceAll(accented, (character) => {
    const plain = foldAccents(character);
    return plain.length === character.length ? plain : character;
  });

/** The text with its dates in one form, `1 March 2026`, except those that can be read in two ways. */
export function inOneWording(text: string, textSearchConfig: string): string {
  let written = text;
  for (const { start, end, year, days } of daysIn(text, textSearchConfig).reverse()) {
    const [one, another] = days;
    if (!one || another) continue;
    const wording = [one.day, monthName(one.month, textSearchConfig), ...(year === null ? [] : [year])].join(' ');
    written = written.slice(0, start) + wording + written.slice(end);
  }
  return written;
}

/** Month and year of a moment in words, in the language of the text search configuration: `March 2026`. */
export function monthInWords(moment: Date, textSearchConfig: string): string {
  const language = languageOf(textSearchConfig);
  let format = formats.get(language);
  if (!format) {
    format = new Intl.DateTimeFormat(`${language}-u-nu-latn-ca-gregory`, { dateStyle: 'long', timeZone: 'UTC' });
    formats.set(language, format);
  }
  // As within a date: in some languages a month alone has another form.
  const parts = format.formatToParts(moment).filter(({ type }) => type === 'month' || type === 'year');
  return parts.map(({ value }) => value).join(' ');
}
const formats = new Map<string, Intl.DateTimeFormat>();

/** The name of a month, 1 to 12, as {@link monthInWords} has it. */
export const monthName = (month: number, textSearchConfig: string): string =>
  monthInWords(new Date(Date.UTC(2026, month - 1, 1)), textSearchConfig).replace(/\P{L}*2026.*$/u, '');

/** The English names of the months, in lower case. */
export const englishMonths: readonly string[] = Array.from({ length: 12 }, (_, index) =>
  monthName(index + 1, 'english').toLowerCase(),
);
