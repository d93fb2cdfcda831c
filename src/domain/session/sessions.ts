import { type SQL, sql } from 'drizzle-orm';
import { CLOCK, uuids } from '../../db/sql.ts';
import { momentIn, type Transaction, type WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, insertSelect, names, pick, type RowOf, set, under, valueFor } from '../../db/typed-sql.ts';
import { InvalidInput, NotFound } from '../../kernel/errors.ts';
import { encodeId, newId } from '../../kernel/ids.ts';
import type { CompanionRef } from '../../model/companion/ref.ts';
import type { ConversationRef } from '../../model/conversation/ref.ts';
import { beyond, refuseReadOnly } from '../../model/restriction/allowed.ts';
import type { UserRef } from '../../model/user/ref.ts';
import { sessions } from '../../tables/session.ts';
import { ensureCompanion } from '../companion/companions.ts';
import { ensureConversation } from '../conversation/conversations.ts';
import { ensureUsers, userRefKey } from '../user/users.ts';

const s = under(sessions, 's');

export const selectSession = fields(
  pick(
    s,
    'id',
    'externalId',
    'companionId',
    'userId',
    'conversationId',
    'clientName',
    'clientVersion',
    'clientProtocol',
    'startedAt',
    'lastActivityAt',
    'expiresAfter',
    'expiresAt',
    'endedAt',
    'metadata',
  ),
);
export type SessionRow = RowOf<typeof selectSession>;

/** A session by its key in the database, or by the caller's own id: of several that had it, the one started last. */
export type SessionRef = { id: string; given: string } | { externalId: string };

const givenSession = (ref: SessionRef): string => ('id' in ref ? ref.given : ref.externalId);

/** That a session is not over. */
export const isActive: SQL = sql`${s.expiresAt} > ${CLOCK}`;

const named = (tx: Transaction, ref: SessionRef): SQL =>
  'id' in ref
    ? sql`${s.workspaceId} = ${tx.workspaceId} and ${s.id} = ${ref.id}::uuid`
    : sql`${s.workspaceId} = ${tx.workspaceId} and ${s.externalId} = ${ref.externalId}
        order by ${s.startedAt} desc, ${s.id} desc limit 1`;

/** A session, or undefined where there is none. */
export async function findSession(tx: Transaction, ref: SessionRef): Promise<SessionRow | undefined> {
  const [row] = await tx.rows<SessionRow>(sql`select ${selectSession} from ${aliased(s)} where ${named(tx, ref)}`);
  return row;
}

/** The key of a session. Throws NotFound. */
export async function sessionOf(tx: Transaction, ref: SessionRef): Promise<string> {
  const found = await findSession(tx, ref);
  if (!found) throw new NotFound('session', [givenSession(ref)]);
  return found.id;
}

/** Sessions by their keys; unknown ones are left out. */
export async function sessionsById(tx: Transaction, ids: readonly string[]): Promise<Map<string, SessionRow>> {
  const rows = await tx.rows<SessionRow>(sql`
    select ${selectSession} from ${aliased(s)} where ${s.workspaceId} = ${tx.workspaceId} and ${s.id} = any(${uuids(ids)})`);
  return new Map(rows.map((row) => [row.id, row]));
}

export interface NewSession {
  companion: CompanionRef;
  /** Left out where a conversation is given: the one of the conversation. */
  user?: UserRef | null | undefined;
  conversation?: ConversationRef | null | undefined;
  /** Default: its id. */
  externalId?: string | null | undefined;
  client?:
    | {
        name?: string | null | undefined;
        version?: string | null | undefined;
        protocol?: string | null | undefined;
      }
    | null
    | undefined;
  /** Minutes without activity. */
  expiresAfter: number;
  metadata?: Record<string, unknown> | null | undefined;
}

/** Whose a session is. */
type Owner = { companionId: string; userId: string | null; conversationId: string | null };

/** Which session it is, and whose: erasing any of these empties the kept success. */
export type Started = Owner & { sessionId: string };

/**
 * Starts a session. One of the same externalId, companion and user that is not over is returned as it is; where it is
 * over, another begins. Throws InvalidInput where the one that is not over is about another conversation, NotFound, and
 * Forbidden.
 */
export async function startSession(tx: WriteTransaction, given: NewSession): Promise<Started> {
  const owner = await ensureOwner(tx, given);
  if (tx.restriction?.users && !owner.userId) throw beyond('a session that it starts must name one of its users.');
  refuseReadOnly(tx.restriction, [owner]);
  const { externalId } = given;
  for (;;) {
    const open = externalId == null ? undefined : await lockOpen(tx, externalId, owner);
    if (open?.isActive) return ofSame(open, owner);
    if (open) await close(tx, open.id, sql`${s.expiresAt}`);
    const id = await insert(tx, owner, given);
    // Another transaction may have started it meanwhile: then that one is returned.
    if (id) return { sessionId: id, ...owner };
  }
}

async function ensureOwner(tx: WriteTransaction, given: NewSession): Promise<Owner> {
  const { companion, user, conversation } = given;
  if (conversation) {
    const row = await ensureConversation(tx, { companion, user, conversation });
    return { companionId: row.companionId, userId: row.userId, conversationId: row.id };
  }
  const companionId = await ensureCompanion(tx, companion);
  const userId = user ? ((await ensureUsers(tx, [user])).get(userRefKey(user)) as string) : null;
  return { companionId, userId, conversationId: null };
}

const openFields = fields({ ...pick(s, 'id', 'conversationId'), isActive: sql<boolean>`${isActive}` });
type Open = RowOf<typeof openFields>;

async function lockOpen(tx: WriteTransaction, externalId: string, owner: Owner): Promise<Open | undefined> {
  const { companionId, userId } = owner;
  const [row] = await tx.rows<Open>(sql`
    select ${openFields} from ${aliased(s)}
    where ${s.workspaceId} = ${tx.workspaceId} and ${s.externalId} = ${externalId} and ${s.endedAt} is null
      and ${s.companionId} = ${companionId}::uuid and ${s.userId} is not distinct from ${userId}::uuid for update`);
  return row;
}

function ofSame({ id, conversationId }: Open, owner: Owner): Started {
  if (owner.conversationId === null || owner.conversationId === conversationId) {
    return { sessionId: id, ...owner, conversationId };
  }
  const message =
    'The session of this externalId is not over yet, and about another conversation: end it with endSession, or use ' +
    'another externalId.';
  throw new InvalidInput([{ path: ['input', 'externalId'], message }]);
}

const close = (tx: WriteTransaction, id: string, at: SQL): Promise<unknown[]> =>
  tx.rows(sql`
    update ${aliased(s)} set ${set(sessions, { endedAt: at, expiresAt: at })}
    where ${s.workspaceId} = ${tx.workspaceId} and ${s.id} = ${id}::uuid and ${s.endedAt} is null`);

/** Undefined where another transaction has started one of the same externalId. */
async function insert(tx: WriteTransaction, owner: Owner, given: NewSession): Promise<string | undefined> {
  const { client, expiresAfter, metadata } = given;
  const id = newId();
  const now = await momentIn(tx);
  const minutes = valueFor(sessions.expiresAfter, expiresAfter);
  const values = {
    workspaceId: valueFor(sessions.workspaceId, tx.workspaceId),
    id: valueFor(sessions.id, id),
    externalId: valueFor(sessions.externalId, given.externalId ?? encodeId('Session', id)),
    companionId: valueFor(sessions.companionId, owner.companionId),
    userId: valueFor(sessions.userId, owner.userId),
    conversationId: valueFor(sessions.conversationId, owner.conversationId),
    clientName: valueFor(sessions.clientName, client?.name ?? null),
    clientVersion: valueFor(sessions.clientVersion, client?.version ?? null),
    clientProtocol: valueFor(sessions.clientProtocol, client?.protocol ?? null),
    startedAt: valueFor(sessions.startedAt, now),
    lastActivityAt: valueFor(sessions.lastActivityAt, now),
    expiresAfter: minutes,
    expiresAt: sql`${valueFor(sessions.expiresAt, now)} + ${minutes} * interval '1 minute'`,
    endedAt: sql`null`,
    metadata: valueFor(sessions.metadata, metadata ?? {}),
  };
  const made = await tx.rows(sql`
    ${insertSelect(sessions, values, sql``)} on conflict do nothing returning ${names(sessions, 'id')}`);
  tx.beforeCommit(async () => void (await tx.stamp()));
  return made.length > 0 ? id : undefined;
}

/** Ends a session, and returns its key; one that is over stays as it is. Throws NotFound and Forbidden. */
export async function endSession(tx: WriteTransaction, ref: SessionRef): Promise<string> {
  const found = await findSession(tx, ref);
  if (!found) throw new NotFound('session', [givenSession(ref)]);
  refuseReadOnly(tx.restriction, [found]);
  await close(tx, found.id, sql`least(${s.expiresAt}, ${CLOCK})`);
  return found.id;
}
