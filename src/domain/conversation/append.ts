import { sql } from 'drizzle-orm';
import { texts, uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, recordset, set, typed, under } from '../../db/typed-sql.ts';
import { LimitExceeded } from '../../kernel/errors.ts';
import { conversations, messages } from '../../tables/conversation.ts';
import { memories } from '../../tables/memory.ts';
import { correctMemory, retractMemory } from '../correction/corrections.ts';
import { createMemories } from '../memory/create.ts';
import type { CreatedMemory, NewMemory } from '../memory/new-memory.ts';
import { type ConversationOf, type ConversationRow, ensureConversation } from './conversations.ts';
import { followBefore } from './follow.ts';
import { type KnownMessage, type Planned, planMessages, type RememberPolicy } from './plan.ts';
import type { PreparedMessage } from './prepare.ts';
import { insertMessages, type StoredMessage, updateMessages } from './store.ts';

const c = under(conversations, 'c');
const g = under(messages, 'g');
const m = under(memories, 'm');

/** So many known messages that became memories may come with other content at once: each is a correction of its own. */
export const MOST_CORRECTED = 50;

/** What came of appending. */
export type Appended = {
  conversationId: string;
  /** One for each message of the input. */
  messageIds: string[];
  /** The memories that were made, or made by a correction, in the order of the input. */
  memoryIds: string[];
  /** The messages that the policy asks a memory for, and that made none. */
  skippedIds: string[];
  /** How many of the messages are new. */
  addedCount: number;
};

export interface Append extends ConversationOf {
  messages: readonly PreparedMessage[];
  remember: RememberPolicy;
  /** By index in `messages`; those left out are made later. */
  vectors?: ReadonlyMap<number, readonly number[] | undefined>;
  /** Default: the session that the request named. */
  sessionId?: string | null;
}

/**
 * Adds messages to a conversation, in order, and remembers those that the policy says. It holds the conversation alone:
 * positions have no gaps and no doubles. One with a known externalId is not added twice: see planMessages. In a constant
 * number of statements, but for what corrects memories. Throws NotFound, Forbidden, InvalidInput, LimitExceeded.
 */
export async function appendMessages(tx: WriteTransaction, append: Append): Promise<Appended> {
  const conversation = await ensureConversation(tx, append);
  return addMessages(tx, conversation, append);
}

/** The same to a conversation that is locked. */
export async function addMessages(
  tx: WriteTransaction,
  conversation: ConversationRow,
  append: Pick<Append, 'messages' | 'remember' | 'vectors' | 'sessionId'>,
): Promise<Appended> {
  const known = await knownMessages(tx, conversation.id, append.messages);
  const planned = planMessages(append.messages, known, conversation.nextPosition, append.remember);
  const changed = planned.filter(({ isKept }) => !isKept);
  const created = await remember(tx, conversation, changed, append.vectors ?? new Map());
  const places = { ...created, ...(await correct(tx, changed)) };
  const stamp = await tx.stamp();
  const rows = changed.map((each) =>
    rowOf(each, places[each.id], { stamp, sessionId: append.sessionId ?? tx.sessionId }),
  );
  await insertMessages(
    tx,
    conversation.id,
    rows.filter((_, index) => !changed[index]?.before),
  );
  await updateMessages(
    tx,
    rows.filter((_, index) => changed[index]?.before),
  );
  const addedCount = changed.filter(({ before }) => !before).length;
  if (changed.length > 0) await touch(tx, conversation.id, addedCount);
  await followBefore(tx, conversation.id, Object.keys(created));
  return {
    conversationId: conversation.id,
    messageIds: planned.map(({ id }) => id),
    memoryIds: planned.flatMap(({ id }) => (places[id]?.isNew ? places[id].memoryId : [])),
    skippedIds: planned.filter(({ isSkipped }) => isSkipped).map(({ id }) => id),
    addedCount,
  };
}

const knownColumns = fields(
  pick(g, 'id', 'externalId', 'position', 'digest', 'isFinal', 'isForgotten', 'memoryId', 'lineageId'),
);

async function knownMessages(
  tx: WriteTransaction,
  conversationId: string,
  given: readonly PreparedMessage[],
): Promise<KnownMessage[]> {
  const externalIds = given.flatMap(({ externalId }) => externalId ?? []);
  if (externalIds.length === 0) return [];
  return tx.rows<RowOf<typeof knownColumns>>(sql`
    select ${knownColumns} from ${aliased(g)}
    where ${g.workspaceId} = ${tx.workspaceId} and ${g.conversationId} = ${conversationId}::uuid
      and ${g.externalId} = any(${texts(externalIds)})`);
}

/** Where the words of a message are; `isWhole`: the memory holds just them, so that they are cut out of the message. */
interface Place {
  memoryId: string;
  lineageId: string;
  isWhole: boolean;
  /** The memory, or this version of it, was made now. */
  isNew: boolean;
}
/** By message. */
type Places = Record<string, Place>;

/** Makes the memories that messages become. */
async function remember(
  tx: WriteTransaction,
  conversation: ConversationRow,
  changed: readonly Planned[],
  vectors: NonNullable<Append['vectors']>,
): Promise<Places> {
  const wanted = changed.filter(({ memory }) => memory === 'create');
  if (wanted.length === 0) return {};
  const made = await createMemories(
    tx,
    { id: conversation.companionId, given: conversation.companionId },
    wanted.map(({ message, position }) =>
      memoryOf(conversation, { ...message, position, words: message.words as string }, vectors.get(message.index)),
    ),
    (index) => ['input', 'messages', wanted[index]?.message.index ?? index],
  );
  return placesOf(
    wanted.map(({ id }) => id),
    made,
  );
}

/** The places of messages' words in memories that were made of them; a duplicate has words of its own. */
export const placesOf = (ids: readonly string[], made: readonly CreatedMemory[]): Places =>
  Object.fromEntries(
    ids.flatMap((id, index) => {
      const { id: memoryId, lineageId, duplicate } = made[index] as CreatedMemory;
      return duplicate ? [] : [[id, { memoryId, lineageId, isWhole: true, isNew: true }]];
    }),
  );

/** The memory that a message becomes. */
export const memoryOf = (
  { userId, externalId }: ConversationRow,
  {
    words,
    role,
    name,
    createdAt,
    position,
  }: Pick<PreparedMessage, 'role' | 'name' | 'createdAt'> & {
    words: string;
    position: number;
  },
  embedding: readonly number[] | undefined,
  type: NewMemory['type'] = 'EXPERIENCE',
): NewMemory => ({
  user: userId ? { id: userId, given: userId } : null,
  content: words,
  type,
  importance: 5,
  confidence: 1,
  context: {
    conversationId: externalId,
    turnNumber: position,
    role: role.toLowerCase(),
    speaker: name ?? role.toLowerCase(),
  },
  validFrom: createdAt ?? null,
  embedding,
});

const versionColumns = fields({
  ...pick(m, 'id', 'lineageId', 'content'),
  isUntouched: sql<boolean>`${m.retractedAt} is null and ${m.validUntil} is null and ${m.archivedAt} is null`,
});

/**
 * Corrects the memories of messages that are replaced, or retracts them (MISTAKE). One that was decided about meanwhile, or says the same,
 * stays as it is.
 */
async function correct(tx: WriteTransaction, changed: readonly Planned[]): Promise<Places> {
  const replaced = changed.flatMap(({ before, ...planned }) =>
    before?.memoryId && before.lineageId
      ? [{ ...planned, memoryId: before.memoryId, lineageId: before.lineageId }]
      : [],
  );
  if (replaced.length === 0) return {};
  const versions = new Map(
    (
      await tx.rows<RowOf<typeof versionColumns>>(sql`
        select ${versionColumns} from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId}
          and ${m.id} = any(${uuids(replaced.map(({ memoryId }) => memoryId))}) for update`)
    ).map((row) => [row.id, row]),
  );
  const places: Places = {};
  let count = 0;
  for (const { id, message, memory, memoryId, lineageId } of replaced) {
    const version = versions.get(memoryId);
    const isSame = version?.content === message.words;
    places[id] = { memoryId, lineageId, isWhole: isSame, isNew: false };
    if (memory === null || isSame || !version?.isUntouched) continue;
    if (++count > MOST_CORRECTED) {
      throw new LimitExceeded('Remembered messages with other content at once', MOST_CORRECTED, count);
    }
    const given = { uuid: memoryId, given: memoryId };
    // Bounded above: each settles a time line of its own.
    if (memory === 'retract') {
      await retractMemory(tx, given, { kind: 'MISTAKE' });
      continue;
    }
    const content = message.words as string;
    const made = await correctMemory(tx, given, { kind: 'MISTAKE', content, validFrom: message.createdAt ?? null });
    places[id] = { memoryId: made, lineageId, isWhole: true, isNew: true };
  }
  return places;
}

function rowOf(
  { id, position, message, before }: Planned,
  place: Place | undefined,
  { stamp, sessionId = null }: { stamp: Date; sessionId?: string | null },
): StoredMessage {
  return {
    ...message,
    id,
    position,
    place: place ?? null,
    createdAt: message.createdAt ?? (before ? null : stamp),
    recordedAt: stamp,
    sessionId,
  };
}

/** How many messages a conversation gets, or loses, and how many positions are used for that. */
interface Change {
  id: string;
  added: number;
  positions: number;
}

/** Keeps what a conversation says of its messages: how many there are, and when the newest was said. */
export const touch = (tx: WriteTransaction, id: string, added: number, positions = Math.max(added, 0)): Promise<void> =>
  touchAll(tx, [{ id, added, positions }]);

const changeShape = { id: conversations.id, added: typed<number>('int'), positions: typed<number>('int') };

/** The same of several conversations, in one statement. */
export async function touchAll(tx: WriteTransaction, changes: readonly Change[]): Promise<void> {
  const change = recordset('change', changeShape, changes);
  const newest = sql`(select ${g.createdAt} from ${aliased(g)}
    where ${g.workspaceId} = ${tx.workspaceId} and ${g.conversationId} = ${c.id} order by ${g.position} desc limit 1)`;
  await tx.rows(sql`
    update ${aliased(c)} set ${set(conversations, {
      messageCount: sql`${c.messageCount} + ${change.added}`,
      nextPosition: sql`${c.nextPosition} + ${change.positions}`,
      lastMessageAt: newest,
      activeAt: sql`coalesce(${newest}, ${c.createdAt})`,
    })}
    from ${aliased(change)} where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = ${change.id}`);
}
