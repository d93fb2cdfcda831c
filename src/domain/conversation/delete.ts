import { type SQL, sql } from 'drizzle-orm';
import { BatchSize, inBatches } from '../../db/batches.ts';
import { uuids } from '../../db/sql.ts';
import type { Tenant, WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { write } from '../../db/write.ts';
import { NotFound } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import type { GivenId } from '../../kernel/input.ts';
import { refuseReadOnly } from '../../model/restriction/allowed.ts';
import { conversations, messages } from '../../tables/conversation.ts';
import { unnameSessionsOf } from '../event/unname-sessions.ts';
import { emptySuccessesOf } from '../idempotency/successes.ts';
import { forgetLineages } from '../memory/forget.ts';
import { eraseProposalsOfMessages } from '../message/erase-proposals.ts';
import { touch, touchAll } from './append.ts';
import { type ConversationOf, lockConversation } from './conversations.ts';

const c = under(conversations, 'c');
const g = under(messages, 'g');
const other = under(messages, 'other');

/** What becomes of the memories of messages that are deleted. */
export const memoriesOfMessages = ['FORGET', 'KEEP'] as const;
export type MemoriesOfMessages = (typeof memoriesOfMessages)[number];

/** The most messages that one transaction deletes, and how many the first one does: forgetting takes long. */
const BATCH = { most: 1_000, first: 100 };

const column = fields(pick(g, 'id', 'conversationId'));

/** Deletes messages for good. Returns the keys of the memory versions that are forgotten with them. Throws NotFound, Forbidden. */
export async function deleteMessages(
  tx: WriteTransaction,
  ids: readonly GivenId[],
  memories: MemoriesOfMessages,
): Promise<{ deletedIds: string[]; forgottenIds: string[] }> {
  const rows = await tx.rows<RowOf<typeof column>>(sql`
    select ${column} from ${aliased(g)}
    where ${g.workspaceId} = ${tx.workspaceId} and ${g.id} = any(${uuids(ids.map(({ uuid }) => uuid))})`);
  const found = new Map(rows.map(({ id, conversationId }) => [id, conversationId]));
  const missing = ids.filter(({ uuid }) => !found.has(uuid));
  if (missing.length > 0) {
    throw new NotFound(
      'message',
      missing.map(({ given }) => given),
    );
  }
  // In the order of their keys, so that two who delete at once do not wait for each other.
  const conversationIds = [...new Set(found.values())].sort();
  await lockConversations(tx, conversationIds);
  const { removed, forgottenIds } = await removeMessages(tx, [...found.keys()], memories);
  // Counted as they go: others may have deleted some of them before the lock.
  const counts = Map.groupBy(removed, ({ conversationId }) => conversationId);
  await touchAll(
    tx,
    [...counts].map(([id, gone]) => ({ id, added: -gone.length, positions: 0 })),
  );
  await tx.stamp();
  const gone = new Set(removed.map(({ id }) => id));
  return { deletedIds: ids.map(({ uuid }) => uuid).filter((id) => gone.has(id)), forgottenIds };
}

const owned = fields(pick(c, 'id', 'companionId', 'userId'));

/** Locks conversations that are seen. Throws NotFound where one is deleted meanwhile, Forbidden where one may not be changed. */
async function lockConversations(tx: WriteTransaction, ids: readonly string[]): Promise<void> {
  const these = sql`${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = any(${uuids(ids)})`;
  // What may not be changed cannot be locked, and would look as if it were not there.
  if (tx.restriction) {
    refuseReadOnly(tx.restriction, await tx.rows<RowOf<typeof owned>>(sql`select ${owned} from ${these}`));
  }
  const locked = await tx.rows<RowOf<typeof owned>>(sql`select ${owned} from ${these} order by ${c.id} for update`);
  const found = new Set(locked.map(({ id }) => id));
  const missing = ids.filter((id) => !found.has(id)).map((id) => encodeId('Conversation', id));
  if (missing.length > 0) throw new NotFound('conversation', missing);
}

const removedColumns = fields(pick(g, 'id', 'conversationId', 'lineageId'));

/** Deletes the rows of messages, and forgets what they alone became. */
async function removeMessages(tx: WriteTransaction, ids: readonly string[], memories: MemoriesOfMessages) {
  const removed = await tx.rows<RowOf<typeof removedColumns>>(sql`
    delete from ${aliased(g)} where ${g.workspaceId} = ${tx.workspaceId} and ${g.id} = any(${uuids(ids)})
    returning ${removedColumns}`);
  await eraseProposalsOfMessages(tx, ids);
  const lineageIds = [...new Set(removed.flatMap(({ lineageId }) => lineageId ?? []))];
  if (memories === 'KEEP' || lineageIds.length === 0) return { removed, forgottenIds: [] };
  const shared = await tx.unrestricted(() =>
    tx.rows<{ lineageId: string }>(sql`
      select distinct ${other.lineageId} as "lineageId" from ${aliased(other)}
      where ${other.workspaceId} = ${tx.workspaceId} and ${other.lineageId} = any(${uuids(lineageIds)})`),
  );
  const kept = new Set(shared.map(({ lineageId }) => lineageId));
  const own = lineageIds.filter((id) => !kept.has(id));
  return { removed, forgottenIds: own.length > 0 ? await forgetLineages(tx, own) : [] };
}

/** Deletes the newest messages of a conversation, at most so many, and says how many, and what was forgotten with them. */
async function deleteNewest(tx: WriteTransaction, conversationId: string, size: number, memories: MemoriesOfMessages) {
  await lockConversations(tx, [conversationId]);
  const rows = await tx.rows<{ id: string }>(sql`
    select ${g.id} from ${aliased(g)}
    where ${g.workspaceId} = ${tx.workspaceId} and ${g.conversationId} = ${conversationId}::uuid
    order by ${g.position} desc limit ${size}`);
  if (rows.length === 0) return { messages: 0, forgotten: 0 };
  const { forgottenIds } = await removeMessages(
    tx,
    rows.map(({ id }) => id),
    memories,
  );
  await touch(tx, conversationId, -rows.length);
  return { messages: rows.length, forgotten: forgottenIds.length };
}

/**
 * Deletes the messages of a conversation in as many transactions as it takes, the newest first, and then, in the
 * transaction that the caller runs, the conversation itself. After an interruption the next call goes on. Throws
 * NotFound, Forbidden, InvalidInput.
 */
export async function deleteConversation(tenant: Tenant, of: ConversationOf, memories: MemoriesOfMessages) {
  const { id } = await write(tenant, (tx) => lockConversation(tx, of));
  let forgottenCount = 0;
  await inBatches(new BatchSize(BATCH.most, { first: BATCH.first }), async (size, timeoutMs) => {
    const done = await write(tenant, (tx) => deleteNewest(tx, id, size, memories), { timeoutMs });
    forgottenCount += done.forgotten;
    return done.messages;
  });
  return async (tx: WriteTransaction) => {
    await lockConversations(tx, [id]);
    // What was added since the last batch: nothing more is, while the conversation is locked.
    for (let rest = await deleteNewest(tx, id, BATCH.most, memories); rest.messages > 0; ) {
      forgottenCount += rest.forgotten;
      rest = await deleteNewest(tx, id, BATCH.most, memories);
    }
    await emptySuccessesOf(tx, { conversationId: id });
    await unnameSessionsOf(tx, { conversationId: id });
    await tx.rows(sql`delete from ${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = ${id}::uuid`);
    await tx.stamp();
    return { deletedId: id, forgottenCount };
  };
}

/** Deletes the messages of all conversations of a companion or user, a batch a transaction: their memories go apart. */
export async function deleteMessagesOf(
  tenant: Tenant,
  whose: { companionId: string } | { userId: string },
): Promise<void> {
  const isTheirs: SQL =
    'companionId' in whose
      ? sql`${c.companionId} = ${whose.companionId}::uuid`
      : sql`${c.userId} = ${whose.userId}::uuid`;
  await inBatches(new BatchSize(BATCH.most), (size, timeoutMs) =>
    write(
      tenant,
      async (tx) => {
        const rows = await tx.rows<{ id: string }>(sql`
          delete from ${aliased(g)} where ${g.workspaceId} = ${tx.workspaceId} and ${g.id} in (
            select ${g.id} from ${aliased(c)} cross join lateral (
              select ${g.id} from ${aliased(g)}
              where ${g.workspaceId} = ${tx.workspaceId} and ${g.conversationId} = ${c.id} limit ${size}) g
            where ${c.workspaceId} = ${tx.workspaceId} and ${isTheirs} limit ${size})
          returning ${g.id}`);
        await eraseProposalsOfMessages(
          tx,
          rows.map(({ id }) => id),
        );
        return rows.length;
      },
      { timeoutMs },
    ),
  );
}
