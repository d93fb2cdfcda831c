import { sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, type RowOf, under } from '../../db/typed-sql.ts';
import { messages } from '../../tables/conversation.ts';
import { relate } from '../relation/relations.ts';

const g = under(messages, 'g');
const before = under(messages, 'before');

/** So many messages back a remembered one is looked for. */
const REACH = 1_000;

const pair = fields({ from: g.memoryId, to: before.memoryId });

/** Has the memories that messages became FOLLOW that of the remembered message before them. */
export async function followBefore(
  tx: WriteTransaction,
  conversationId: string,
  messageIds: readonly string[],
): Promise<void> {
  if (messageIds.length === 0) return;
  const pairs = await tx.rows<RowOf<typeof pair>>(sql`
    select ${pair} from ${aliased(g)}
    cross join lateral (
      select * from ${aliased(before)}
      where ${before.workspaceId} = ${tx.workspaceId} and ${before.conversationId} = ${conversationId}::uuid
        and ${before.position} < ${g.position} and ${before.position} >= ${g.position} - ${REACH}::int
        and ${before.memoryId} is not null
      order by ${before.position} desc limit 1) before
    where ${g.workspaceId} = ${tx.workspaceId} and ${g.id} = any(${uuids(messageIds)})
      and ${g.lineageId} <> ${before.lineageId}
    order by ${g.position}`);
  await relate(
    tx,
    pairs.map(({ from, to }) => ({
      from: { uuid: from as string, given: from as string },
      to: { uuid: to as string, given: to as string },
      type: 'FOLLOWS',
      strength: 1,
      path: ['input', 'messages'],
    })),
    'skip',
  );
}
