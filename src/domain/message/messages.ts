import { type SQL, sql } from 'drizzle-orm';
import { all, moment, textsAs, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, nullable, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { keyset, type Page, toPage } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { conversations, type MessageRole, messageRole, messages } from '../../tables/conversation.ts';
import { memories } from '../../tables/memory.ts';

const c = under(conversations, 'c');
const g = under(messages, 'g');
const m = under(memories, 'm');
const page = under(messages, 'page');

const columns = pick(
  g,
  'id',
  'conversationId',
  'externalId',
  'role',
  'name',
  'format',
  'position',
  'tokens',
  'metadata',
  'createdAt',
  'updatedAt',
  'memoryId',
  'sessionId',
  'isForgotten',
);
/** With what it says, or without: its content may be long. `words` are those of the memory that it became. */
const selectFor = (withContent: boolean) =>
  fields({
    ...columns,
    content: withContent ? nullable(g.content) : sql<string | null>`null`,
    words: withContent ? nullable(m.content) : sql<string | null>`null`,
  });
export type MessageRow = RowOf<ReturnType<typeof selectFor>>;

/** Joins the version of a memory that holds the words of the message. */
const withWords = (workspaceId: string, withContent: boolean): SQL =>
  withContent
    ? sql`left join lateral (
        select ${m.content} from ${aliased(m)}
        where ${m.workspaceId} = ${workspaceId} and ${m.id} = ${g.memoryId} limit 1) m on true`
    : sql.empty();

/** Which messages of a conversation a list shows. */
export interface MessageList {
  roles?: readonly MessageRole[] | null | undefined;
  withContent: boolean;
}

/** The one order messages are listed in. */
export const MESSAGE_ORDER = 'POSITION ASC';

const conditionsOf = ({ roles }: Pick<MessageList, 'roles'>): SQL[] =>
  roles ? [sql`${g.role} = any(${textsAs(roles, messageRole.enumName)})`] : [];

/**
 * A page of messages for each conversation, in the order they were said, in one statement; those stored after the first
 * page are left out. The newest are as near as the oldest.
 */
export async function messagePages(
  tx: Transaction,
  conversationIds: readonly string[],
  list: MessageList,
  window: Window,
): Promise<Map<string, Page<MessageRow>>> {
  const part = keyset(window, { value: g.position, type: 'int4', id: g.id, direction: 'ASC' });
  const conditions = [
    sql`${g.workspaceId} = ${tx.workspaceId}`,
    sql`${g.conversationId} = parent.given`,
    ...conditionsOf(list),
    ...(window.asOf ? [sql`${g.recordedAt} <= ${moment(window.asOf)}`] : []),
    ...part.conditions,
  ];
  const rows = await tx.rows<MessageRow>(sql`
    select ${selectFor(list.withContent)}
    from unnest(${uuids(conversationIds)}) with ordinality parent (given, nth)
    cross join lateral (
      select ${g.id}, ${g.position} from ${aliased(g)} where ${all(conditions)}
      order by ${part.orderBy} limit ${part.limit}
    ) page
    cross join lateral (
      select * from ${aliased(g)} where ${g.workspaceId} = ${tx.workspaceId} and ${g.id} = ${page.id} limit 1) g
    ${withWords(tx.workspaceId, list.withContent)}
    order by parent.nth, ${g.position} ${sql.raw(window.backward ? 'desc' : 'asc')}`);
  const byParent = Map.groupBy(rows, (row) => row.conversationId);
  return new Map(
    conversationIds.map((id) => [
      id,
      toPage(window, byParent.get(id) ?? [], (row) => ({ value: row.position, id: row.id })),
    ]),
  );
}

/** How many messages each conversation has; of some roles, they are counted one by one. */
export async function countMessages(
  tx: Transaction,
  conversationIds: readonly string[],
  list: Pick<MessageList, 'roles'>,
): Promise<Map<string, number>> {
  const count = list.roles
    ? sql`(select count(*)::int from ${aliased(g)}
        where ${g.workspaceId} = ${tx.workspaceId} and ${g.conversationId} = ${c.id} and ${all(conditionsOf(list))})`
    : sql`${c.messageCount}`;
  const rows = await tx.rows<{ id: string; count: number }>(sql`
    select ${c.id}, ${count} as count from ${aliased(c)}
    where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = any(${uuids(conversationIds)})`);
  return new Map(rows.map(({ id, count }) => [id, count]));
}

/** Messages by their keys; unknown ones are left out. */
export async function messagesById(
  tx: Transaction,
  ids: readonly string[],
  withContent: boolean,
): Promise<Map<string, MessageRow>> {
  const rows = await tx.rows<MessageRow>(sql`
    select ${selectFor(withContent)} from ${aliased(g)} ${withWords(tx.workspaceId, withContent)}
    where ${g.workspaceId} = ${tx.workspaceId} and ${g.id} = any(${uuids(ids)})`);
  return new Map(rows.map((row) => [row.id, row]));
}

/** The first message that became each lineage, by lineage: of a copied conversation the original comes first. */
export async function messagesOfLineages(
  tx: Transaction,
  lineageIds: readonly string[],
): Promise<Map<string, { id: string; conversationId: string }>> {
  const columns = fields(pick(g, 'id', 'conversationId', 'lineageId'));
  const rows = await tx.rows<RowOf<typeof columns>>(sql`
    select ${columns} from unnest(${uuids(lineageIds)}) parent (given)
    cross join lateral (
      select * from ${aliased(g)} where ${g.workspaceId} = ${tx.workspaceId} and ${g.lineageId} = parent.given
      order by ${g.recordedAt}, ${g.id} limit 1) g`);
  return new Map(rows.map(({ lineageId, ...row }) => [lineageId as string, row]));
}
