export interface Piece {
  text: string;
  isMarked: boolean;
}

/** What may follow a stem in its words; a browser has no stemmer. */
const ENDINGS =
  /^(?:|e|s|es|ed|er|ers|ing|ings|y|ies|ied|ily|ly|al|ally|ion|ions|ation|ations|ment|ments|ness|able|ive|or|ors|en|ens|n|a|as|o|os)$/;
const LONGEST = 800;

/** A text without accents and capitals. It may have another length. */
const folded = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** Whether a word is one of a stem, as far as its spelling says. */
function isOfStem(word: string, stem: string): boolean {
  if (word === stem) return true;
  const beginning = stem.length > 3 && stem.endsWith('i') ? stem.slice(0, -1) : stem;
  if (!word.startsWith(beginning)) return false;
  const rest = word.slice(beginning.length);
  const undoubled = rest.startsWith(beginning.slice(-1)) ? rest.slice(1) : rest;
  return ENDINGS.test(rest) || ENDINGS.test(undoubled);
}

/**
 * A text in pieces, with the words marked that have one of the stems. The server says stems, not places: a word with an
 * irregular form is not marked.
 */
export function markedPieces(text: string, stems: readonly string[]): Piece[] {
  const wanted = stems.map(folded).filter((stem) => !stem.startsWith('--'));
  const pieces: Piece[] = [];
  for (const [part] of text.matchAll(/[\p{L}\p{M}\p{N}]+|[^\p{L}\p{M}\p{N}]+/gu)) {
    const word = folded(part);
    const isMarked = /[\p{L}\p{N}]/u.test(part) && wanted.some((stem) => isOfStem(word, stem));
    const last = pieces.at(-1);
    if (last && last.isMarked === isMarked) last.text += part;
    else pieces.push({ text: part, isMarked });
  }
  return pieces;
}

/** The stems that no word of the text has, as far as its spelling says: they are in a summary, a name or a date. */
export const unmarked = (text: string, stems: readonly string[]): string[] => {
  const words = [...new Set(Array.from(text.matchAll(/[\p{L}\p{M}\p{N}]+/gu), ([word]) => folded(word)))];
  return stems.filter((stem) => !words.some((word) => isOfStem(word, folded(stem))));
};

/** What of a content is shown: all of it, or of a long one the part that has most of the question's words. */
export function shownPart(content: string, excerpt: { from: number; until: number } | null): string {
  if (content.length <= LONGEST) return content;
  const { from, until } = excerpt ?? { from: 0, until: LONGEST };
  return `${from > 0 ? '… ' : ''}${content.slice(from, until)}${until < content.length ? ' …' : ''}`;
}
