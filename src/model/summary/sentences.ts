/** A longer sentence is cut, so that it has as many code units with the mark of it. */
export const MAX_SENTENCE = 300;
const CUT = '…';
/** So much of a long text is looked at, in code units, from its beginning. */
export const LOOKED_AT = 20_000;

// The segmentation of Unicode, of no language: it knows full stops of every script, and no abbreviations.
const sentences = new Intl.Segmenter('und', { granularity: 'sentence' });
const words = new Intl.Segmenter('und', { granularity: 'word' });
const characters = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** An initial, a title, an ordinal: what has a full stop that ends no sentence. */
const abbreviated =
  /(?<![\p{L}\p{N}])(?:\p{Lu}|\d{1,2}|Dr|Mrs?|Ms|Prof|St|Sr|Jr|vs|No|Nr|Fig|ca|approx|dept|Inc|Ltd|Gen|Rev)\.$/u;
const openLine = /[\p{L}\p{N},]$/u;
const opensLower = /^\s*\p{Ll}/u;
const saysSomething = /[\p{L}\p{N}]/u;

/**
 * The sentences of a text, each on one line. A line is a sentence too, unless the next one runs on in lower case. Without
 * a letter or number anywhere the text is its only sentence; a blank text has none.
 */
export function sentencesOf(text: string): string[] {
  const looked = withoutHalf(text.slice(0, LOOKED_AT));
  const found: string[] = [];
  let open = '';
  for (const { segment } of sentences.segment(looked)) {
    if (open !== '' && !runsOn(open, segment)) {
      found.push(open);
      open = '';
    }
    open += segment;
  }
  const lines = [...found, open].map(onOneLine);
  const saying = lines.filter((line) => saysSomething.test(line));
  const whole = onOneLine(looked);
  return saying.length > 0 ? saying : whole === '' ? [] : [whole];
}

/** A sentence that is too long without its end, up to a border of words. */
export function shortened(sentence: string): string {
  if (sentence.length <= MAX_SENTENCE) return sentence;
  const most = MAX_SENTENCE - CUT.length;
  const kept = upTo(words, sentence, most).trimEnd() || upTo(characters, sentence, most);
  return `${(kept || withoutHalf(sentence.slice(0, most))).trimEnd()}${CUT}`;
}

/** Whether a sentence has not ended where the segmentation says. */
function runsOn(before: string, after: string): boolean {
  const ended = before.trimEnd();
  if (/[\n\r\u2028\u2029]\s*$/.test(before)) return openLine.test(ended) && opensLower.test(after);
  // As within an address.
  if (ended === before) return /[\x21-\x7e]$/.test(before) && /^[\x21-\x7e]/.test(after);
  return abbreviated.test(ended) || opensLower.test(after);
}

/** The whole segments of the first code units of a text. */
function upTo(segmenter: Intl.Segmenter, text: string, most: number): string {
  let end = 0;
  // What comes right after decides whether a segment ends there.
  for (const { index, segment } of segmenter.segment(text.slice(0, 2 * most))) {
    if (index + segment.length > most) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}

const onOneLine = (text: string): string => text.replaceAll(/\s+/gu, ' ').trim();

const withoutHalf = (text: string): string => text.replace(/[\ud800-\udbff]$/, '');
