import { type SQL, sql } from 'drizzle-orm';
import { json, uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { REACH } from '../../model/recall/reach.ts';
import { lineages } from '../../tables/memory.ts';
import { neighborhoods } from '../../tables/recall.ts';
import { relations } from '../../tables/relation.ts';

const l = under(lineages, 'l');
const n = under(neighborhoods, 'n');
const r = under(relations, 'r');

/** How many of the lineages next to one on a side belong to neighbourhoods: those related last. */
const BREADTH = 4;
/** How many are looked at, to find whose neighbourhoods a change touches: of a lineage with more followers not all are. */
const WALKED = 16;
/** How many lineages a neighbourhood has at most, the nearest. */
const MAX_NEAR = 32;

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
export async function refreshNeighborhoods(tx: WriteTransaction, lineageIds: readonly string[]): Promise<void> {
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
      delete from ${aliased(n)} using neighborhood given
      where ${n.workspaceId} = ${tx.workspaceId} and ${n.lineageId} = given.id and given.near = '{}'
    )
    insert into neighborhoods (workspace_id, lineage_id, near, hops)
    select ${tx.workspaceId}, id, near, hops from neighborhood where near <> '{}'
      and exists (select from ${aliased(l)} where ${l.workspaceId} = ${tx.workspaceId} and ${l.id} = neighborhood.id)
    on conflict (workspace_id, lineage_id) do update set near = excluded.near, hops = excluded.hops
    where (neighborhoods.near, neighborhoods.hops) is distinct from (excluded.near, excluded.hops)`);
}

/** All lineages whose neighbourhoods may have one of these in them. */
export async function nearTo(tx: WriteTransaction, lineageIds: readonly string[]): Promise<string[]> {
  const walk = (near: SQL, far: SQL) => sql`(
    with recursive reached (id, hops) as (
      select id, 0 from unnest(${uuids(lineageIds)}) line (id)
      union
      select r.${far}, reached.hops + 1 from reached join ${aliased(r)}
        on ${r.workspaceId} = ${tx.workspaceId} and r.${near} = reached.id and ${r.type} = 'FOLLOWS' and ${r.retractedAt} is null
      where reached.hops < ${REACH}
    ) select id from reached)`;
  const [from, to] = [sql`from_lineage_id`, sql`to_lineage_id`];
  const rows = await tx.rows<{ id: string }>(sql`${walk(from, to)} union ${walk(to, from)}`);
  return rows.map(({ id }) => id);
}

/** The FOLLOWS relations that the lineages, a row `line (id)` each, have on either side, of each side the last made. */
const followsOf = (tx: WriteTransaction, lines: SQL): Promise<Follows[]> => {
  const side = (near: SQL) => sql`(
    select ${r.fromLineageId} as later, ${r.toLineageId} as earlier, ${r.recordedAt} as "recordedAt", ${r.id} from ${aliased(r)}
    where ${r.workspaceId} = ${tx.workspaceId} and r.${near} = line.id and ${r.type} = 'FOLLOWS' and ${r.retractedAt} is null
    order by ${r.recordedAt} desc, ${r.id} desc limit ${WALKED})`;
  return tx.rows<Follows>(sql`
    ${lines} cross join lateral (${side(sql`from_lineage_id`)} union all ${side(sql`to_lineage_id`)}) f`);
};

/** The lineages that lie within reach of the given, however the relations lead. */
const linesAround = (workspaceId: string, lineageIds: readonly string[]): SQL => {
  const side = (near: SQL, far: SQL) => sql`(
    select r.${far} as id from ${aliased(r)}
    where ${r.workspaceId} = ${workspaceId} and r.${near} = around.id and ${r.type} = 'FOLLOWS' and ${r.retractedAt} is null
    order by ${r.recordedAt} desc, ${r.id} desc limit ${WALKED})`;
  const [from, to] = [sql`from_lineage_id`, sql`to_lineage_id`];
  return sql`
    with recursive around (id, hops) as (
      select id, 0 from unnest(${uuids(lineageIds)}) line (id)
      union
      select f.id, around.hops + 1
      from around cross join lateral (${side(to, from)} union all ${side(from, to)}) f where around.hops < ${2 * REACH - 1}
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
