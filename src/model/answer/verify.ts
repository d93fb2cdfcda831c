import { Turns } from '../../kernel/turns.ts';
import { type GivenAnswer, MAX_TEXT, MOST_CITATIONS, MOST_OF_PART, MOST_PARTS, NOT_KNOWN } from './answer.ts';
import { Quotable } from './quote.ts';

/** What can be cited, by the id that the model was shown. */
export interface Source {
  /** The memory, or the one that the message has become. */
  memoryId: string;
  /** Where a quote may stand: its content, and its summary if it has one. */
  texts: readonly string[];
}

/** A part of an answer that a memory says, verified. */
export interface Cited {
  memoryId: string;
  /** As it stands in the memory. */
  quote: string;
  /** Where the part is in the answer's text, in code units. */
  from: number;
  until: number;
}

/** A model's answer, with the citations that were found. */
export interface Verified {
  text: string;
  isKnown: boolean;
  citations: Cited[];
  /** How many citations were left out, since what they quote was not found. */
  droppedCitations: number;
}

/** Some models copy an id with its brackets. */
const idOf = (given: string): string => given.slice(0, 100).replace(/^[\s[`]+|[\s\]`]+$/g, '');

/** The ids that an answer cites, each once. */
export const citedIds = ({ parts }: GivenAnswer): string[] => [
  ...new Set(
    parts.slice(0, MOST_PARTS).flatMap(({ citations }) => citations.slice(0, MOST_OF_PART).map(({ id }) => idOf(id))),
  ),
];

/** Without control characters, and without marks that turn the direction of what comes after. */
const cleaned = (text: string): string =>
  text
    .slice(0, 2 * MAX_TEXT)
    .toWellFormed()
    .replace(/(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, '');

interface Placed {
  from: number;
  until: number;
  citations: GivenAnswer['parts'][number]['citations'];
}

/** The parts one after the other, with a space between those that have none. */
function join(parts: GivenAnswer['parts']): { text: string; placed: Placed[] } {
  let text = '';
  const placed: Placed[] = [];
  for (const { text: given, citations } of parts.slice(0, MOST_PARTS)) {
    const part = text === '' ? cleaned(given).trimStart() : cleaned(given);
    const isApart = text === '' || /\s$/u.test(text) || /^\s/u.test(part);
    const room = MAX_TEXT - text.length - (isApart ? 0 : 1);
    if (part.trim() === '' || room <= 0) {
      placed.push({ from: text.length, until: text.length, citations });
      continue;
    }
    const shown = part.length > room ? cut(part, room) : part;
    const begin = text.length + (isApart ? 0 : 1);
    const from = begin + shown.length - shown.trimStart().length;
    text += (isApart ? '' : ' ') + shown;
    placed.push({ from, until: begin + shown.trimEnd().length, citations });
  }
  return { text: text.trimEnd(), placed };
}

function cut(text: string, most: number): string {
  const end = text.slice(0, most - 1);
  return `${/[\ud800-\udbff]$/.test(end) ? end.slice(0, -1) : end}…`;
}

/**
 * Verifies an answer: a citation stays if it names a source and its quote stands there. Others are left out and
 * counted. An answer that says nothing is not known.
 */
export async function verify(given: GivenAnswer, sources: ReadonlyMap<string, Source>): Promise<Verified> {
  const { text, placed } = join(given.parts);
  if (!given.isKnown || text === '')
    return { text: text || NOT_KNOWN, isKnown: false, citations: [], droppedCitations: 0 };
  const turns = new Turns();
  const texts = new Map(
    [...sources.values()].map((source) => [source, source.texts.map((each) => new Quotable(each))]),
  );
  const citations = new Map<string, Cited>();
  let dropped = given.parts.slice(MOST_PARTS).reduce((sum, part) => sum + part.citations.length, 0);
  for (const { from, until, citations: cited } of placed) {
    dropped += Math.max(0, cited.length - MOST_OF_PART);
    for (const { id, quote: said } of cited.slice(0, MOST_OF_PART)) {
      await turns.next();
      const source = until > from ? sources.get(idOf(id)) : undefined;
      const quote = source && findIn(texts.get(source) ?? [], said);
      const key = source && JSON.stringify([from, source.memoryId, quote]);
      if (key && citations.has(key)) continue;
      if (!quote || !key || citations.size >= MOST_CITATIONS) dropped++;
      else citations.set(key, { memoryId: source.memoryId, quote, from, until });
    }
  }
  return { text, isKnown: true, citations: [...citations.values()], droppedCitations: dropped };
}

function findIn(texts: readonly Quotable[], quote: string): string | undefined {
  for (const text of texts) {
    const found = text.find(quote);
    if (found !== undefined) return found;
  }
  return undefined;
}
