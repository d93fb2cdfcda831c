import { type SQL, sql } from 'drizzle-orm';
import { BatchSize, inBatches } from '../../db/batches.ts';
import { all } from '../../db/sql.ts';
import type { Tenant, WriteTransaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { write } from '../../db/write.ts';
import type { GivenId } from '../../kernel/input.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { changeableSql } from '../../model/restriction/allowed.ts';
import { type UserRef, userIdSql } from '../../model/user/ref.ts';
import { companions } from '../../tables/companion.ts';
import { lineages, memories } from '../../tables/memory.ts';
import { users } from '../../tables/user.ts';
import { lockMemories } from '../belief/lock.ts';
import { removeCompanion } from '../companion/companions.ts';
import { removeUnmentioned } from '../entity/erasure.ts';
import { removeUser } from '../user/users.ts';
import { forgetLineages } from './forget.ts';

// Forgetting of all that a companion remembers, or about a user, or that has expired.

const c = under(companions, 'c');
const l = under(lineages, 'l');
const m = under(memories, 'm');
const other = under(memories, 'other');
const u = under(users, 'u');

/** The most lineages that one transaction forgets, and how many the first one does: long memories take long. */
const BATCH = { most: 1_000, first: 100 };

/** Forgets all that fit, one batch per transaction. After an interruption the next call goes on. Returns how many. */
async function forgetInBatches(tenant: Tenant, which: (workspaceId: string) => SQL): Promise<number> {
  let forgotten = 0;
  await inBatches(new BatchSize(BATCH.most, { first: BATCH.first }), async (size, timeoutMs) => {
    const forget = async (tx: WriteTransaction) => {
      const rows = await tx.rows<{ id: string }>(sql`
        select ${l.id} from ${aliased(l)}
        where ${all([sql`${l.workspaceId} = ${tx.workspaceId}`, ...changeableSql(tx.restriction, l)])}
          and ${l.id} in (${which(tx.workspaceId)})
        order by ${l.id} limit ${size} for update skip locked`);
      if (rows.length === 0) return { lineages: 0, versions: 0 };
      const lineageIds = rows.map(({ id }) => id);
      return { lineages: rows.length, versions: (await forgetLineages(tx, lineageIds)).length };
    };
    const { lineages, versions } = await write(tenant, forget, { timeoutMs });
    forgotten += versions;
    return lineages;
  });
  return forgotten;
}

/**
 * What forgetMemories does, in as many transactions as it takes; returns the keys of all versions. Throws NotFound where
 * one is unknown: then none is forgotten. After an interruption some of them are.
 */
export async function forgetMemoriesInBatches(tenant: Tenant, ids: readonly GivenId[]): Promise<string[]> {
  const memories = await write(tenant, (tx) => lockMemories(tx, ids));
  const lineageIds = [...new Set(memories.map(({ lineageId }) => lineageId))];
  const sizes = new BatchSize(lineageIds.length, { first: BATCH.first });
  const forgotten: string[] = [];
  for (let from = 0; from < lineageIds.length; ) {
    await sizes.run(async (size, timeoutMs) => {
      const some = lineageIds.slice(from, from + size);
      forgotten.push(...(await write(tenant, (tx) => forgetLineages(tx, some), { timeoutMs })));
      from += size;
    });
  }
  return forgotten;
}

/** Forgets all that a companion remembers, and the entities of it that nothing mentions any more. */
export async function forgetCompanion(tenant: Tenant, companionId: string): Promise<void> {
  await forgetInBatches(
    tenant,
    (workspaceId) =>
      sql`select ${l.id} from ${aliased(l)} where ${l.workspaceId} = ${workspaceId} and ${l.companionId} = ${companionId}::uuid`,
  );
  await inBatches(new BatchSize(BATCH.most), (size, timeoutMs) =>
    write(tenant, (tx) => removeUnmentioned(tx, companionId, size), { timeoutMs }),
  );
}

/** Forgets all that is remembered about a user. */
export const forgetUser = (tenant: Tenant, userId: string): Promise<number> =>
  forgetInBatches(
    tenant,
    (workspaceId) =>
      sql`select ${l.id} from ${aliased(l)} where ${l.workspaceId} = ${workspaceId} and ${l.userId} = ${userId}::uuid`,
  );

/**
 * Removes a companion, and what it has come to remember since {@link forgetCompanion}: from here on until the commit
 * nobody adds to it.
 */
export async function eraseCompanion(tx: WriteTransaction, id: string): Promise<void> {
  await tx.rows(
    sql`select from ${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = ${id}::uuid for update`,
  );
  await forgetRest(tx, sql`${l.companionId} = ${id}::uuid`);
  await removeCompanion(tx, id);
}

/** Removes a user, and what has been remembered about them since {@link forgetUser}. */
export async function eraseUser(tx: WriteTransaction, id: string): Promise<void> {
  await tx.rows(
    sql`select from ${aliased(u)} where ${u.workspaceId} = ${tx.workspaceId} and ${u.id} = ${id}::uuid for update`,
  );
  await forgetRest(tx, sql`${l.userId} = ${id}::uuid`);
  await removeUser(tx, id);
}

/** Cascading keys alone would leave its entities, and its traces in what events say of others. */
async function forgetRest(tx: WriteTransaction, whose: SQL): Promise<void> {
  const rows = await tx.rows<{ id: string }>(sql`
    select ${l.id} from ${aliased(l)} where ${l.workspaceId} = ${tx.workspaceId} and ${whose} order by ${l.id} for update`);
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
