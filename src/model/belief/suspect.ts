import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { fenced, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { under } from '../../db/typed-sql.ts';
import { memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import { disputedSql } from './confidence.ts';

const m = under(memories, 'm');
const r = under(relations, 'r');

/** How many relations away a search looks for what a memory rests on. */
const DEPTH = 3;

/** What memories rest on, by relation: rows (lineage, rests_on, made_against), `made_against` being a version. */
const restsOn = (reading: Reading, near: { from: SQL; to: SQL }) => {
  const found = (condition: SQL) =>
    fenced(sql`
      select * from ${reading.from(r)}
      where ${r.workspaceId} = ${reading.workspaceId} and ${r.retractedAt} is null and ${condition}`);
  return {
    /** What they elaborate or reference. */
    forward: sql`
      select ${r.toLineageId} as rests_on, ${r.toMemoryId} as made_against, ${r.fromLineageId} as lineage
      from ${found(near.from)} r where ${r.type} in ('ELABORATES', 'REFERENCES')`,
    /** What caused them. */
    backward: sql`
      select ${r.fromLineageId} as rests_on, ${r.fromMemoryId} as made_against, ${r.toLineageId} as lineage
      from ${found(near.to)} r where ${r.type} = 'CAUSES'`,
  };
};

/**
 * True where the version that a relation was made against is no longer believed, or an end of its lineage is disputed.
 * The version is found by its key alone: an index of all that is retracted would be read from end to end.
 */
const shaky = (reading: Reading, lineage: SQL, version: SQL): SQL => {
  const against = fenced(sql`
    select * from ${reading.from(m)} where ${m.workspaceId} = ${reading.workspaceId} and ${m.id} = ${version}`);
  return sql`(
    exists (select from ${against} m where ${m.retractedAt} is not null)
    or exists (select from ${reading.from(m)} where ${m.workspaceId} = ${reading.workspaceId}
      and ${m.lineageId} = ${lineage} and ${m.isContested} and ${disputedSql(m, reading)}))`;
};

/**
 * Of each lineage, whether it is suspect: within three relations of what it elaborates, references or was caused by,
 * something is disputed, or the version that a relation was made against is no longer believed. In one statement.
 */
export async function suspectLineages(
  tx: Transaction,
  reading: Reading,
  lineageIds: readonly string[],
): Promise<Map<string, boolean>> {
  const { forward, backward } = restsOn(reading, {
    from: sql`${r.fromLineageId} = reached.lineage`,
    to: sql`${r.toLineageId} = reached.lineage`,
  });
  const rows = await tx.rows<{ start: string }>(sql`
    with recursive reached (start, lineage, made_against, depth) as (
      select lineage, lineage, null::uuid, 0 from unnest(${uuids(lineageIds)}) given (lineage)
      union
      select reached.start, step.rests_on, step.made_against, reached.depth + 1
      from reached cross join lateral (${forward} union all ${backward}) step
      where reached.depth < ${DEPTH}
    ), met as materialized (
      select distinct start, lineage, made_against from reached where depth > 0 and lineage <> start
    )
    select distinct start from met where ${shaky(reading, sql`met.lineage`, sql`met.made_against`)}`);
  const suspect = new Set(rows.map(({ start }) => start));
  return new Map(lineageIds.map((id) => [id, suspect.has(id)]));
}

/** The lineages of the workspace that are suspect: found from what is shaky, of which there is little. */
export const suspectSql = (reading: Reading): SQL => {
  const { workspaceId } = reading;
  const step = restsOn(reading, {
    from: sql`${r.toLineageId} = reached.lineage`,
    to: sql`${r.fromLineageId} = reached.lineage`,
  });
  const unbelieved = restsOn(reading, {
    from: sql`${r.toMemoryId} = ${m.id} and ${r.toLineageId} = ${m.lineageId}`,
    to: sql`${r.fromMemoryId} = ${m.id} and ${r.fromLineageId} = ${m.lineageId}`,
  });
  return sql`
    with recursive reached (source, lineage, depth) as (
      select * from (
        select ${m.lineageId}, ${m.lineageId}, 0 from ${reading.from(m)}
        where ${m.workspaceId} = ${workspaceId} and ${m.isContested} and ${disputedSql(m, reading)}
        union
        select step.rests_on, step.lineage, 1 from ${reading.from(m)}
        cross join lateral (${unbelieved.forward} union all ${unbelieved.backward}) step
        where ${m.workspaceId} = ${workspaceId} and ${m.retractedAt} is not null
      ) source
      union
      select reached.source, step.lineage, reached.depth + 1
      from reached cross join lateral (${step.forward} union all ${step.backward}) step
      where reached.depth < ${DEPTH}
    )
    select lineage from reached where depth > 0 and lineage <> source`;
};
