import { type SQL, sql } from 'drizzle-orm';
import type { WriteScope } from '../db/scope.ts';
import { json, texts, uuids } from '../db/sql.ts';
import { forgetSuccessesOfAny } from '../idempotency/operations.ts';

/** Under this stamp the history trigger keeps nothing of what a row was. */
const BEFORE_ALL = new Date('0001-01-01T00:00:00Z');

/**
 * Erases entities of these that nothing mentions any longer, nor ever did but what was forgotten: those merged into each
 * other once none of them is, and one that was merged into another as soon as it is not, with its name among the other's
 * aliases. Their surviving entity keeps its own name, whoever mentioned that.
 */
export async function eraseUnmentioned(tx: WriteScope, entityIds: readonly string[]): Promise<void> {
  if (entityIds.length === 0) return;
  const families = await eraseWhere(tx, unmentionedFamilies(tx, entityIds));
  const merged = await eraseWhere(tx, unmentionedAliases(tx, entityIds));
  await eraseAliases(tx, merged);
  const erased = [...families, ...merged].map(({ id }) => id);
  if (erased.length > 0) await forgetSuccessesOfAny(tx, 'entityId', erased);
}

interface Erased {
  id: string;
  name: string;
  mergedInto: string | null;
}

/** Erases the entities that `which` selects, and whose it still does when they are locked. */
async function eraseWhere(tx: WriteScope, which: SQL): Promise<Erased[]> {
  // Locked before they are erased: a mention that is just being made is waited for, and found by the second look.
  const locked = await tx.rows(sql`
    select id from entities where workspace_id = ${tx.workspaceId} and id in (${which}) order by id for update`);
  if (locked.length === 0) return [];
  return tx.rows<Erased>(sql`
    delete from entities where workspace_id = ${tx.workspaceId} and id in (${which})
    returning id, name, merged_into as "mergedInto"`);
}

/** All that were merged into one, and that one, where none of them is mentioned. */
const unmentionedFamilies = (tx: WriteScope, ids: readonly string[]): SQL => sql`
  with survivor as (
    select distinct coalesce(merged_into, id) as id from entities
    where workspace_id = ${tx.workspaceId} and id = any(${uuids(ids)})
  ), family as materialized (
    select e.id, s.id as survivor from survivor s cross join lateral (
      select id from entities where workspace_id = ${tx.workspaceId} and id = s.id
      union all select id from entities where workspace_id = ${tx.workspaceId} and merged_into = s.id
      offset 0) e
  ), mentioned as (
    select f.survivor from family f where ${isMentioned(tx, sql`f.id`)}
  )
  select id from family where survivor not in (select survivor from mentioned)`;

/** Those merged into another that are not mentioned by their own name. */
const unmentionedAliases = (tx: WriteScope, ids: readonly string[]): SQL => sql`
  select e.id from entities e
  where e.workspace_id = ${tx.workspaceId} and e.id = any(${uuids(ids)}) and e.merged_into is not null
    and not ${isMentioned(tx, sql`e.id`)}`;

/** Looked up entity by entity, and given up at the first mention: of some there are as many as memories. */
const isMentioned = (tx: WriteScope, id: SQL): SQL => {
  const among = (table: SQL) =>
    sql`exists (select from ${table} x where x.workspace_id = ${tx.workspaceId} and x.entity_id = ${id} offset 0)`;
  return sql`(${among(sql`mentions`)} or ${among(sql`mentions_history`)})`;
};

/** Takes the names of erased entities out of the aliases of what they were merged into, in its past, too. */
async function eraseAliases(tx: WriteScope, erased: readonly Erased[]): Promise<void> {
  const survivors = [...new Set(erased.flatMap(({ mergedInto }) => mergedInto ?? []))];
  if (survivors.length === 0) return;
  const rows = erased.map(({ name, mergedInto }) => ({ name, survivor: mergedInto }));
  // A name that another entity merged into the same one has, of another type, stays.
  const gone = await tx.rows<{ survivor: string; names: string[] }>(sql`
    select gone.survivor, jsonb_agg(gone.name) as names
    from jsonb_to_recordset(${json(rows)}) as gone (name text, survivor uuid)
    where not exists (select from entities e where e.workspace_id = ${tx.workspaceId}
      and e.merged_into = gone.survivor and e.name = gone.name)
    group by gone.survivor`);
  for (const { survivor, names } of gone) {
    const remaining = sql`coalesce((
      select jsonb_agg(alias order by place) from jsonb_array_elements_text(aliases) with ordinality as a (alias, place)
      where alias <> all(${texts(names)})), '[]')`;
    const isOf = sql`workspace_id = ${tx.workspaceId} and aliases ?| ${texts(names)}`;
    await tx.asOf(BEFORE_ALL, async (past) => {
      await past.stamp();
      await past.rows(sql`
        update entities set aliases = ${remaining} where ${isOf} and (id = ${survivor}::uuid or merged_into = ${survivor}::uuid)`);
    });
    await tx.rows(sql`
      update entities_history h set aliases = ${remaining} where ${isOf} and h.id in (
        select id from entities where workspace_id = ${tx.workspaceId}
          and (id = ${survivor}::uuid or merged_into = ${survivor}::uuid))`);
  }
}
