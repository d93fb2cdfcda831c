import { sql } from 'drizzle-orm';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, insertSelect, names, pick, under, valueFor } from '../../db/typed-sql.ts';
import { InvalidInput, LimitExceeded, NotFound } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import type { GivenId } from '../../kernel/input.ts';
import { conversations, messages } from '../../tables/conversation.ts';
import { extractions } from '../../tables/proposal.ts';
import { touch } from './append.ts';
import { type ConversationOf, lockConversation } from './conversations.ts';

const g = under(messages, 'g');
const x = under(extractions, 'x');

/** So many messages a copy may have. */
export const MOST_COPIED = 20_000;

/**
 * Copies a conversation, up to a message or whole, under another id of the caller's, and returns the key of the copy. Its
 * messages have the positions and ids that they had, and share the memories. Throws NotFound, Forbidden, InvalidInput
 * where the id is taken or the message is of another conversation, LimitExceeded.
 */
export async function copyConversation(
  tx: WriteTransaction,
  of: ConversationOf,
  externalId: string,
  until: GivenId | null | undefined,
): Promise<string> {
  // Held, so that what is copied is one state of it.
  const source = await lockConversation(tx, of);
  const last = until ? await positionOf(tx, source.id, until) : source.nextPosition - 1;
  const stamp = await tx.stamp();
  const id = newId();
  const made = await tx.rows(sql`
    ${insertSelect(
      conversations,
      {
        workspaceId: valueFor(conversations.workspaceId, tx.workspaceId),
        id: valueFor(conversations.id, id),
        companionId: valueFor(conversations.companionId, source.companionId),
        userId: valueFor(conversations.userId, source.userId),
        externalId: valueFor(conversations.externalId, externalId),
        title: valueFor(conversations.title, source.title),
        metadata: valueFor(conversations.metadata, source.metadata),
        createdAt: valueFor(conversations.createdAt, stamp),
        updatedAt: valueFor(conversations.updatedAt, stamp),
        lastMessageAt: sql`null`,
        activeAt: valueFor(conversations.activeAt, stamp),
        nextPosition: valueFor(conversations.nextPosition, last + 1),
      },
      sql``,
    )}
    on conflict (${names(conversations, 'workspaceId', 'companionId', 'externalId')}) do nothing
    returning ${names(conversations, 'id')}`);
  if (made.length === 0) {
    const message = `There is a conversation ${JSON.stringify(externalId)} already: give another externalId.`;
    throw new InvalidInput([{ path: ['input', 'externalId'], message }]);
  }
  const rows = await tx.rows<{ count: number }>(sql`
    with copied as (
      ${insertSelect(
        messages,
        {
          ...pick(g, 'workspaceId', 'position', 'role', 'format', 'isFinal', 'isForgotten', 'tokens', 'createdAt'),
          ...pick(g, 'memoryId', 'lineageId', 'sessionId', 'digest', 'externalId', 'name', 'metadata', 'content'),
          id: sql`gen_random_uuid()`,
          conversationId: valueFor(messages.conversationId, id),
          updatedAt: valueFor(messages.updatedAt, stamp),
          recordedAt: valueFor(messages.recordedAt, stamp),
        },
        sql`from ${aliased(g)}
          where ${g.workspaceId} = ${tx.workspaceId} and ${g.conversationId} = ${source.id}::uuid
            and ${g.position} <= ${valueFor(messages.position, last)}
          order by ${g.position} limit ${MOST_COPIED + 1}`,
      )} returning 1
    )
    select count(*)::int as count from copied`);
  const count = rows[0]?.count ?? 0;
  if (count > MOST_COPIED) throw new LimitExceeded('Messages of a copy', MOST_COPIED, count);
  await touch(tx, id, count, 0);
  await copyMark(tx, source.id, id, last);
  return id;
}

/** What was read of the original for proposals is not read again. */
const copyMark = (tx: WriteTransaction, sourceId: string, id: string, last: number): Promise<unknown> =>
  tx.rows(
    insertSelect(
      extractions,
      {
        workspaceId: valueFor(extractions.workspaceId, tx.workspaceId),
        conversationId: valueFor(extractions.conversationId, id),
        position: sql`least(${x.position}, ${valueFor(extractions.position, last)})`,
        readAt: x.readAt,
        claim: sql`null`,
        claimedUntil: sql`null`,
      },
      sql`from ${aliased(x)}
        where ${x.workspaceId} = ${tx.workspaceId} and ${x.conversationId} = ${sourceId}::uuid`,
    ),
  );

async function positionOf(tx: WriteTransaction, conversationId: string, { uuid, given }: GivenId): Promise<number> {
  const [row] = await tx.rows<{ conversationId: string; position: number }>(sql`
    select ${g.conversationId} as "conversationId", ${g.position} from ${aliased(g)}
    where ${g.workspaceId} = ${tx.workspaceId} and ${g.id} = ${uuid}::uuid`);
  if (!row) throw new NotFound('message', [given]);
  if (row.conversationId === conversationId) return row.position;
  const message = 'It is a message of another conversation: give one of the conversation that is copied.';
  throw new InvalidInput([{ path: ['input', 'untilId'], message }]);
}
