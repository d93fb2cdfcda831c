import { sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { under } from '../../db/typed-sql.ts';
import type { GivenId } from '../../kernel/input.ts';
import { relations } from '../../tables/relation.ts';
import { filterConditions, type RelationFilter, type RelationRow, selectRelation } from '../relation/seen.ts';
import { type Found, type Hops, nextLevel } from './level.ts';
import { findStarts } from './starts.ts';

const r = under(relations, 'r');

/** What a subgraph is asked for with. */
export interface GraphQuestion extends Hops {
  from: readonly GivenId[];
  /** How many hops away at most. */
  depth: number;
  maxNodes: number;
}

export interface ReachedRow extends Found {
  /** Hops from the nearest start. */
  depth: number;
}

export interface Reach {
  /** Level by level, each in the order of {@link nextLevel}. */
  nodes: ReachedRow[];
  /** More was within reach than `maxNodes`. */
  truncated: boolean;
}

/**
 * What is within reach of the starts, breadth first: one statement for them, and one for each level, however wide.
 * Throws NotFound for starts that are unknown at the reading's point.
 */
export async function traverse(tx: Transaction, reading: Reading, question: GraphQuestion): Promise<Reach> {
  const { depth: maxDepth, maxNodes } = question;
  const starts = await findStarts(tx, reading, question.from);
  const nodes = new Map<string, ReachedRow>();
  let level = starts;
  for (let depth = 0; ; depth++) {
    const room = maxNodes - nodes.size;
    for (const found of level.slice(0, room)) nodes.set(found.id, { ...found, depth });
    if (level.length > room) return { nodes: [...nodes.values()], truncated: true };
    if (level.length === 0 || depth === maxDepth) return { nodes: [...nodes.values()], truncated: false };
    // One more than fits, to know whether there is more.
    level = await nextLevel(tx, reading, level, [...nodes.values()], question, maxNodes - nodes.size + 1);
  }
}

/**
 * The relations that join two of these memories and pass the filter, strongest first, of equally strong ones the
 * newest, at most `limit`, in one statement. `is true` keeps the look-up among them a hashed one, and not a join that
 * would read the table.
 */
export async function relationsAmong(
  tx: Transaction,
  reading: Reading,
  nodes: readonly Found[],
  filter: RelationFilter,
  limit: number,
): Promise<RelationRow[]> {
  const lineages = [...new Set(nodes.filter(({ holds }) => holds).map(({ lineageId }) => lineageId))];
  const conditions = [
    sql`${r.workspaceId} = ${reading.workspaceId}`,
    sql`${r.retractedAt} is null`,
    ...filterConditions(filter),
  ];
  const order = sql`order by ${r.strength} desc, ${r.id} desc limit ${limit}`;
  const between = reading.branches(r).map(
    (source) => sql`(
      select r.* from node cross join lateral (
        select * from ${source} where ${all(conditions)} and ${r.type} <> 'CORRECTS'
          and ${r.fromLineageId} = node.lineage and (${r.toLineageId} in (select lineage from node)) is true offset 0
      ) r ${order})`,
  );
  // Only where one was a start can two versions of one memory be here.
  const versions = versionsOf(nodes);
  const corrects = sql`(
    select r.* from ${reading.from(r)} where ${all(conditions)} and ${r.type} = 'CORRECTS'
      and ${r.fromLineageId} = any(${uuids(versions.map(({ lineageId }) => lineageId))})
      and ${r.fromMemoryId} = any(${uuids(versions.map(({ id }) => id))})
      and ${r.toMemoryId} = any(${uuids(versions.map(({ id }) => id))}))`;
  const branches = [...between, ...(versions.length > 0 ? [corrects] : [])];
  return tx.rows<RelationRow>(sql`
    with node as materialized (select unnest(${uuids(lineages)}) as lineage)
    select ${selectRelation()} from (${sql.join(branches, sql` union all `)}) r ${order}`);
}

/** Those that share their lineage with another one. */
function versionsOf(nodes: readonly Found[]): Found[] {
  return [...Map.groupBy(nodes, ({ lineageId }) => lineageId).values()].filter(({ length }) => length > 1).flat();
}
