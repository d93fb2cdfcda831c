import { readPart } from '../../db/read-transaction.ts';
import { Reading } from '../../db/reading.ts';
import type { Tenant } from '../../db/transaction.ts';
import { ChatProviderUnavailable } from '../../kernel/errors.ts';
import { theNow } from '../../kernel/point.ts';
import { ANSWER_TASK, type GivenAnswer, givenAnswers, NOT_KNOWN } from '../../model/answer/answer.ts';
import { citedIds, type Verified, verify } from '../../model/answer/verify.ts';
import { contextSectionKinds } from '../../model/context/sections.ts';
import type { ChatModel } from '../chat/chat.ts';
import { ChatFailed } from '../chat/failure.ts';
import { type Context, contextOf } from '../context/context.ts';
import { type ContextRequest, type Prepared, prepareContext } from '../context/prepare.ts';
import type { ContextOf } from '../context/scope.ts';
import type { Embeddings } from '../embedding/embeddings.ts';
import type { Reranker } from '../rerank/reranker.ts';
import type { Tokenizer } from '../tokens/tokenizer.ts';
import { sourcesOf } from './sources.ts';

/** The most tokens of an answer, with what a model thinks to itself. */
const ANSWER_TOKENS = 4_000;
/** So many bytes the memories and messages may have that a context is made of, and those that an answer cites. */
const READ_BYTES = 32 * 2 ** 20;

/** What is asked, and for whom. */
export interface AnswerRequest extends ContextOf {
  question: string;
  /** The most tokens of the context. */
  maxContextTokens: number;
}

/** What is asked with: over the network, and never within a transaction. */
export interface Means {
  tenant: Tenant;
  chat: ChatModel | null;
  embeddings: Embeddings;
  reranker: Reranker | null;
  tokenizer: Tokenizer;
}

/** An answer whose citations were looked up. */
export interface Answer extends Verified {
  /** What was looked at. */
  context: Context;
  model: string;
  /** Those that the model has used, with tries that failed. */
  tokens: number;
}

const NONE =
  'No chat model is configured: set CHAT_PROVIDER=openai and CHAT_MODEL (with OPENAI_API_KEY, or OPENAI_BASE_URL for ' +
  'another server), and start the service again. context says what is known without one.';
const later = 'Try again later.';
const failures: Record<ChatFailed['kind'], string> = {
  unavailable: `The chat model does not answer. ${later}`,
  paused: `The chat model has failed just before, and is not asked for now. ${later}`,
  refused:
    'The chat model has refused to answer, or not answered in the form that was asked for. Try again, or ask in other words.',
  budget: 'The workspace has used up its tokens of the day: see CHAT_DAILY_TOKENS. Try again tomorrow (UTC).',
  cancelled: `The question to the chat model was cancelled. ${later}`,
};

/**
 * Has a chat model answer a question from the context for it, and looks up what it cites. What is read is read in short
 * views of its own, which are over when the model is asked: the context right before each try, so that what was forgotten
 * is not sent; what is cited afterwards. Where the context says nothing, nothing is asked. Throws ChatProviderUnavailable.
 */
export async function answerOf(means: Means, request: AnswerRequest): Promise<Answer> {
  const { tenant, chat } = means;
  if (!chat) throw new ChatProviderUnavailable(NONE);
  const { question, maxContextTokens, ...of } = request;
  const asked = { ...of, query: question, maxTokens: maxContextTokens, sections: contextSectionKinds };
  const reading = new Reading(tenant.workspaceId, theNow);
  const prepared = await prepareContext(tenant, means, reading, asked);
  let shown: Context | undefined;
  let tokens = 0;
  const data = async () => {
    const { context, now } = await compose(means, reading, asked, prepared);
    shown = context;
    return context.text === '' ? undefined : { question, now: now.toISOString(), context: context.text };
  };
  const options = {
    workspace: tenant,
    name: 'answer',
    maxTokens: ANSWER_TOKENS,
    onUsed: (used: number) => {
      tokens = used;
    },
  };
  const given = await chat.ask(givenAnswers, ANSWER_TASK, data, options).catch((error) => {
    throw error instanceof ChatFailed ? new ChatProviderUnavailable(failures[error.kind]) : error;
  });
  const context = shown as Context;
  const verified = given ? await lookUp(tenant, reading, context, given) : notKnown;
  return { ...verified, context, model: chat.model, tokens };
}

const notKnown: Verified = { text: NOT_KNOWN, isKnown: false, citations: [], droppedCitations: 0 };

const compose = (
  { tenant, embeddings, tokenizer }: Means,
  reading: Reading,
  request: ContextRequest,
  prepared: Prepared,
): Promise<{ context: Context; now: Date }> =>
  readPart(tenant, READ_BYTES, async (tx) => ({
    context: await contextOf(tx, reading, request, prepared, { indexes: embeddings.indexes, tokenizer }),
    now: await tx.now(),
  }));

const lookUp = (tenant: Tenant, reading: Reading, context: Context, given: GivenAnswer): Promise<Verified> =>
  readPart(tenant, READ_BYTES, async (tx) => {
    const ids = given.isKnown ? citedIds(given) : [];
    return verify(given, await sourcesOf(tx, reading, context, ids));
  });
