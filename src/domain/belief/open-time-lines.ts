import { type SQL, sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, derived, fields, pick, type RowFrom, under } from '../../db/typed-sql.ts';
import { contradictions } from '../../tables/contradiction.ts';
import { decisions } from '../../tables/correction.ts';
import { lineages, memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import {
  c,
  type DecisionRow,
  type DisputeRow,
  d,
  decisionsJson,
  disputesJson,
  m,
  type VersionRow,
  versionsJson,
} from './rows.ts';
import { TimeLines } from './time-lines.ts';

const decision = under(decisions, 'decision');
const dispute = under(contradictions, 'dispute');
const l = under(lineages, 'l');
const r = under(relations, 'r');
const version = under(memories, 'version');

const slotted = pick(l, 'id', 'slot');
const lineage = derived('lineage', slotted);

interface Loaded {
  slots: RowFrom<typeof slotted>[];
  versions: VersionRow[];
  decisions: DecisionRow[];
  disputes: DisputeRow[];
  latest: Date | null;
}

/**
 * Locks lineages and what moves with them, and reads their time lines. Unknown ones are left out. What is believed
 * depends on all of them, seen by a restricted credential or not: see {@link WriteTransaction.unrestricted}.
 */
export const openTimeLines = (tx: WriteTransaction, lineageIds: readonly string[]): Promise<TimeLines> =>
  tx.unrestricted(() => openAll(tx, lineageIds));

async function openAll(tx: WriteTransaction, lineageIds: readonly string[]): Promise<TimeLines> {
  let moved: string[] = [];
  for (let known = -1; known < moved.length; ) {
    known = moved.length;
    // Again until nothing is added: a contradiction may have been opened while this waited for the locks.
    const rows = await tx.rows<Pick<RowFrom<typeof slotted>, 'id'>>(sql`
      select ${l.id} from ${aliased(l)} where ${l.workspaceId} = ${tx.workspaceId}
        and ${l.id} = any(array(${movedSql(tx.workspaceId, lineageIds)}))
      order by ${l.id} for no key update`);
    moved = rows.map(({ id }) => id);
  }
  const [loaded] = await tx.rows<Loaded>(loadSql(tx.workspaceId, moved));
  const { slots, versions, decisions, disputes, latest } = loaded as Loaded;
  return new TimeLines({
    slots: new Map(slots.filter(({ id }) => moved.includes(id)).map(({ id, slot }) => [id, slot])),
    versions: new Map(versions.map((row) => [row.id, row])),
    decisions,
    disputes,
    latest: latest ?? undefined,
  });
}

/** The lineages in contradiction with those of a table `next_to`; `isOfSlot`: only by a contradiction of a slot. */
const contradictedSql = (workspaceId: string, from: SQL, isOfSlot: boolean) => {
  // Each side by an index of its own: a condition with `or` would have all contradictions read.
  const side = (near: SQL, far: SQL) => sql`
    select ${fields({ far, isOfSlot: c.isOfSlot })} from ${aliased(c)}
    where ${c.workspaceId} = ${workspaceId} and ${near} = next_to.lineage`;
  const found = derived('found', { far: c.byLineageId, isOfSlot: c.isOfSlot });
  return sql`
    select ${found.far} from ${from} next_to cross join lateral (
      ${side(c.memoryLineageId, c.byLineageId)} union all ${side(c.byLineageId, c.memoryLineageId)}
    ) found where ${found.isOfSlot} or not ${isOfSlot}`;
};

/**
 * All lineages that a decision can move: the given ones and those they share a slot's contradiction with; all that
 * these are in contradiction with, because a decision moves the sides of those contradictions; and what shares a slot's
 * contradiction with that, because it decides where the others stand.
 */
const movedSql = (workspaceId: string, lineageIds: readonly string[]) => sql`
  with recursive joined (lineage) as (
    select unnest(${uuids(lineageIds)}) union ${contradictedSql(workspaceId, sql`joined`, true)}
  ), met (lineage) as (
    select lineage from joined union ${contradictedSql(workspaceId, sql`joined`, false)}
  ), moved (lineage) as (
    select lineage from met union ${contradictedSql(workspaceId, sql`moved`, true)}
  )
  select lineage from moved`;

/** One row: the versions, decisions and contradictions of lineages, and of those these are in contradiction with. */
const loadSql = (workspaceId: string, moved: readonly string[]) => sql`
  with dispute as materialized (
    select * from ${aliased(c)} where ${c.workspaceId} = ${workspaceId}
      and (${c.memoryLineageId} = any(${uuids(moved)}) or ${c.byLineageId} = any(${uuids(moved)}))
  ), lineage as materialized (
    select ${fields(slotted)} from ${aliased(l)} where ${l.workspaceId} = ${workspaceId} and ${l.id} in (
      select unnest(${uuids(moved)})
      union select ${dispute.memoryLineageId} from dispute union select ${dispute.byLineageId} from dispute)
  ), version as materialized (
    select m.* from lineage join ${aliased(m)} on ${m.workspaceId} = ${workspaceId} and ${m.lineageId} = ${lineage.id}
  ), decision as materialized (
    select d.* from version join ${aliased(d)} on ${d.workspaceId} = ${workspaceId} and ${d.memoryId} = ${version.id}
  )
  select
    (select coalesce(jsonb_agg(lineage), '[]') from lineage) as slots,
    (select ${versionsJson} from version m) as versions,
    (select ${decisionsJson} from decision d) as decisions,
    (select ${disputesJson} from dispute c) as disputes,
    greatest((select max(${version.knownFrom}) from version), (select max(${decision.knownFrom}) from decision),
      (select max(${dispute.knownFrom}) from dispute), (select max(${r.knownFrom}) from dispute c join ${aliased(r)}
        on ${r.workspaceId} = ${workspaceId} and ${r.id} = ${c.relationId})) as latest`;
