import { type SQL, sql } from 'drizzle-orm';
import { all, json, moment } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { keyset, type Page, toPage } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { type UserRef, userIdSql } from '../../model/user/ref.ts';
import { conversations } from '../../tables/conversation.ts';
import { type ConversationRow, selectConversation } from './conversations.ts';

const c = under(conversations, 'c');

/** Which conversations a list shows; a part left out lets all through. */
export interface ConversationList {
  companion?: CompanionRef | null | undefined;
  user?: UserRef | null | undefined;
  filter?:
    | {
        /** What the title contains, in any case. */
        title?: string | null | undefined;
        /** What the metadata contains. */
        metadata?: Record<string, unknown> | null | undefined;
        lastMessageAt?: { from?: Date | null | undefined; until?: Date | null | undefined } | null | undefined;
      }
    | null
    | undefined;
}

/** The one order conversations are listed in. */
export const CONVERSATION_ORDER = 'ACTIVE_AT DESC';

function conditionsOf({ companion, user, filter }: ConversationList, workspaceId: string, asOf?: Date): SQL[] {
  const conditions = [sql`${c.workspaceId} = ${workspaceId}`];
  if (asOf) conditions.push(sql`${c.createdAt} <= ${moment(asOf)}`);
  if (companion) conditions.push(sql`${c.companionId} = ${companionIdSql(companion, workspaceId)}`);
  if (user) conditions.push(sql`${c.userId} = ${userIdSql(user, workspaceId)}`);
  const { title, metadata, lastMessageAt } = filter ?? {};
  if (title != null) conditions.push(sql`strpos(lower(${c.title}), ${title.toLowerCase()}) > 0`);
  if (metadata) conditions.push(sql`${c.metadata} @> ${json(metadata)}`);
  if (lastMessageAt?.from) conditions.push(sql`${c.lastMessageAt} >= ${moment(lastMessageAt.from)}`);
  if (lastMessageAt?.until) conditions.push(sql`${c.lastMessageAt} < ${moment(lastMessageAt.until)}`);
  return conditions;
}

/**
 * A page of the workspace's conversations, the one active last first. Those begun after the first page are left out; one
 * that becomes active between two pages moves to the front, and later pages lack it.
 */
export async function conversationPage(
  tx: Transaction,
  list: ConversationList,
  window: Window,
): Promise<Page<ConversationRow>> {
  const part = keyset(window, { value: c.activeAt, type: 'timestamptz', id: c.id, direction: 'DESC' });
  const rows = await tx.rows<ConversationRow>(sql`
    select ${selectConversation} from ${aliased(c)}
    where ${all([...conditionsOf(list, tx.workspaceId, window.asOf), ...part.conditions])}
    order by ${part.orderBy} limit ${part.limit}`);
  return toPage(window, rows, ({ activeAt, id }) => ({ value: activeAt.toISOString(), id }));
}

/** How many conversations fit. */
export async function countConversations(
  tx: Transaction,
  list: ConversationList,
  asOf: Date | undefined,
): Promise<number> {
  const [row] = await tx.rows<{ count: number }>(sql`
    select count(*)::int as count from ${aliased(c)} where ${all(conditionsOf(list, tx.workspaceId, asOf))}`);
  return row?.count ?? 0;
}
