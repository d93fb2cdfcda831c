import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../db/history.ts';
import type { Scope } from '../db/scope.ts';
import { fenced, uuids } from '../db/sql.ts';
import { disputedSql } from './confidence.ts';

/** How many relations away what a memory rests on is looked at. */
const DEPTH = 3;

/** What a memory rests on, by relation: rows (id, rests_on, made_against), `id` being a lineage. */
const restsOn = (reading: Reading, near: { from: SQL; to: SQL }) => {
  const found = (condition: SQL) =>
    fenced(sql`
      select * from ${reading.from('relations')} r
      where r.workspace_id = ${reading.workspaceId} and r.retracted_at is null and ${condition}`);
  return {
    /** What it elaborates or references. */
    forward: sql`select r.to_lineage_id as rests_on, r.to_memory_id as made_against, r.from_lineage_id as lineage_id
      from ${found(near.from)} r where r.type in ('ELABORATES', 'REFERENCES')`,
    /** What brought it about. */
    backward: sql`select r.from_lineage_id as rests_on, r.from_memory_id as made_against, r.to_lineage_id as lineage_id
      from ${found(near.to)} r where r.type = 'CAUSES'`,
  };
};

/**
 * True where the version that a relation was made against is no longer believed, or an end of its lineage is disputed. The
 * version is found by its key alone: an index of all that is retracted would be read from end to end.
 */
const shaky = (reading: Reading, lineage: SQL, version: SQL): SQL => {
  const against = fenced(sql`
    select * from ${reading.from('memories')} m where m.workspace_id = ${reading.workspaceId} and m.id = ${version}`);
  return sql`(
    exists (select from ${against} m where m.retracted_at is not null)
    or exists (select from ${reading.from('memories')} m where m.workspace_id = ${reading.workspaceId}
      and m.lineage_id = ${lineage} and m.is_contested and ${disputedSql(sql`m`, reading)}))`;
};

/**
 * Of each lineage, whether it is suspect: within three relations of what it elaborates, references or was caused by,
 * something is disputed, or the version that a relation was made against is no longer believed. In one statement.
 */
export async function suspectLineages(
  scope: Scope,
  reading: Reading,
  lineageIds: readonly string[],
): Promise<Map<string, boolean>> {
  const { forward, backward } = restsOn(reading, {
    from: sql`r.from_lineage_id = reached.id`,
    to: sql`r.to_lineage_id = reached.id`,
  });
  const rows = await scope.rows<{ id: string }>(sql`
    with recursive reached (start, id, made_against, depth) as (
      select id, id, null::uuid, 0 from unnest(${uuids(lineageIds)}) lineage (id)
      union
      select reached.start, step.rests_on, step.made_against, reached.depth + 1
      from reached cross join lateral (${forward} union all ${backward}) step
      where reached.depth < ${DEPTH}
    ), met as materialized (
      select distinct start, id, made_against from reached where depth > 0 and id <> start
    )
    select distinct start as id from met where ${shaky(reading, sql`met.id`, sql`met.made_against`)}`);
  const suspect = new Set(rows.map(({ id }) => id));
  return new Map(lineageIds.map((id) => [id, suspect.has(id)]));
}

/** The lineages of the workspace that are suspect: found from what is shaky, of which there is little. */
export const suspectSql = (reading: Reading): SQL => {
  const { workspaceId } = reading;
  const step = restsOn(reading, {
    from: sql`r.to_lineage_id = reached.id`,
    to: sql`r.from_lineage_id = reached.id`,
  });
  const unbelieved = restsOn(reading, {
    from: sql`r.to_memory_id = m.id and r.to_lineage_id = m.lineage_id`,
    to: sql`r.from_memory_id = m.id and r.from_lineage_id = m.lineage_id`,
  });
  return sql`
    with recursive reached (source, id, depth) as (
      select * from (
        select m.lineage_id, m.lineage_id, 0 from ${reading.from('memories')} m
        where m.workspace_id = ${workspaceId} and m.is_contested and ${disputedSql(sql`m`, reading)}
        union
        select step.rests_on, step.lineage_id, 1 from ${reading.from('memories')} m
        cross join lateral (${unbelieved.forward} union all ${unbelieved.backward}) step
        where m.workspace_id = ${workspaceId} and m.retracted_at is not null
      ) source
      union
      select reached.source, step.lineage_id, reached.depth + 1
      from reached cross join lateral (${step.forward} union all ${step.backward}) step
      where reached.depth < ${DEPTH}
    )
    select id from reached where depth > 0 and id <> source`;
};
