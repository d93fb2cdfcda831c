import { readOnce } from '../../db/read-transaction.ts';
import { Reading } from '../../db/reading.ts';
import type { Tenant } from '../../db/transaction.ts';
import { bounds } from '../../kernel/input.ts';
import { theNow } from '../../kernel/point.ts';
import type { AskedMessage } from '../../model/proposal/drafts.ts';
import { recallRequest } from '../context/prepare.ts';
import { narrowingFor } from '../context/scope.ts';
import type { ConversationRow } from '../conversation/conversations.ts';
import type { Embeddings } from '../embedding/embeddings.ts';
import { questionText, type RecallRequest, recall } from '../recall/recall.ts';

/** So many memories a model is given. */
const MOST_MEMORIES = 20;

/** The words of messages that memories are looked for by: what users say comes first. */
function queryOf(messages: readonly AskedMessage[]): string {
  const said = [...messages].sort((a, b) => Number(b.role === 'USER') - Number(a.role === 'USER'));
  const words = said.flatMap(({ text }) => text.slice(0, bounds.query).match(/\S+/g) ?? []);
  return words.slice(0, bounds.queryWords).join(' ').slice(0, bounds.query).toWellFormed().replaceAll('\0', ' ').trim();
}

/**
 * The keys of the memories of a conversation's user that messages may correct: FACT, PREFERENCE and INSTRUCTION, those that
 * fit best first. Asks the embedding model, so never within a transaction.
 */
export async function candidatesFor(
  tenant: Tenant,
  embeddings: Embeddings,
  { id, companionId, userId, messageCount }: ConversationRow,
  messages: readonly AskedMessage[],
): Promise<string[]> {
  const query = queryOf(messages);
  if (query === '') return [];
  const scope = { companionId, userId, conversation: { id, messageCount } };
  const ofUser = { ...tenant, restriction: narrowingFor(scope, tenant.restriction ?? null) };
  const request: RecallRequest = {
    ...recallRequest(companionId, query),
    filter: { statuses: ['ACTIVE', 'DISPUTED'], types: ['FACT', 'PREFERENCE', 'INSTRUCTION'] },
  };
  const question = await embeddings.question(ofUser, () => questionText(ofUser, request, query));
  const { items } = await readOnce(ofUser, (tx) => {
    const reading = new Reading(tx.workspaceId, theNow);
    const page = { limit: MOST_MEMORIES, backward: false };
    return recall(tx, reading, request, question, embeddings.indexes, page, new Set());
  });
  // What is about nobody in particular is no single user's to correct.
  return items.flatMap(({ row: { memory } }) => (memory.userId === userId ? [memory.id] : []));
}
