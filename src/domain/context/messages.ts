import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, fenced } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, nullable, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { Turns } from '../../kernel/turns.ts';
import type { ContextMessage } from '../../model/context/messages.ts';
import { fill, wordsOf } from '../../model/message/cut.ts';
import { textParts, toolCalls } from '../../model/message/parts.ts';
import { messages } from '../../tables/conversation.ts';
import { memories } from '../../tables/memory.ts';

const g = under(messages, 'g');
const m = under(memories, 'm');

/** So many bytes of messages are read, from the newest on: what is longer, and what came before it, is left out. */
const MOST_BYTES = sql.raw(String(2 * 1024 * 1024));

const bytes = sql`sum(coalesce(octet_length(${g.content}), 0) + coalesce(octet_length(${m.content}), 0)) over newest`;
const select = fields({
  ...pick(g, 'id', 'role', 'name', 'format', 'createdAt', 'memoryId', 'isFinal', 'isForgotten'),
  isBeyond: sql<boolean>`${bytes} > ${MOST_BYTES}`,
  content: sql<string | null>`case when ${bytes} <= ${MOST_BYTES} then ${g.content} end`,
  words: sql<string | null>`case when ${bytes} <= ${MOST_BYTES} then ${nullable(m.content)} end`,
});
type Row = RowOf<typeof select>;

/** Newest messages of a conversation, oldest first. */
export interface NewestMessages {
  messages: (Omit<ContextMessage, 'memory'> & { memoryId: string | null })[];
  /** How many of those looked at say nothing to a prompt: of the system, forgotten, or still being streamed. */
  silent: number;
}

/** The newest messages of a conversation, so many at most, that were stored by the moment of the reading. */
export async function newestMessages(
  tx: Transaction,
  reading: Reading,
  conversationId: string,
  limit: number,
): Promise<NewestMessages> {
  const conditions: SQL[] = [
    sql`${g.workspaceId} = ${tx.workspaceId}`,
    sql`${g.conversationId} = ${conversationId}::uuid`,
    ...(reading.known ? [sql`${g.recordedAt} <= ${reading.known}`] : []),
  ];
  const newest = sql`(
    select * from ${aliased(g)} where ${all(conditions)} order by ${g.position} desc limit ${sql.raw(String(limit))}) g`;
  const version = fenced(sql`
    select ${m.content} from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${g.memoryId}`);
  const rows = await tx.rows<Row>(sql`
    select ${select} from ${newest} left join lateral ${version} m on true
    window newest as (order by ${g.position} desc) order by ${g.position} desc`);
  const turns = new Turns();
  const found: NewestMessages = { messages: [], silent: 0 };
  for (const row of rows) {
    if (row.isBeyond) break;
    await turns.next();
    if (row.isForgotten || !row.isFinal || row.role === 'SYSTEM' || row.content === null) found.silent++;
    else found.messages.unshift(toMessage(row, row.content));
  }
  return found;
}

function toMessage({ id, role, name, format, createdAt, memoryId, words }: Row, content: string) {
  const filled = fill(content, words ?? '');
  const said: unknown = JSON.parse(filled);
  const text = wordsOf(textParts(format, said));
  return { id, role, name, createdAt, memoryId, text, calls: toolCalls(format, said), size: filled.length };
}

/** So many of the newest messages are looked at for what is about to be answered. */
const ASKED_AMONG = 20;
/** So many characters of them are asked for. */
const MOST_ASKED = 2_000;

/**
 * What a conversation is about to answer: its newest message of the user, and what was said before it. Null: there is no
 * such message among the newest.
 */
export async function newestQuestion(
  tx: Transaction,
  reading: Reading,
  conversationId: string,
): Promise<string | null> {
  const { messages: newest } = await newestMessages(tx, reading, conversationId, ASKED_AMONG);
  const said = newest.filter(({ role, text }) => role !== 'TOOL' && text !== null && text.trim() !== '');
  const last = said.findLastIndex(({ role }) => role === 'USER');
  if (last < 0) return null;
  // What is asked comes first: of a long question the first words count.
  const parts = [said[last], said[last - 1]].flatMap((message) => message?.text ?? []);
  return parts.map((part) => part.slice(0, MOST_ASKED).toWellFormed().replaceAll('\0', ' ')).join('\n');
}
