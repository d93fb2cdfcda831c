import { foldWidth } from './fold.ts';

/** A part of a full-text search. */
export interface SearchedPart {
  /** Words that must all occur; a phrase that must occur as it is; or how a word begins. */
  kind: 'words' | 'phrase' | 'prefix';
  text: string;
  /** It must not occur. */
  isExcluded: boolean;
}

const part = /(?<marks>-*)(?:"(?<phrase>[^"]*)(?:"|$)|(?<words>[^\s"]+))/gu;
const saysSomething = /[\p{L}\p{N}]/u;
const prefix = /(?<=[\p{L}\p{N}\p{M}])\*+$/u;

/**
 * A full-text search as people write it for search engines: alternatives, set apart by `or`, each of which is found
 * where all its parts hold. Words must occur, "phrases" word by word, `begin*` is how a word begins, and a `-` right
 * before any of them excludes it; two exclude nothing. Whatever else there is says nothing. No text is invalid.
 */
export function readSearch(given: string): SearchedPart[][] {
  const alternatives: SearchedPart[][] = [[]];
  for (const { groups } of foldWidth(given)
    .replaceAll(/[“”„‟]/gu, '"')
    .matchAll(part)) {
    const { marks = '', phrase, words = '' } = groups ?? {};
    const parts = alternatives.at(-1) as SearchedPart[];
    const isExcluded = marks.length % 2 === 1;
    const text = phrase ?? words;
    if (phrase === undefined && marks === '' && /^or$/iu.test(words)) alternatives.push([]);
    else if (!saysSomething.test(text)) continue;
    else if (phrase !== undefined) parts.push({ kind: 'phrase', text, isExcluded });
    else if (prefix.test(words)) parts.push({ kind: 'prefix', text: words.replace(prefix, ''), isExcluded });
    else addWords(parts, text, isExcluded);
  }
  return alternatives.filter((parts) => parts.length > 0);
}

/** Words in a row are one part: some say something only together, as those of a date. */
function addWords(parts: SearchedPart[], text: string, isExcluded: boolean): void {
  const last = parts.at(-1);
  if (last?.kind === 'words' && !last.isExcluded && !isExcluded) last.text += ` ${text}`;
  else parts.push({ kind: 'words', text, isExcluded });
}
