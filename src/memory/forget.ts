import { type SQL, sql } from 'drizzle-orm';
import { removeCompanion } from '../companion/operations.ts';
import { type CompanionRef, companionIdSql } from '../companion/refs.ts';
import { eraseFromDisputes } from '../contradiction/forget.ts';
import { type Tenant, type WriteScope, write } from '../db/scope.ts';
import { all, uuids } from '../db/sql.ts';
import { eraseUnmentioned } from '../entity/erasure.ts';
import { forgetSuccesses } from '../idempotency/operations.ts';
import type { GivenId } from '../input.ts';
import { nearTo, refreshNeighborhoods } from '../recall/neighborhoods.ts';
import { removeUser } from '../user/operations.ts';
import { type UserRef, userIdSql } from '../user/refs.ts';
import { lockMemories } from './change.ts';

/** How many lineages one transaction forgets. */
const BATCH = 1_000;

/** Forgets memories with every version and everything that hangs on them; returns the keys of all versions. */
export async function forgetMemories(tx: WriteScope, ids: readonly GivenId[]): Promise<string[]> {
  const memories = await lockMemories(tx, ids);
  return forgetLineages(tx, [...new Set(memories.map(({ lineageId }) => lineageId))]);
}

/**
 * Everything that speaks of a lineage goes with it by cascading keys, its history too; and with it the lineages that its
 * versions have ever stood in, or versions of those in it.
 */
async function forgetLineages(tx: WriteScope, given: readonly string[]): Promise<string[]> {
  const lineageIds = await familyOf(tx, given);
  const lines = uuids(lineageIds);
  const mentioned = await tx.rows<{ id: string }>(sql`
    select distinct x.entity_id as id from memories m
    cross join lateral (
      select entity_id from mentions where workspace_id = ${tx.workspaceId} and memory_id = m.id
      union all select entity_id from mentions_history where workspace_id = ${tx.workspaceId} and memory_id = m.id
      offset 0) x
    where m.workspace_id = ${tx.workspaceId} and m.lineage_id = any(${lines})`);
  const versions = await tx.rows<{ id: string }>(sql`
    select id from memories where workspace_id = ${tx.workspaceId} and lineage_id = any(${lines}) order by id`);
  await forgetSuccesses(tx, lineageIds);
  await eraseFromOthers(tx, lineageIds);
  const around = await nearTo(tx, lineageIds);
  await eraseFromDisputes(tx, lineageIds, () =>
    tx.rows(sql`delete from lineages where workspace_id = ${tx.workspaceId} and id = any(${lines})`),
  );
  const gone = new Set(lineageIds);
  await refreshNeighborhoods(
    tx,
    around.filter((id) => !gone.has(id)),
  );
  await eraseUnmentioned(
    tx,
    mentioned.map(({ id }) => id),
  );
  return versions.map(({ id }) => id);
}

/** The lineages, and those that a slot has moved versions between: which history knows. */
async function familyOf(tx: WriteScope, lineageIds: readonly string[]): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(sql`
    with recursive family (id) as (
      select unnest(${uuids(lineageIds)})
      union
      select other.lineage_id from family
      cross join lateral (
        select m.id from memories m where m.workspace_id = ${tx.workspaceId} and m.lineage_id = family.id
        union select h.id from memories_history h where h.workspace_id = ${tx.workspaceId} and h.lineage_id = family.id
      ) version
      cross join lateral (
        select m.lineage_id from memories m where m.workspace_id = ${tx.workspaceId} and m.id = version.id
        union select h.lineage_id from memories_history h where h.workspace_id = ${tx.workspaceId} and h.id = version.id
      ) other
    )
    select id from family`);
  return rows.map(({ id }) => id);
}

/** What befell other memories together with these is still told of them, but not what was said of it. */
async function eraseFromOthers(tx: WriteScope, lineageIds: readonly string[]): Promise<void> {
  const lines = uuids(lineageIds);
  await tx.rows(sql`
    with gone as (
      select id from relations where workspace_id = ${tx.workspaceId} and from_lineage_id = any(${lines})
      union select id from relations where workspace_id = ${tx.workspaceId} and to_lineage_id = any(${lines})
    )
    update events e set relation_id = null, contradiction_id = null, other_lineage_id = null, other_companion_id = null, other_user_id = null, reason = null, changes = '{}'
    where e.workspace_id = ${tx.workspaceId} and e.lineage_id <> all(${lines}) and (
      e.other_lineage_id = any(${lines}) or e.relation_id in (select id from gone))`);
}

/** Forgets whatever fits, a batch a transaction; what an interruption leaves, the next call takes. Returns how many. */
async function forgetInBatches(tenant: Tenant, lineages: (workspaceId: string) => SQL): Promise<number> {
  let forgotten = 0;
  for (;;) {
    const batch = await write(tenant, async (tx) => {
      const rows = await tx.rows<{ id: string }>(sql`
        select id from lineages where workspace_id = ${tx.workspaceId} and id in (${lineages(tx.workspaceId)})
        order by id limit ${BATCH} for update skip locked`);
      if (rows.length === 0) return { lines: 0, versions: 0 };
      const lineageIds = rows.map(({ id }) => id);
      return { lines: rows.length, versions: (await forgetLineages(tx, lineageIds)).length };
    });
    forgotten += batch.versions;
    if (batch.lines < BATCH) return forgotten;
  }
}

/** Forgets all that a companion remembers. */
export const forgetCompanion = (tenant: Tenant, companionId: string): Promise<number> =>
  forgetInBatches(
    tenant,
    (workspaceId) =>
      sql`select id from lineages where workspace_id = ${workspaceId} and companion_id = ${companionId}::uuid`,
  );

/** Forgets all that is remembered about a user. */
export const forgetUser = (tenant: Tenant, userId: string): Promise<number> =>
  forgetInBatches(
    tenant,
    (workspaceId) => sql`select id from lineages where workspace_id = ${workspaceId} and user_id = ${userId}::uuid`,
  );

/**
 * Removes a companion, and what it has come to remember since {@link forgetCompanion}: from here on until the commit
 * nobody adds to it.
 */
export async function eraseCompanion(tx: WriteScope, id: string): Promise<void> {
  await tx.rows(sql`select from companions where workspace_id = ${tx.workspaceId} and id = ${id}::uuid for update`);
  await forgetRest(tx, sql`companion_id = ${id}::uuid`);
  await removeCompanion(tx, id);
}

/** Removes a user, and what has come to be remembered about them since {@link forgetUser}. */
export async function eraseUser(tx: WriteScope, id: string): Promise<void> {
  await tx.rows(sql`select from users where workspace_id = ${tx.workspaceId} and id = ${id}::uuid for update`);
  await forgetRest(tx, sql`user_id = ${id}::uuid`);
  await removeUser(tx, id);
}

/** Left to cascading keys, it would leave its entities, and its traces in what is told of others. */
async function forgetRest(tx: WriteScope, whose: SQL): Promise<void> {
  const rows = await tx.rows<{ id: string }>(sql`
    select id from lineages where workspace_id = ${tx.workspaceId} and ${whose} order by id for update`);
  if (rows.length > 0) {
    await forgetLineages(
      tx,
      rows.map(({ id }) => id),
    );
  }
}

/** Forgets memories past their `expiresAt`, and returns how many; one of which another version goes on stays. */
export function purgeExpired(
  tenant: Tenant,
  companion: CompanionRef | null | undefined,
  user: UserRef | null | undefined,
): Promise<number> {
  return forgetInBatches(tenant, (workspaceId) => {
    const conditions = [sql`m.workspace_id = ${workspaceId}`, sql`m.expires_at <= now()`];
    if (companion) conditions.push(sql`m.companion_id = ${companionIdSql(companion, workspaceId)}`);
    if (user) conditions.push(sql`m.user_id = ${userIdSql(user, workspaceId)}`);
    return sql`select m.lineage_id from memories m where ${all(conditions)} and not exists (
      select from memories other where other.workspace_id = ${workspaceId} and other.lineage_id = m.lineage_id
        and (other.expires_at is null or other.expires_at > now()))`;
  });
}
