import { type SQL, sql } from 'drizzle-orm';
import { json, texts, uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { entities, entitiesHistory } from '../../tables/entity.ts';
import { forgetSuccessesOfAny } from '../idempotency/successes.ts';

const e = under(entities, 'e');
const h = under(entitiesHistory, 'h');

/** Under this stamp the history trigger keeps nothing of what a row was. */
const BEFORE_ALL = new Date('0001-01-01T00:00:00Z');

/**
 * Erases entities of these that nothing mentions any longer, nor ever did but what was forgotten: those merged into each
 * other once none of them is, and one that was merged into another as soon as it is not, with its name among the other's
 * aliases. Their surviving entity keeps its own name, whoever mentioned that.
 */
export async function eraseUnmentioned(tx: WriteTransaction, entityIds: readonly string[]): Promise<void> {
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
async function eraseWhere(tx: WriteTransaction, which: SQL): Promise<Erased[]> {
  // Locked before they are erased: a mention that is just being made is waited for, and found by the second look.
  const locked = await tx.rows(sql`
    select id from entities where workspace_id = ${tx.workspaceId} and id in (${which}) order by id for update`);
  if (locked.length === 0) return [];
  return tx.rows<Erased>(sql`
    delete from entities where workspace_id = ${tx.workspaceId} and id in (${which})
    returning id, name, merged_into as "mergedInto"`);
}

/** All that were merged into one, and that one, where none of them is mentioned. */
const unmentionedFamilies = (tx: WriteTransaction, ids: readonly string[]): SQL => sql`
  with survivor as (
    select distinct coalesce(merged_into, id) as id from entities
    where workspace_id = ${tx.workspaceId} and id = any(${uuids(ids)})
  ), family as (
    select ${e.id}, s.id as survivor from survivor s join ${aliased(e)}
      on ${e.workspaceId} = ${tx.workspaceId} and (${e.id} = s.id or ${e.mergedInto} = s.id)
  ), mentioned as (
    select f.survivor from family f join mentions x on x.workspace_id = ${tx.workspaceId} and x.entity_id = f.id
    union
    select f.survivor from family f join mentions_history x on x.workspace_id = ${tx.workspaceId} and x.entity_id = f.id
  )
  select id from family where survivor not in (select survivor from mentioned)`;

/** Those merged into another that are not mentioned by their own name. */
const unmentionedAliases = (tx: WriteTransaction, ids: readonly string[]): SQL => sql`
  select ${e.id} from ${aliased(e)}
  where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = any(${uuids(ids)}) and ${e.mergedInto} is not null
    and not exists (select from mentions x where x.workspace_id = ${tx.workspaceId} and x.entity_id = ${e.id})
    and not exists (select from mentions_history x where x.workspace_id = ${tx.workspaceId} and x.entity_id = ${e.id})`;

/** Takes the names of erased entities out of the aliases of what they were merged into, in its past, too. */
async function eraseAliases(tx: WriteTransaction, erased: readonly Erased[]): Promise<void> {
  const survivors = [...new Set(erased.flatMap(({ mergedInto }) => mergedInto ?? []))];
  if (survivors.length === 0) return;
  const rows = erased.map(({ name, mergedInto }) => ({ name, survivor: mergedInto }));
  // A name that another entity merged into the same one has, of another type, stays.
  const gone = await tx.rows<{ survivor: string; names: string[] }>(sql`
    select gone.survivor, jsonb_agg(gone.name) as names
    from jsonb_to_recordset(${json(rows)}) as gone (name text, survivor uuid)
    where not exists (select from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId}
      and ${e.mergedInto} = gone.survivor and ${e.name} = gone.name)
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
      update ${aliased(h)} set aliases = ${remaining} where ${isOf} and ${h.id} in (
        select id from entities where workspace_id = ${tx.workspaceId}
          and (id = ${survivor}::uuid or merged_into = ${survivor}::uuid))`);
  }
}
