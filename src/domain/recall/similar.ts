import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { json } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import type { EmbeddingModel } from '../../kernel/embedding-model.ts';
import {
  type MemoryColumns,
  type MemoryRow,
  pickMemory,
  presentSql,
  selectMemory,
} from '../../model/memory/columns.ts';
import { memoryEmbeddings } from '../../tables/embedding.ts';
import { memories } from '../../tables/memory.ts';
import type { VectorIndexes } from '../embedding/vector-index.ts';
import { searchWidely } from '../embedding/vector-index-sql.ts';
import { nearestSql } from './vectors.ts';

const e = under(memoryEmbeddings, 'e');
const m = under(memories, 'm');

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

/** What is asked of each memory. */
export interface Asked {
  first: number;
  minSimilarity: number | null;
  /** The model whose vectors reads compare. */
  model: EmbeddingModel;
}

/**
 * The memories most similar to each of several, in one statement: by the vectors of one model, of the same companion and
 * user, ACTIVE or DISPUTED at the reading's point, no version of itself. None for a memory without a vector.
 */
export async function similarTo(
  tx: Transaction,
  reading: Reading,
  memories: readonly SimilarTo[],
  asked: Asked,
  indexes: VectorIndexes,
  columns: MemoryColumns,
): Promise<Map<string, Similar[]>> {
  const { workspaceId } = tx;
  const { model, first } = asked;
  // Vectors about one user are few, and an index knows nothing of users.
  const widths = indexes.widthsIn(workspaceId);
  const widthOf = ({ companionId, userId }: SimilarTo) => (userId ? undefined : widths.get(companionId));
  const width = Math.max(0, ...memories.map((memory) => widthOf(memory) ?? 0));
  if (width > 0) await searchWidely(tx, width);
  const parents = memories.map((memory) => ({ ...memory, isIndexed: widthOf(memory) !== undefined }));
  const nearest = (isIndexed: boolean, isOfUser: boolean): SQL => sql`(
    select id, distance from (${nearestSql({
      to: sql`parent.embedding`,
      model,
      among: [
        sql`parent."isIndexed" = ${isIndexed}`,
        sql`${e.workspaceId} = ${workspaceId}`,
        sql`${e.companionId} = parent."companionId"`,
        ...(isOfUser ? [sql`${e.userId} = parent."userId"`] : [sql`parent."userId" is null`, sql`${e.userId} is null`]),
      ],
      memory: {
        from: reading.from(m),
        passes: [
          sql`${m.workspaceId} = ${workspaceId}`,
          sql`${m.id} = ${e.memoryId}`,
          sql`${m.lineageId} <> parent."lineageId"`,
          presentSql(m, reading.validAt),
        ],
      },
      limit: first,
      ties: 'lowest first',
      width: isIndexed ? width : undefined,
    })}) found)`;
  const branches = [nearest(false, true), nearest(false, false), ...(width > 0 ? [nearest(true, false)] : [])];
  const least =
    asked.minSimilarity === null ? sql`true` : sql`1 - distance >= ${String(asked.minSimilarity)}::text::float8`;
  const rows = await tx.rows<Record<string, unknown>>(sql`
    with parent as materialized (
      select p.*, ${e.embedding} from jsonb_to_recordset(${json(parents)})
        as p (id uuid, "lineageId" uuid, "companionId" uuid, "userId" uuid, "isIndexed" boolean)
      join ${aliased(e)} on ${e.workspaceId} = ${workspaceId} and ${e.memoryId} = p.id
        and ${e.model} = ${model.model} and ${e.dimension} = ${model.dimension}
    )
    select parent.id as "parent", 1 - nearest.distance as similarity, ${selectMemory(columns, m, reading, 'm.')}
    from parent cross join lateral (
      select * from (${sql.join(branches, sql` union all `)}) near where ${least} order by distance, id limit ${first}
    ) nearest
    ${reading.lookUp(m, sql`${m.id} = nearest.id`)}
    order by parent.id, nearest.distance, nearest.id`);
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
