import { type SQL, sql } from 'drizzle-orm';
import type { WriteTransaction } from '../../db/transaction.ts';
import {
  aliased,
  derived,
  fields,
  insertSelect,
  pick,
  type RowsOf,
  recordset,
  set,
  under,
} from '../../db/typed-sql.ts';
import { newId } from '../../kernel/ids.ts';
import { foldName } from '../../model/entity/ref.ts';
import { entities } from '../../tables/entity.ts';
import { ensureEntities, entityKey, entityNameColumns, type MentionedEntity } from './mention.ts';

const e = under(entities, 'e');
const named = under(entities, 'named');
const survivor = under(entities, 'survivor');

const aliasShape = {
  id: entities.id,
  into: entities.id,
  type: entities.type,
  alias: entities.name,
  foldedName: entities.foldedName,
};

export interface EntityWithAliases extends MentionedEntity {
  aliases: readonly string[];
  /** The entities that were merged into it; left out, its aliases are their names, and their type is its own. */
  merged?: readonly Pick<MentionedEntity, 'type' | 'name'>[] | null | undefined;
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
  const rowsOf = (entity: EntityWithAliases, named: readonly Pick<MentionedEntity, 'type' | 'name'>[]) =>
    named.map(({ type, name }) => ({
      id: newId(),
      into: ids.get(entityKey(entity)) as string,
      type,
      alias: name.trim(),
      foldedName: foldName(name),
    }));
  const ownAliases = ({ type, aliases }: EntityWithAliases) => aliases.map((name) => ({ type, name }));
  await addAliases(
    tx,
    given.flatMap((entity) => rowsOf(entity, ownAliases(entity))),
  );
  await addMerged(
    tx,
    companionId,
    given.flatMap((entity) => rowsOf(entity, entity.merged ?? ownAliases(entity))),
  );
  const seen = new Set<string>();
  return given.map((entity) => {
    const id = ids.get(entityKey(entity)) as string;
    const isNew = created.has(id) && !seen.has(id);
    seen.add(id);
    return isNew;
  });
}

const intoSql = (tx: WriteTransaction, into: SQL) =>
  sql`join ${aliased(named)} on ${named.workspaceId} = ${tx.workspaceId} and ${named.id} = ${into}`;

async function addAliases(tx: WriteTransaction, rows: readonly RowsOf<typeof aliasShape>[]): Promise<void> {
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
      cross join lateral (select ${x.alias} union select jsonb_array_elements_text(${survivor.aliases})) known (alias)
      where known.alias <> ${survivor.name}
      group by ${survivor.id}
    ) added
    where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = ${added.id} and not ${e.aliases} @> ${added.aliases}`);
}

/** Writes the entities that were merged into others, where there is none of their name. */
async function addMerged(
  tx: WriteTransaction,
  companionId: string,
  rows: readonly RowsOf<typeof aliasShape>[],
): Promise<void> {
  if (rows.length === 0) return;
  const x = recordset('x', aliasShape, rows);
  const insert = insertSelect(
    entities,
    {
      ...pick(x, 'id', 'type', 'foldedName'),
      workspaceId: sql`${tx.workspaceId}`,
      companionId: sql`${companionId}::uuid`,
      name: x.alias,
      mergedInto: sql`coalesce(${named.mergedInto}, ${named.id})`,
      recordedAt: named.recordedAt,
      knownFrom: named.recordedAt,
    },
    sql`from ${aliased(x)} ${intoSql(tx, x.into)}`,
  );
  await tx.rows(sql`${insert} on conflict (${entityNameColumns}) do nothing`);
}
