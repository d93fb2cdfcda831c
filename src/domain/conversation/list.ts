import { type SQL, sql } from 'drizzle-orm';
import { all, json, moment } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, aliasOf, under } from '../../db/typed-sql.ts';
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
 * A page of the workspace's conversations, the one active last first: `c` is the conversation. Those begun after the
 * first page are left out; one that becomes active between two pages moves to the front, and later pages lack it. `more`:
 * with one more than the page has, where there is one.
 */
export function conversationPageSql(
  workspaceId: string,
  list: ConversationList,
  window: Window,
  select: SQL,
  more = true,
): SQL {
  const part = keyset(window, { value: c.activeAt, type: 'timestamptz', id: c.id, direction: 'DESC' });
  // What is selected of a conversation is read of those of the page alone.
  return sql`
    select ${select} from (
      select * from ${aliased(c)}
      where ${all([...conditionsOf(list, workspaceId, window.asOf), ...part.conditions])}
      order by ${part.orderBy} limit ${more ? part.limit : window.limit}
    ) ${aliasOf(c)} order by ${part.orderBy}`;
}

/** Such a page. */
export async function conversationPage(
  tx: Transaction,
  list: ConversationList,
  window: Window,
): Promise<Page<ConversationRow>> {
  const rows = await tx.rows<ConversationRow>(conversationPageSql(tx.workspaceId, list, window, selectConversation));
  return toPage(window, rows, ({ activeAt, id }) => ({ value: activeAt.toISOString(), id }));
}

/** How many conversations fit: (count). */
export const conversationCountSql = (workspaceId: string, list: ConversationList, asOf: Date | undefined): SQL => sql`
  select count(*)::int as count from ${aliased(c)} where ${all(conditionsOf(list, workspaceId, asOf))}`;

/** How many conversations fit. */
export async function countConversations(
  tx: Transaction,
  list: ConversationList,
  asOf: Date | undefined,
): Promise<number> {
  const [row] = await tx.rows<{ count: number }>(conversationCountSql(tx.workspaceId, list, asOf));
  return row?.count ?? 0;
}
