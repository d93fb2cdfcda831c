import { type SQL, sql } from 'drizzle-orm';
import { all, uuids } from '../../db/sql.ts';
import { momentIn, type Transaction, type WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, insertSelect, names, pick, type RowOf, set, under, valueFor } from '../../db/typed-sql.ts';
import { InvalidInput, NotFound } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { jsonObject, parseInput } from '../../kernel/input.ts';
import type { CompanionRef } from '../../model/companion/ref.ts';
import { type ConversationRef, givenConversation } from '../../model/conversation/ref.ts';
import { beyond, refuseReadOnly } from '../../model/restriction/allowed.ts';
import type { UserRef } from '../../model/user/ref.ts';
import { conversations } from '../../tables/conversation.ts';
import { sessions } from '../../tables/session.ts';
import { workingMemories } from '../../tables/working-memory.ts';
import { ensureCompanion, findCompanion } from '../companion/companions.ts';
import { ensureUsers, findUser, userRefKey } from '../user/users.ts';

const c = under(conversations, 'c');
const s = under(sessions, 's');
const w = under(workingMemories, 'w');

const select = fields(
  pick(
    c,
    'id',
    'companionId',
    'userId',
    'externalId',
    'title',
    'metadata',
    'createdAt',
    'updatedAt',
    'lastMessageAt',
    'activeAt',
    'messageCount',
    'nextPosition',
  ),
);
export type ConversationRow = RowOf<typeof select>;
export const selectConversation = select;

/** Which conversation a write is about. */
export interface ConversationOf {
  /** Needed where the conversation is named by the caller's own id. */
  companion?: CompanionRef | null | undefined;
  user?: UserRef | null | undefined;
  conversation: ConversationRef;
}

/** Throws InvalidInput where a conversation is named by the caller's own id, and its companion is not named. */
export function refuseUnnamed({ companion, conversation }: ConversationOf, path: readonly string[]): void {
  if (companion || 'id' in conversation) return;
  const message = 'By its externalId a conversation is known within its companion: give the companion, too, or the id.';
  throw new InvalidInput([{ path: [...path, 'companion'], message }]);
}

/** How a conversation is looked for; undefined: its companion is unknown, so that it is, too. */
async function whereIs(tx: Transaction, { companion, conversation }: ConversationOf): Promise<SQL | undefined> {
  const conditions = [sql`${c.workspaceId} = ${tx.workspaceId}`];
  if (companion) {
    const companionId = await findCompanion(tx, companion);
    if (!companionId) return undefined;
    conditions.push(sql`${c.companionId} = ${companionId}::uuid`);
  }
  conditions.push(
    'id' in conversation ? sql`${c.id} = ${conversation.id}::uuid` : sql`${c.externalId} = ${conversation.externalId}`,
  );
  return all(conditions);
}

/** A conversation, or undefined where there is none. Throws InvalidInput where its companion had to be named. */
export async function findConversation(
  tx: Transaction,
  of: ConversationOf,
  path: readonly string[] = [],
): Promise<ConversationRow | undefined> {
  refuseUnnamed(of, path);
  const where = await whereIs(tx, of);
  if (!where) return undefined;
  const [row] = await tx.rows<ConversationRow>(sql`select ${select} from ${aliased(c)} where ${where}`);
  return row;
}

/**
 * Locks a conversation that there is: who holds it alone adds messages to it and takes them away. Throws NotFound,
 * Forbidden where it may not be changed, and InvalidInput where its companion had to be named, or its user is another.
 */
export async function lockConversation(tx: WriteTransaction, of: ConversationOf): Promise<ConversationRow> {
  const found = await findConversation(tx, of, ['input']);
  if (!found) throw new NotFound('conversation', [givenConversation(of.conversation)]);
  refuseReadOnly(tx.restriction, [found]);
  const row = await lock(tx, found.id, givenConversation(of.conversation));
  return of.user ? withUser(tx, row, of.user) : row;
}

async function lock(tx: WriteTransaction, id: string, given: string): Promise<ConversationRow> {
  const [row] = await tx.rows<ConversationRow>(sql`
    select ${select} from ${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = ${id}::uuid for update`);
  if (!row) throw new NotFound('conversation', [given]);
  return row;
}

async function withUser(tx: WriteTransaction, row: ConversationRow, user: UserRef): Promise<ConversationRow> {
  const given = await findUser(tx, user);
  if (!given && 'id' in user) throw new NotFound('user', [user.given]);
  if (row.userId !== null && given === row.userId) return row;
  const named = row.userId === null && row.nextPosition === 0 ? await nameUser(tx, row.id, user) : undefined;
  if (named) return named;
  const message = row.userId
    ? 'The conversation has another user: leave user out, and it is the one of the conversation.'
    : 'The conversation was begun without a user, and stays so: leave user out.';
  throw new InvalidInput([{ path: ['input', 'user'], message }]);
}

/**
 * Says whom a conversation is with that was begun by its title alone; undefined where it has a user, or something that
 * was said or kept without one.
 */
async function nameUser(tx: WriteTransaction, id: string, user: UserRef): Promise<ConversationRow | undefined> {
  const userId = (await ensureUsers(tx, [user])).get(userRefKey(user)) as string;
  const isOf = (rows: Pick<typeof w | typeof s, 'workspaceId' | 'conversationId'>) =>
    sql`${rows.workspaceId} = ${tx.workspaceId} and ${rows.conversationId} = ${c.id}`;
  const [row] = await tx.rows<ConversationRow>(sql`
    update ${aliased(c)} set ${set(conversations, { userId: valueFor(conversations.userId, userId) })}
    where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = ${id}::uuid and ${c.userId} is null and ${c.nextPosition} = 0
      and not exists (select from ${aliased(w)} where ${isOf(w)}) and not exists (select from ${aliased(s)} where ${isOf(s)})
    returning ${select}`);
  tx.beforeCommit(async () => void (await tx.stamp()));
  return row;
}

/**
 * The same, and one named by a new id of the caller's is begun: with the user given, or none. Companions and users named
 * by unknown keys are created.
 */
export async function ensureConversation(tx: WriteTransaction, of: ConversationOf): Promise<ConversationRow> {
  const { companion, user, conversation } = of;
  if ('id' in conversation) return lockConversation(tx, of);
  refuseUnnamed(of, ['input']);
  const companionId = await ensureCompanion(tx, companion as CompanionRef);
  const named = { companion: { id: companionId, given: companionId }, user, conversation };
  if (!(await findConversation(tx, named))) await beginConversation(tx, companionId, user, conversation.externalId);
  return lockConversation(tx, named);
}

/** What a conversation that is begun has, where it is not begun now and empty. */
export interface Begun {
  title: string | null;
  metadata: Record<string, unknown>;
  createdAt: Date | null;
  updatedAt: Date | null;
  nextPosition: number;
}

/** Begins a conversation that there is not. Throws Forbidden where the credential may not. */
export async function beginConversation(
  tx: WriteTransaction,
  companionId: string,
  user: UserRef | null | undefined,
  externalId: string,
  { title, metadata, createdAt, updatedAt, nextPosition }: Partial<Begun> = {},
): Promise<void> {
  const userId = user ? ((await ensureUsers(tx, [user])).get(userRefKey(user)) as string) : null;
  if (tx.restriction?.users && !userId) throw beyond('a conversation that it begins must name one of its users.');
  const begun = createdAt ?? (await momentIn(tx));
  const values = {
    workspaceId: valueFor(conversations.workspaceId, tx.workspaceId),
    id: valueFor(conversations.id, newId()),
    companionId: valueFor(conversations.companionId, companionId),
    userId: valueFor(conversations.userId, userId),
    externalId: valueFor(conversations.externalId, externalId),
    title: valueFor(conversations.title, title ?? null),
    metadata: valueFor(conversations.metadata, metadata ?? {}),
    createdAt: valueFor(conversations.createdAt, begun),
    updatedAt: valueFor(conversations.updatedAt, updatedAt ?? begun),
    lastMessageAt: sql`null`,
    activeAt: valueFor(conversations.activeAt, begun),
    nextPosition: valueFor(conversations.nextPosition, nextPosition ?? 0),
  };
  const made = await tx.rows(sql`
    ${insertSelect(conversations, values, sql``)}
    on conflict (${names(conversations, 'workspaceId', 'companionId', 'externalId')}) do nothing returning ${names(conversations, 'id')}`);
  tx.beforeCommit(async () => void (await tx.stamp()));
  // Another transaction may have begun it meanwhile; or it is there, and a restricted credential does not see it.
  if (made.length === 0 && tx.restriction) throw beyond('the externalId names a conversation that it does not see.');
}

/** What may be said of a conversation. A part left out stays as it is; null clears it. */
export interface ConversationChanges {
  title?: string | null | undefined;
  metadata?: Record<string, unknown> | null | undefined;
  /** Members of the metadata that are set, each as a whole; others stay. */
  metadataChanges?: Record<string, unknown> | null | undefined;
}

/** The metadata after a change; undefined: it stays. Throws InvalidInput where it gets too large. */
function metadataAfter(
  before: Record<string, unknown>,
  metadata: ConversationChanges['metadata'],
  changes: ConversationChanges['metadataChanges'],
): Record<string, unknown> | undefined {
  if (changes == null) return metadata === undefined ? undefined : (metadata ?? {});
  const kept = metadata === undefined ? before : (metadata ?? {});
  return parseInput(jsonObject, { ...kept, ...changes }, ['input', 'metadataChanges']);
}

/** Creates or changes a conversation and returns its key. `updatedAt` moves where something changed. */
export async function upsertConversation(
  tx: WriteTransaction,
  of: ConversationOf,
  { title, metadata, metadataChanges }: ConversationChanges,
): Promise<string> {
  const { id, metadata: before } = await ensureConversation(tx, of);
  const noted = metadataAfter(before, metadata, metadataChanges);
  const changes = {
    title: title === undefined ? undefined : valueFor(conversations.title, title),
    metadata: noted === undefined ? undefined : valueFor(conversations.metadata, noted),
  };
  const differences = [
    ...(changes.title ? [sql`${c.title} is distinct from ${changes.title}`] : []),
    ...(changes.metadata ? [sql`${c.metadata} <> ${changes.metadata}`] : []),
  ];
  if (differences.length === 0) return id;
  const stamp = valueFor(conversations.updatedAt, await tx.stamp());
  await tx.rows(sql`
    update ${aliased(c)} set ${set(conversations, { ...changes, updatedAt: stamp })}
    where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = ${id}::uuid and (${sql.join(differences, sql` or `)})`);
  return id;
}

/** Conversations by their keys; unknown ones are left out. */
export async function conversationsById(
  tx: Transaction,
  ids: readonly string[],
): Promise<Map<string, ConversationRow>> {
  const rows = await tx.rows<ConversationRow>(sql`
    select ${select} from ${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = any(${uuids(ids)})`);
  return new Map(rows.map((row) => [row.id, row]));
}
