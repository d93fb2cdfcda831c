import { sql } from 'drizzle-orm';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, insertSelect, pick, type RowsOf, recordset, set, typed, under } from '../../db/typed-sql.ts';
import { runsOf, Turns } from '../../kernel/turns.ts';
import { cut } from '../../model/message/cut.ts';
import { messages } from '../../tables/conversation.ts';
import type { PreparedMessage } from './prepare.ts';

const g = under(messages, 'g');

/** A message to be written. */
export interface StoredMessage extends Omit<PreparedMessage, 'createdAt' | 'digest'> {
  id: string;
  position: number;
  /** The memory that it became; `isWhole`: its words are there. */
  place: { memoryId: string; lineageId: string; isWhole: boolean } | null;
  /** Null: of one that is replaced it stays. */
  createdAt: Date | null;
  recordedAt: Date;
  /** Where it was changed since it was stored. */
  updatedAt?: Date | null;
  sessionId: string | null;
  /** Null of one that is forgotten, which has no content either. */
  digest: string | null;
  isForgotten?: boolean;
}

const shape = {
  ...pick(messages, 'id', 'position', 'role', 'format', 'isFinal', 'tokens', 'recordedAt', 'memoryId', 'lineageId'),
  ...pick(messages, 'sessionId', 'digest', 'externalId', 'name', 'metadata', 'content'),
  isForgotten: messages.isForgotten,
  createdAt: typed<Date | null>('timestamptz'),
  updatedAt: messages.updatedAt,
};

/** How many characters one statement writes: more would keep everybody waiting while they are put together. */
const MAX_CHARACTERS = 1_000_000;

/** Rows in runs, each put together in turns with other work. */
async function* runs(given: readonly StoredMessage[]): AsyncGenerator<RowsOf<typeof shape>[]> {
  const turns = new Turns();
  const rows: RowsOf<typeof shape>[] = [];
  for (const { place, content, parts, isForgotten = false, ...message } of given) {
    await turns.next();
    const { id, position, role, format, isFinal, recordedAt, createdAt, sessionId, digest } = message;
    rows.push({
      ...{ id, position, role, format, isFinal, recordedAt, createdAt, sessionId, digest },
      isForgotten,
      updatedAt: message.updatedAt ?? recordedAt,
      tokens: message.tokens ?? null,
      externalId: message.externalId ?? null,
      name: message.name ?? null,
      metadata: message.metadata ?? {},
      memoryId: place?.memoryId ?? null,
      lineageId: place?.lineageId ?? null,
      content: isForgotten ? null : place?.isWhole ? cut(content, parts) : JSON.stringify(content),
    });
  }
  yield* runsOf(rows, MAX_CHARACTERS, ({ content }) => content?.length ?? 0);
}

/** Writes new messages of a conversation. */
export async function insertMessages(
  tx: WriteTransaction,
  conversationId: string,
  given: readonly StoredMessage[],
): Promise<void> {
  for await (const rows of runs(given)) {
    const row = recordset('row', shape, rows);
    const { createdAt, ...columns } = pick(row, ...(Object.keys(shape) as (keyof typeof shape)[]));
    await tx.rows(
      insertSelect(
        messages,
        {
          ...columns,
          workspaceId: sql`${tx.workspaceId}`,
          conversationId: sql`${conversationId}::uuid`,
          createdAt,
        },
        sql`from ${aliased(row)}`,
      ),
    );
  }
}

/** Replaces messages with what they are now. */
export async function updateMessages(tx: WriteTransaction, given: readonly StoredMessage[]): Promise<void> {
  for await (const rows of runs(given)) {
    const row = recordset('row', shape, rows);
    const columns = pick(row, 'role', 'format', 'isFinal', 'tokens', 'memoryId', 'lineageId', 'digest', 'name');
    await tx.rows(sql`
      update ${aliased(g)} set ${set(messages, {
        ...columns,
        ...pick(row, 'metadata', 'content'),
        sessionId: sql`coalesce(${row.sessionId}, ${g.sessionId})`,
        createdAt: sql`coalesce(${row.createdAt}, ${g.createdAt})`,
        updatedAt: row.updatedAt,
      })}
      from ${aliased(row)} where ${g.workspaceId} = ${tx.workspaceId} and ${g.id} = ${row.id}`);
  }
}
