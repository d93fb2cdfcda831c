import { sql } from 'drizzle-orm';
import { texts, uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, set, under, valueFor } from '../../db/typed-sql.ts';
import { InvalidInput, NotFound } from '../../kernel/errors.ts';
import type { GivenId } from '../../kernel/input.ts';
import { conversations, messages } from '../../tables/conversation.ts';
import { memories } from '../../tables/memory.ts';
import { ensureCompanion } from '../companion/companions.ts';
import { touch } from './append.ts';
import { beginConversation, type ConversationRow, ensureConversation, findConversation } from './conversations.ts';
import { type NewMessage, type PreparedMessage, prepareMessages } from './prepare.ts';
import { insertMessages, type StoredMessage } from './store.ts';

// Conversations as they were elsewhere: their messages are remembered already, or not at all.

const c = under(conversations, 'c');
const g = under(messages, 'g');
const m = under(memories, 'm');

/** Which conversation, by keys of the caller's. */
export interface NamedConversation {
  companion: string;
  externalId: string;
}

export interface PastConversation extends NamedConversation {
  user: string | null;
  title: string | null;
  metadata: Record<string, unknown>;
  /** Null: now. */
  createdAt: Date | null;
  /** Null: when it was made. */
  updatedAt: Date | null;
  /** Positions below are not given to new messages. */
  nextPosition: number;
  /** One that is there gets the title that it lacks. */
  fillsIn?: boolean;
}

/** Makes a conversation that is not there, and tells whether it did. One that is there keeps what is said of it. */
export async function bringConversation(tx: WriteTransaction, past: PastConversation): Promise<boolean> {
  const { externalId, user, nextPosition } = past;
  const companionId = await ensureCompanion(tx, { key: past.companion });
  const companion = { id: companionId, given: companionId };
  if (!(await findConversation(tx, { companion, conversation: { externalId } }))) {
    await beginConversation(tx, companionId, user === null ? null : { externalId: user }, externalId, past);
    return true;
  }
  const next = valueFor(conversations.nextPosition, nextPosition);
  const title = valueFor(conversations.title, past.fillsIn ? past.title : null);
  await tx.rows(sql`
    update ${aliased(c)} set ${set(conversations, {
      nextPosition: sql`greatest(${c.nextPosition}, ${next})`,
      title: sql`coalesce(${c.title}, ${title})`,
    })}
    where ${c.workspaceId} = ${tx.workspaceId} and ${c.companionId} = ${companionId}::uuid
      and ${c.externalId} = ${externalId}
      and (${c.nextPosition} < ${next} or (${c.title} is null and ${title} is not null))`);
  return false;
}

export interface PastMessage extends NewMessage {
  id: GivenId;
  /** Null: behind those that there are. */
  position: number | null;
  isForgotten: boolean;
  /** The version of a memory that it became. */
  memory: GivenId | null;
  /** Null: when it was stored. */
  updatedAt: Date | null;
  /** When it was stored; null: now. */
  recordedAt: Date | null;
}

/**
 * Adds to a conversation, which is begun where it is not there, the messages that it lacks, by their key or externalId,
 * and says how many. Each keeps its position, unless another message has it. The words of one that became a memory are
 * cut out where the memory holds them. Throws InvalidInput, NotFound for a memory that is not there.
 */
export async function bringMessages(
  tx: WriteTransaction,
  { companion, externalId }: NamedConversation,
  past: readonly PastMessage[],
): Promise<number> {
  const conversation = await ensureConversation(tx, { companion: { key: companion }, conversation: { externalId } });
  const there = await messagesThere(tx, conversation, past);
  const places = await placesOf(tx, conversation, past);
  const added = past.filter(({ id, externalId }) => {
    const isThere = there.ids.has(id.uuid) || (externalId != null && there.externalIds.has(externalId));
    there.ids.add(id.uuid);
    if (externalId != null) there.externalIds.add(externalId);
    return !isThere;
  });
  if (added.length === 0) return 0;
  const said = await prepareMessages(added.map((each) => (each.isForgotten ? { ...each, ...silent } : each)));
  const stamp = await tx.stamp();
  let next = conversation.nextPosition;
  const rows = added.map((each, index): StoredMessage => {
    const position = each.position === null || there.positions.has(each.position) ? next : each.position;
    there.positions.add(position);
    next = Math.max(next, position + 1);
    const { words, digest, ...message } = said[index] as PreparedMessage;
    const version = each.memory && places.get(each.memory.uuid);
    return {
      ...message,
      words,
      format: each.format,
      id: each.id.uuid,
      position,
      place: version
        ? { memoryId: version.id, lineageId: version.lineageId, isWhole: version.content === words }
        : null,
      createdAt: each.createdAt ?? stamp,
      recordedAt: each.recordedAt ?? stamp,
      updatedAt: each.updatedAt ?? each.recordedAt,
      sessionId: null,
      isForgotten: each.isForgotten,
      digest: each.isForgotten ? null : digest,
    };
  });
  await insertMessages(tx, conversation.id, rows);
  await touch(tx, conversation.id, rows.length, next - conversation.nextPosition);
  return rows.length;
}

/** Of a message that is forgotten only its place and its format stay. */
const silent = { format: 'TEXT', content: '', name: null, tokens: null, metadata: {} } as const;

const known = fields(pick(g, 'id', 'conversationId', 'externalId', 'position'));

/** Which of the messages, and which of the positions, are there. Throws InvalidInput for one of another conversation. */
async function messagesThere(tx: WriteTransaction, { id }: ConversationRow, past: readonly PastMessage[]) {
  const externalIds = past.flatMap(({ externalId }) => externalId ?? []);
  const positions = past.flatMap(({ position }) => position ?? []);
  const ofConversation = sql`${g.workspaceId} = ${tx.workspaceId} and ${g.conversationId} = ${id}::uuid`;
  const rows = await tx.rows<RowOf<typeof known>>(sql`
    select ${known} from ${aliased(g)}
    where ${g.workspaceId} = ${tx.workspaceId} and ${g.id} = any(${uuids(past.map(({ id }) => id.uuid))})
    union all select ${known} from ${aliased(g)} where ${ofConversation} and ${g.externalId} = any(${texts(externalIds)})
    union all select ${known} from ${aliased(g)}
      where ${ofConversation} and ${g.position} = any(${`{${positions.join(',')}}`}::int[])`);
  const elsewhere = new Set(rows.filter(({ conversationId }) => conversationId !== id).map((row) => row.id));
  const strayed = past.find((message) => elsewhere.has(message.id.uuid));
  if (strayed) {
    const message = `The message ${JSON.stringify(strayed.id.given)} is in another conversation: give this one another id.`;
    throw new InvalidInput([{ path: [], message }]);
  }
  return {
    ids: new Set(rows.map((row) => row.id)),
    externalIds: new Set(rows.map((row) => row.externalId)),
    positions: new Set(rows.map((row) => row.position)),
  };
}

const versions = fields(pick(m, 'id', 'lineageId', 'content', 'companionId', 'userId'));

/** The memories that the messages became, by their keys. They are seen by whoever sees the conversation. */
async function placesOf(
  tx: WriteTransaction,
  { companionId, userId }: ConversationRow,
  past: readonly PastMessage[],
): Promise<Map<string, RowOf<typeof versions>>> {
  const wanted = past.flatMap(({ memory }) => memory ?? []);
  if (wanted.length === 0) return new Map();
  const rows = await tx.rows<RowOf<typeof versions>>(sql`
    select ${versions} from ${aliased(m)}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${uuids(wanted.map(({ uuid }) => uuid))})`);
  const found = new Map(rows.map((row) => [row.id, row]));
  const missing = wanted.filter(({ uuid }) => !found.has(uuid)).map(({ given }) => given);
  if (missing.length > 0) throw new NotFound('memory', missing);
  const other = wanted.find(({ uuid }) => {
    const memory = found.get(uuid);
    return memory?.companionId !== companionId || memory.userId !== userId;
  });
  if (!other) return found;
  const message = `The memory ${other.given} is not of the conversation's companion and user: leave it out.`;
  throw new InvalidInput([{ path: [], message }]);
}
