import { sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { json } from '../../db/sql.ts';
import type { Transaction, WriteTransaction } from '../../db/transaction.ts';
import { under } from '../../db/typed-sql.ts';
import { type DecayPolicy, defaultPolicy } from '../../model/decay/policy.ts';
import { decayPolicies } from '../../tables/decay.ts';
import { type MemoryType, memoryType } from '../../tables/memory.ts';

const p = under(decayPolicies, 'p');

/** Gives a workspace the default policies for the types it has none for: in force at every point before they are changed. */
export async function setDefaultPolicies(tx: WriteTransaction): Promise<void> {
  await tx.rows(sql`
    insert into decay_policies (workspace_id, type, half_life_days, floor, archive_below, access_stretch, known_from)
    select ${tx.workspaceId}::uuid, type, "halfLifeDays", floor, "archiveBelow", "accessStretch", '0001-01-01T00:00:00Z'
    from jsonb_to_recordset(${json(memoryType.enumValues.map(defaultPolicy))})
      as policy (type memory_type, "halfLifeDays" float8, floor float8, "archiveBelow" float8, "accessStretch" float8)
    on conflict (workspace_id, type) do nothing`);
}

const columns = sql.raw(
  'type, half_life_days as "halfLifeDays", floor, archive_below as "archiveBelow", access_stretch as "accessStretch"',
);

/** The policies of the workspace in force at the reading's `knownAt`: one of each type, in the order of the enum. */
export function listPolicies(tx: Transaction, reading: Reading): Promise<DecayPolicy[]> {
  return tx.rows<DecayPolicy>(sql`
    select ${columns} from ${reading.from(p)} where ${p.workspaceId} = ${tx.workspaceId} order by type`);
}

/** What is to be changed of a policy; a part left out stays as it is. */
export type PolicyChanges = { [Part in Exclude<keyof DecayPolicy, 'type'>]?: DecayPolicy[Part] | undefined };

/** Changes the policy of one type: importance is read under it from now on, and as before at points before now. */
export async function setPolicy(tx: WriteTransaction, type: MemoryType, changes: PolicyChanges): Promise<void> {
  const [before] = await tx.rows<DecayPolicy & { knownFrom: Date }>(sql`
    select ${columns}, known_from as "knownFrom" from decay_policies
    where workspace_id = ${tx.workspaceId} and type = ${type}::memory_type for update`);
  if (!before) throw new Error(`a workspace without a policy for ${type}`);
  const parts = Object.entries(changes).filter(([, value]) => value !== undefined);
  const after = { ...before, ...Object.fromEntries(parts) };
  if (parts.every(([part, value]) => before[part as keyof DecayPolicy] === value)) return;
  await tx.stamp(before.knownFrom);
  const number = (value: number | null) => sql`${value === null ? null : String(value)}::text::float8`;
  await tx.rows(sql`
    update decay_policies set half_life_days = ${number(after.halfLifeDays)}, floor = ${number(after.floor)},
      archive_below = ${number(after.archiveBelow)}, access_stretch = ${number(after.accessStretch)}
    where workspace_id = ${tx.workspaceId} and type = ${type}::memory_type`);
}
