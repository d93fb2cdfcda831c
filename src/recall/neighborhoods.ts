import { type SQL, sql } from 'drizzle-orm';
import type { WriteScope } from '../db/scope.ts';
import { json, uuids } from '../db/sql.ts';
import { liveRelations } from '../relation/live.ts';

/** How many FOLLOWS relations a neighbourhood reaches to either side. */
export const REACH = 4;
/** How many of the lineages next to one on a side belong to neighbourhoods: those related last. */
const BREADTH = 4;
/** How many are looked at, to find whose neighbourhoods a change touches: of a lineage with more followers not all are. */
const WALKED = 16;
/** How many lineages a neighbourhood has at most, the nearest. */
const MAX_NEAR = 32;

type End = 'from' | 'to';

interface Follows {
  later: string;
  earlier: string;
  recordedAt: Date;
  id: string;
}

/**
 * Brings the neighbourhoods up to date of the lineages given, whose FOLLOWS relations have changed, and of all around
 * them. A constant number of statements.
 */
export async function refreshNeighborhoods(tx: WriteScope, lineageIds: readonly string[]): Promise<void> {
  const changed = new Set(lineageIds);
  if (changed.size === 0) return;
  // Of two writers nearby each would make neighbourhoods without the other's relation: one at a time.
  await tx.rows(sql`select pg_advisory_xact_lock(hashtextextended(${`follows ${tx.workspaceId}`}, 0))`);
  const follows = await followsOf(tx, sql`select distinct f.* from unnest(${uuids([...changed])}) line (id)`);
  const around = [...new Set(follows.flatMap(({ later, earlier }) => [later, earlier]))];
  const outside = around.filter((id) => !changed.has(id));
  if (outside.length > 0) follows.push(...(await followsOf(tx, linesAround(tx.workspaceId, outside))));
  const graph = new FollowsGraph(follows);
  const rows = [...graph.around(changed)].map((id) => {
    const near = graph.within(id).slice(0, MAX_NEAR);
    return { id, near: near.map((each) => each.id), hops: near.map((each) => each.hops) };
  });
  await tx.rows(sql`
    with neighborhood as (
      select id, near, hops from jsonb_to_recordset(${json(rows)}) as n (id uuid, near uuid[], hops smallint[])
    ), alone as (
      delete from neighborhoods n using neighborhood given
      where n.workspace_id = ${tx.workspaceId} and n.lineage_id = given.id and given.near = '{}'
    )
    insert into neighborhoods (workspace_id, lineage_id, near, hops)
    select ${tx.workspaceId}, id, near, hops from neighborhood where near <> '{}'
      and exists (select from lineages l where l.workspace_id = ${tx.workspaceId} and l.id = neighborhood.id)
    on conflict (workspace_id, lineage_id) do update set near = excluded.near, hops = excluded.hops
    where (neighborhoods.near, neighborhoods.hops) is distinct from (excluded.near, excluded.hops)`);
}

/** All lineages whose neighbourhoods may have one of these in them. */
export async function nearTo(tx: WriteScope, lineageIds: readonly string[]): Promise<string[]> {
  const walk = (near: End, far: End) => sql`(
    with recursive reached (id, hops) as (
      select id, 0 from unnest(${uuids(lineageIds)}) line (id)
      union
      select r.${sql.raw(far)}_lineage_id, reached.hops + 1
      from reached cross join lateral ${liveRelations(tx.workspaceId, near, sql`reached.id`)} r
      where reached.hops < ${REACH} and r.type = 'FOLLOWS'
    ) select id from reached)`;
  const rows = await tx.rows<{ id: string }>(sql`${walk('from', 'to')} union ${walk('to', 'from')}`);
  return rows.map(({ id }) => id);
}

/** The FOLLOWS relations that the lineages, a row `line (id)` each, have on either side, of each side the last made. */
const followsOf = (tx: WriteScope, lines: SQL): Promise<Follows[]> => {
  const side = (near: End) => sql`(
    select r.from_lineage_id as later, r.to_lineage_id as earlier, r.recorded_at as "recordedAt", r.id
    from ${liveRelations(tx.workspaceId, near, sql`line.id`)} r
    where r.type = 'FOLLOWS' order by r.recorded_at desc, r.id desc limit ${WALKED})`;
  return tx.rows<Follows>(sql`${lines} cross join lateral (${side('from')} union all ${side('to')}) f`);
};

/** The lineages that lie within reach of the given, however the relations lead. */
const linesAround = (workspaceId: string, lineageIds: readonly string[]): SQL => {
  const side = (near: End, far: End) => sql`(
    select r.${sql.raw(far)}_lineage_id as id from ${liveRelations(workspaceId, near, sql`around.id`)} r
    where r.type = 'FOLLOWS' order by r.recorded_at desc, r.id desc limit ${WALKED})`;
  return sql`
    with recursive around (id, hops) as (
      select id, 0 from unnest(${uuids(lineageIds)}) line (id)
      union
      select f.id, around.hops + 1
      from around cross join lateral (${side('to', 'from')} union all ${side('from', 'to')}) f where around.hops < ${2 * REACH - 1}
    )
    select distinct f.* from (select distinct id from around) line`;
};

type Side = 'later' | 'earlier';

/** Lineages and which came after which. */
export class FollowsGraph {
  readonly #next: Record<Side, Map<string, Set<string>>> = { later: new Map(), earlier: new Map() };

  constructor(follows: readonly Follows[]) {
    const lastFirst = follows.toSorted(
      (a, b) => b.recordedAt.getTime() - a.recordedAt.getTime() || (a.id < b.id ? 1 : -1),
    );
    for (const { later, earlier } of lastFirst) {
      add(this.#next.later, earlier, later);
      add(this.#next.earlier, later, earlier);
    }
  }

  /**
   * What lies within {@link REACH} relations of a lineage, all of them later than the one before or all of them earlier,
   * nearest first: `hops` is positive for what came after it. What lies on both sides counts where it is nearer.
   */
  within(id: string): { id: string; hops: number }[] {
    const found = new Map<string, number>();
    for (const [side, sign] of [
      ['later', 1],
      ['earlier', -1],
    ] as const) {
      for (const [other, hops] of this.#walk([id], (each) =>
        [...(this.#next[side].get(each) ?? [])].slice(0, BREADTH),
      )) {
        if (hops > 0 && hops < Math.abs(found.get(other) ?? REACH + 1)) found.set(other, sign * hops);
      }
    }
    found.delete(id);
    const near = [...found].map(([other, hops]) => ({ id: other, hops }));
    return near.sort((a, b) => Math.abs(a.hops) - Math.abs(b.hops));
  }

  /** What lies within {@link REACH} relations of some lineages, however they lead, and those themselves. */
  around(ids: Iterable<string>): Set<string> {
    const sides = (each: string) => [...(this.#next.later.get(each) ?? []), ...(this.#next.earlier.get(each) ?? [])];
    return new Set(this.#walk(ids, sides).keys());
  }

  /** By lineage, how many steps away it was first met. */
  #walk(from: Iterable<string>, next: (id: string) => readonly string[]): Map<string, number> {
    const met = new Map([...from].map((id) => [id, 0]));
    for (const [id, hops] of met) {
      if (hops === REACH) continue;
      for (const other of next(id)) if (!met.has(other)) met.set(other, hops + 1);
    }
    return met;
  }
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const values = map.get(key);
  if (values) values.add(value);
  else map.set(key, new Set([value]));
}
