import { LRUCache } from 'lru-cache';

/** A parsed document takes a few hundred bytes a character at worst, most of it what its tokens say of their places. */
const MAX_CHARACTERS = 400_000;
/** What was found wrong with a document is kept with it, and takes as much however short that is. */
const MAX_DOCUMENTS = 1_000;

/**
 * What was made of documents, by their text: of those asked for lately, up to so many characters of text in all. A
 * number of documents alone would be no limit, as one of them can be a thousand times as large as another.
 */
export const createDocumentCache = <Made extends object>(): LRUCache<string, Made> =>
  new LRUCache({ max: MAX_DOCUMENTS, maxSize: MAX_CHARACTERS, sizeCalculation: (_made, text) => text.length + 1 });
