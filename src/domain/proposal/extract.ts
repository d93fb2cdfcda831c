import { setTimeout as sleep } from 'node:timers/promises';
import { readOnce } from '../../db/read-transaction.ts';
import type { Tenant } from '../../db/transaction.ts';
import { write } from '../../db/write.ts';
import { ChatProviderUnavailable, DomainError } from '../../kernel/errors.ts';
import { encodeId, newId } from '../../kernel/ids.ts';
import type { GivenId } from '../../kernel/input.ts';
import { EXTRACTION_TASK, proposalAnswers } from '../../model/proposal/answer.ts';
import { type Asked, type AskedMessage, type Draft, draftsOf } from '../../model/proposal/drafts.ts';
import type { ChatModel } from '../chat/chat.ts';
import { ChatFailed } from '../chat/failure.ts';
import { type ConversationOf, lockConversation } from '../conversation/conversations.ts';
import type { Embeddings } from '../embedding/embeddings.ts';
import { askedOf, countFitting, dataOf, messagesOf } from './asked.ts';
import { candidatesFor } from './candidates.ts';
import { acceptProposals } from './decide.ts';
import { type Claimed, claimMessages, MOST_MESSAGES, moveMark, releaseClaim, type Start } from './mark.ts';
import { type StoredProposal, storeDrafts } from './store.ts';

/** So many questions one run asks: what is left, the next run reads. */
export const MOST_QUESTIONS = 5;
/** So many messages one run reads. */
export const MOST_READ = MOST_QUESTIONS * MOST_MESSAGES;
/** The most tokens of an answer, with what a model thinks to itself. */
const ANSWER_TOKENS = 4_000;
/** How long a run has beyond the model's deadline, for what it reads and writes. */
const SPARE_SECONDS = 60;
/** How often it is looked whether another run of the conversation is over. */
const LOOK_MS = 100;
/** From so sure on a new memory is accepted by CONFIDENT. */
export const CONFIDENT = 0.8;

/** What is accepted at once of what is proposed. */
export type AcceptProposals = 'NONE' | 'CONFIDENT' | 'ALL';

export interface ExtractRequest extends ConversationOf {
  /** Messages behind this one are read, also those read before; else those that have not been read. */
  sinceId: GivenId | null;
  accept: AcceptProposals;
}

export type Extracted = {
  proposalIds: string[];
  memoryIds: string[];
  findingIds: string[];
  /** How many messages were read. */
  readCount: number;
};

/** What is asked: over the network, and never within a transaction. */
export interface Means {
  tenant: Tenant;
  chat: ChatModel | null;
  embeddings: Embeddings;
}

/** Claims of this process whose runs have not ended. */
const running = new Set<string>();

/**
 * Reads on in a conversation with a chat model, and keeps what it proposes: {@link MOST_MESSAGES} messages a question, which
 * is asked between two transactions, and {@link MOST_QUESTIONS} questions at most. A message is marked as read with what is
 * kept of it. Where the model fails, what it was asked about is read by the next run. Two runs of a conversation read one
 * after the other. Throws ChatProviderUnavailable where nothing could be read, NotFound, Forbidden and InvalidInput.
 */
export async function extractMemories(means: Means, request: ExtractRequest): Promise<Extracted> {
  const extracted: Extracted = { proposalIds: [], memoryIds: [], findingIds: [], readCount: 0 };
  let start: Start = request.sinceId ? { after: 'message', id: request.sinceId } : { after: 'mark' };
  for (let asked = 0; asked < MOST_QUESTIONS; asked++) {
    try {
      const part = await extractNext(means, request, start);
      if (!part) break;
      extracted.readCount += part.readCount;
      extracted.proposalIds.push(...part.proposalIds);
      extracted.memoryIds.push(...part.memoryIds);
      extracted.findingIds.push(...part.findingIds);
      if (request.sinceId) start = { after: 'position', position: part.until };
    } catch (error) {
      if (!(error instanceof ChatFailed)) throw error;
      // What has been read before is kept.
      if (extracted.readCount > 0) break;
      throw new ChatProviderUnavailable(failures[error.kind]);
    }
  }
  return { ...extracted, memoryIds: [...new Set(extracted.memoryIds)] };
}

const NONE = 'No chat model is configured: see CHAT_PROVIDER and CHAT_MODEL. Nothing was read.';
const later = 'Nothing was read: try again later.';
const failures: Record<ChatFailed['kind'], string> = {
  unavailable: `The chat model does not answer. ${later}`,
  paused: `The chat model has failed just before, and is not asked for now. ${later}`,
  refused:
    'The chat model has refused to answer, or not answered in the form that was asked for. Nothing was read: try again ' +
    'later, or read on behind these messages with sinceId.',
  budget: `The workspace has used up its tokens of the day: see CHAT_DAILY_TOKENS. ${later}`,
  cancelled: `The question to the chat model was cancelled. ${later}`,
};

type Asking = Means & { chat: ChatModel };
type Part = Extracted & {
  /** The position up to which was read. */
  until: number;
};

/** Reads the next messages; null: there are none. Throws {@link ChatFailed}. */
async function extractNext(means: Means, request: ExtractRequest, start: Start): Promise<Part | null> {
  const { tenant, chat } = means;
  const claim = newId();
  running.add(claim);
  try {
    const claimed = await claimNext(tenant, chat?.deadlineMs ?? 0, request, start, claim);
    if (!claimed) return null;
    try {
      if (!chat) throw new ChatProviderUnavailable(NONE);
      const read = await readOnce(tenant, (tx) => messagesOf(tx, idsOf(claimed.messages)));
      const fitting = countFitting(read);
      const messages = fitting < read.length ? before(claimed.messages, read[fitting]?.id) : claimed.messages;
      const { drafts, asked } = await ask({ ...means, chat }, claimed, messages, read.slice(0, fitting));
      const until = messages.at(-1)?.position as number;
      const kept = await keep({ ...means, chat }, request, claimed, { claim, until, drafts, asked });
      return kept && { ...kept, readCount: messages.length, until };
    } catch (error) {
      // One that stays is over in a while.
      await write(tenant, (tx) => releaseClaim(tx, claimed.conversation.id, claim)).catch(() => {});
      throw error;
    }
  } finally {
    running.delete(claim);
  }
}

const idsOf = (messages: Claimed['messages']): string[] => messages.map(({ id }) => id);

const before = (messages: Claimed['messages'], id: string | undefined): Claimed['messages'] =>
  messages.slice(
    0,
    messages.findIndex((each) => each.id === id),
  );

/** Waits for its turn, and claims the next messages. */
async function claimNext(
  tenant: Tenant,
  deadlineMs: number,
  request: ExtractRequest,
  start: Start,
  claim: string,
): Promise<Claimed | null> {
  const seconds = Math.ceil(deadlineMs / 1_000) + SPARE_SECONDS;
  // The embedded database is this process's alone: who has a claim that does not run here has died.
  const isDead = (other: string) => tenant.database.kind === 'embedded' && !running.has(other);
  for (;;) {
    const claimed = await write(tenant, (tx) => claimMessages(tx, request, start, claim, seconds, isDead));
    if (claimed !== 'busy') return claimed;
    await sleep(LOOK_MS);
  }
}

const nothing: Asked = { messages: [], memories: [] };

/** Has the model look at messages; it is asked nothing where they say nothing. */
async function ask(
  { tenant, chat, embeddings }: Asking,
  { conversation }: Claimed,
  messages: Claimed['messages'],
  read: readonly AskedMessage[],
): Promise<{ drafts: Draft[]; asked: Asked }> {
  const said = read.filter(({ text }) => text !== '');
  if (said.length === 0) return { drafts: [], asked: nothing };
  const memoryIds = await candidatesFor(tenant, embeddings, conversation, said);
  let sent = nothing;
  // Read right before each try: what was forgotten meanwhile is not sent.
  const data = async () => {
    sent = await readOnce(tenant, (tx) => askedOf(tx, idsOf(messages), memoryIds));
    return sent.messages.length > 0 ? dataOf(sent) : undefined;
  };
  const options = { workspace: tenant, name: 'proposals', maxTokens: ANSWER_TOKENS };
  const answer = await chat.ask(proposalAnswers, EXTRACTION_TASK, data, options);
  return { drafts: answer ? await draftsOf(answer, sent) : [], asked: sent };
}

interface Keeping {
  claim: string;
  until: number;
  drafts: readonly Draft[];
  asked: Asked;
}

/**
 * Keeps drafts and marks the messages as read: all of it, or nothing. Where what is to be accepted at once cannot be done,
 * it stays open. Null: another run has the conversation, which took this one for dead.
 */
async function keep(
  { tenant, chat }: Asking,
  { accept }: ExtractRequest,
  { conversation: { id } }: Claimed,
  { claim, until, drafts, asked }: Keeping,
): Promise<Pick<Part, 'proposalIds' | 'memoryIds' | 'findingIds'> | null> {
  const run = (accepted: AcceptProposals) =>
    write(tenant, async (tx) => {
      const conversation = await lockConversation(tx, {
        conversation: { id, given: encodeId('Conversation', id) },
      });
      if (!(await moveMark(tx, id, claim, until))) return null;
      const stored = await storeDrafts(tx, conversation, drafts, asked, chat.actor);
      const chosen = stored.filter(accepts[accepted]).map((each) => each.id);
      const { memoryIds, findingIds } = await acceptProposals(tx, chosen, null, () => ['input', 'accept']);
      return { proposalIds: stored.map((each) => each.id), memoryIds, findingIds };
    });
  try {
    return await run(accept);
  } catch (error) {
    if (!(error instanceof DomainError) || accept === 'NONE') throw error;
    return run('NONE');
  }
}

const accepts: Record<AcceptProposals, (proposal: StoredProposal) => boolean> = {
  NONE: () => false,
  CONFIDENT: ({ kind, confidence, evidence, isUndisputed }) =>
    kind === 'MEMORY' &&
    confidence >= CONFIDENT &&
    isUndisputed &&
    evidence.every(({ message }) => message.role === 'USER'),
  ALL: () => true,
};
