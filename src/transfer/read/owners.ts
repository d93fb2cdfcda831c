import { isDeepStrictEqual } from 'node:util';
import { sql } from 'drizzle-orm';
import { all } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { defaultPolicy } from '../../model/decay/policy.ts';
import { companions } from '../../tables/companion.ts';
import { decayPolicies } from '../../tables/decay.ts';
import { entities } from '../../tables/entity.ts';
import { users } from '../../tables/user.ts';
import { PAGE, pages } from './pages.ts';

// Companions, users and policies of decay, and the entities a companion has.

const c = under(companions, 'c');
const e = under(entities, 'e');
const p = under(decayPolicies, 'p');
const u = under(users, 'u');
const x = under(entities, 'x');

const companionFields = fields(pick(c, 'id', 'key', 'name', 'description', 'config', 'isActive'));
export type CompanionRow = RowOf<typeof companionFields>;

export const companionPages = (tx: Transaction): AsyncGenerator<CompanionRow[]> =>
  pages(
    tx,
    (last) => sql`
      select ${companionFields} from ${aliased(c)}
      where ${all([sql`${c.workspaceId} = ${tx.workspaceId}`, ...(last ? [sql`${c.key} > ${last.key}`] : [])])}
      order by ${c.key} limit ${PAGE}`,
  );

const userFields = fields(pick(u, 'externalId', 'metadata'));
export type UserRow = RowOf<typeof userFields>;

export const userPages = (tx: Transaction): AsyncGenerator<UserRow[]> =>
  pages(
    tx,
    (last) => sql`
      select ${userFields} from ${aliased(u)}
      where ${all([
        sql`${u.workspaceId} = ${tx.workspaceId}`,
        ...(last ? [sql`${u.externalId} > ${last.externalId}`] : []),
      ])}
      order by ${u.externalId} limit ${PAGE}`,
  );

const policyFields = fields(pick(p, 'type', 'halfLifeDays', 'floor', 'archiveBelow', 'accessStretch', 'knownFrom'));
export type PolicyRow = RowOf<typeof policyFields>;

/** The policies of decay that say something else than the defaults. */
export async function changedPolicies(tx: Transaction): Promise<PolicyRow[]> {
  const rows = await tx.rows<PolicyRow>(sql`
    select ${policyFields} from ${aliased(p)} where ${p.workspaceId} = ${tx.workspaceId} order by ${p.type}`);
  return rows.filter(({ knownFrom: _, ...policy }) => !isDeepStrictEqual(policy, defaultPolicy(policy.type)));
}

const entityFields = (tx: Transaction) =>
  fields({
    ...pick(e, 'type', 'name', 'foldedName', 'aliases', 'recordedAt'),
    merged: sql<{ type: string; name: string }[]>`coalesce((
      select jsonb_agg(jsonb_build_object('type', ${x.type}, 'name', ${x.name}) order by ${x.type}, ${x.foldedName})
      from ${aliased(x)} where ${x.workspaceId} = ${tx.workspaceId} and ${x.mergedInto} = ${e.id}), '[]')`,
    isKept: sql<boolean>`(${e.isKept} or exists (select from ${aliased(x)}
      where ${x.workspaceId} = ${tx.workspaceId} and ${x.mergedInto} = ${e.id} and ${x.isKept}))`,
  });
export type EntityRow = RowOf<ReturnType<typeof entityFields>>;

/** Those of one companion, each with what was merged into it. */
export const entityPages = (tx: Transaction, companionId: string): AsyncGenerator<EntityRow[]> =>
  pages(
    tx,
    (last) => sql`
      select ${entityFields(tx)} from ${aliased(e)}
      where ${all([
        sql`${e.workspaceId} = ${tx.workspaceId}`,
        sql`${e.companionId} = ${companionId}::uuid`,
        sql`${e.mergedInto} is null`,
        ...(last ? [sql`(${e.type}, ${e.foldedName}) > (${last.type}, ${last.foldedName})`] : []),
      ])}
      order by ${e.type}, ${e.foldedName} limit ${PAGE}`,
  );
