import { and, count, eq, type InferSelectModel, lte, type SQL, sql } from 'drizzle-orm';
import { all, moment, texts, uuids } from '../../db/sql.ts';
import { momentIn, type Transaction, type WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, insertSelect, names, pick, type RowOf, recordset, set, under } from '../../db/typed-sql.ts';
import { NotFound } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { keyset, type Page, toPage } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { beyond } from '../../model/restriction/allowed.ts';
import { type UserRef, userIdSql } from '../../model/user/ref.ts';
import { query } from '../../tables/drizzle-relations.ts';
import { users } from '../../tables/user.ts';
import { removeFromRestrictions } from '../credential/api-keys.ts';
import { unnameSessionsOf } from '../event/unname-sessions.ts';
import { deleteNamedInSuccesses } from '../idempotency/delete-named.ts';

type User = InferSelectModel<typeof users>;
const u = under(users, 'u');
const { workspaceId, id, externalId, createdAt } = users;

const isUser = (tx: Transaction, userId: string | SQL) => and(eq(workspaceId, tx.workspaceId), eq(id, userId));

/** The user's key, or undefined where there is none. */
export async function findUser(tx: Transaction, ref: UserRef): Promise<string | undefined> {
  const [row] = await query(tx)
    .select({ id })
    .from(users)
    .where(isUser(tx, userIdSql(ref, tx.workspaceId)));
  return row?.id;
}

/** Equal for equal refs, different for others. */
export const userRefKey = (ref: UserRef): string => ('id' in ref ? `id ${ref.id}` : `external ${ref.externalId}`);

/**
 * The users' keys by {@link userRefKey}; those named by an external id nobody has used yet are created.
 * Throws NotFound for unknown ids, and Forbidden where users would be created by a credential restricted to users.
 */
export async function ensureUsers(tx: WriteTransaction, refs: readonly UserRef[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  if (refs.length === 0) return found;
  const given = refs.filter((ref) => 'id' in ref);
  const externalIds = [...new Set(refs.flatMap((ref) => ('externalId' in ref ? [ref.externalId] : [])))];
  // Written, which is faster: most writes begin with it.
  const look = async () => {
    const columns = fields(pick(u, 'id', 'externalId'));
    const rows = await tx.rows<RowOf<typeof columns>>(sql`
      select ${columns} from ${aliased(u)} where ${u.workspaceId} = ${tx.workspaceId}
        and (${u.id} = any(${uuids(given.map(({ id }) => id))}) or ${u.externalId} = any(${texts(externalIds)}))`);
    for (const { id, externalId } of rows) found.set(`id ${id}`, id).set(`external ${externalId}`, id);
  };
  await look();
  const unknown = given.filter((ref) => !found.has(userRefKey(ref)));
  if (unknown.length > 0) throw new NotFound('user', [...new Set(unknown.map((ref) => ref.given))]);
  const missing = externalIds.filter((externalId) => !found.has(`external ${externalId}`)).sort();
  if (missing.length === 0) return found;
  if (!tx.restriction?.users) {
    await insertUsers(tx, missing);
    await look();
    return found;
  }
  const { mayCreate } = tx.restriction;
  const beyondIt = missing.find((externalId) => !mayCreate?.users.includes(externalId));
  if (beyondIt !== undefined) throw beyond(`it sees no user ${JSON.stringify(beyondIt)}, and may not create users.`);
  await tx.unrestricted(async () => {
    await insertUsers(tx, missing);
    await look();
    for (const externalId of missing) tx.admit('users', found.get(`external ${externalId}`) as string);
  });
  return found;
}

/** Makes users of external ids; one that has been made meanwhile stays. */
async function insertUsers(tx: WriteTransaction, externalIds: readonly string[]): Promise<void> {
  const made = recordset(
    'made',
    { id, externalId },
    externalIds.map((externalId) => ({ id: newId(), externalId })),
  );
  const now = moment(await momentIn(tx));
  const values = {
    workspaceId: sql`${tx.workspaceId}`,
    ...pick(made, 'id', 'externalId'),
    createdAt: now,
    updatedAt: now,
  };
  await tx.rows(
    insertSelect(
      users,
      values,
      sql`from ${aliased(made)} on conflict (${names(users, 'workspaceId', 'externalId')}) do nothing`,
    ),
  );
  tx.beforeCommit(async () => void (await tx.stamp()));
}

/** Those of the external ids that users have. */
export async function knownUsers(tx: Transaction, externalIds: readonly string[]): Promise<Set<string>> {
  const rows = await query(tx)
    .select({ externalId })
    .from(users)
    .where(and(eq(workspaceId, tx.workspaceId), eq(externalId, sql`any(${texts(externalIds)})`)));
  return new Set(rows.map((row) => row.externalId));
}

/** What may be said of a user; metadata left out stays as it is, null empties it. */
export interface UserChanges extends Pick<User, 'externalId'> {
  metadata?: User['metadata'] | null | undefined;
}

/**
 * Creates or changes users, each named once, in a constant number of statements; returns their keys in order.
 * `updatedAt` moves where something changed.
 */
export async function upsertUsers(tx: WriteTransaction, changes: readonly UserChanges[]): Promise<string[]> {
  const found = await ensureUsers(tx, changes);
  const ids = changes.map((user) => found.get(userRefKey(user)) as string);
  const rows = changes.flatMap(({ metadata }, index) =>
    metadata === undefined ? [] : [{ id: ids[index] as string, metadata: metadata ?? {} }],
  );
  if (rows.length > 0) {
    const given = recordset('given', { id, metadata: users.metadata }, rows);
    const values = { metadata: given.metadata, updatedAt: moment(await tx.stamp()) };
    await tx.rows(sql`
      update ${aliased(u)} set ${set(users, values)} from ${aliased(given)}
      where ${u.workspaceId} = ${tx.workspaceId} and ${u.id} = ${given.id} and ${u.metadata} <> ${given.metadata}`);
  }
  return ids;
}

/** Creates or changes one user and returns their key. */
export async function upsertUser(
  tx: WriteTransaction,
  externalId: string,
  metadata: Record<string, unknown> | null | undefined,
): Promise<string> {
  const [id] = await upsertUsers(tx, [{ externalId, metadata }]);
  return id as string;
}

/** Removes the user, and everything that still belongs to them or mentions them. */
export async function removeUser(tx: WriteTransaction, userId: string): Promise<void> {
  await unnameSessionsOf(tx, { userId });
  await deleteNamedInSuccesses(tx, { userId });
  await removeFromRestrictions(tx, 'users', userId);
  await query(tx).delete(users).where(isUser(tx, userId));
}

/** The one order users are listed in. */
export const USER_ORDER = 'EXTERNAL_ID ASC';

/** A page of the workspace's users, by external id; those that a list which began earlier did not have are left out. */
export async function userPage(tx: Transaction, window: Window): Promise<Page<Pick<User, 'id' | 'externalId'>>> {
  const columns = fields(pick(u, 'id', 'externalId'));
  const part = keyset(window, { value: u.externalId, type: 'text', id: u.id, direction: 'ASC' });
  const conditions = [
    sql`${u.workspaceId} = ${tx.workspaceId}`,
    ...(window.asOf ? [sql`${u.createdAt} <= ${moment(window.asOf)}`] : []),
    ...part.conditions,
  ];
  const rows = await tx.rows<RowOf<typeof columns>>(sql`
    select ${columns} from ${aliased(u)} where ${all(conditions)} order by ${part.orderBy} limit ${part.limit}`);
  return toPage(window, rows, (row) => ({ value: row.externalId, id: row.id }));
}

/** How many users the workspace has, or had at `asOf`. */
export async function countUsers(tx: Transaction, asOf: Date | undefined): Promise<number> {
  const [row] = await query(tx)
    .select({ count: count() })
    .from(users)
    .where(and(eq(workspaceId, tx.workspaceId), asOf && lte(createdAt, asOf)));
  return row?.count ?? 0;
}

/** Those of the keys that there are. */
export async function existingUsers(tx: Transaction, ids: readonly string[]): Promise<Map<string, true>> {
  const rows = await query(tx)
    .select({ id })
    .from(users)
    .where(isUser(tx, sql`any(${uuids(ids)})`));
  return new Map(rows.map((row) => [row.id, true]));
}
