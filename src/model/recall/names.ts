/** How many words a speaker's name has at most, as a question may name them. */
const NAME_WORDS = 3;

/** What may be speakers' names in a question: runs of one to three of its words, as searchSql keeps them. */
export function namesIn(words: readonly string[]): string[] {
  const names = new Set<string>();
  for (const start of words.keys()) {
    for (let length = 1; length <= NAME_WORDS && start + length <= words.length; length++) {
      names.add(`@${words.slice(start, start + length).join(' ')}`);
    }
  }
  return [...names];
}

const months = 'january february march april may june july august september october november december'.split(' ');
/** English words that people are called by, too, besides months. */
const others =
  `will mark bill grant frank art rob pat sue dean drew chase rose grace joy hope faith dawn eve ivy iris lily
  daisy violet ruby amber pearl crystal jasmine olive sky summer autumn winter star angel king duke hunter mason carter
  parker cooper page bishop miles gene jean jack rich earnest guy buddy sunny christian heath glen cliff dale ford lane
  wade reed stone penny sandy cherry ginger melody harmony destiny trinity mercy patience prudence verity`.split(/\s+/);
const monthNames = new Set(months);
const wordNames = new Set([...months, ...others]);
/** Whether a word, in small letters, is a word that people are called by, too. */
export const isNameWord = (word: string): boolean => wordNames.has(word);
/** With these a question begins, and no name. */
const modals = new Set(['will', 'may']);

/** What ends with one of some words, which are patterns. */
const behind = (...words: string[]): RegExp =>
  new RegExp(String.raw`(?:^|[^\p{L}\p{N}])(?:${words.join('|')})[\s-]+$`, 'iu');

/** Before a month, and seldom before a name. */
const beforeMonth = behind(
  'in|during|since|until|till|by|of|last|next|this|early|late|mid|every|each|past|around|through|throughout|end',
  String.raw`\d{1,2}(?:st|nd|rd|th)?`,
);
const afterMonth = /^\.?,?\s+(?:\d{1,2}(?:st|nd|rd|th)?|\d{4})(?!\p{L})/u;
/** Where a name can stand, for what is written without capitals: behind a verb or preposition that wants one. */
const beforeName = behind(
  'did|does|do|has|have|had|is|was|are|were|can|could|would|should|about|with|to|for|from|and|or|than',
  'told|tell|asked|ask|met|meet|saw|see|call|called',
);
const afterName = /^['’]s(?!\p{L})/iu;

/** What a speaker's name is in a question: their name somewhere, a plain word somewhere, or both. */
export interface Meaning {
  isName: boolean;
  isWord: boolean;
}

/**
 * Tells names from words that are written like them, as `May`, `Mark` and `Will`: by their capitals, and where there
 * are none by what stands beside them. Any other name is a name. `name` is one of {@link namesIn}, without `@`.
 */
export function meaningOf(name: string, question: string): Meaning {
  if (!wordNames.has(name)) return { isName: true, isWord: false };
  // One capital, where a sentence begins, says nothing.
  const hasCapitals = /\p{Ll}/u.test(question) && /(?<!^\s*)\p{Lu}/u.test(question);
  const found = [...question.matchAll(new RegExp(`(?<![\\p{L}\\p{N}])${name}(?![\\p{L}\\p{N}])`, 'giu'))];
  const are = found.map(({ 0: word, index }) => {
    const before = question.slice(0, index);
    const after = question.slice(index + word.length);
    if (afterName.test(after)) return true;
    if (monthNames.has(name) && (beforeMonth.test(before) || afterMonth.test(after))) return false;
    const isCapital = word !== word.toLowerCase() && word !== word.toUpperCase();
    const isFirst = /(?:^|[.!?:]["”’']?\s+|^["“‘'])\s*$/u.test(before);
    if (isFirst) return isCapital && !modals.has(name);
    return isCapital || (!hasCapitals && beforeName.test(before));
  });
  return { isName: are.includes(true), isWord: are.includes(false) };
}

/** Whether a word is written with a capital where no sentence begins, and not all of the question is in capitals. */
export const isCapitalWithin = (word: string, question: string): boolean =>
  /\p{Ll}/u.test(question) &&
  [...question.matchAll(new RegExp(`(?<![\\p{L}\\p{N}])${word}(?![\\p{L}\\p{N}])`, 'giu'))].some(
    ({ 0: found, index }) =>
      /^\p{Lu}/u.test(found) && !/(?:^|[.!?:]["”’']?\s+|^["“‘'])\s*$/u.test(question.slice(0, index)),
  );
