import { sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, recordset, set, typed, under } from '../../db/typed-sql.ts';
import { InvalidInput, NotFound } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import type { GivenId } from '../../kernel/input.ts';
import { inTurns } from '../../kernel/turns.ts';
import { cut, wordsOf } from '../../model/message/cut.ts';
import { textParts } from '../../model/message/parts.ts';
import { messages } from '../../tables/conversation.ts';
import type { MemoryType } from '../../tables/memory.ts';
import { createMemories } from '../memory/create.ts';
import { memoryOf, placesOf } from './append.ts';
import { lockConversation } from './conversations.ts';
import { followBefore } from './follow.ts';
import { isKeepable } from './prepare.ts';

const g = under(messages, 'g');

const columns = fields(
  pick(g, 'id', 'conversationId', 'position', 'role', 'name', 'format', 'createdAt', 'memoryId', 'content'),
);

/**
 * Makes memories of messages that are none yet, all of one conversation, whatever their role. Those that are remembered
 * already, were forgotten, say nothing, or say what a memory says already keep their words, and are skipped. Throws
 * NotFound, Forbidden, InvalidInput.
 */
export async function rememberMessages(tx: WriteTransaction, ids: readonly GivenId[], type: MemoryType) {
  const rows = await tx.rows<RowOf<typeof columns>>(sql`
    select ${columns} from ${aliased(g)}
    where ${g.workspaceId} = ${tx.workspaceId} and ${g.id} = any(${uuids(ids.map(({ uuid }) => uuid))})
    order by ${g.position}`);
  const found = new Map(rows.map((row) => [row.id, row]));
  const missing = ids.filter(({ uuid }) => !found.has(uuid)).map(({ given }) => given);
  if (missing.length > 0) throw new NotFound('message', missing);
  const [conversationId, ...others] = new Set(rows.map((row) => row.conversationId));
  if (others.length > 0) {
    const message = 'The messages are of several conversations: remember those of one at a time.';
    throw new InvalidInput([{ path: ['input', 'ids'], message }]);
  }
  if (!conversationId) return { messageIds: [], memoryIds: [], skippedIds: [] };
  const given = encodeId('Conversation', conversationId);
  const conversation = await lockConversation(tx, { conversation: { id: conversationId, given } });
  const read = await inTurns(rows, (row) => {
    const content = row.content === null || row.memoryId !== null ? undefined : JSON.parse(row.content);
    const parts = content === undefined ? [] : textParts(row.format, content);
    return { ...row, content, parts, words: wordsOf(parts) };
  });
  const wanted = read.flatMap((row) => (isKeepable(row.words) ? [{ ...row, words: row.words }] : []));
  const made = await createMemories(
    tx,
    { id: conversation.companionId, given: conversation.companionId },
    wanted.map((message) => memoryOf(conversation, message, undefined, type)),
    () => ['input', 'ids'],
  );
  const places = placesOf(
    wanted.map(({ id }) => id),
    made,
  );
  const stamp = await tx.stamp();
  const changes = wanted.flatMap(({ id, content, parts }) => {
    const place = places[id];
    if (!place) return [];
    return [{ id, memoryId: place.memoryId, lineageId: place.lineageId, content: cut(content, parts), at: stamp }];
  });
  const row = recordset(
    'row',
    { ...pick(messages, 'id', 'memoryId', 'lineageId', 'content'), at: typed<Date>('timestamptz') },
    changes,
  );
  await tx.rows(sql`
    update ${aliased(g)} set ${set(messages, { ...pick(row, 'memoryId', 'lineageId', 'content'), updatedAt: row.at })}
    from ${aliased(row)} where ${g.workspaceId} = ${tx.workspaceId} and ${g.id} = ${row.id}`);
  if (type === 'EXPERIENCE') await followBefore(tx, conversationId, Object.keys(places));
  return {
    conversationId,
    messageIds: ids.map(({ uuid }) => uuid),
    memoryIds: rows.flatMap(({ id }) => places[id]?.memoryId ?? []),
    skippedIds: ids.filter(({ uuid }) => !places[uuid]).map(({ uuid }) => uuid),
  };
}
