import { sql } from 'drizzle-orm';
import { all, CLOCK, json, texts, uuids } from '../../db/sql.ts';
import type { Transaction, WriteTransaction } from '../../db/transaction.ts';
import { NotFound } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { keyset, type Page, toPage, type Window } from '../../model/paging/page.ts';
import { type UserRef, userIdSql } from '../../model/user/ref.ts';
import { forgetSuccessesOf } from '../idempotency/successes.ts';

/** The user's key, or undefined where there is none. */
export async function findUser(tx: Transaction, ref: UserRef): Promise<string | undefined> {
  const [row] = await tx.rows<{ id: string }>(sql`
    select id from users where workspace_id = ${tx.workspaceId} and id = ${userIdSql(ref, tx.workspaceId)}`);
  return row?.id;
}

/** Tells users apart: equal for equal refs. */
export const userRefKey = (ref: UserRef): string => ('id' in ref ? `id ${ref.id}` : `external ${ref.externalId}`);

/**
 * The users' keys by {@link userRefKey}; those named by an external id nobody has used yet are created.
 * Throws NotFound for unknown ids.
 */
export async function ensureUsers(tx: WriteTransaction, refs: readonly UserRef[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  if (refs.length === 0) return found;
  const given = refs.filter((ref) => 'id' in ref);
  const externalIds = [...new Set(refs.flatMap((ref) => ('externalId' in ref ? [ref.externalId] : [])))];
  const look = async () => {
    const rows = await tx.rows<{ id: string; externalId: string }>(sql`
      select id, external_id as "externalId" from users where workspace_id = ${tx.workspaceId}
        and (id = any(${uuids(given.map(({ id }) => id))}) or external_id = any(${texts(externalIds)}))`);
    for (const { id, externalId } of rows) found.set(`id ${id}`, id).set(`external ${externalId}`, id);
  };
  await look();
  const unknown = given.filter((ref) => !found.has(userRefKey(ref)));
  if (unknown.length > 0) throw new NotFound('user', [...new Set(unknown.map((ref) => ref.given))]);
  const missing = externalIds.filter((externalId) => !found.has(`external ${externalId}`)).sort();
  if (missing.length > 0) {
    await tx.rows(sql`
      insert into users (workspace_id, id, external_id, created_at, updated_at)
      select ${tx.workspaceId}, u.id, u."externalId", ${CLOCK}, ${CLOCK}
      from jsonb_to_recordset(${json(missing.map((externalId) => ({ id: newId(), externalId })))})
        as u (id uuid, "externalId" text)
      on conflict (workspace_id, external_id) do nothing`);
    await look();
  }
  return found;
}

/** Those of the external ids that users have. */
export async function knownUsers(tx: Transaction, externalIds: readonly string[]): Promise<Set<string>> {
  const rows = await tx.rows<{ externalId: string }>(sql`
    select external_id as "externalId" from users
    where workspace_id = ${tx.workspaceId} and external_id = any(${texts(externalIds)})`);
  return new Set(rows.map(({ externalId }) => externalId));
}

/** What may be said of a user; metadata left out stays as it is, null empties it. */
export interface UserChanges {
  externalId: string;
  metadata?: Record<string, unknown> | null | undefined;
}

/**
 * Creates or changes users, each named once, in a constant number of statements; returns their keys in order.
 * `updatedAt` moves where something changed.
 */
export async function upsertUsers(tx: WriteTransaction, users: readonly UserChanges[]): Promise<string[]> {
  const found = await ensureUsers(tx, users);
  const ids = users.map((user) => found.get(userRefKey(user)) as string);
  const rows = users.flatMap(({ metadata }, index) =>
    metadata === undefined ? [] : [{ id: ids[index], metadata: metadata ?? {} }],
  );
  if (rows.length > 0) {
    const stamp = await tx.stamp();
    await tx.rows(sql`
      update users set metadata = given.metadata, updated_at = ${stamp.toISOString()}::timestamptz
      from jsonb_to_recordset(${json(rows)}) as given (id uuid, metadata jsonb)
      where users.workspace_id = ${tx.workspaceId} and users.id = given.id and users.metadata <> given.metadata`);
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

/** Removes the user, and whatever still hangs on them or speaks of them. */
export async function removeUser(tx: WriteTransaction, id: string): Promise<void> {
  await forgetSuccessesOf(tx, { userId: id });
  await tx.rows(sql`delete from users where workspace_id = ${tx.workspaceId} and id = ${id}::uuid`);
}

/** The one order users are listed in. */
export const USER_ORDER = 'EXTERNAL_ID ASC';

/** Leaves out whom a list that began at `asOf` did not have yet. */
const namedBy = (asOf: Date | undefined) => (asOf ? [sql`created_at <= ${asOf.toISOString()}::timestamptz`] : []);

/** A page of the workspace's users, by external id. */
export async function userPage(tx: Transaction, window: Window): Promise<Page<{ id: string; externalId: string }>> {
  const part = keyset(window, { value: sql`external_id`, type: 'text', id: sql`id`, direction: 'ASC' });
  const rows = await tx.rows<{ id: string; externalId: string }>(sql`
    select id, external_id as "externalId" from users
    where ${all([sql`workspace_id = ${tx.workspaceId}`, ...namedBy(window.asOf), ...part.conditions])}
    order by ${part.orderBy} limit ${part.limit}`);
  return toPage(window, rows, ({ id, externalId }) => ({ value: externalId, id }));
}

/** How many users the workspace has, or had at `asOf`. */
export async function countUsers(tx: Transaction, asOf: Date | undefined): Promise<number> {
  const [row] = await tx.rows<{ count: number }>(sql`
    select count(*)::int as count from users
    where ${all([sql`workspace_id = ${tx.workspaceId}`, ...namedBy(asOf)])}`);
  return row?.count ?? 0;
}

/** Those of the keys that there are. */
export async function existingUsers(tx: Transaction, ids: readonly string[]): Promise<Map<string, true>> {
  const rows = await tx.rows<{ id: string }>(
    sql`select id from users where workspace_id = ${tx.workspaceId} and id = any(${uuids(ids)})`,
  );
  return new Map(rows.map(({ id }) => [id, true]));
}
