import { type SQL, sql } from 'drizzle-orm';
import { all, uuids } from '../../db/sql.ts';
import { type Tenant, type WriteTransaction, write } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import type { GivenId } from '../../kernel/input.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { type UserRef, userIdSql } from '../../model/user/ref.ts';
import { events } from '../../tables/event.ts';
import { memories, memoriesHistory } from '../../tables/memory.ts';
import { eraseFromDisputes } from '../belief/forget.ts';
import { lockMemories } from '../belief/lock.ts';
import { removeCompanion } from '../companion/companions.ts';
import { eraseUnmentioned } from '../entity/erasure.ts';
import { forgetSuccesses } from '../idempotency/successes.ts';
import { nearTo, refreshNeighborhoods } from '../neighborhood/neighborhoods.ts';
import { removeUser } from '../user/users.ts';

const e = under(events, 'e');
const h = under(memoriesHistory, 'h');
const m = under(memories, 'm');
const other = under(memories, 'other');

/** How many lineages one transaction forgets. */
const BATCH = 1_000;

/** Forgets memories with every version and everything that hangs on them; returns the keys of all versions. */
export async function forgetMemories(tx: WriteTransaction, ids: readonly GivenId[]): Promise<string[]> {
  const memories = await lockMemories(tx, ids);
  return forgetLineages(tx, [...new Set(memories.map(({ lineageId }) => lineageId))]);
}

/**
 * Everything that speaks of a lineage goes with it by cascading keys, its history too; and with it the lineages that its
 * versions have ever stood in, or versions of those in it.
 */
async function forgetLineages(tx: WriteTransaction, given: readonly string[]): Promise<string[]> {
  const lineageIds = await familyOf(tx, given);
  const lines = uuids(lineageIds);
  const mentioned = await tx.rows<{ id: string }>(sql`
    select distinct x.entity_id as id from ${aliased(m)}
    join (select workspace_id, memory_id, entity_id from mentions
          union all select workspace_id, memory_id, entity_id from mentions_history) x
      on x.workspace_id = ${m.workspaceId} and x.memory_id = ${m.id}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.lineageId} = any(${lines})`);
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
async function familyOf(tx: WriteTransaction, lineageIds: readonly string[]): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(sql`
    with recursive family (id) as (
      select unnest(${uuids(lineageIds)})
      union
      select ${other.lineageId} from family
      cross join lateral (
        select ${m.id} from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.lineageId} = family.id
        union select ${h.id} from ${aliased(h)} where ${h.workspaceId} = ${tx.workspaceId} and ${h.lineageId} = family.id
      ) version
      cross join lateral (
        select ${m.lineageId} from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = version.id
        union select ${h.lineageId} from ${aliased(h)} where ${h.workspaceId} = ${tx.workspaceId} and ${h.id} = version.id
      ) other
    )
    select id from family`);
  return rows.map(({ id }) => id);
}

/** What befell other memories together with these is still told of them, but not what was said of it. */
async function eraseFromOthers(tx: WriteTransaction, lineageIds: readonly string[]): Promise<void> {
  const lines = uuids(lineageIds);
  await tx.rows(sql`
    with gone as (
      select id from relations where workspace_id = ${tx.workspaceId} and from_lineage_id = any(${lines})
      union select id from relations where workspace_id = ${tx.workspaceId} and to_lineage_id = any(${lines})
    )
    update ${aliased(e)} set relation_id = null, contradiction_id = null, other_lineage_id = null, other_companion_id = null, other_user_id = null, reason = null, changes = '{}'
    where ${e.workspaceId} = ${tx.workspaceId} and ${e.lineageId} <> all(${lines}) and (
      ${e.otherLineageId} = any(${lines}) or ${e.relationId} in (select id from gone))`);
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
export async function eraseCompanion(tx: WriteTransaction, id: string): Promise<void> {
  await tx.rows(sql`select from companions where workspace_id = ${tx.workspaceId} and id = ${id}::uuid for update`);
  await forgetRest(tx, sql`companion_id = ${id}::uuid`);
  await removeCompanion(tx, id);
}

/** Removes a user, and what has come to be remembered about them since {@link forgetUser}. */
export async function eraseUser(tx: WriteTransaction, id: string): Promise<void> {
  await tx.rows(sql`select from users where workspace_id = ${tx.workspaceId} and id = ${id}::uuid for update`);
  await forgetRest(tx, sql`user_id = ${id}::uuid`);
  await removeUser(tx, id);
}

/** Left to cascading keys, it would leave its entities, and its traces in what is told of others. */
async function forgetRest(tx: WriteTransaction, whose: SQL): Promise<void> {
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
    const conditions = [sql`${m.workspaceId} = ${workspaceId}`, sql`${m.expiresAt} <= now()`];
    if (companion) conditions.push(sql`${m.companionId} = ${companionIdSql(companion, workspaceId)}`);
    if (user) conditions.push(sql`${m.userId} = ${userIdSql(user, workspaceId)}`);
    return sql`select ${m.lineageId} from ${aliased(m)} where ${all(conditions)} and not exists (
      select from ${aliased(other)} where ${other.workspaceId} = ${workspaceId} and ${other.lineageId} = ${m.lineageId}
        and (${other.expiresAt} is null or ${other.expiresAt} > now()))`;
  });
}
