import { type SQL, sql } from 'drizzle-orm';
import { companionIdSql } from '../companion/refs.ts';
import type { Reading } from '../db/history.ts';
import { all } from '../db/sql.ts';
import { type EmbeddingModel, vectorText } from '../embedding/operations.ts';
import { filterConditions, type MemoryFilter } from '../memory/list.ts';
import { userIdSql } from '../user/refs.ts';
import type { Searched } from './analysis.ts';

/** A vector to compare with, and the model of those it is compared with. */
export interface QueryVector extends EmbeddingModel {
  values: readonly number[];
  /** It is made of words, and finds what words find. */
  isLexical: boolean;
}

/** The conditions on a vector `e` of a model. */
export const modelSql = ({ model, dimension }: EmbeddingModel, workspaceId: string): SQL[] => [
  sql`e.workspace_id = ${workspaceId}`,
  sql`e.model = ${model}`,
  sql`e.dimension = ${dimension}`,
];

/** The memories whose vectors are nearest to one, of those that pass the filter: `id`, nearest first. */
export function nearestSql(
  { companion, user, filter }: Searched & { filter: MemoryFilter },
  vector: QueryVector,
  reading: Reading,
  limit: number,
): SQL {
  const { workspaceId } = reading;
  const compared = [
    ...modelSql(vector, workspaceId),
    sql`e.companion_id = ${companionIdSql(companion, workspaceId)}`,
    ...(user ? [sql`e.user_id = ${userIdSql(user, workspaceId)}`] : []),
  ];
  return sql`
    select m.id from memory_embeddings e
    cross join lateral (
      select m.id from ${reading.from('memories')} m
      where ${all([sql`m.workspace_id = ${workspaceId}`, sql`m.id = e.memory_id`, ...filterConditions(filter, reading)])} limit 1) m
    where ${all(compared)}
    order by e.embedding <=> ${vectorText(vector.values)}::vector, e.memory_id limit ${limit}`;
}
