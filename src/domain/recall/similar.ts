import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, derived, fields, pick, type Recordset, recordset, typed, under } from '../../db/typed-sql.ts';
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
import { nearestRows, nearestSql } from './vectors.ts';

const e = under(memoryEmbeddings, 'e');
const m = under(memories, 'm');
const nearest = nearestRows('nearest');

/** A memory whose similar ones are asked for. */
export type SimilarTo = Pick<MemoryRow, 'id' | 'lineageId' | 'companionId' | 'userId'>;

const parentShape = {
  id: memories.id,
  lineageId: memories.lineageId,
  companionId: memories.companionId,
  userId: memories.userId,
  isIndexed: typed<boolean>('boolean'),
};

export interface Similar {
  memory: MemoryRow;
  /** Cosine similarity, −1 to 1. */
  similarity: number;
}

/** What is asked of each memory. */
export interface Asked {
  first: number;
  minSimilarity: number | null;
  /** The model whose vectors are compared. */
  model: EmbeddingModel;
}

/** Which vectors of a parent's companion are compared with its own. */
interface Branch {
  /** True: those about its user. False: those about nobody. */
  isOfUser: boolean;
  /** How widely an index is searched; undefined: all are compared. */
  width: number | undefined;
}

/** The memories nearest to a `parent`, by one of the branches. */
const nearestTo = (
  parent: Recordset<typeof parentShape> & { embedding: SQL },
  reading: Reading,
  { model, first }: Asked,
  { isOfUser, width }: Branch,
): SQL => sql`(
  select ${nearestRows('found').id}, distance from (${nearestSql({
    to: parent.embedding,
    model,
    among: [
      sql`${parent.isIndexed} = ${width !== undefined}`,
      sql`${e.workspaceId} = ${reading.workspaceId}`,
      sql`${e.companionId} = ${parent.companionId}`,
      ...(isOfUser ? [sql`${e.userId} = ${parent.userId}`] : [sql`${parent.userId} is null`, sql`${e.userId} is null`]),
    ],
    memory: {
      from: reading.from(m),
      passes: [
        sql`${m.workspaceId} = ${reading.workspaceId}`,
        sql`${m.id} = ${e.memoryId}`,
        sql`${m.lineageId} <> ${parent.lineageId}`,
        presentSql(m, reading.validAt),
      ],
    },
    limit: sql`${first}`,
    ties: 'lowest first',
    width,
  })}) found)`;

/**
 * The memories most similar to each of several, in one statement: by the vectors of one model, of the same companion
 * and user, ACTIVE or DISPUTED at the reading's point, without versions of itself. None for a memory without a vector.
 */
export async function similarTo(
  tx: Transaction,
  reading: Reading,
  given: readonly SimilarTo[],
  asked: Asked,
  indexes: VectorIndexes,
  columns: MemoryColumns,
): Promise<Map<string, Similar[]>> {
  const { workspaceId } = tx;
  const { model, first, minSimilarity } = asked;
  // Vectors about one user are few, and an index knows nothing of users.
  const widths = indexes.widthsIn(workspaceId);
  const widthOf = ({ companionId, userId }: SimilarTo) => (userId ? undefined : widths.get(companionId));
  const width = Math.max(0, ...given.map((each) => widthOf(each) ?? 0));
  if (width > 0) await searchWidely(tx, width);
  const parents = given.map((each) => ({ ...each, isIndexed: widthOf(each) !== undefined }));
  const p = recordset('p', parentShape, parents);
  const parent = derived('parent', { ...p, embedding: e.embedding });
  const branches: Branch[] = [
    { isOfUser: true, width: undefined },
    { isOfUser: false, width: undefined },
    ...(width > 0 ? [{ isOfUser: false, width }] : []),
  ];
  const found = branches.map((branch) => nearestTo(parent, reading, asked, branch));
  const least = minSimilarity === null ? sql`true` : sql`1 - distance >= ${String(minSimilarity)}::text::float8`;
  const rows = await tx.rows<{ parent: string; similarity: number } & Record<string, unknown>>(sql`
    with parent as materialized (
      select p.*, ${fields(pick(e, 'embedding'))} from ${aliased(p)}
      join ${aliased(e)} on ${e.workspaceId} = ${workspaceId} and ${e.memoryId} = ${p.id}
        and ${e.model} = ${model.model} and ${e.dimension} = ${model.dimension}
    )
    select ${fields({ parent: parent.id })}, 1 - nearest.distance as similarity, ${selectMemory(columns, m, reading, 'm.')}
    from parent cross join lateral (
      select * from (${sql.join(found, sql` union all `)}) nearest
      where ${least} order by distance, ${nearest.id} limit ${first}
    ) nearest
    ${reading.lookUp(m, sql`${m.id} = ${nearest.id}`)}
    order by ${parent.id}, nearest.distance, ${nearest.id}`);
  const byParent = Map.groupBy(rows, (row) => row.parent);
  const similarOf = (id: string) =>
    (byParent.get(id) ?? []).map((row) => ({
      memory: pickMemory(columns, row, 'm.'),
      similarity: row.similarity,
    }));
  return new Map(given.map(({ id }) => [id, similarOf(id)]));
}
