/**
 * Stems of English words as the `english` configuration of PostgreSQL 18 makes them (the Snowball project's stemmer for
 * English), so that a program knows the terms of a text without asking the database. Where earlier versions differ:
 * {@link earlierStem}.
 */

const VOWELS = 'aeiouy';
const isVowel = (letter: string | undefined): boolean => letter !== undefined && VOWELS.includes(letter);

/** Words that are stemmed by themselves, and those that are stems already. */
const exceptions = new Map(
  `skis ski|skies sky|dying die|lying lie|tying tie|idly idl|gently gentl|ugly ugli|early earli|only onli|singly singl
  |sky sky|news news|howe howe|atlas atlas|cosmos cosmos|bias bias|andes andes`
    .split('|')
    .map((pair) => pair.trim().split(' ') as [string, string]),
);
/** What is done after the first step to these: nothing. */
const kept = new Set(['inning', 'outing', 'canning', 'herring', 'earring', 'proceed', 'exceed', 'succeed']);
const beginnings = ['gener', 'commun', 'arsen'];
const doubles = new Set(['bb', 'dd', 'ff', 'gg', 'mm', 'nn', 'pp', 'rr', 'tt']);

/** Longer words are what nobody writes, and are kept as they are. */
const MAX_WORD = 60;

/** The first place after a vowel and a consonant, from a place on. */
function regionAfter(word: string, from: number): number {
  for (let at = from + 1; at < word.length; at++) {
    if (!isVowel(word[at]) && isVowel(word[at - 1])) return at + 1;
  }
  return word.length;
}

function regionsOf(word: string): { first: number; second: number } {
  const beginning = beginnings.find((each) => word.startsWith(each));
  const first = beginning ? beginning.length : regionAfter(word, 0);
  return { first, second: regionAfter(word, first) };
}

const hasVowel = (part: string): boolean => [...part].some((letter) => isVowel(letter));

/** Whether a part ends with a short syllable, as in `bed`, `trap`, or is one, as `at`. */
function endsShort(part: string): boolean {
  const [before, vowel, last] = [part.at(-3), part.at(-2), part.at(-1)];
  if (part.length === 2) return isVowel(part[0]) && !isVowel(part[1]);
  return part.length > 2 && !isVowel(before) && isVowel(vowel) && !isVowel(last) && !'wxY'.includes(last as string);
}

const isShort = (part: string, first: number): boolean => first >= part.length && endsShort(part);

/** `y` at the beginning and after a vowel is a consonant, written `Y` here. */
function markConsonants(word: string): string {
  let marked = word.startsWith('y') ? `Y${word.slice(1)}` : word;
  for (let at = 1; at < marked.length; at++) {
    if (marked[at] === 'y' && isVowel(marked[at - 1])) marked = `${marked.slice(0, at)}Y${marked.slice(at + 1)}`;
  }
  return marked;
}

function withoutPlural(word: string): string {
  if (word.endsWith('sses')) return word.slice(0, -2);
  if (word.endsWith('ied') || word.endsWith('ies')) return word.slice(0, word.length > 4 ? -2 : -1);
  if (word.endsWith('us') || word.endsWith('ss') || !word.endsWith('s')) return word;
  return hasVowel(word.slice(0, -2)) ? word.slice(0, -1) : word;
}

function withoutTense(word: string, first: number): string {
  for (const ending of ['eedly', 'eed']) {
    if (word.endsWith(ending)) {
      return word.length - ending.length >= first ? `${word.slice(0, -ending.length)}ee` : word;
    }
  }
  const ending = ['ingly', 'edly', 'ing', 'ed'].find((each) => word.endsWith(each));
  if (!ending) return word;
  const rest = word.slice(0, -ending.length);
  if (!hasVowel(rest)) return word;
  if (/(?:at|bl|iz)$/.test(rest)) return `${rest}e`;
  if (doubles.has(rest.slice(-2))) return /^[aeo]..$/.test(rest) ? rest : rest.slice(0, -1);
  return isShort(rest, first) ? `${rest}e` : rest;
}

const withPlainY = (word: string): string =>
  word.length > 2 && /[yY]$/.test(word) && !isVowel(word.at(-2)) ? `${word.slice(0, -1)}i` : word;

/** Endings with what takes their place, the longest first. */
const endingsOf = (text: string): [string, string][] =>
  text
    .split(/\s+/)
    .map((pair) => pair.split('>') as [string, string])
    .sort(([a], [b]) => b.length - a.length);
const derived =
  endingsOf(`tional>tion enci>ence anci>ance abli>able entli>ent izer>ize ization>ize ational>ate ation>ate
  ator>ate alism>al aliti>al alli>al fulness>ful ousli>ous ousness>ous iveness>ive iviti>ive biliti>ble bli>ble ogi>og
  fulli>ful lessli>less li>`);
const further = endingsOf('tional>tion ational>ate alize>al icate>ic iciti>ic ical>ic ful> ness> ative>');
const last = endingsOf('al> ance> ence> er> ic> able> ible> ant> ement> ment> ent> ism> ate> iti> ous> ive> ize> ion>');

/** The longest ending of a word that a list has, if it begins in a region. */
function ended(word: string, endings: readonly [string, string][], region: number): [string, string] | undefined {
  const found = endings.find(([ending]) => word.endsWith(ending));
  return found && word.length - found[0].length >= region ? found : undefined;
}

function replaced(word: string, endings: readonly [string, string][], region: number, second: number): string {
  const found = ended(word, endings, region);
  if (!found) return word;
  const rest = word.slice(0, -found[0].length);
  if (found[0] === 'ogi' && !rest.endsWith('l')) return word;
  if (found[0] === 'li' && !/[cdeghkmnrt]$/.test(rest)) return word;
  if (found[0] === 'ative' && rest.length < second) return word;
  if (found[0] === 'ion' && !/[st]$/.test(rest)) return word;
  return rest + found[1];
}

function withoutLastLetter(word: string, first: number, second: number): string {
  const at = word.length - 1;
  const rest = word.slice(0, -1);
  if (word.endsWith('e')) return at >= second || (at >= first && !endsShort(rest)) ? rest : word;
  return word.endsWith('ll') && at >= second ? rest : word;
}

/**
 * What PostgreSQL before 18 makes of some forms of a word, by its stem: of `added` it makes `ad`, and `add` of `add`.
 * Undefined: it makes the same of all.
 */
export const earlierStem = (stem: string): string | undefined =>
  /^[aeo]/.test(stem) && stem.length === 3 && doubles.has(stem.slice(1)) ? stem.slice(0, -1) : undefined;

/** The stem of a word in lower case. */
export function englishStem(word: string): string {
  if (word.length < 3 || word.length > MAX_WORD) return word;
  const exception = exceptions.get(word);
  if (exception) return exception;
  const marked = markConsonants(word.replace(/^'/, '').replace(/'s?'?$/, ''));
  const { first, second } = regionsOf(marked);
  const single = withoutPlural(marked);
  if (kept.has(single)) return single;
  const base = withPlainY(withoutTense(single, first));
  const plain = replaced(replaced(base, derived, first, second), further, first, second);
  return withoutLastLetter(replaced(plain, last, second, second), first, second).toLowerCase();
}
