/**
 * How the length of a content counts. Lengths are bytes of UTF-8 / 10, about the number of words; up to `SHORT` of them,
 * some 250 bytes, a content is short and its length says nothing. Measured on chats with an assistant, whose long
 * messages have every word, and on short turns of people, which it must not change.
 */
export const SHORT = 25;

/** How quickly long contents count less, whatever they say. */
export const LENGTH_SLOPE = 0.05;

/** How many times longer than a short content it is: 1 for short ones. */
export const timesShort = (length: number): number => Math.max(1, length / SHORT);

/** BM25's k1 for a content of this length: how many times a term has to be there for half of its highest score. */
export const lengthFactor = (length: number): number => Math.sqrt(timesShort(length));

/** What the scores of a content's words are divided by. */
export const lengthDivisor = (length: number): number => 1 + LENGTH_SLOPE * Math.log(timesShort(length));

/**
 * A long content is judged by the best of its passages: so many of its words in a row, wherever sentences begin. What
 * is asked stands together, and the rest of a long text neither helps nor hurts but by `lengthDivisor`.
 */
export const PASSAGE_WORDS = 80;

/** Contents of up to this length have no passages; it is about that of a passage. */
export const PASSAGE_LENGTH = 50;

/** The `lengthFactor` of a passage. */
export const PASSAGE_FACTOR = lengthFactor(PASSAGE_LENGTH);
