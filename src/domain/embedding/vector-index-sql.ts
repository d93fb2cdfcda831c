import { createHash } from 'node:crypto';
import { type SQL, sql } from 'drizzle-orm';
import { toQuery } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { nameOf, names, under } from '../../db/typed-sql.ts';
import type { EmbeddingModel } from '../../kernel/embedding-model.ts';
import { memoryEmbeddings } from '../../tables/embedding.ts';

const e = under(memoryEmbeddings, 'e');

/** The name of a model's index. */
export const indexName = ({ model, dimension }: EmbeddingModel): string =>
  `memory_embeddings_hnsw_${createHash('sha256').update(`${model} ${dimension}`).digest('hex').slice(0, 12)}`;

const ofDimension = (vector: SQL, { dimension }: EmbeddingModel): SQL =>
  sql`${vector}::vector(${sql.raw(String(dimension))})`;

/** The cosine distance of vector `e` as the index of a model has it; an expression the planner finds there. */
export const indexedDistance = (model: EmbeddingModel, to: SQL): SQL =>
  sql`${ofDimension(e.embedding, model)} <=> ${ofDimension(to, model)}`;

/** That a vector is of a model. The values are part of the statement: otherwise the planner does not use the index. */
const literally = (rows: { model: SQL; dimension: SQL }, { model, dimension }: EmbeddingModel): SQL =>
  sql`${rows.model} = ${sql.raw(`'${model.replaceAll("'", "''")}'`)} and ${rows.dimension} = ${sql.raw(String(dimension))}`;

/** The condition on a vector `e` under which the index of a model has it. */
export const indexedSql = (model: EmbeddingModel): SQL => literally(e, model);

/** The statement that makes a model's index, without parameters. */
export function createIndex(model: EmbeddingModel): string {
  const column = (key: 'embedding' | 'model' | 'dimension') => names(memoryEmbeddings, key);
  const isOfModel = literally({ model: column('model'), dimension: column('dimension') }, model);
  const statement = sql`
    create index concurrently ${sql.raw(indexName(model))} on ${nameOf(memoryEmbeddings)}
    using hnsw ((${ofDimension(column('embedding'), model)}) vector_cosine_ops) where ${isOfModel}`;
  return toQuery(statement).sql.trim();
}

/** Has the statements of this transaction search indexes of vectors so widely, and be planned for what they search. */
export async function searchWidely(tx: Transaction, width: number): Promise<void> {
  await tx.rows(sql`
    select set_config('hnsw.ef_search', ${String(width)}, true), set_config('plan_cache_mode', 'force_custom_plan', true)`);
}
