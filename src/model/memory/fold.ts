import { createHash } from 'node:crypto';
import { foldCase } from '../../kernel/fold.ts';

/** Letters, joined by apostrophes and hyphens: what may be a word of prose. */
const WORD = /^\p{L}[\p{L}\p{M}]*(?:['’‑-]\p{L}[\p{L}\p{M}]*)*$/u;
/** A capital behind a small letter, as in `mW`, `userId` and `TypeScript`: what is written so is written so on purpose. */
const MIXED = /\p{Ll}\p{M}*[’'‑-]?\p{Lu}/u;
const AFTER_HYPHEN = /[’'‑-]\p{Lu}/gu;
const NUMBER = /\p{N}$/u;
/** So short a word behind a number may be a unit: `5 MW` is not `5 mW`. */
const MAX_UNIT = 4;
const TIME_OF_DAY = /^[ap]m$/i;
/** What may stand before or behind a word and is not part of it. */
const OPENS = /^[\p{Ps}\p{Pi}"'*¿¡]*/u;
const CLOSES = /[\p{Pe}\p{Pf}"'*.,;:!?…]/u;
/** Most words: nothing of them is to be folded. */
const PLAIN = /^[a-z]+[.,]?$/;

/**
 * A content as it is compared: canonically composed, white space collapsed, case folded in prose alone. Case is kept
 * where it means something: in what is quoted by backticks; in what has digits or signs within, such as paths,
 * addresses, identifiers and options; in words with a capital inside; in short words behind a number, which may be units.
 */
export function foldProse(content: string): string {
  const plain = content.normalize('NFC').trim().replace(/\s+/gu, ' ');
  const parts = plain.split(/(`[^`]*`)/u);
  return parts.map((part, index) => (index % 2 === 1 ? part : foldWords(part))).join('');
}

function foldWords(text: string): string {
  let before = '';
  const folded = text.split(' ').map((token) => {
    const last = before;
    before = token;
    if (PLAIN.test(token)) return token;
    const start = OPENS.exec(token)?.[0].length ?? 0;
    let end = token.length;
    while (end > start && CLOSES.test(token.charAt(end - 1))) end--;
    const word = token.slice(start, end);
    return isProse(word, last) ? token.slice(0, start) + foldCase(word) + token.slice(end) : token;
  });
  return folded.join(' ');
}

function isProse(word: string, before: string): boolean {
  if (!WORD.test(word)) return false;
  if (MIXED.test(word.replace(AFTER_HYPHEN, '-'))) return false;
  return !NUMBER.test(before) || word.length > MAX_UNIT || TIME_OF_DAY.test(word);
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);

/** Digest of a content as {@link foldProse} compares it: equal for what counts as the same content. */
export const foldContent = (content: string): string => digest(`2\n${foldProse(content)}`);

/** What version 0.1 kept as the digest: case folded everywhere. Two contents that share it may differ. */
export const foldContentBefore = (content: string): string =>
  digest(content.normalize('NFC').trim().replace(/\s+/gu, ' ').toLowerCase());
