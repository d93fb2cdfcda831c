import { sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { placeholder, prepared, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { fields, type RowOf, under } from '../../db/typed-sql.ts';
import { holdsSql } from '../../model/belief/validity.ts';
import { importanceSql } from '../../model/decay/importance.ts';
import { columnsKey, type MemoryColumns, type MemoryRow, selectMemory } from '../../model/memory/columns.ts';
import { memories } from '../../tables/memory.ts';

const m = under(memories, 'm');

/** Memories by their keys, of any status. Those unknown at the reading's point are left out. */
export async function memoriesById(
  tx: Transaction,
  reading: Reading,
  ids: readonly string[],
  columns: MemoryColumns,
): Promise<Map<string, MemoryRow>> {
  const statement = prepared(
    `memories ${reading.key} ${columnsKey(columns)}`,
    tx.workspaceId,
    { ids: `{${ids.join(',')}}` },
    () => sql`
      select ${selectMemory(columns, m, reading)} from ${reading.from(m)}
      where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${placeholder('ids')}::uuid[])`,
  );
  const rows = await tx.rows<MemoryRow>(statement);
  return new Map(rows.map((row) => [row.id, row]));
}

/** Of each lineage the version that holds at the reading's point, else the one last believed. */
export async function currentMemories(
  tx: Transaction,
  reading: Reading,
  lineageIds: readonly string[],
  columns: MemoryColumns,
): Promise<Map<string, MemoryRow>> {
  const statement = prepared(
    `current ${reading.key} ${columnsKey(columns)}`,
    tx.workspaceId,
    { ids: `{${lineageIds.join(',')}}` },
    () => sql`
    select distinct on (${m.lineageId}) ${selectMemory(columns, m, reading)} from ${reading.from(m)}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.lineageId} = any(${placeholder('ids')}::uuid[])
    order by ${m.lineageId}, ${holdsSql(m, reading.validAt)} desc, ${m.retractedAt} desc nulls first,
      ${m.validFrom} <= ${reading.validAt} desc, ${m.validFrom} desc`,
  );
  const rows = await tx.rows<MemoryRow>(statement);
  return new Map(rows.map((row) => [row.lineageId, row]));
}

/** Importance of memories at the reading's point, 0–10. */
export async function importancesOf(
  tx: Transaction,
  reading: Reading,
  ids: readonly string[],
): Promise<Map<string, number>> {
  const list = fields({ id: m.id, importance: importanceSql(m, reading) });
  const rows = await tx.rows<RowOf<typeof list>>(sql`
    select ${list} from ${reading.from(m)}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${uuids(ids)})`);
  return new Map(rows.map(({ id, importance }) => [id, importance]));
}
