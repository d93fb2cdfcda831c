// Words that became a memory are stored once, in the memory. Of the message stays its JSON, with a mark where words were
// cut out. A mark is made of a character that JSON never has as itself: within texts it is escaped.

const MARK = '\u0001';
const MARKS = new RegExp(`${MARK}(\\d+),(\\d+)${MARK}`, 'g');

/** What stands between the text parts of a message where they are one text. */
export const BETWEEN_PARTS = '\n\n';

/** A message's text parts as one text, or null where it has none. */
export const wordsOf = (parts: readonly string[]): string | null =>
  parts.length > 0 ? parts.join(BETWEEN_PARTS) : null;

/**
 * The JSON of `content` without the words that are in `parts`: each text that is one of them has become a mark, `from`
 * and length in code units of {@link wordsOf}. {@link fill} puts them back.
 */
export function cut(content: unknown, parts: readonly string[]): string {
  const whole = wordsOf(parts);
  if (whole === null) return JSON.stringify(content);
  const places = new Map<string, string>([[whole, `0,${whole.length}`]]);
  let from = 0;
  for (const part of parts) {
    places.set(part, `${from},${part.length}`);
    from += part.length + BETWEEN_PARTS.length;
  }
  // A text that occurs nowhere, for what is put in their place until all is one text.
  const json = JSON.stringify(content);
  const longest = json.match(/cut+/g)?.reduce((most, each) => Math.max(most, each.length), 0) ?? 0;
  const stand = `cut${'t'.repeat(longest)}`;
  const shortened = JSON.stringify(content, (_key, value) => {
    const place = typeof value === 'string' && value !== '' ? places.get(value) : undefined;
    return place === undefined ? value : `${stand} ${place}`;
  });
  return shortened.replaceAll(new RegExp(`"${stand} (\\d+,\\d+)"`, 'g'), `${MARK}$1${MARK}`);
}

/** Whether words have been cut out. */
export const isCut = (json: string): boolean => json.includes(MARK);

/** The JSON that {@link cut} was given, with the words in it again. */
export const fill = (json: string, words: string): string =>
  json.replaceAll(MARKS, (_mark, from, length) => JSON.stringify(words.slice(+from, +from + +length)));
