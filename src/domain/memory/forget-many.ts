import { type SQL, sql } from 'drizzle-orm';
import { all } from '../../db/sql.ts';
import type { Tenant, WriteTransaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { write } from '../../db/write.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { changeableSql } from '../../model/restriction/allowed.ts';
import { type UserRef, userIdSql } from '../../model/user/ref.ts';
import { companions } from '../../tables/companion.ts';
import { lineages, memories } from '../../tables/memory.ts';
import { users } from '../../tables/user.ts';
import { removeCompanion } from '../companion/companions.ts';
import { removeUser } from '../user/users.ts';
import { forgetLineages } from './forget.ts';

// Forgetting of all that a companion remembers, or about a user, or that has expired.

const c = under(companions, 'c');
const l = under(lineages, 'l');
const m = under(memories, 'm');
const other = under(memories, 'other');
const u = under(users, 'u');

/** How many lineages one transaction forgets. */
const BATCH = 1_000;

/** Forgets all that fit, one batch per transaction. After an interruption the next call goes on. Returns how many. */
async function forgetInBatches(tenant: Tenant, which: (workspaceId: string) => SQL): Promise<number> {
  let forgotten = 0;
  for (;;) {
    const batch = await write(tenant, async (tx) => {
      const rows = await tx.rows<{ id: string }>(sql`
        select ${l.id} from ${aliased(l)}
        where ${all([sql`${l.workspaceId} = ${tx.workspaceId}`, ...changeableSql(tx.restriction, l)])}
          and ${l.id} in (${which(tx.workspaceId)})
        order by ${l.id} limit ${BATCH} for update skip locked`);
      if (rows.length === 0) return { lineages: 0, versions: 0 };
      const lineageIds = rows.map(({ id }) => id);
      return { lineages: rows.length, versions: (await forgetLineages(tx, lineageIds)).length };
    });
    forgotten += batch.versions;
    if (batch.lineages < BATCH) return forgotten;
  }
}

/** Forgets all that a companion remembers. */
export const forgetCompanion = (tenant: Tenant, companionId: string): Promise<number> =>
  forgetInBatches(
    tenant,
    (workspaceId) =>
      sql`select ${l.id} from ${aliased(l)} where ${l.workspaceId} = ${workspaceId} and ${l.companionId} = ${companionId}::uuid`,
  );

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
