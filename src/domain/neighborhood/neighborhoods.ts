import { getTableName, type SQL, sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import {
  aliased,
  fields,
  insertSelect,
  names,
  pick,
  type RowFrom,
  type RowsOf,
  recordset,
  set,
  under,
  valueFor,
} from '../../db/typed-sql.ts';
import { inTurns } from '../../kernel/turns.ts';
import { REACH } from '../../model/recall/reach.ts';
import { type End, liveRelations } from '../../model/relation/live.ts';
import { lineages } from '../../tables/memory.ts';
import { neighborhoods } from '../../tables/recall.ts';
import { relations } from '../../tables/relation.ts';
import { type Follows, FollowsGraph } from './follows-graph.ts';

const l = under(lineages, 'l');
const excluded = under(neighborhoods, 'excluded');
const n = under(neighborhoods, 'n');
const there = under(neighborhoods, getTableName(neighborhoods));
const r = under(relations, 'r');

/**
 * How many relations on a side are followed to find whose neighbourhoods a change touches: the newest, not always all.
 */
const WALKED = 16;
/** How many lineages a neighbourhood has at most, the nearest. */
const MAX_NEAR = 32;

const follows = { later: r.fromLineageId, earlier: r.toLineageId, ...pick(r, 'recordedAt', 'id') };

/**
 * Updates the neighbourhoods of lineages whose FOLLOWS relations have changed, and of all around them, in a constant
 * number of statements.
 */
export async function refreshNeighborhoods(tx: WriteTransaction, lineageIds: readonly string[]): Promise<void> {
  const changed = new Set(lineageIds);
  if (changed.size > 0) await tx.unrestricted(() => refresh(tx, changed));
}

async function refresh(tx: WriteTransaction, changed: ReadonlySet<string>): Promise<void> {
  // Two writers nearby would each leave out the other's relation: one at a time.
  await tx.rows(sql`select pg_advisory_xact_lock(hashtextextended(${`follows ${tx.workspaceId}`}, 0))`);
  const found = await followsOf(tx, sql`select distinct f.* from unnest(${uuids([...changed])}) start (lineage)`);
  const around = [...new Set(found.flatMap(({ later, earlier }) => [later, earlier]))];
  const outside = around.filter((id) => !changed.has(id));
  if (outside.length > 0) found.push(...(await followsOf(tx, startsAround(tx.workspaceId, outside))));
  const graph = new FollowsGraph(found);
  const rows = await inTurns([...graph.around(changed)], (lineageId) => {
    const near = graph.within(lineageId).slice(0, MAX_NEAR);
    return { lineageId, near: near.map(({ id }) => id), hops: near.map(({ hops }) => hops) };
  });
  await writeNeighborhoods(tx, rows);
}

const columns = pick(neighborhoods, 'lineageId', 'near', 'hops');

/** Writes neighbourhoods; one without lineages is deleted. */
async function writeNeighborhoods(tx: WriteTransaction, rows: readonly RowsOf<typeof columns>[]): Promise<void> {
  const given = recordset('given', columns, rows);
  const inserted = insertSelect(
    neighborhoods,
    { ...given, workspaceId: valueFor(neighborhoods.workspaceId, tx.workspaceId) },
    sql`from given where ${given.near} <> '{}'
      and exists (select from ${aliased(l)} where ${l.workspaceId} = ${tx.workspaceId} and ${l.id} = ${given.lineageId})`,
  );
  await tx.rows(sql`
    with given as (
      select * from ${aliased(given)}
    ), alone as (
      delete from ${aliased(n)} using given
      where ${n.workspaceId} = ${tx.workspaceId} and ${n.lineageId} = ${given.lineageId} and ${given.near} = '{}'
    )
    ${inserted}
    on conflict (${names(neighborhoods, 'workspaceId', 'lineageId')}) do update
    set ${set(neighborhoods, pick(excluded, 'near', 'hops'))}
    where (${there.near}, ${there.hops}) is distinct from (${excluded.near}, ${excluded.hops})`);
}

/** All lineages whose neighbourhoods may have one of these in them. */
export async function nearTo(tx: WriteTransaction, lineageIds: readonly string[]): Promise<string[]> {
  const walk = (near: End, far: End) => sql`(
    with recursive reached (lineage, steps) as (
      select lineage, 0 from unnest(${uuids(lineageIds)}) start (lineage)
      union
      select ${r[far]}, reached.steps + 1
      from reached cross join lateral ${liveRelations(tx.workspaceId, near, sql`reached.lineage`)} r
      where reached.steps < ${REACH} and ${r.type} = 'FOLLOWS'
    ) select lineage from reached)`;
  const rows = await tx.rows<{ lineage: string }>(sql`
    ${walk('fromLineageId', 'toLineageId')} union ${walk('toLineageId', 'fromLineageId')}`);
  return rows.map(({ lineage }) => lineage);
}

/** The newest FOLLOWS relations that the lineages, a row `start (lineage)` each, have on either side. */
const followsOf = (tx: WriteTransaction, starts: SQL): Promise<Follows[]> => {
  const side = (near: End) => sql`(
    select ${fields(follows)} from ${liveRelations(tx.workspaceId, near, sql`start.lineage`)} r
    where ${r.type} = 'FOLLOWS' order by ${r.recordedAt} desc, ${r.id} desc limit ${WALKED})`;
  return tx.rows<RowFrom<typeof follows>>(sql`
    ${starts} cross join lateral (${side('fromLineageId')} union all ${side('toLineageId')}) f`);
};

/** The lineages within reach of the given ones, in whichever direction the relations lead. */
const startsAround = (workspaceId: string, lineageIds: readonly string[]): SQL => {
  const side = (near: End, far: End) => sql`(
    select ${r[far]} as lineage from ${liveRelations(workspaceId, near, sql`around.lineage`)} r
    where ${r.type} = 'FOLLOWS' order by ${r.recordedAt} desc, ${r.id} desc limit ${WALKED})`;
  return sql`
    with recursive around (lineage, steps) as (
      select lineage, 0 from unnest(${uuids(lineageIds)}) start (lineage)
      union
      select f.lineage, around.steps + 1
      from around cross join lateral (${side('toLineageId', 'fromLineageId')} union all ${side('fromLineageId', 'toLineageId')}) f
      where around.steps < ${2 * REACH - 1}
    )
    select distinct f.* from (select distinct lineage from around) start`;
};
