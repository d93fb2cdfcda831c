import { type SQL, sql } from 'drizzle-orm';
import type { WriteScope } from '../db/scope.ts';
import { json, uuids } from '../db/sql.ts';

/** How many FOLLOWS relations a neighbourhood reaches to either side. */
export const REACH = 4;
/** How many of the lineages next to one are followed up, those related last. */
const BREADTH = 4;
/** How many lineages a neighbourhood has at most, the nearest. */
const MAX_NEAR = 32;

interface Follows {
  later: string;
  earlier: string;
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
  const affected = new Set([...changed, ...[...changed].flatMap((id) => graph.within(id).map(({ id: near }) => near))]);
  const rows = [...affected].map((id) => {
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

/** The lineages around the given, as their neighbourhoods have them. */
export async function nearTo(tx: WriteScope, lineageIds: readonly string[]): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(sql`
    select distinct near.id from neighborhoods n cross join lateral unnest(n.near) near (id)
    where n.workspace_id = ${tx.workspaceId} and n.lineage_id = any(${uuids(lineageIds)})`);
  return rows.map(({ id }) => id);
}

/** The FOLLOWS relations that the lineages, a row `line (id)` each, have on either side: of each the last made, those first. */
const followsOf = (tx: WriteScope, lines: SQL): Promise<Follows[]> =>
  tx.rows<Follows>(sql`
    ${lines}
    cross join lateral (
      (select r.from_lineage_id as later, r.to_lineage_id as earlier, r.recorded_at, r.id from relations r
       where r.workspace_id = ${tx.workspaceId} and r.from_lineage_id = line.id and r.type = 'FOLLOWS' and r.retracted_at is null
       order by r.recorded_at desc, r.id desc limit ${BREADTH})
      union all
      (select r.from_lineage_id, r.to_lineage_id, r.recorded_at, r.id from relations r
       where r.workspace_id = ${tx.workspaceId} and r.to_lineage_id = line.id and r.type = 'FOLLOWS' and r.retracted_at is null
       order by r.recorded_at desc, r.id desc limit ${BREADTH})
    ) f order by f.recorded_at desc, f.id desc`);

/** The lineages that lie within reach of the given, however the relations lead. */
const linesAround = (workspaceId: string, lineageIds: readonly string[]): SQL => sql`
  with recursive around (id, hops) as (
    select id, 0 from unnest(${uuids(lineageIds)}) line (id)
    union
    select f.id, around.hops + 1 from around cross join lateral (
      (select r.from_lineage_id as id from relations r
       where r.workspace_id = ${workspaceId} and r.to_lineage_id = around.id and r.type = 'FOLLOWS' and r.retracted_at is null
       order by r.recorded_at desc, r.id desc limit ${BREADTH})
      union all
      (select r.to_lineage_id from relations r
       where r.workspace_id = ${workspaceId} and r.from_lineage_id = around.id and r.type = 'FOLLOWS' and r.retracted_at is null
       order by r.recorded_at desc, r.id desc limit ${BREADTH})
    ) f where around.hops < ${2 * REACH - 1}
  )
  select distinct f.* from (select distinct id from around) line`;

/** Lineages and which came after which. */
export class FollowsGraph {
  readonly #next = { later: new Map<string, Set<string>>(), earlier: new Map<string, Set<string>>() };

  /** Takes the relations of a lineage in the order in which they count, the last made first. */
  constructor(follows: readonly Follows[]) {
    for (const { later, earlier } of follows) {
      add(this.#next.later, earlier, later);
      add(this.#next.earlier, later, earlier);
    }
  }

  /**
   * What lies within {@link REACH} relations of a lineage, all of them later than the one before or all of them earlier,
   * nearest first: `hops` is positive for what came after it.
   */
  within(id: string): { id: string; hops: number }[] {
    const found = new Map<string, number>([[id, 0]]);
    const fronts = { later: [id], earlier: [id] };
    for (let hops = 1; hops <= REACH; hops++) {
      for (const side of ['later', 'earlier'] as const) {
        fronts[side] = fronts[side].flatMap((each) => {
          const next = [...(this.#next[side].get(each) ?? [])].slice(0, BREADTH).filter((other) => !found.has(other));
          for (const other of next) found.set(other, side === 'later' ? hops : -hops);
          return next;
        });
      }
    }
    found.delete(id);
    return [...found].map(([near, hops]) => ({ id: near, hops }));
  }
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const values = map.get(key);
  if (values) values.add(value);
  else map.set(key, new Set([value]));
}
