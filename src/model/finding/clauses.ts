import type { Token } from './statement.ts';
import { tokensOf } from './tokens.ts';

export const MAX_LENGTH = 6_000;
export const MAX_SENTENCES = 40;
/** A longer clause is a list or no prose. */
export const MAX_TOKENS = 80;
/** More clauses than a text of prose has. */
export const MAX_CLAUSES = 80;
/** A text with more values is a table or a log: those beyond are not compared. */
export const MAX_VALUES = 48;

/** A part of a sentence. */
export interface Part {
  text: string;
  tokens: readonly Token[];
  sentence: number;
  /** It ends with a question mark, or the sentence that it is the last part of does. */
  isQuestion: boolean;
}

/** A text without code blocks, with plain quotes; undefined if what is left is too long. */
export function cleaned(content: string): string | undefined {
  if (content.length > 20 * MAX_LENGTH) return undefined;
  const text = withoutCode(content).replaceAll(/[‘’ʼ]/g, "'").replaceAll(/[“”]/g, '"').replaceAll('`', '');
  return text.length > MAX_LENGTH ? undefined : text;
}

/** What stands between two lines of three backticks is code; without a second one all that follows is. */
function withoutCode(content: string): string {
  return content
    .split('```')
    .filter((_, index) => index % 2 === 0)
    .join(' ');
}

const SHORT_FORMS = `dr|mr|mrs|ms|prof|st|vs|etc|e\\.g|i\\.e|a\\.m|p\\.m|no|inc|approx|max|min|avg|est|fig|ca|cf|
  jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec`.replaceAll(/\s*\n\s*/g, '');
/** Words with a point that ends no sentence. */
const shortForms = new RegExp(String.raw`(?:^|[\s\d(])(?:${SHORT_FORMS})\.$`, 'i');
const sentenceEnd = /[.!?]["')\]]*\s+|[。！？]|\n+/g;

/** The sentences of a text; undefined if there are too many. */
export function sentencesOf(text: string): string[] | undefined {
  const sentences: string[] = [];
  let from = 0;
  const add = (to: number) => {
    const sentence = text.slice(from, to).trim();
    if (sentence.length > 1 && /\p{L}/u.test(sentence)) sentences.push(sentence);
    from = to;
  };
  for (const { 0: end, index } of text.matchAll(sentenceEnd)) {
    const to = index + end.length;
    const isBreak = /[\n。！？]/.test(end);
    const isShort = end.startsWith('.') && shortForms.test(text.slice(Math.max(0, index - 10), index + 1));
    if (isBreak || !isShort) add(to);
    if (sentences.length > MAX_SENTENCES) return undefined;
  }
  add(text.length);
  return sentences.length > MAX_SENTENCES ? undefined : sentences;
}

const pronouns = /^(?:i|i'm|i've|i'll|we|we're|he|she|they|it|it's)$/;
const determiners = /^(?:the|my|our|his|her|their)$/;
const conjunctions = /^(?:but|so|which|though|although|while|whereas|because|however|and)$/;
const questionWords = /^(?:can|could|would|do|does|should|what|how|which|where|when|why|is|are|any|will)$/;

/** Whether a new clause begins with a token, by what stands before it. */
function isBorder(gap: string, { word }: Token, next: string, before: string): boolean {
  if (/;|\s[-–—]\s|—/.test(gap)) return true;
  const isRequest = /^(?:can|could|would|will)$/.test(word) && next === 'you';
  if (isRequest) return true;
  if (/^(?:but|because|so)$/.test(word) && pronouns.test(next)) return true;
  if (/^(?:and|but|so)$/.test(before) && questionWords.test(word) && /^(?:you|i|we|should|do|can)$/.test(next))
    return true;
  if (!gap.includes(',')) return false;
  if (conjunctions.test(word)) return word !== 'and' || pronouns.test(next) || determiners.test(next);
  return (
    pronouns.test(word) || word === 'also' || (questionWords.test(word) && /^(?:you|i|we|is|are|should)$/.test(next))
  );
}

/** The clauses of a sentence. */
export function partsOf(sentence: string, number: number): Part[] {
  const tokens = tokensOf(sentence);
  const starts = [...tokens.keys()].filter((at) => {
    const [before, token] = [tokens[at - 1], tokens[at] as Token];
    if (!before) return true;
    return isBorder(sentence.slice(before.end, token.start), token, tokens[at + 1]?.word ?? '', before.word);
  });
  const isQuestion = /\?["')]*$/.test(sentence);
  return starts.map((from, index) => {
    const to = starts[index + 1] ?? tokens.length;
    const start = index === 0 ? 0 : (tokens[from]?.start ?? 0);
    const end = to < tokens.length ? (tokens[to]?.start ?? sentence.length) : sentence.length;
    const own = tokens
      .slice(from, to)
      .map((token) => ({ ...token, start: token.start - start, end: token.end - start }));
    const text = sentence.slice(start, end).trimEnd();
    return { text, tokens: own, sentence: number, isQuestion: isQuestion && to === tokens.length };
  });
}
