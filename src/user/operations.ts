import { sql } from 'drizzle-orm';
import { keyset, type Page, toPage, type Window } from '../connection.ts';
import type { Scope, WriteScope } from '../db/scope.ts';
import { all, json, texts, uuids } from '../db/sql.ts';
import { NotFound } from '../errors.ts';
import { newId } from '../ids.ts';
import { type UserRef, userIdSql } from './refs.ts';

/** The user's key, or undefined where there is none. */
export async function findUser(scope: Scope, ref: UserRef): Promise<string | undefined> {
  const [row] = await scope.rows<{ id: string }>(sql`
    select id from users where workspace_id = ${scope.workspaceId} and id = ${userIdSql(ref, scope.workspaceId)}`);
  return row?.id;
}

/** Tells users apart: equal for equal refs. */
export const userRefKey = (ref: UserRef): string => ('id' in ref ? `id ${ref.id}` : `external ${ref.externalId}`);

/**
 * The users' keys by {@link userRefKey}; those named by an external id nobody has used yet are created.
 * Throws NotFound for unknown ids.
 */
export async function ensureUsers(tx: WriteScope, refs: readonly UserRef[]): Promise<Map<string, string>> {
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
    const stamp = await tx.stamp();
    await tx.rows(sql`
      insert into users (workspace_id, id, external_id, created_at, updated_at)
      select ${tx.workspaceId}, u.id, u."externalId", ${stamp.toISOString()}::timestamptz, ${stamp.toISOString()}::timestamptz
      from jsonb_to_recordset(${json(missing.map((externalId) => ({ id: newId(), externalId })))})
        as u (id uuid, "externalId" text)
      on conflict (workspace_id, external_id) do nothing`);
    await look();
  }
  return found;
}

/** Creates or changes a user and returns their key; metadata left out stays as it is, null empties it. */
export async function upsertUser(
  tx: WriteScope,
  externalId: string,
  metadata: Record<string, unknown> | null | undefined,
): Promise<string> {
  const ref = { externalId };
  const id = (await ensureUsers(tx, [ref])).get(userRefKey(ref)) as string;
  if (metadata === undefined) return id;
  const stamp = await tx.stamp();
  await tx.rows(sql`
    update users set metadata = ${json(metadata ?? {})}, updated_at = ${stamp.toISOString()}::timestamptz
    where workspace_id = ${tx.workspaceId} and id = ${id}::uuid`);
  return id;
}

/** Removes the user, and whatever still hangs on them. */
export async function removeUser(tx: WriteScope, id: string): Promise<void> {
  await tx.rows(sql`delete from users where workspace_id = ${tx.workspaceId} and id = ${id}::uuid`);
}

/** The one order users are listed in. */
export const USER_ORDER = 'EXTERNAL_ID ASC';

/** A page of the workspace's users, by external id. */
export async function userPage(scope: Scope, window: Window): Promise<Page<{ id: string; externalId: string }>> {
  const part = keyset(window, { value: sql`external_id`, type: 'text', id: sql`id`, direction: 'ASC' });
  const rows = await scope.rows<{ id: string; externalId: string }>(sql`
    select id, external_id as "externalId" from users
    where ${all([sql`workspace_id = ${scope.workspaceId}`, ...part.conditions])}
    order by ${part.orderBy} limit ${part.limit}`);
  return toPage(window, rows, ({ id, externalId }) => ({ value: externalId, id }));
}

export async function countUsers(scope: Scope): Promise<number> {
  const [row] = await scope.rows<{ count: number }>(
    sql`select count(*)::int as count from users where workspace_id = ${scope.workspaceId}`,
  );
  return row?.count ?? 0;
}

/** Those of the keys that there are. */
export async function existingUsers(scope: Scope, ids: readonly string[]): Promise<Map<string, true>> {
  const rows = await scope.rows<{ id: string }>(
    sql`select id from users where workspace_id = ${scope.workspaceId} and id = any(${uuids(ids)})`,
  );
  return new Map(rows.map(({ id }) => [id, true]));
}
