import { type SQL, sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, set, under } from '../../db/typed-sql.ts';
import { messages } from '../../tables/conversation.ts';
import { events } from '../../tables/event.ts';
import { sessions } from '../../tables/session.ts';

const e = under(events, 'e');
const g = under(messages, 'g');
const s = under(sessions, 's');

/** Of whom, or of what, sessions are erased. */
type Whose = { userId: string } | { companionId: string } | { conversationId: string };

const isOf = (whose: Whose): SQL => {
  if ('userId' in whose) return sql`${s.userId} = ${whose.userId}::uuid`;
  if ('companionId' in whose) return sql`${s.companionId} = ${whose.companionId}::uuid`;
  return sql`${s.conversationId} = ${whose.conversationId}::uuid`;
};

/** Events and messages of others no longer name the sessions of somebody or something that is about to be erased. */
export async function unnameSessionsOf(tx: WriteTransaction, whose: Whose): Promise<void> {
  const rows = await tx.rows<{ id: string }>(sql`
    select ${s.id} from ${aliased(s)} where ${s.workspaceId} = ${tx.workspaceId} and ${isOf(whose)}`);
  await unnameSessions(
    tx,
    rows.map(({ id }) => id),
  );
}

/** Events and messages no longer name these sessions. */
export async function unnameSessions(tx: WriteTransaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.unrestricted(async () => {
    await tx.rows(sql`
      update ${aliased(e)} set ${set(events, { sessionId: sql`null` })}
      where ${e.workspaceId} = ${tx.workspaceId} and ${e.sessionId} = any(${uuids(ids)})`);
    await tx.rows(sql`
      update ${aliased(g)} set ${set(messages, { sessionId: sql`null` })}
      where ${g.workspaceId} = ${tx.workspaceId} and ${g.sessionId} = any(${uuids(ids)})`);
  });
}
