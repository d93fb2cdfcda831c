import { type SQL, sql } from 'drizzle-orm';
import { moment, uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import {
  aliased,
  derived,
  fields,
  insertSelect,
  names,
  pick,
  type RowsOf,
  recordset,
  set,
  under,
  valueFor,
} from '../../db/typed-sql.ts';
import { newId } from '../../kernel/ids.ts';
import { Turns } from '../../kernel/turns.ts';
import { type NameTerms, nameSearchSql, nameTerms, nameTermsShape } from '../../model/entity/name-terms.ts';
import { foldName } from '../../model/entity/ref.ts';
import { ANALYSIS } from '../../model/text/analysis.ts';
import { entities } from '../../tables/entity.ts';
import { ensureEntities, entityKey, entityNameColumns, type MentionedEntity } from './mention.ts';

const e = under(entities, 'e');
const named = under(entities, 'named');
const survivor = under(entities, 'survivor');

/** Aliases of an entity, or of one that was merged. */
const aliasShape = { into: entities.id, aliases: entities.aliases };
/** An entity that was merged into another. */
const mergedShape = { ...pick(entities, 'id', 'type', 'name', 'foldedName'), into: entities.id, ...nameTermsShape };

export interface EntityWithAliases extends MentionedEntity {
  aliases: readonly string[];
  /** The entities that were merged into it; left out, its aliases are their names, and their type is its own. */
  merged?: readonly Pick<MentionedEntity, 'type' | 'name'>[] | null | undefined;
  /** It stays though nothing mentions it. */
  isKept?: boolean | null | undefined;
}

/**
 * Creates entities, or adds aliases to those there are, in a constant number of statements; true of each that is new.
 * An alias is what a merge leaves: an entity merged into the other, so that its name leads there. What names an entity
 * of its own stays that.
 */
export async function upsertEntities(
  tx: WriteTransaction,
  companionId: string,
  given: readonly EntityWithAliases[],
): Promise<boolean[]> {
  const { ids, created } = await ensureEntities(tx, companionId, given);
  const idOf = (entity: EntityWithAliases) => ids.get(entityKey(entity)) as string;
  await addAliases(
    tx,
    given.flatMap((entity) => {
      const aliases = entity.aliases.map((alias) => alias.trim());
      return aliases.length > 0 ? [{ into: idOf(entity), aliases }] : [];
    }),
  );
  await addMerged(
    tx,
    companionId,
    given.flatMap((entity) =>
      (entity.merged ?? entity.aliases.map((name) => ({ type: entity.type, name }))).map(({ type, name }) => ({
        id: newId(),
        into: idOf(entity),
        type,
        name: name.trim(),
        foldedName: foldName(name),
      })),
    ),
  );
  await keep(
    tx,
    given.flatMap((entity) => (entity.isKept ? [idOf(entity)] : [])),
  );
  const seen = new Set<string>();
  return given.map((entity) => {
    const id = ids.get(entityKey(entity)) as string;
    const isNew = created.has(id) && !seen.has(id);
    seen.add(id);
    return isNew;
  });
}

/** Under this stamp the history trigger keeps nothing of what a row was. */
const BEFORE_ALL = new Date('0001-01-01T00:00:00Z');

/** Marks entities, and those that were merged into them, as ones that stay: from their beginning. */
async function keep(tx: WriteTransaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.asOf(BEFORE_ALL, async (then) => {
    await then.stamp();
    await then.rows(sql`
      update ${aliased(e)} set ${set(entities, { isKept: sql`true` })} from (
        select ${named.id}, coalesce(${named.mergedInto}, ${named.id}) as survivor from ${aliased(named)}
        where ${named.workspaceId} = ${tx.workspaceId} and ${named.id} = any(${uuids(ids)})
      ) named
      where ${e.workspaceId} = ${tx.workspaceId} and not ${e.isKept}
        and (${e.id} in (${named.id}, named.survivor) or ${e.mergedInto} = named.survivor)`);
  });
}

const intoSql = (tx: WriteTransaction, into: SQL) =>
  sql`join ${aliased(named)} on ${named.workspaceId} = ${tx.workspaceId} and ${named.id} = ${into}`;

/** Adds names to the aliases of entities, or of those they were merged into. */
export async function addAliases(tx: WriteTransaction, rows: readonly RowsOf<typeof aliasShape>[]): Promise<void> {
  if (rows.length === 0) return;
  const x = recordset('x', aliasShape, rows);
  const added = derived('added', pick(survivor, 'id', 'aliases'));
  await tx.rows(sql`
    update ${aliased(e)} set ${set(entities, { aliases: added.aliases })}
    from (
      select ${fields({ id: survivor.id, aliases: sql`jsonb_agg(distinct known.alias)` })}
      from ${aliased(x)}
      ${intoSql(tx, x.into)}
      join ${aliased(survivor)} on ${survivor.workspaceId} = ${tx.workspaceId}
        and ${survivor.id} = coalesce(${named.mergedInto}, ${named.id})
      cross join lateral (
        select jsonb_array_elements_text(${x.aliases}) union select jsonb_array_elements_text(${survivor.aliases})
      ) known (alias)
      where known.alias <> ${survivor.name}
      group by ${survivor.id}
    ) added
    where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = ${added.id} and not ${e.aliases} @> ${added.aliases}`);
}

/**
 * Writes the entities that were merged into others, where there is none of their name, and returns how many. They are
 * known since a moment (default: since the others are), and stay though nothing mentions them where `isKept`.
 */
export async function addMerged(
  tx: WriteTransaction,
  companionId: string,
  merged: readonly Omit<RowsOf<typeof mergedShape>, keyof NameTerms>[],
  { since, isKept = false }: { since?: Date; isKept?: boolean } = {},
): Promise<number> {
  if (merged.length === 0) return 0;
  const rows: RowsOf<typeof mergedShape>[] = [];
  const turns = new Turns();
  for (const each of merged) rows.push({ ...each, ...(await nameTerms(each.name, tx.textSearchConfig, turns)) });
  const x = recordset('x', mergedShape, rows);
  const insert = insertSelect(
    entities,
    {
      ...pick(x, 'id', 'type', 'name', 'foldedName'),
      search: nameSearchSql(x),
      analysis: valueFor(entities.analysis, ANALYSIS),
      workspaceId: sql`${tx.workspaceId}`,
      companionId: sql`${companionId}::uuid`,
      mergedInto: sql`coalesce(${named.mergedInto}, ${named.id})`,
      recordedAt: since ? moment(since) : named.recordedAt,
      knownFrom: since ? moment(since) : named.recordedAt,
      isKept: sql`${isKept}::boolean`,
    },
    sql`from ${aliased(x)} ${intoSql(tx, x.into)}`,
  );
  const made = await tx.rows(
    sql`${insert} on conflict (${entityNameColumns}) do nothing returning ${names(entities, 'id')}`,
  );
  return made.length;
}
