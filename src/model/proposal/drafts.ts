import { Turns } from '../../kernel/turns.ts';
import type { MessageRole } from '../../tables/conversation.ts';
import type { ProposalKind } from '../../tables/proposal.ts';
import { tellingWords } from '../finding/answer.ts';
import { foldProse } from '../memory/fold.ts';
import { MOST_OF_KIND, MOST_PROPOSED, MOST_QUOTES, type ProposalAnswer } from './answer.ts';

/** Longer contents and quotes are not taken over; longer reasons are cut. */
const MAX_CONTENT = 2_000;
const MAX_QUOTE = 1_000;
const MAX_REASON = 300;

/** A message as a model is given it. */
export interface AskedMessage {
  id: string;
  role: MessageRole;
  speaker: string | null;
  text: string;
  createdAt: Date;
  updatedAt: Date;
  /** What it became. */
  memoryId: string | null;
  lineageId: string | null;
}

/** A memory as a model is given it. */
export interface AskedMemory {
  id: string;
  lineageId: string;
  type: string;
  content: string;
  validFrom: Date;
}

/** What a model was asked about: only this can be named, by its place from 1 on. */
export interface Asked {
  messages: readonly AskedMessage[];
  memories: readonly AskedMemory[];
}

/** What a model proposes, as far as it holds good. */
export interface Draft {
  kind: ProposalKind;
  /** What is proposed, but for the memories it names. */
  draft: Record<string, unknown>;
  /** What it is about; null: a new memory. */
  memory: AskedMemory | null;
  /** What a relation leads to. */
  other: AskedMemory | null;
  /** 0–1. */
  confidence: number;
  evidence: { message: AskedMessage; quote: string }[];
  /** Others that it takes words from. */
  origins: (AskedMessage | AskedMemory)[];
}

/** On one line, without control characters. */
const onOneLine = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim();

/** Of a text in which only white space may differ. */
const spaced = (text: string): string => text.replace(/\s+/gu, ' ').trim();

const within = (value: number, most: number): number => Math.min(most, Math.max(0, value));

const contentOf = (text: string): string | undefined => {
  const line = text.length <= 2 * MAX_CONTENT ? onOneLine(text) : '';
  return /[\p{L}\p{N}]/u.test(line) && line.length <= MAX_CONTENT ? line : undefined;
};

function reasonOf(text: string): string {
  const line = onOneLine(text.slice(0, 4 * MAX_REASON));
  return line.length > MAX_REASON ? `${line.slice(0, MAX_REASON - 1).toWellFormed()}…` : line;
}

type Given = ProposalAnswer['memories'][number]['evidence'];

/**
 * What of an answer holds good: its quotes stand in the messages named, it names memories that were given, and it says
 * something. The rest is dropped. Of each kind {@link MOST_OF_KIND}, of all {@link MOST_PROPOSED}, those first of which the
 * model is surest.
 */
export async function draftsOf(answer: ProposalAnswer, asked: Asked): Promise<Draft[]> {
  const texts = asked.messages.map(({ text }) => spaced(text));
  const evidenceOf = (given: Given): Draft['evidence'] | undefined => {
    const found = given.slice(0, MOST_QUOTES).flatMap(({ message: number, quote: said }) => {
      const message = asked.messages[number - 1];
      const quote = said.length <= 2 * MAX_QUOTE ? spaced(said) : '';
      const isThere =
        message && quote.length <= MAX_QUOTE && /[\p{L}\p{N}]/u.test(quote) && texts[number - 1]?.includes(quote);
      return isThere ? [{ message, quote }] : [];
    });
    return found.length > 0 && found.length === Math.min(given.length, MOST_QUOTES) ? found : undefined;
  };
  const memory = (number: number): AskedMemory | undefined => asked.memories[number - 1];
  const drafts = [
    ...answer.memories.slice(0, MOST_OF_KIND).map((given) => newMemory(given)),
    ...answer.corrections.slice(0, MOST_OF_KIND).map((given) => correction(given, memory(given.memory))),
    ...answer.retractions.slice(0, MOST_OF_KIND).map((given) => retraction(given, memory(given.memory))),
    ...answer.relations.slice(0, MOST_OF_KIND).map((given) => relation(given, memory(given.from), memory(given.to))),
  ].flatMap((made): Draft[] => {
    const evidence = made && evidenceOf(made.given.evidence);
    return evidence ? [{ ...made.draft, confidence: within(made.given.confidence, 1), evidence, origins: [] }] : [];
  });
  const surest = drafts.sort((a, b) => b.confidence - a.confidence).slice(0, MOST_PROPOSED);
  return withOrigins(surest, asked);
}

interface Made {
  given: { confidence: number; evidence: Given };
  draft: Pick<Draft, 'kind' | 'draft' | 'memory' | 'other'>;
}

function newMemory(given: ProposalAnswer['memories'][number]): Made | undefined {
  const content = contentOf(given.content);
  if (!content) return undefined;
  const draft = { content, type: given.type.toUpperCase(), importance: within(given.importance, 10) };
  return { given, draft: { kind: 'MEMORY', draft, memory: null, other: null } };
}

function correction(given: ProposalAnswer['corrections'][number], memory: AskedMemory | undefined): Made | undefined {
  const content = contentOf(given.content);
  if (!content || !memory || foldProse(content) === foldProse(memory.content)) return undefined;
  const draft = { content, kind: given.kind.toUpperCase(), reason: reasonOf(given.reason) };
  return { given, draft: { kind: 'CORRECTION', draft, memory, other: null } };
}

function retraction(given: ProposalAnswer['retractions'][number], memory: AskedMemory | undefined): Made | undefined {
  if (!memory) return undefined;
  const draft = { kind: given.kind.toUpperCase(), reason: reasonOf(given.reason) };
  return { given, draft: { kind: 'RETRACTION', draft, memory, other: null } };
}

function relation(
  given: ProposalAnswer['relations'][number],
  memory: AskedMemory | undefined,
  other: AskedMemory | undefined,
): Made | undefined {
  if (!memory || !other || memory.lineageId === other.lineageId) return undefined;
  return { given, draft: { kind: 'RELATION', draft: { type: given.type.toUpperCase() }, memory, other } };
}

/** What a draft says in words of its own. */
const saidBy = ({ draft }: Draft): string =>
  [draft.content, draft.reason].filter((part) => typeof part === 'string').join('\n');

/**
 * Notes whose words each draft has taken that its quotes and memories do not have: it goes with these, too, for it would
 * outlive them otherwise.
 */
async function withOrigins(drafts: readonly Draft[], { messages, memories }: Asked): Promise<Draft[]> {
  const turns = new Turns();
  const words = new Map<AskedMessage | AskedMemory, ReadonlySet<string>>();
  for (const each of [...messages, ...memories]) {
    await turns.next();
    words.set(each, new Set(tellingWords('text' in each ? each.text : each.content)));
  }
  const made: Draft[] = [];
  for (const draft of drafts) {
    await turns.next();
    const own = new Set<AskedMessage | AskedMemory>(
      [...draft.evidence.map(({ message }) => message), draft.memory, draft.other].filter((each) => each !== null),
    );
    const known = [...own].map((each) => words.get(each) as ReadonlySet<string>);
    const foreign = tellingWords(saidBy(draft)).filter((word) => !known.some((has) => has.has(word)));
    const origins = [...words].flatMap(([each, has]) =>
      !own.has(each) && foreign.some((word) => has.has(word)) ? [each] : [],
    );
    made.push({ ...draft, origins });
  }
  return made;
}
