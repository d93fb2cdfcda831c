import { sql } from 'drizzle-orm';
import { NOW } from '../../db/reading.ts';
import { uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, nullable, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { inTurns } from '../../kernel/turns.ts';
import { presentSql } from '../../model/memory/columns.ts';
import { fill, wordsOf } from '../../model/message/cut.ts';
import { textParts } from '../../model/message/parts.ts';
import type { Asked, AskedMemory, AskedMessage } from '../../model/proposal/drafts.ts';
import { withoutEchoes } from '../../model/proposal/echo.ts';
import { messages } from '../../tables/conversation.ts';
import { memories } from '../../tables/memory.ts';
import { tokensOf } from '../embedding/texts.ts';

/** A message of more bytes is passed over: as files, and what tools answer. */
const MAX_BYTES = 256 * 1024;
/** Of a longer text its beginning is read: about 4,000 tokens. */
const MAX_TEXT = 12_000;
/** So many tokens of texts a model is given at once, about, or one text. */
const MOST_TOKENS = 8_000;
/** Of a longer memory its beginning is given. */
const MAX_CONTENT = 500;

const g = under(messages, 'g');
const m = under(memories, 'm');

const bytes = sql`coalesce(octet_length(${g.content}), 0)`;
const messageFields = fields({
  ...pick(g, 'id', 'role', 'name', 'format', 'createdAt', 'updatedAt', 'memoryId', 'lineageId', 'isForgotten'),
  content: sql<string | null>`case when ${bytes} <= ${sql.raw(String(MAX_BYTES))} then ${g.content} end`,
  words: nullable(m.content),
});

function toMessage({
  content,
  words,
  role,
  name,
  isForgotten,
  format,
  ...row
}: RowOf<typeof messageFields>): AskedMessage {
  // What is said to the model itself, as its context, nobody has said.
  const isSaid = content !== null && !isForgotten && role !== 'SYSTEM';
  const text = isSaid ? (wordsOf(textParts(format, JSON.parse(fill(content, words ?? '')))) ?? '') : '';
  return { ...row, role, speaker: name, text: withoutEchoes(text.slice(0, MAX_TEXT).toWellFormed()).trim() };
}

/** Messages with what they say, in the order of the keys, but for what repeats memories; those deleted are left out. */
export async function messagesOf(tx: Transaction, ids: readonly string[]): Promise<AskedMessage[]> {
  const rows = await tx.rows<RowOf<typeof messageFields>>(sql`
    select ${messageFields} from ${aliased(g)} left join lateral (
      select ${m.content} from ${aliased(m)}
      where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${g.memoryId} limit 1) m on true
    where ${g.workspaceId} = ${tx.workspaceId} and ${g.id} = any(${uuids(ids)})
    order by ${g.position}`);
  return inTurns(rows, toMessage);
}

/** How many of the messages fit into one question, at least one. */
export function countFitting(asked: readonly AskedMessage[]): number {
  let tokens = 0;
  const over = asked.findIndex(({ text }) => {
    tokens += tokensOf(text);
    return tokens > MOST_TOKENS;
  });
  return over < 0 ? asked.length : Math.max(1, over);
}

const memoryFields = fields({
  ...pick(m, 'id', 'lineageId', 'type', 'validFrom'),
  content: sql<string>`left(${m.content}, ${sql.raw(String(MAX_CONTENT))})`,
});

/** Memories that still hold, by their keys. */
async function memoriesOf(tx: Transaction, ids: readonly string[]): Promise<AskedMemory[]> {
  if (ids.length === 0) return [];
  return tx.rows<RowOf<typeof memoryFields>>(sql`
    select ${memoryFields} from ${aliased(m)}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${uuids(ids)}) and ${presentSql(m, NOW)}
    order by ${m.id}`);
}

/** What a model is asked about: of the messages those that say something. */
export async function askedOf(
  tx: Transaction,
  messageIds: readonly string[],
  memoryIds: readonly string[],
): Promise<Asked> {
  const said = await messagesOf(tx, messageIds);
  return { messages: said.filter(({ text }) => text !== ''), memories: await memoriesOf(tx, memoryIds) };
}

/** As the model is given it: numbers are what it can name. */
export const dataOf = ({ messages: said, memories: noted }: Asked): object => ({
  messages: said.map(({ role, speaker, text, createdAt }, index) => ({
    message: index + 1,
    role: role.toLowerCase(),
    ...(speaker !== null && { name: speaker }),
    said: createdAt.toISOString(),
    text,
  })),
  memories: noted.map(({ type, content, validFrom }, index) => ({
    memory: index + 1,
    type: type.toLowerCase(),
    since: validFrom.toISOString(),
    text: content,
  })),
});
