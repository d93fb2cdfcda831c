import { sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import type { Transaction } from '../../db/transaction.ts';
import { fields, pick, under } from '../../db/typed-sql.ts';
import type { DecayPolicy } from '../../model/decay/policy.ts';
import { decayPolicies } from '../../tables/decay.ts';

const p = under(decayPolicies, 'p');
const policy = fields(pick(p, 'type', 'halfLifeDays', 'floor', 'archiveBelow', 'accessStretch'));

/** The policies of the workspace in force at the reading's `knownAt`: one of each type, in the order of the enum. */
export function listPolicies(tx: Transaction, reading: Reading): Promise<DecayPolicy[]> {
  return tx.rows<DecayPolicy>(sql`
    select ${policy} from ${reading.from(p)} where ${p.workspaceId} = ${tx.workspaceId} order by ${p.type}`);
}
