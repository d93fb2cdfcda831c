import { wordWeights } from '../../model/text/common-words.ts';
import { unitVector } from './embedder.ts';

/** Changes with every change of the vectors below: what was stored under it would no longer compare. */
export const MODEL = 'hashing-1';

/**
 * Parts of a word's weight: its stem, the word, and its pieces, which forgive misspelling. Their squares sum up to 1.
 */
const STEM = Math.sqrt(0.5);
const WORD = Math.sqrt(0.05);
const PIECES = Math.sqrt(0.45);
/** Weight of a character of a script without spaces. Pairs of characters are nearer to words. */
const CHARACTER = 0.5;
const PAIR = 1;
/** Hiragana is grammar more than content. */
const HIRAGANA = 0.2;

/** Seeds, so that a word and a piece of the same letters are different features. */
const seeds = { word: 1, stem: 2, piece: 3, character: 4, raw: 5 };

const unspacedScripts = ['Han', 'Hira', 'Kana', 'Hang', 'Bopo', 'Thai', 'Laoo', 'Khmr', 'Mymr'];
const UNSPACED = String.raw`[[\p{L}\p{M}\p{N}]&&[${unspacedScripts.map((script) => `\\p{scx=${script}}`).join('')}]]`;
const SPACED = String.raw`[[\p{L}\p{M}\p{N}]--${UNSPACED}]`;
const tokens = new RegExp(`(${UNSPACED}+)|${SPACED}+(?:['’]${SPACED}+)*`, 'gv');
const hiragana = /^\p{sc=Hira}+$/v;

/** The vector of a text, of length 1. */
export function hashedVector(text: string, dimension: number): number[] {
  const vector = new Float64Array(dimension);
  const words = new Map<string, number>();
  const characters = new Map<string, number>();
  const folded = fold(text);
  for (const [token, unspaced] of folded.matchAll(tokens)) {
    if (unspaced === undefined) count(words, token.replaceAll(/['’]/g, ''));
    else for (const feature of charactersAndPairs(unspaced)) count(characters, feature);
  }
  for (const [word, times] of words) addWord(vector, word, dampened(times) * (wordWeights.get(word) ?? 1));
  for (const [feature, times] of characters) addCharacters(vector, feature, dampened(times));
  return unitVector(vector) ?? rawVector(folded, dimension);
}

/** Compatibility forms, case and the accents of alphabets are matters of spelling, not of words. */
function fold(text: string): string {
  const lower = text.normalize('NFKC').toLowerCase();
  return /[\u00c0-\u024f]/.test(lower)
    ? lower
        .normalize('NFD')
        .replaceAll(/([a-z])[\u0300-\u036f]+/g, '$1')
        .normalize('NFC')
    : lower;
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** The tenth time a text says a word tells less than the first. */
const dampened = (times: number) => 1 + Math.log(times);

function addWord(vector: Float64Array, word: string, weight: number): void {
  add(vector, hashOf(word, seeds.word), weight * WORD);
  add(vector, hashOf(stemOf(word), seeds.stem), weight * STEM);
  const padded = `_${word}_`;
  const { length } = padded;
  const pieces = Math.max(length - 2, 0) + Math.max(length - 3, 0) + Math.max(length - 4, 0);
  const each = (weight * PIECES) / Math.sqrt(pieces);
  for (let start = 0; start + 3 <= length; start++) {
    let hash = begin(seeds.piece);
    const end = Math.min(start + 5, length);
    for (let at = start; at < end; at++) {
      hash = next(hash, padded.charCodeAt(at));
      if (at - start >= 2) add(vector, hash, each);
    }
  }
}

function addCharacters(vector: Float64Array, feature: string, times: number): void {
  const weight = (feature.length > 1 ? PAIR : CHARACTER) * (hiragana.test(feature) ? HIRAGANA : 1);
  add(vector, hashOf(feature, seeds.character), weight * times);
}

function* charactersAndPairs(run: string): Generator<string> {
  let previous = '';
  for (const character of run) {
    yield character;
    if (previous) yield previous + character;
    previous = character;
  }
}

/** For texts without a word, such as `:-)`, and the one in many whose features cancel each other out. */
function rawVector(text: string, dimension: number): number[] {
  const vector = new Float64Array(dimension);
  for (const character of text) add(vector, hashOf(character, seeds.raw), 1);
  const unit = unitVector(vector);
  if (unit) return unit;
  vector[spread(hashOf(text, seeds.raw)) % dimension] = 1;
  return [...vector];
}

/** The usual English endings, cut so that the forms of a word meet; that some part from their kin does little harm. */
function stemOf(word: string): string {
  if (word.length < 4) return word;
  let stem = word;
  if (stem.endsWith('s')) {
    if (stem.endsWith('ies')) stem = `${stem.slice(0, -3)}y`;
    else if (/(?:ss|sh|ch|x|z)es$/.test(stem)) stem = stem.slice(0, -2);
    else if (!stem.endsWith('ss') && !stem.endsWith('us')) stem = stem.slice(0, -1);
  }
  const cut = stem.endsWith('ing') ? 3 : stem.endsWith('ed') ? 2 : stem.length > 6 && stem.endsWith('ly') ? 2 : 0;
  const rest = cut ? stem.slice(0, -cut) : '';
  if (rest.length > 2 && /[aeiouy]/.test(rest)) stem = rest.replace(/([bdfgmnprt])\1$/, '$1');
  // `hope` and `hoping`, `try` and `tried`.
  if (stem.endsWith('i')) return `${stem.slice(0, -1)}y`;
  return stem.length > 3 && stem.endsWith('e') ? stem.slice(0, -1) : stem;
}

// FNV-1a of 32 bits by Fowler, Noll and Vo, over UTF-16 code units rather than bytes.
const begin = (seed: number) => Math.imul(0x811c9dc5 ^ seed, 0x01000193);
const next = (hash: number, unit: number) => Math.imul(hash ^ unit, 0x01000193);

function hashOf(text: string, seed: number): number {
  let hash = begin(seed);
  for (let at = 0; at < text.length; at++) hash = next(hash, text.charCodeAt(at));
  return hash;
}

/** The finaliser of Austin Appleby's MurmurHash3: every bit of a hash comes to matter for every bit of what is left. */
function spread(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** One bit of the hash is the sign, so that features which meet in one place cancel out on average. */
function add(vector: Float64Array, hash: number, weight: number): void {
  const mixed = spread(hash);
  const place = (mixed >>> 1) % vector.length;
  vector[place] = (vector[place] ?? 0) + (mixed & 1 ? weight : -weight);
}
