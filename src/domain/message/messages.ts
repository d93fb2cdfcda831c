import { type SQL, sql } from 'drizzle-orm';
import { all, json, moment, texts, textsAs, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, nullable, pick, type RowOf, type Under, under } from '../../db/typed-sql.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { keyset, type OrderType, type Page, toPage } from '../../model/paging/keyset.ts';
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
export const withWords = (workspaceId: string, withContent: boolean): SQL =>
  withContent
    ? sql`left join lateral (
        select ${m.content} from ${aliased(m)}
        where ${m.workspaceId} = ${workspaceId} and ${m.id} = ${g.memoryId} limit 1) m on true`
    : sql.empty();

/** Which messages of a conversation are meant; a part left out lets all through. */
export interface MessagesOf {
  roles?: readonly MessageRole[] | null | undefined;
  filter?:
    | {
        createdAt?: { from?: Date | null | undefined; until?: Date | null | undefined } | null | undefined;
        /** What the metadata contains. */
        metadata?: Record<string, unknown> | null | undefined;
      }
    | null
    | undefined;
}

/** What messages can be listed by: their places in the conversation, or when they were said. */
export type MessageOrderField = 'POSITION' | 'CREATED_AT';
export interface MessageOrder {
  field: MessageOrderField;
  direction: 'ASC' | 'DESC';
}

/** Which messages of a conversation a list shows, and how. */
export interface MessageList extends MessagesOf {
  orderBy?: MessageOrder | null | undefined;
  withContent: boolean;
}

export const defaultMessageOrder: MessageOrder = { field: 'POSITION', direction: 'ASC' };

const orderValues: Record<
  MessageOrderField,
  { value: SQL; type: OrderType; of: (row: MessageRow) => number | string }
> = {
  POSITION: { value: sql`${g.position}`, type: 'int4', of: ({ position }) => position },
  CREATED_AT: { value: sql`${g.createdAt}`, type: 'timestamptz', of: ({ createdAt }) => createdAt.toISOString() },
};

function conditionsOf({ roles, filter }: MessagesOf): SQL[] {
  const { createdAt, metadata } = filter ?? {};
  return [
    ...(roles ? [sql`${g.role} = any(${textsAs(roles, messageRole.enumName)})`] : []),
    ...(createdAt?.from ? [sql`${g.createdAt} >= ${moment(createdAt.from)}`] : []),
    ...(createdAt?.until ? [sql`${g.createdAt} < ${moment(createdAt.until)}`] : []),
    ...(metadata ? [sql`${g.metadata} @> ${json(metadata)}`] : []),
  ];
}

/**
 * A page of messages of each of `parents`, whose keys are `given`: `g` is the message, `m` has its words where they are
 * asked for. Those stored after the first page are left out. `more`: with one more than the page has, where there is one.
 */
export function messagePagesSql(
  workspaceId: string,
  parents: SQL,
  list: MessageList,
  window: Window,
  select: SQL,
  more = true,
): SQL {
  const { field, direction } = list.orderBy ?? defaultMessageOrder;
  const { value, type } = orderValues[field];
  const part = keyset(window, { value, type, id: g.id, direction });
  const conditions = [
    sql`${g.workspaceId} = ${workspaceId}`,
    sql`${g.conversationId} = parent.given`,
    ...conditionsOf(list),
    ...(window.asOf ? [sql`${g.recordedAt} <= ${moment(window.asOf)}`] : []),
    ...part.conditions,
  ];
  return sql`
    select ${select}
    from ${parents}
    cross join lateral (
      select ${g.id} from ${aliased(g)} where ${all(conditions)}
      order by ${part.orderBy} limit ${more ? part.limit : window.limit}
    ) page
    cross join lateral (
      select * from ${aliased(g)} where ${g.workspaceId} = ${workspaceId} and ${g.id} = ${page.id} limit 1) g
    ${withWords(workspaceId, list.withContent)}
    order by parent.nth, ${part.orderBy}`;
}

/** The value that messages are listed by. */
export const messageOrderSql = ({ orderBy }: MessageList): SQL =>
  orderValues[(orderBy ?? defaultMessageOrder).field].value;

/**
 * A page of messages for each conversation, in one statement; those stored after the first page are left out. The newest
 * are as near as the oldest.
 */
export async function messagePages(
  tx: Transaction,
  conversationIds: readonly string[],
  list: MessageList,
  window: Window,
): Promise<Map<string, Page<MessageRow>>> {
  const { of } = orderValues[(list.orderBy ?? defaultMessageOrder).field];
  const parents = sql`unnest(${uuids(conversationIds)}) with ordinality parent (given, nth)`;
  const rows = await tx.rows<MessageRow>(
    messagePagesSql(tx.workspaceId, parents, list, window, selectFor(list.withContent)),
  );
  const byParent = Map.groupBy(rows, (row) => row.conversationId);
  return new Map(
    conversationIds.map((id) => [
      id,
      toPage(window, byParent.get(id) ?? [], (row) => ({ value: of(row), id: row.id })),
    ]),
  );
}

/** How many messages a conversation has, an alias of `conversations`; of some only, they are counted one by one. */
export function messageCountSql(conversation: Under<typeof conversations>, list: MessagesOf, workspaceId: string): SQL {
  const conditions = conditionsOf(list);
  return conditions.length > 0
    ? sql`(select count(*)::int from ${aliased(g)}
        where ${g.workspaceId} = ${workspaceId} and ${g.conversationId} = ${conversation.id} and ${all(conditions)})`
    : sql`${conversation.messageCount}`;
}

/** How many messages each conversation has. */
export async function countMessages(
  tx: Transaction,
  conversationIds: readonly string[],
  list: MessagesOf,
): Promise<Map<string, number>> {
  const rows = await tx.rows<{ id: string; count: number }>(sql`
    select ${c.id}, ${messageCountSql(c, list, tx.workspaceId)} as count from ${aliased(c)}
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

/** So many messages of one externalId are found: the copies of a conversation have those of the original. */
export const MOST_OF_EXTERNAL_ID = 10;

/**
 * The messages of a companion by the caller's own ids, in the order of these, the one stored last first: of each id at
 * most MOST_OF_EXTERNAL_ID. Unknown ones are left out.
 */
export async function messagesByExternalId(
  tx: Transaction,
  companion: CompanionRef,
  externalIds: readonly string[],
  withContent: boolean,
): Promise<MessageRow[]> {
  return tx.rows<MessageRow>(sql`
    select ${selectFor(withContent)}
    from unnest(${texts(externalIds)}) with ordinality parent (given, nth)
    cross join lateral (
      select ${g.id}, ${g.recordedAt} from ${aliased(g)}
      where ${g.workspaceId} = ${tx.workspaceId} and ${g.externalId} = parent.given and ${g.externalId} is not null
        and (select ${c.companionId} from ${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = ${g.conversationId})
          = ${companionIdSql(companion, tx.workspaceId)}
      order by ${g.recordedAt} desc, ${g.id} desc limit ${MOST_OF_EXTERNAL_ID}
    ) page
    cross join lateral (
      select * from ${aliased(g)} where ${g.workspaceId} = ${tx.workspaceId} and ${g.id} = ${page.id} limit 1) g
    ${withWords(tx.workspaceId, withContent)}
    order by parent.nth, ${page.recordedAt} desc, ${page.id} desc`);
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
