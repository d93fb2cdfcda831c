import { sql } from 'drizzle-orm';
import type { Reading } from '../db/history.ts';
import type { Scope } from '../db/scope.ts';
import { all, json } from '../db/sql.ts';
import { type MemoryColumns, type MemoryRow, pickMemory, presentSql, selectMemory } from '../memory/columns.ts';

/** Whose neighbours are asked for. */
export interface SimilarTo {
  id: string;
  lineageId: string;
  companionId: string;
  userId: string | null;
}

export interface Similar {
  memory: MemoryRow;
  /** Cosine similarity, −1 to 1. */
  similarity: number;
}

/**
 * The memories most similar to each of several, in one statement: by the vectors that reads compare, of the same companion
 * and user, ACTIVE or DISPUTED at the reading's point, no version of itself. None for a memory without a vector.
 */
export async function similarTo(
  scope: Scope,
  reading: Reading,
  memories: readonly SimilarTo[],
  { first, minSimilarity }: { first: number; minSimilarity: number | null },
  columns: MemoryColumns,
): Promise<Map<string, Similar[]>> {
  const { workspaceId } = scope;
  const conditions = [
    sql`m.workspace_id = ${workspaceId}`,
    sql`m.id = e.memory_id`,
    presentSql(sql`m`, reading.validAt),
  ];
  const near =
    minSimilarity == null
      ? []
      : [sql`1 - (c.embedding <=> parent.embedding) >= ${String(minSimilarity)}::text::float8`];
  const rows = await scope.rows<Record<string, unknown>>(sql`
    with parent as materialized (
      select p.*, e.embedding, e.model, e.dimension
      from jsonb_to_recordset(${json(memories.map(({ id, lineageId, companionId, userId }) => ({ id, lineageId, companionId, userId })))})
        as p (id uuid, "lineageId" uuid, "companionId" uuid, "userId" uuid)
      join workspaces w on w.id = ${workspaceId}
      join memory_embeddings e on e.workspace_id = ${workspaceId} and e.memory_id = p.id
        and e.model = w.embedding_model and e.dimension = w.embedding_dimension
    ), compared as materialized (
      select e.memory_id, e.companion_id, e.user_id, e.embedding, m.lineage_id
      from (select distinct "companionId", model, dimension from parent) p
      join memory_embeddings e on e.workspace_id = ${workspaceId} and e.companion_id = p."companionId"
        and e.model = p.model and e.dimension = p.dimension
      cross join lateral (select m.lineage_id from ${reading.from('memories')} m where ${all(conditions)} limit 1) m
    )
    select parent.id as "parent", nearest.similarity, ${selectMemory(columns, sql`m`, reading, 'm.')}
    from parent
    cross join lateral (
      select c.memory_id, 1 - (c.embedding <=> parent.embedding) as similarity from compared c
      where ${all([sql`c.companion_id = parent."companionId"`, sql`c.user_id is not distinct from parent."userId"`, sql`c.lineage_id <> parent."lineageId"`, ...near])}
      order by c.embedding <=> parent.embedding, c.memory_id limit ${first}
    ) nearest
    ${reading.lookUp('memories', sql`m`, sql`m.id = nearest.memory_id`)}
    order by parent.id, nearest.similarity desc, nearest.memory_id`);
  const byParent = Map.groupBy(rows, (row) => row.parent as string);
  return new Map(
    memories.map(({ id }) => [
      id,
      (byParent.get(id) ?? []).map((row) => ({
        memory: pickMemory(columns, row, 'm.'),
        similarity: row.similarity as number,
      })),
    ]),
  );
}
