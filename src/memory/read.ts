import { sql } from 'drizzle-orm';
import type { Reading } from '../db/history.ts';
import type { Scope } from '../db/scope.ts';
import { uuids } from '../db/sql.ts';
import type { ImportanceBase } from '../decay/policy.ts';
import { type MemoryColumns, type MemoryRow, selectMemory } from './columns.ts';
import { holdsSql } from './holds.ts';

/** Memories by their keys, whatever their status; those unknown at the reading's point are left out. */
export async function memoriesById(
  scope: Scope,
  reading: Reading,
  ids: readonly string[],
  columns: MemoryColumns,
): Promise<Map<string, MemoryRow>> {
  const rows = await scope.rows<MemoryRow>(sql`
    select ${selectMemory(columns, sql`m`, reading)} from ${reading.from('memories')} m
    where m.workspace_id = ${scope.workspaceId} and m.id = any(${uuids(ids)})`);
  return new Map(rows.map((row) => [row.id, row]));
}

/** Of each lineage the version that holds at the reading's point, else the one last believed. */
export async function currentMemories(
  scope: Scope,
  reading: Reading,
  lineageIds: readonly string[],
  columns: MemoryColumns,
): Promise<Map<string, MemoryRow>> {
  const rows = await scope.rows<MemoryRow>(sql`
    select distinct on (m.lineage_id) ${selectMemory(columns, sql`m`, reading)} from ${reading.from('memories')} m
    where m.workspace_id = ${scope.workspaceId} and m.lineage_id = any(${uuids(lineageIds)})
    order by m.lineage_id, ${holdsSql(sql`m`, reading.validAt)} desc, m.retracted_at desc nulls first,
      m.valid_from <= ${reading.validAt} desc, m.valid_from desc`);
  return new Map(rows.map((row) => [row.lineageId, row]));
}

/** The base that decay started from at the reading's point; for a memory unknown then, its first. */
export async function importanceBases(
  scope: Scope,
  reading: Reading,
  ids: readonly string[],
): Promise<Map<string, ImportanceBase>> {
  const found = new Map<string, ImportanceBase>();
  const rows = await scope.rows<ImportanceBase & { id: string }>(sql`
    select distinct on (id) id, type, importance, importance_as_of as "importanceAsOf", access_count as "accessCount"
    from (
      select id, type, importance, importance_as_of, access_count, known_from from memories
        where workspace_id = ${scope.workspaceId} and id = any(${uuids(ids)})
      union all
      select id, type, importance, importance_as_of, access_count, known_from from memories_history
        where workspace_id = ${scope.workspaceId} and id = any(${uuids(ids)})
    ) stood
    order by id, (known_from <= ${reading.validAt}) desc,
      case when known_from <= ${reading.validAt} then ${reading.validAt} - known_from else known_from - ${reading.validAt} end`);
  for (const row of rows) found.set(row.id, row);
  return found;
}
