import { sql } from 'drizzle-orm';
import type { WriteTransaction } from '../../db/transaction.ts';
import {
  aliased,
  fields,
  insertSelect,
  names,
  pick,
  type RowOf,
  recordset,
  set,
  under,
  valueFor,
} from '../../db/typed-sql.ts';
import { type DecayPolicy, defaultPolicy } from '../../model/decay/policy.ts';
import { decayPolicies } from '../../tables/decay.ts';
import { type MemoryType, memoryType } from '../../tables/memory.ts';

const p = under(decayPolicies, 'p');

/** Before any point in time. */
const ALWAYS = sql`'0001-01-01T00:00:00Z'`;

/** Gives a workspace default policies for types without one: in force at every point before they are changed. */
export async function setDefaultPolicies(tx: WriteTransaction): Promise<void> {
  const shape = pick(decayPolicies, 'type', 'halfLifeDays', 'floor', 'archiveBelow', 'accessStretch');
  const given = recordset('given', shape, memoryType.enumValues.map(defaultPolicy));
  const values = { ...given, workspaceId: valueFor(decayPolicies.workspaceId, tx.workspaceId), knownFrom: ALWAYS };
  await tx.rows(sql`
    ${insertSelect(decayPolicies, values, sql`from ${aliased(given)}`)}
    on conflict (${names(decayPolicies, 'workspaceId', 'type')}) do nothing`);
}

/** What is to be changed of a policy; a part left out stays as it is. */
export type PolicyChanges = { [Part in Exclude<keyof DecayPolicy, 'type'>]?: DecayPolicy[Part] | undefined };

const stored = fields(pick(p, 'halfLifeDays', 'floor', 'archiveBelow', 'accessStretch', 'knownFrom'));

/**
 * Changes the policy of one type: importance is read under it from now on, and as before at points before now. True
 * where that is a change.
 */
export async function setPolicy(tx: WriteTransaction, type: MemoryType, changes: PolicyChanges): Promise<boolean> {
  const isOfType = sql`${p.workspaceId} = ${tx.workspaceId} and ${p.type} = ${valueFor(decayPolicies.type, type)}`;
  const [before] = await tx.rows<RowOf<typeof stored>>(sql`
    select ${stored} from ${aliased(p)} where ${isOfType} for update`);
  if (!before) throw new Error(`a workspace without a policy for ${type}`);
  const parts = Object.entries(changes).filter(([, value]) => value !== undefined);
  if (parts.every(([part, value]) => before[part as keyof PolicyChanges] === value)) return false;
  await tx.stamp(before.knownFrom);
  const { halfLifeDays, floor, archiveBelow, accessStretch } = { ...before, ...Object.fromEntries(parts) };
  const values = set(decayPolicies, {
    halfLifeDays: valueFor(decayPolicies.halfLifeDays, halfLifeDays),
    floor: valueFor(decayPolicies.floor, floor),
    archiveBelow: valueFor(decayPolicies.archiveBelow, archiveBelow),
    accessStretch: valueFor(decayPolicies.accessStretch, accessStretch),
  });
  await tx.rows(sql`update ${aliased(p)} set ${values} where ${isOfType}`);
  return true;
}
