import { type SQL, sql } from 'drizzle-orm';
import { all } from '../../db/sql.ts';
import { aliased, fields, pick, under } from '../../db/typed-sql.ts';
import type { EmbeddingModel } from '../../kernel/embedding-model.ts';
import { memoryEmbeddings } from '../../tables/embedding.ts';
import { memories } from '../../tables/memory.ts';
import { indexedDistance, indexedSql } from '../embedding/vector-index-sql.ts';
import { vectorText } from '../embedding/vector-text.ts';

const e = under(memoryEmbeddings, 'e');

/** A vector to compare with, and the model of those it is compared with. */
export interface QueryVector extends EmbeddingModel {
  values: readonly number[];
  /** It is made of words, so it finds what words find. */
  isLexical: boolean;
  /** From this similarity on, a memory counts as related. */
  floor: number;
}

/** A search for the nearest vectors. */
export interface Nearest {
  /** The vector that others are compared with. */
  to: SQL;
  model: EmbeddingModel;
  /** Further conditions on the vectors compared, `e`, in addition to their model. */
  among: readonly SQL[];
  /** What {@link distancesSql} has found of these, if it was asked before. */
  distances?: SQL | undefined;
  /** The FROM clause and the conditions for the memory `m` of a vector `e`: it must exist. */
  memory: { from: SQL; passes: readonly SQL[] };
  limit: SQL;
  /** Which key comes first among equal distances. */
  ties: 'lowest first' | 'highest first';
  /** How widely an index of vectors is searched; undefined: all are compared. */
  width: number | undefined;
}

/** The conditions on a vector `e` of a model. */
export const modelSql = (model: EmbeddingModel, workspaceId: string): SQL[] => [
  sql`${e.workspaceId} = ${workspaceId}`,
  ...ofModel(model),
];

/** How far the vectors `e` that fulfil some conditions are from one of a model: their memories and `distance`. */
export const distancesSql = (vector: QueryVector, among: readonly SQL[]): SQL => sql`
  select ${e.memoryId}, ${e.embedding} <=> ${vectorText(vector.values)}::vector as distance from ${aliased(e)}
  where ${all([...among, ...ofModel(vector)])}`;

const ofModel = ({ model, dimension }: EmbeddingModel): SQL[] => [
  sql`${e.model} = ${model}`,
  sql`${e.dimension} = ${dimension}`,
];

/** The memories that {@link nearestSql} finds, under an alias. */
export const nearestRows = (alias: string): { id: SQL<string> } => pick(under(memories, alias), 'id');

/**
 * The vectors nearest to one: `id` of their memories and `distance`, in no order. Of the candidates that an index finds,
 * too few may pass the conditions. Then, and without an index, all are compared: no result is missing.
 */
export function nearestSql({ to, model, among, distances, memory, limit, ties, width }: Nearest): SQL {
  const key = ties === 'lowest first' ? sql`${e.memoryId}` : sql`${e.memoryId} desc`;
  const looked = sql`cross join lateral (select from ${memory.from} where ${all(memory.passes)} limit 1) m`;
  // The subquery keeps the planner from looking up every memory: only the nearest are looked up, until there are enough.
  const compared = (also: SQL) => sql`
    select ${fields({ id: e.memoryId })}, e.distance from (${
      distances
        ? sql`select * from ${distances} e`
        : sql`
      select ${e.memoryId}, ${e.embedding} <=> ${to}::vector as distance from ${aliased(e)}
      where ${all([...among, ...ofModel(model), also])}`
    }
      order by distance, ${key} offset 0) e
    ${looked} order by e.distance, ${key} limit ${limit}`;
  if (!width) return compared(sql`true`);
  const distance = indexedDistance(model, to);
  return sql`
    with indexed as materialized (
      select ${fields({ id: e.memoryId })}, ${distance} as distance from ${aliased(e)} ${looked}
      where ${all(among)} and ${indexedSql(model)} order by ${distance} limit ${limit}
    ), compared as (${compared(sql`(select count(*) from indexed) < ${limit}`)})
    select * from indexed where (select count(*) from indexed) >= ${limit} union all select * from compared`;
}
