import { sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { fields, pick, under } from '../../db/typed-sql.ts';
import { NotFound } from '../../kernel/errors.ts';
import type { GivenId } from '../../kernel/input.ts';
import { holdsSql } from '../../model/belief/validity.ts';
import { memories } from '../../tables/memory.ts';
import type { Found } from './level.ts';

const m = under(memories, 'm');
const version = under(memories, 'version');

/**
 * The memories that a traversal begins at, of any status, each once, in the order given. Throws NotFound for those that
 * are unknown at the reading's point.
 */
export async function findStarts(tx: Transaction, reading: Reading, ids: readonly GivenId[]): Promise<Found[]> {
  const keys = [...new Set(ids.map(({ uuid }) => uuid))];
  const rows = await tx.rows<Omit<Found, 'relationId' | 'entityId'>>(sql`
    select ${fields(pick(m, 'id', 'lineageId', 'companionId', 'userId'))},
      exists (select from ${reading.from(version)} where ${version.workspaceId} = ${reading.workspaceId}
        and ${version.lineageId} = ${m.lineageId} and ${holdsSql(version, reading.validAt)} offset 0) as holds,
      ${holdsSql(m, reading.validAt)} as "isHolding"
    from ${reading.from(m)}
    where ${m.workspaceId} = ${reading.workspaceId} and ${m.id} = any(${uuids(keys)})`);
  const found = new Map(rows.map((row) => [row.id, row]));
  const missing = ids.filter(({ uuid }) => !found.has(uuid));
  if (missing.length > 0) throw new NotFound('memory', [...new Set(missing.map(({ given }) => given))]);
  return keys.map((key) => ({ ...(found.get(key) as (typeof rows)[number]), relationId: null, entityId: null }));
}
