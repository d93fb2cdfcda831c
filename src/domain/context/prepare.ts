import { readOnce } from '../../db/read-transaction.ts';
import type { Reading } from '../../db/reading.ts';
import type { Tenant } from '../../db/transaction.ts';
import type { ContextSectionKind } from '../../model/context/sections.ts';
import type { Embeddings, QuestionVector } from '../embedding/embeddings.ts';
import type { Kept } from '../recall/kept.ts';
import { questionText, type RecallRequest, recall } from '../recall/recall.ts';
import { MAX_RERANKED, rerank } from '../recall/rerank.ts';
import type { Reranker } from '../rerank/reranker.ts';
import { newestQuestion } from './messages.ts';
import { type ContextOf, narrowingFor, type Scope, scopeOf } from './scope.ts';

/** For whom a context is, and what goes into it. */
export interface ContextRequest extends ContextOf {
  /** What is about to be answered; null: the newest message of the user in the conversation says it. */
  query: string | null;
  maxTokens: number;
  /** Most important first. */
  sections: readonly ContextSectionKind[];
}

/** What is known of a context before its view of the database begins. */
export interface Prepared {
  /** Null: nothing is asked, and nothing recalled. */
  query: string | null;
  question: QuestionVector | null;
  reranked: Kept | null;
}

/** What models are asked by. */
interface Models {
  embeddings: Embeddings;
  reranker: Reranker | null;
}

/**
 * The recall of a context: what a recall of these words gives by default. Whose memories they are, the transaction says. What
 * is newer comes first by what the context itself reads of findings.
 */
export const recallRequest = (companionId: string, query: string): RecallRequest => ({
  query,
  mode: 'HYBRID',
  companion: { id: companionId, given: companionId },
  user: null,
  filter: { statuses: ['ACTIVE', 'DISPUTED'] },
  weights: null,
  minSimilarity: null,
  minScore: null,
  order: null,
  newerFirst: false,
  digest: '',
});

/** Finds out what is asked, and asks models about it: what they need is read in short views of its own. */
export async function prepareContext(
  tenant: Tenant,
  { embeddings, reranker }: Models,
  reading: Reading,
  request: ContextRequest,
): Promise<Prepared> {
  const nothing = { query: null, question: null, reranked: null };
  if (!request.sections.includes('MEMORIES')) return nothing;
  let known: Promise<Scope> | undefined;
  const scope = () => {
    known ??= readOnce(tenant, (tx) => scopeOf(tx, request));
    return known;
  };
  const query = request.query ?? (request.conversation ? await askedIn(tenant, reading, await scope()) : null);
  if (query === null) return nothing;
  const ofUser = async () => ({ ...tenant, restriction: narrowingFor(await scope(), tenant.restriction ?? null) });
  const question = await embeddings.question(tenant, async () => {
    const { companionId } = await scope();
    return companionId ? questionText(await ofUser(), recallRequest(companionId, query), query) : query;
  });
  if (!reranker) return { query, question, reranked: null };
  const { companionId } = await scope();
  if (!companionId) return nothing;
  const reranked = await rerank(reranker, await ofUser(), reading, query, async (tx) => {
    const best = { limit: MAX_RERANKED, backward: false };
    const asked = recallRequest(companionId, query);
    const { items } = await recall(tx, reading, asked, question, embeddings.indexes, best, new Set());
    return items.map(({ row }) => row.memory.id);
  });
  return { query, question, reranked };
}

/** What a conversation is about to answer. */
async function askedIn(tenant: Tenant, reading: Reading, { conversation }: Scope): Promise<string | null> {
  return conversation && readOnce(tenant, (tx) => newestQuestion(tx, reading, conversation.id));
}
