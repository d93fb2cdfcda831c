/** The languages of PostgreSQL's text search configurations: names of months are known in them. */
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

export const allLanguages: readonly string[] = ['en', ...Object.values(languages)];

/** The language of a text search configuration, as a BCP 47 tag; English if it is for no language. */
export const languageOf = (textSearchConfig: string): string =>
  languages[textSearchConfig.replace(/^pg_catalog\./, '')] ?? 'en';
