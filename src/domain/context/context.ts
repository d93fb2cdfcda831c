import type { ReadTransaction } from '../../db/read-transaction.ts';
import type { Reading } from '../../db/reading.ts';
import type { Transaction } from '../../db/transaction.ts';
import { Turns } from '../../kernel/turns.ts';
import { suspectLineages } from '../../model/belief/suspect.ts';
import { type Candidates, fill, type Section } from '../../model/context/fill.ts';
import {
  disputeItems,
  factItems,
  memoryItems,
  messageItems,
  profileItems,
  workingMemoryItems,
} from '../../model/context/items.ts';
import type { Doubts } from '../../model/context/lines.ts';
import type { ContextSectionKind } from '../../model/context/sections.ts';
import { newerFirst } from '../../model/finding/newer-first.ts';
import { outdatedAmong } from '../../model/finding/outdated.ts';
import type { ContradictionRow } from '../contradiction/list.ts';
import type { VectorIndexes } from '../embedding/vector-index.ts';
import { excerptsOf } from '../recall/excerpt.ts';
import { type RecallResult, recall } from '../recall/recall.ts';
import type { Tokenizer } from '../tokens/tokenizer.ts';
import { openDisputes } from './disputes.ts';
import { memoriesOf, type ReadMemory, recalledColumns, recalledMemory, slotAnswers } from './memories.ts';
import { type NewestMessages, newestMessages } from './messages.ts';
import { type ContextRequest, type Prepared, recallRequest } from './prepare.ts';
import { profileMemories, summariesAmong } from './profile.ts';
import { narrowingFor, type Scope, scopeOf } from './scope.ts';
import { type WorkingMemoryRow, workingMemoryOf } from './working-memory.ts';

/** So many memories are recalled. */
export const MAX_RECALLED = 100;
/** Of so many long ones the part is shown that fits best; of others the beginning. */
const MAX_EXCERPTS = 20;
/** So many of the newest messages are looked at. */
export const MAX_MESSAGES = 100;

/** What a model is to know, ready for its prompt. */
export interface Context {
  text: string;
  tokens: number;
  sections: Section[];
  omitted: number;
}

/** Where vectors are compared, and what counts tokens. */
interface Means {
  indexes: VectorIndexes;
  tokenizer: Tokenizer;
}

/**
 * Composes a context from what a conversation's user may know: read in a constant number of statements, and as large as
 * `maxTokens` lets it be. Throws InvalidInput where the conversation is not with the user named.
 */
export async function contextOf(
  tx: ReadTransaction,
  reading: Reading,
  request: ContextRequest,
  prepared: Prepared,
  { indexes, tokenizer }: Means,
): Promise<Context> {
  const scope = await scopeOf(tx, request);
  const read = scope.companionId
    ? await readAll(tx.narrowedTo(narrowingFor(scope, tx.restriction)), reading, scope, request, prepared, indexes)
    : nothing;
  const candidates = request.sections.map((kind) => candidatesOf(kind, read, request));
  const turns = new Turns();
  const sections = await fill(candidates, request.maxTokens, async (text, most) => {
    await turns.next();
    return tokenizer.countUpTo(text, most);
  });
  const sum = (of: (section: Section) => number) => sections.reduce((total, section) => total + of(section), 0);
  return {
    text: sections.map(({ text }) => text).join(''),
    tokens: sum(({ tokens }) => tokens),
    sections,
    omitted: sum(({ omitted }) => omitted),
  };
}

/** All that a context may say. */
interface Read {
  workingMemory: WorkingMemoryRow[];
  /** What is known of the user and the companion. */
  profile: ReadMemory[];
  facts: ReadMemory[];
  recalled: ReadMemory[];
  messages: NewestMessages['messages'];
  /** How many messages there are beyond those. */
  beyond: number;
  /** Memories by their keys, of all that is said of them. */
  memories: ReadonlyMap<string, ReadMemory>;
  doubts: Doubts;
  disputes: ContradictionRow[];
}

const nothing: Read = {
  workingMemory: [],
  profile: [],
  facts: [],
  recalled: [],
  messages: [],
  beyond: 0,
  memories: new Map(),
  doubts: { suspect: new Map(), outdated: new Set() },
  disputes: [],
};

async function readAll(
  tx: Transaction,
  reading: Reading,
  scope: Scope,
  { sections }: ContextRequest,
  { query, question, reranked }: Prepared,
  indexes: VectorIndexes,
): Promise<Read> {
  const has = (...kinds: ContextSectionKind[]) => kinds.some((kind) => sections.includes(kind));
  const { conversation, companionId } = scope;
  const page = { limit: MAX_RECALLED, backward: false };
  const recallNow = (asked: string) =>
    recall(
      tx,
      reading,
      recallRequest(companionId as string, asked),
      question,
      indexes,
      page,
      recalledColumns,
      reranked,
    );
  const [workingMemory, facts, newest, found, profileIds] = await Promise.all([
    has('WORKING_MEMORY') ? workingMemoryOf(tx, reading, scope) : [],
    has('FACTS') ? slotAnswers(tx, reading, scope) : [],
    has('MESSAGES') && conversation ? newestMessages(tx, reading, conversation.id, MAX_MESSAGES) : null,
    has('MEMORIES') && query !== null ? recallNow(query) : null,
    has('PROFILE') ? profileMemories(tx, reading, scope) : [],
  ]);
  const messages = newest?.messages ?? [];
  const recalled = await withoutSummaries(tx, found?.items.map(({ row }) => recalledMemory(row.memory)) ?? []);
  const before = new Map([...facts, ...recalled].map((memory) => [memory.id, memory]));
  const unseen = profileIds.filter((id) => !before.has(id));
  const memories = new Map([...before, ...(await memoriesOf(tx, reading, unseen))]);
  const profile = profileIds.flatMap((id) => memories.get(id) ?? []);
  const ofMessages = messages.flatMap(({ memoryId }) => (memoryId && !memories.has(memoryId) ? [memoryId] : []));
  const read = [...memories.values()];
  const lineages = [...new Set(read.map(({ lineageId }) => lineageId))];
  const disputed = [...profile, ...facts, ...recalled].filter(({ status }) => status === 'DISPUTED');
  const [said, suspect, outdated, excerpts, disputes] = await Promise.all([
    memoriesOf(tx, reading, [...new Set(ofMessages)]),
    lineages.length > 0 ? suspectLineages(tx, reading, lineages) : new Map<string, boolean>(),
    outdatedAmong(tx, reading, read),
    found ? excerptsIn(tx, reading, found, memories) : new Map<string, ReadMemory>(),
    has('DISPUTES') ? openDisputes(tx, reading, [...new Set(disputed.map(({ lineageId }) => lineageId))]) : [],
  ]);
  const known = new Map([...said, ...memories, ...excerpts]);
  const unread = disputes.flatMap(({ memoryId, byId }) => [memoryId, byId]).filter((id) => !known.has(id));
  for (const [id, memory] of await memoriesOf(tx, reading, [...new Set(unread)])) known.set(id, memory);
  // What was stored later than the point that is read is none of its messages; how many those were is not known.
  const total = reading.known || !has('MESSAGES') ? 0 : (conversation?.messageCount ?? 0);
  const inOrder = newerFirst(
    recalled.map(({ id }) => id),
    found?.order === 'TIME' ? [] : outdated,
  );
  return {
    ...{ workingMemory, profile, facts, messages, disputes },
    doubts: { suspect, outdated: new Set(outdated.map(({ older }) => older)) },
    recalled: inOrder.ids.map((id) => known.get(id) as ReadMemory),
    beyond: Math.max(0, total - messages.length - (newest?.silent ?? 0)),
    memories: known,
  };
}

/** What was recalled without summaries: these say again what their sources say, which are found themselves. */
async function withoutSummaries(tx: Transaction, recalled: ReadMemory[]): Promise<ReadMemory[]> {
  const reflections = recalled.filter(({ type }) => type === 'REFLECTION').map(({ lineageId }) => lineageId);
  const summaries = await summariesAmong(tx, reflections);
  return summaries.size > 0 ? recalled.filter(({ lineageId }) => !summaries.has(lineageId)) : recalled;
}

/** The recalled memories whose beginnings alone were read, with the parts that fit the question best. */
async function excerptsIn(
  tx: Transaction,
  reading: Reading,
  { items, analysis }: RecallResult,
  memories: ReadonlyMap<string, ReadMemory>,
): Promise<Map<string, ReadMemory>> {
  const long = items.flatMap(({ row: { memory, candidate } }) => {
    const lexemes = (candidate?.terms ?? []).flatMap((number) => analysis?.terms[number]?.lexemes ?? []);
    return memories.get(memory.id)?.isCut && lexemes.length > 0
      ? [{ id: memory.id, lexemes, passage: candidate?.passage ?? null }]
      : [];
  });
  if (long.length === 0) return new Map();
  const excerpts = await excerptsOf(tx, reading, long.slice(0, MAX_EXCERPTS));
  return new Map(
    [...excerpts].map(([id, { text, from }]) => [
      id,
      { ...(memories.get(id) as ReadMemory), text: `${from > 0 ? '… ' : ''}${text} …` },
    ]),
  );
}

function candidatesOf(kind: ContextSectionKind, read: Read, { sections }: ContextRequest): Candidates {
  const { memories, doubts } = read;
  switch (kind) {
    case 'WORKING_MEMORY':
      return { kind, items: workingMemoryItems(read.workingMemory) };
    case 'PROFILE':
      return { kind, items: profileItems(read.profile, doubts) };
    case 'FACTS':
      return { kind, items: factItems(read.facts, doubts) };
    case 'MEMORIES':
      return { kind, items: memoryItems(read.recalled, doubts) };
    case 'DISPUTES': {
      const said = new Set(
        [
          ...(sections.includes('PROFILE') ? read.profile : []),
          ...(sections.includes('FACTS') ? read.facts : []),
          ...(sections.includes('MEMORIES') ? read.recalled : []),
        ].map(({ id }) => id),
      );
      return { kind, items: disputeItems(read.disputes, memories, doubts, said) };
    }
    case 'MESSAGES': {
      const messages = read.messages.map(({ memoryId, ...message }) => ({
        ...message,
        memory: (memoryId && memories.get(memoryId)) || null,
      }));
      return { kind, ...messageItems(messages, read.beyond) };
    }
    default:
      return { kind, items: [] };
  }
}
