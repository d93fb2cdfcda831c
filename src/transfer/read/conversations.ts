import { type SQL, sql } from 'drizzle-orm';
import { all } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, derived, fields, nullable, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { companions } from '../../tables/companion.ts';
import { conversations, messages } from '../../tables/conversation.ts';
import { memories } from '../../tables/memory.ts';
import { extractions } from '../../tables/proposal.ts';
import { users } from '../../tables/user.ts';
import { PAGE, pages } from './pages.ts';

// Conversations, and what was said in them.

const c = under(conversations, 'c');
const g = under(messages, 'g');
const k = under(companions, 'k');
const m = under(memories, 'm');
const u = under(users, 'u');
const near = under(messages, 'near');
const x = under(extractions, 'x');

const conversationFields = fields({
  id: c.id,
  companion: k.key,
  user: nullable(u.externalId),
  ...pick(c, 'externalId', 'title', 'metadata', 'createdAt', 'updatedAt', 'nextPosition'),
  readUntil: nullable(x.position),
});
export type ConversationRow = RowOf<typeof conversationFields>;

export const conversationPages = (tx: Transaction): AsyncGenerator<ConversationRow[]> =>
  pages(
    tx,
    (last) => sql`
      select ${conversationFields} from ${aliased(c)}
      join ${aliased(k)} on ${k.workspaceId} = ${tx.workspaceId} and ${k.id} = ${c.companionId}
      left join ${aliased(u)} on ${u.workspaceId} = ${tx.workspaceId} and ${u.id} = ${c.userId}
      left join ${aliased(x)} on ${x.workspaceId} = ${tx.workspaceId} and ${x.conversationId} = ${c.id} and ${x.position} >= 0
      where ${all([sql`${c.workspaceId} = ${tx.workspaceId}`, ...(last ? [sql`${c.id} > ${last.id}::uuid`] : [])])}
      order by ${c.id} limit ${PAGE}`,
  );

const messageFields = fields({
  ...pick(g, 'id', 'conversationId', 'position', 'externalId', 'role', 'name', 'format', 'content', 'isFinal'),
  ...pick(g, 'isForgotten', 'tokens', 'metadata', 'memoryId', 'createdAt', 'updatedAt', 'recordedAt'),
  companion: k.key,
  conversation: c.externalId,
  /** Of the memory that it became. */
  words: nullable(m.content),
});
export type MessageRow = RowOf<typeof messageFields>;

/** So many bytes of messages a statement reads, and one message more: they can be large. */
const PAGE_BYTES = 4 * 2 ** 20;

const read = { id: near.id, position: near.position, conversationId: near.conversationId };
const sized = derived('sized', { ...read, before: sql<string>`` });

/** The messages of all conversations, one conversation after the other, each in the order it was said. */
export async function* messagePages(tx: Transaction): AsyncGenerator<MessageRow[]> {
  for (let last: MessageRow | undefined; ; ) {
    const rows: MessageRow[] = await tx.rows<MessageRow>(messagePage(tx.workspaceId, last));
    if (rows.length === 0) return;
    yield rows;
    last = rows.at(-1);
  }
}

const messagePage = (workspaceId: string, last: MessageRow | undefined): SQL => sql`
  select ${messageFields} from (
    select ${fields({
      ...read,
      before: sql`coalesce(sum(octet_length(${near.content})) over (
        order by ${near.conversationId}, ${near.position} rows between unbounded preceding and 1 preceding), 0)`,
    })} from (
      select * from ${aliased(near)} where ${all([
        sql`${near.workspaceId} = ${workspaceId}`,
        ...(last
          ? [sql`(${near.conversationId}, ${near.position}) > (${last.conversationId}::uuid, ${last.position}::int)`]
          : []),
      ])}
      order by ${near.conversationId}, ${near.position} limit ${PAGE}
    ) near
  ) sized
  cross join lateral (
    select * from ${aliased(g)} where ${g.workspaceId} = ${workspaceId} and ${g.id} = ${sized.id} offset 0) g
  join ${aliased(c)} on ${c.workspaceId} = ${workspaceId} and ${c.id} = ${g.conversationId}
  join ${aliased(k)} on ${k.workspaceId} = ${workspaceId} and ${k.id} = ${c.companionId}
  left join lateral (
    select ${m.content} from ${aliased(m)}
    where ${m.workspaceId} = ${workspaceId} and ${m.id} = ${g.memoryId} limit 1) m on true
  where ${sized.before} < ${PAGE_BYTES}
  order by ${sized.conversationId}, ${sized.position}`;
