import { wordWeights } from '../text/common-words.ts';
import { englishStem } from '../text/english-stem.ts';
import { baseOf } from '../text/irregular.ts';
import type { Token } from './statement.ts';

const NUMBER = String.raw`\d+(?:,\d{3})*(?:\.\d+)?`;
const SCALE = '(?:k|m|bn|million|billion|thousand)';
const LETTERS = String.raw`[\p{L}\p{M}\p{N}_]`;
/** Each alternative reads on without going back over more than what it has read: the whole takes linear time. */
const token = new RegExp(
  [
    String.raw`[$€£]\s?${NUMBER}\s?${SCALE}?(?![\p{L}\p{N}])`,
    String.raw`[$€£]\s?${NUMBER}`,
    String.raw`\d{4}-\d\d-\d\d(?!\d)`,
    String.raw`\d{1,2}:\d\d(?!\d)(?:\s?[ap]\.?m(?![\p{L}\p{N}])\.?)?`,
    String.raw`\d{1,2}\s?[ap]\.?m(?![\p{L}\p{N}])\.?`,
    String.raw`v?\d+(?:\.\d+){2,}`,
    String.raw`v\d+(?:\.\d+)?(?![\p{L}\p{N}])`,
    String.raw`${NUMBER}\s?%`,
    String.raw`${NUMBER}(?:st|nd|rd|th|ms|s|min|h|kb|mb|gb|tb|km|cm|mm|kg|ml|k)(?![\p{L}\p{N}])`,
    NUMBER,
    '°[cf]?',
    String.raw`\p{L}${LETTERS}*(?:[-.'&@]\p{L}${LETTERS}*|[-.]\p{N}${LETTERS}*)*(?:\+\+|#)?`,
  ].join('|'),
  'giu',
);

/** The words of a list, separated by white space. */
export const wordSet = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/));

/** How much a word says that holds a sentence together, at most. */
export const FUNCTION_WORD = 0.05;

const stems = new Map<string, string>();
const MAX_STEMS = 20_000;

/** The stem of a word in lower case; of irregular words that of their first form. */
export function stemOf(word: string): string {
  const known = stems.get(word);
  if (known !== undefined) return known;
  if (stems.size >= MAX_STEMS) stems.clear();
  const stem = baseOf(englishStem(word));
  stems.set(word, stem);
  return stem;
}

const contraction = /'(?:s|m|re|ve|ll|d)$/;

export const weightOf = (word: string): number => wordWeights.get(word.replaceAll("'", '')) ?? 1;

/** What a token is wherever it stands. */
type Form = Omit<Token, 'start' | 'end'>;

function formOf(raw: string): Form {
  const lower = raw.toLowerCase();
  const isPossessive = lower.endsWith("'s");
  const word = isPossessive ? lower.slice(0, -2) : lower;
  const isNumber = /^(?:[$€£v]\s?)?\d/.test(word);
  const parts = word.includes('-') && !isNumber ? word.split('-').filter((part) => part.length > 2) : [];
  const bare = word.replace(contraction, '');
  const whole = parts.length > 1 ? parts : [bare];
  return {
    raw,
    word,
    isNumber,
    isCapital: /^\p{Lu}/u.test(raw),
    isPossessive,
    stems: isNumber ? [] : whole.map(stemOf),
    weight: isNumber ? 0 : Math.max(...whole.map(weightOf)),
  };
}

const forms = new Map<string, Form>();
const MAX_FORMS = 20_000;
/** Of a longer one the form is not kept: V8 keeps the whole text with it. */
const MAX_KEPT = 12;

function tokenOf(raw: string, start: number): Token {
  let form = forms.get(raw);
  if (!form) {
    form = formOf(raw);
    if (forms.size >= MAX_FORMS) forms.clear();
    if (raw.length <= MAX_KEPT) forms.set(raw, form);
  }
  const { word, isNumber, isCapital, isPossessive, stems, weight } = form;
  return { raw, word, start, end: start + raw.length, isNumber, isCapital, isPossessive, stems, weight };
}

/** A letter from a to z, in either case. */
const isLetter = (code: number): boolean => (code | 32) >= 97 && (code | 32) <= 122;
const SPACE = 32;
const COMMA = 44;
const V = 118;

/** Where a word of plain letters ends that begins at a place and is followed by a space or comma; 0: there is none. */
function plainEnd(text: string, from: number): number {
  // What begins with a "v" may be a version.
  if ((text.charCodeAt(from) | 32) === V) return 0;
  let at = from;
  while (at < text.length && isLetter(text.charCodeAt(at))) at++;
  if (at === from || at === text.length) return at === from ? 0 : at;
  const next = text.charCodeAt(at);
  return next === SPACE || next === COMMA ? at : 0;
}

/** The tokens of a text with plain apostrophes, in their order. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    if (text.charCodeAt(at) === SPACE) {
      at++;
      continue;
    }
    // Most words need no pattern.
    const end = plainEnd(text, at);
    if (end > 0) {
      tokens.push(tokenOf(text.slice(at, end), at));
      at = end;
      continue;
    }
    token.lastIndex = at;
    const found = token.exec(text);
    if (!found) break;
    tokens.push(tokenOf(found[0], found.index));
    at = found.index + found[0].length;
  }
  return tokens;
}
