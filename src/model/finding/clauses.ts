import type { Token } from './statement.ts';
import { tokensOf, wordSet } from './tokens.ts';

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
  if (!content.includes('```')) return content;
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

const pronouns = wordSet(`i i'm i've i'll we we're he she they it it's`);
const determiners = wordSet('the my our his her their');
const conjunctions = wordSet('but so which though although while whereas because however and');
const causes = wordSet('but because so');
const joins = wordSet('and but so');
const questionWords = wordSet('can could would do does should what how which where when why is are any will');
const requests = wordSet('can could would will');
const askers = wordSet('you i we should do can');
const asked = wordSet('you i we is are should');

/** Whether a new clause begins with a token, by what stands before it. */
function isBorder(gap: string, { word }: Token, next: string, before: string): boolean {
  if (gap !== ' ' && /;|\s[-–—]\s|—/.test(gap)) return true;
  if (next === 'you' && requests.has(word)) return true;
  if (causes.has(word) && pronouns.has(next)) return true;
  if (joins.has(before) && questionWords.has(word) && askers.has(next)) return true;
  if (!gap.includes(',')) return false;
  if (conjunctions.has(word)) return word !== 'and' || pronouns.has(next) || determiners.has(next);
  return pronouns.has(word) || word === 'also' || (questionWords.has(word) && asked.has(next));
}

/** The clauses of a sentence. */
export function partsOf(sentence: string, number: number): Part[] {
  const tokens = tokensOf(sentence);
  const starts = [0];
  for (let at = 1; at < tokens.length; at++) {
    const [before, token] = [tokens[at - 1] as Token, tokens[at] as Token];
    const gap = sentence.slice(before.end, token.start);
    if (isBorder(gap, token, tokens[at + 1]?.word ?? '', before.word)) starts.push(at);
  }
  const isQuestion = /\?["')]*$/.test(sentence);
  if (starts.length === 1)
    return tokens.length > 0 ? [{ text: sentence.trimEnd(), tokens, sentence: number, isQuestion }] : [];
  return starts.map((from, index) => {
    const to = starts[index + 1] ?? tokens.length;
    const start = index === 0 ? 0 : (tokens[from]?.start ?? 0);
    const end = to < tokens.length ? (tokens[to]?.start ?? sentence.length) : sentence.length;
    const own = tokens.slice(from, to);
    const moved = start === 0 ? own : own.map((token) => movedBack(token, start));
    const text = sentence.slice(start, end).trimEnd();
    return { text, tokens: moved, sentence: number, isQuestion: isQuestion && to === tokens.length };
  });
}

const movedBack = (token: Token, by: number): Token => ({ ...token, start: token.start - by, end: token.end - by });
