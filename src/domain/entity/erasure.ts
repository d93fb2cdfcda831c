import { type SQL, sql } from 'drizzle-orm';
import { texts, uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, recordset, set, under } from '../../db/typed-sql.ts';
import { entities, entitiesHistory, mentions, mentionsHistory } from '../../tables/entity.ts';
import { emptySuccessesOfAny } from '../idempotency/successes.ts';

const e = under(entities, 'e');
const family = under(entities, 'family');
const gone = under(entities, 'gone');
const h = under(entitiesHistory, 'h');
const past = under(mentionsHistory, 'past');
const survivor = under(entities, 'survivor');
const x = under(mentions, 'x');

/** Under this stamp the history trigger keeps nothing of what a row was. */
const BEFORE_ALL = new Date('0001-01-01T00:00:00Z');

/**
 * Erases those of the given entities that nothing mentions any longer, and that only forgotten memories have ever
 * mentioned; what was made by its name stays. Entities merged into each other are erased together, once none of them is
 * mentioned. An entity that was merged into another is also erased alone, as soon as it is not mentioned: then its name
 * goes from the aliases of the other. The surviving entity keeps its own name, no matter who mentioned that.
 */
export async function eraseUnmentioned(tx: WriteTransaction, entityIds: readonly string[]): Promise<void> {
  if (entityIds.length === 0) return;
  const families = await eraseWhere(tx, unmentionedFamilies(tx, entityIds));
  const merged = await eraseWhere(tx, unmentionedAliases(tx, entityIds));
  await eraseAliases(tx, merged);
  const erased = [...families, ...merged].map(({ id }) => id);
  if (erased.length > 0) await emptySuccessesOfAny(tx, 'entityId', erased);
}

/**
 * Removes entities of a companion that is being deleted, at most so many, and returns how many. Those that memories
 * still mention go with these.
 */
export async function removeUnmentioned(tx: WriteTransaction, companionId: string, limit: number): Promise<number> {
  const rows = await tx.rows(sql`
    delete from ${aliased(gone)} where ${gone.workspaceId} = ${tx.workspaceId} and ${gone.id} = any(array(
      select ${e.id} from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId} and ${e.companionId} = ${companionId}::uuid
        and not ${isMentioned(tx, e.id)} limit ${limit}))
    returning ${gone.id}`);
  return rows.length;
}

const erasedFields = fields(pick(gone, 'id', 'name', 'mergedInto'));
type Erased = RowOf<typeof erasedFields>;

/** Erases the entities that `which` selects, and whose it still does when they are locked. */
async function eraseWhere(tx: WriteTransaction, which: SQL): Promise<Erased[]> {
  // Locked before they are erased: a mention that is just being made is waited for, and found by the second look.
  const locked = await tx.rows(sql`
    select ${gone.id} from ${aliased(gone)} where ${gone.workspaceId} = ${tx.workspaceId} and ${gone.id} in (${which})
    order by ${gone.id} for update`);
  if (locked.length === 0) return [];
  return tx.rows<Erased>(sql`
    delete from ${aliased(gone)} where ${gone.workspaceId} = ${tx.workspaceId} and ${gone.id} in (${which})
    returning ${erasedFields}`);
}

/** All that were merged into one, and that one, where none of them is mentioned. */
const unmentionedFamilies = (tx: WriteTransaction, ids: readonly string[]): SQL => sql`
  with survivor as (
    select distinct ${fields({ id: sql`coalesce(${e.mergedInto}, ${e.id})` })} from ${aliased(e)}
    where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = any(${uuids(ids)})
  ), family as materialized (
    select ${e.id}, ${survivor.id} as survivor, kept from survivor cross join lateral (
      select ${e.id}, ${e.isKept} as kept from ${aliased(e)}
      where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = ${survivor.id}
      union all select ${e.id}, ${e.isKept} from ${aliased(e)}
      where ${e.workspaceId} = ${tx.workspaceId} and ${e.mergedInto} = ${survivor.id}
      offset 0) e
  ), mentioned as (
    select family.survivor from family where family.kept or ${isMentioned(tx, family.id)}
  )
  select ${family.id} from family where survivor not in (select survivor from mentioned)`;

/** Those merged into another that are not mentioned by their own name. */
const unmentionedAliases = (tx: WriteTransaction, ids: readonly string[]): SQL => sql`
  select ${e.id} from ${aliased(e)}
  where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = any(${uuids(ids)}) and ${e.mergedInto} is not null
    and not ${e.isKept} and not ${isMentioned(tx, e.id)}`;

/** Looked up entity by entity, and given up at the first mention: some have as many as there are memories. */
const isMentioned = (tx: WriteTransaction, id: SQL): SQL => sql`(
  exists (select from ${aliased(x)} where ${x.workspaceId} = ${tx.workspaceId} and ${x.entityId} = ${id} offset 0)
  or exists (
    select from ${aliased(past)} where ${past.workspaceId} = ${tx.workspaceId} and ${past.entityId} = ${id} offset 0))`;

const lostShape = { name: entities.name, mergedInto: entities.mergedInto };

/** Takes the names of erased entities out of the aliases of what they were merged into, in its past, too. */
async function eraseAliases(tx: WriteTransaction, erased: readonly Erased[]): Promise<void> {
  if (erased.every(({ mergedInto }) => mergedInto === null)) return;
  const lost = recordset('lost', lostShape, erased);
  // A name that another entity merged into the same one has, of another type, stays.
  const rows = await tx.rows<{ survivor: string; names: string[] }>(sql`
    select ${lost.mergedInto} as survivor, jsonb_agg(${lost.name}) as names from ${aliased(lost)}
    where not exists (select from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId}
      and ${e.mergedInto} = ${lost.mergedInto} and ${e.name} = ${lost.name})
    group by ${lost.mergedInto}`);
  for (const { survivor: id, names } of rows) {
    const remaining = (aliases: SQL) => sql`coalesce((
      select jsonb_agg(alias order by place) from jsonb_array_elements_text(${aliases}) with ordinality as a (alias, place)
      where alias <> all(${texts(names)})), '[]')`;
    const isOf = (row: Pick<typeof e, 'workspaceId' | 'aliases'>) =>
      sql`${row.workspaceId} = ${tx.workspaceId} and ${row.aliases} ?| ${texts(names)}`;
    const isMerged = sql`(${e.id} = ${id}::uuid or ${e.mergedInto} = ${id}::uuid)`;
    await tx.asOf(BEFORE_ALL, async (then) => {
      await then.stamp();
      await then.rows(sql`
        update ${aliased(e)} set ${set(entities, { aliases: remaining(e.aliases) })} where ${isOf(e)} and ${isMerged}`);
    });
    await tx.rows(sql`
      update ${aliased(h)} set ${set(entitiesHistory, { aliases: remaining(h.aliases) })}
      where ${isOf(h)} and ${h.id} in (
        select ${e.id} from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId} and ${isMerged})`);
  }
}
