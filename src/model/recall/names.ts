import { englishMonths } from '../text/dates.ts';

/** The most words of a speaker's name in a question. */
const NAME_WORDS = 3;

/** Possible names of speakers in a question: one to three words in a row, as searchSql keeps names. */
export function namesIn(words: readonly string[]): string[] {
  const names = new Set<string>();
  for (const start of words.keys()) {
    for (let length = 1; length <= NAME_WORDS && start + length <= words.length; length++) {
      names.add(`@${words.slice(start, start + length).join(' ')}`);
    }
  }
  return [...names];
}

/** English words that are also names of people, besides months. */
const others =
  `will mark bill grant frank art rob pat sue dean drew chase rose grace joy hope faith dawn eve ivy iris lily
  daisy violet ruby amber pearl crystal jasmine olive sky summer autumn winter star angel king duke hunter mason carter
  parker cooper page bishop miles gene jean jack rich earnest guy buddy sunny christian heath glen cliff dale ford lane
  wade reed stone penny sandy cherry ginger melody harmony destiny trinity mercy patience prudence verity`.split(/\s+/);
const monthNames = new Set(englishMonths);
const wordNames = new Set([...englishMonths, ...others]);
/** True of a word, in lower case, that is also a name of people. */
export const isNameWord = (word: string): boolean => wordNames.has(word);
/** Words with which a question begins; there they are not names. */
const modals = new Set(['will', 'may']);

/** Matches a text that ends with one of the words, which are patterns. */
const behind = (...words: string[]): RegExp =>
  new RegExp(String.raw`(?:^|[^\p{L}\p{N}])(?:${words.join('|')})[\s-]+$`, 'iu');

const month = `(?:${englishMonths.join('|')})`;
/** Words before a month, and rarely before a name. */
const beforeMonth = behind(
  'in|during|since|until|till|by|of|last|next|this|early|late|mid|every|each|past|around|through|throughout|end',
  'im|seit|bis|ab|anfang|mitte|ende',
  String.raw`\d{1,2}(?:st|nd|rd|th)?`,
  String.raw`(?:in|between|from|during|since)\s+${month}\s+(?:and|or|to|until|till|through)`,
);
const afterMonth = /^\.?,?\s+(?:\d{1,2}(?:st|nd|rd|th)?|\d{4})(?!\p{L})/u;
/** The first month of two: `between May and June`. */
const beforeFirst = behind('between|from');
const afterFirst = new RegExp(String.raw`^\s+(?:and|to|until|till|through)\s+${month}(?!\p{L})`, 'iu');
/** Words before a thing, and not before a name. */
const beforeThing = behind(
  'the|an?|these|those|each|every|no|any|some|much|many',
  'im|ein|eine|einen|einer|eines|viel|viele|wenig|wenige|keine|deutsche|d',
  String.raw`\d+`,
);
/** Words before a name: used if the question has no capitals. */
const beforeName = behind(
  'did|does|do|has|have|had|is|was|are|were|can|could|would|should|about|with|to|for|from|and|or|than',
  'told|tell|asked|ask|met|meet|saw|see|call|called',
);
const afterName = /^['’]s(?!\p{L})/iu;
/** What follows a name at the beginning: `May, what did you buy?` */
const afterAddressed = /^[,:]/;

/** Finds a word, in any case. */
const asWord = (word: string): RegExp => new RegExp(`(?<![\\p{L}\\p{N}])${word}(?![\\p{L}\\p{N}])`, 'giu');
/** What is before the first word of a sentence. */
const beginning = /(?:^|[.!?:]["”’']?\s+|^["“‘'])\s*$/u;

/** How a question uses a speaker's name: as a name, as a plain word, or as both. */
export interface Meaning {
  isName: boolean;
  isWord: boolean;
}

/**
 * Tells names from words that are spelled like them, such as `May`, `Mark` and `Will`: by capitals, or if there are none,
 * by the words beside them. Any other name is a name. `name` is one of {@link namesIn}, without `@`.
 */
export function meaningOf(name: string, given: string): Meaning {
  if (!wordNames.has(name)) return { isName: true, isWord: false };
  const question = given.normalize('NFKC');
  const hasCapitals = capitalsSay(question);
  const found = [...question.matchAll(asWord(name))];
  const are = found.map(({ 0: word, index }) => {
    const before = question.slice(0, index);
    const after = question.slice(index + word.length);
    if (afterName.test(after)) return true;
    if (monthNames.has(name) && isMonth(before, after)) return false;
    if (beforeThing.test(before)) return false;
    const isCapital = word !== word.toLowerCase() && word !== word.toUpperCase();
    if (beginning.test(before)) return isCapital && (!modals.has(name) || afterAddressed.test(after));
    // "Will Will come?"
    if (modals.has(name) && new RegExp(`(?<![\\p{L}\\p{N}])${name}\\s+$`, 'iu').test(before)) return true;
    return hasCapitals ? isCapital : beforeName.test(before);
  });
  return { isName: are.includes(true), isWord: are.includes(false) };
}

const isMonth = (before: string, after: string): boolean =>
  beforeMonth.test(before) || afterMonth.test(after) || (beforeFirst.test(before) && afterFirst.test(after));

/**
 * Whether capitals tell names from words: there are some besides the first letter, and not every word has one, as in
 * titles.
 */
function capitalsSay(question: string): boolean {
  const [, ...words] = question.match(/\p{L}[\p{L}\p{M}\p{N}]*/gu) ?? [];
  const capitals = words.filter((word) => /^\p{Lu}/u.test(word)).length;
  const isTitle = words.length > MIN_TITLE && capitals === words.length;
  return /\p{Ll}/u.test(question) && capitals > 0 && !isTitle;
}
/** Up to so many words, all with capitals, may be names. */
const MIN_TITLE = 3;

/** True of a word with a capital where no sentence begins, if capitals tell names from words. */
export function isCapitalWithin(word: string, given: string): boolean {
  const question = given.normalize('NFKC');
  if (!capitalsSay(question)) return false;
  return [...question.matchAll(asWord(word))].some(
    ({ 0: found, index }) => /^\p{Lu}/u.test(found) && !beginning.test(question.slice(0, index)),
  );
}
