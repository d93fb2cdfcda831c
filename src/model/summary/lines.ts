import { encodeId } from '../../kernel/ids.ts';

/** What a summary quotes of a memory. */
export interface Quoted {
  /** The version. */
  id: string;
  /** When it began to be true. */
  validFrom: Date;
  /** A sentence of it, without line breaks. */
  sentence: string;
}

const dayOf = (moment: Date): string => moment.toISOString().slice(0, 10);

/** A line of an extractive summary: what was said, since when, and the id of the memory that says it. */
export const summaryLine = ({ id, validFrom, sentence }: Quoted): string =>
  `- ${sentence} (${dayOf(validFrom)}) [${encodeId('Memory', id)}]`;

/** An extractive summary: a line of each source. */
export const extractiveSummary = (quoted: readonly Quoted[]): string => quoted.map(summaryLine).join('\n');

/** What is left of an extractive summary without the lines of some versions, and without anything that names them. */
export function withoutLinesOf(content: string, ids: readonly string[]): string {
  const names = ids.map((id) => encodeId('Memory', id));
  return content
    .split('\n')
    .filter((line) => !names.some((name) => line.includes(name)))
    .join('\n');
}

/** A line of a summary as it is read: the sentence alone, without its day and its source. */
export function sentenceOf(line: string): string {
  return line.replace(/^- /, '').replace(/ \(\d{4}-\d\d-\d\d\) \[mem_[0-9a-z]{26}\]$/, '');
}

/** What a line of an extractive summary quotes, from 0; undefined: there is none, or a model has phrased it. */
export function quotedLine(content: string, line: number): string | undefined {
  const said = content.startsWith('- ') ? content.split('\n')[line] : undefined;
  return said === undefined ? undefined : sentenceOf(said);
}

/** The most characters of a title. */
const MAX_TITLE = 80;

/** What a topic is called: what its summary says first, shortened. */
export function titleOf(content: string): string {
  const first = sentenceOf(content.split('\n', 1)[0] as string);
  if (first.length <= MAX_TITLE) return first;
  const cut = first.slice(0, MAX_TITLE);
  const blank = cut.lastIndexOf(' ');
  return `${(blank > MAX_TITLE / 2 ? cut.slice(0, blank) : cut).toWellFormed()}…`;
}
