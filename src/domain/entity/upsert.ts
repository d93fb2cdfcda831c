import { sql } from 'drizzle-orm';
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

/**
 * Creates entities, or adds aliases to those there are, in a constant number of statements; true of each that is new.
 * An alias is what a merge leaves: an entity merged into the other, so that its name leads there. An alias that names
 * an entity of its own stays that.
 */
export async function upsertEntities(
  tx: WriteTransaction,
  companionId: string,
  given: readonly (MentionedEntity & { aliases: readonly string[] })[],
): Promise<boolean[]> {
  const { ids, created } = await ensureEntities(tx, companionId, given);
  await addAliases(
    tx,
    companionId,
    given.flatMap((entity) =>
      entity.aliases.map((alias) => ({
        id: newId(),
        into: ids.get(entityKey(entity)) as string,
        type: entity.type,
        alias: alias.trim(),
        foldedName: foldName(alias),
      })),
    ),
  );
  const seen = new Set<string>();
  return given.map((entity) => {
    const id = ids.get(entityKey(entity)) as string;
    const isNew = created.has(id) && !seen.has(id);
    seen.add(id);
    return isNew;
  });
}

async function addAliases(
  tx: WriteTransaction,
  companionId: string,
  rows: readonly RowsOf<typeof aliasShape>[],
): Promise<void> {
  if (rows.length === 0) return;
  const x = recordset('x', aliasShape, rows);
  const added = derived('added', pick(survivor, 'id', 'aliases'));
  const joinNamed = sql`join ${aliased(named)} on ${named.workspaceId} = ${tx.workspaceId} and ${named.id} = ${x.into}`;
  await tx.rows(sql`
    update ${aliased(e)} set ${set(entities, { aliases: added.aliases })}
    from (
      select ${fields({ id: survivor.id, aliases: sql`jsonb_agg(distinct known.alias)` })}
      from ${aliased(x)}
      ${joinNamed}
      join ${aliased(survivor)} on ${survivor.workspaceId} = ${tx.workspaceId}
        and ${survivor.id} = coalesce(${named.mergedInto}, ${named.id})
      cross join lateral (select ${x.alias} union select jsonb_array_elements_text(${survivor.aliases})) known (alias)
      where known.alias <> ${survivor.name}
      group by ${survivor.id}
    ) added
    where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = ${added.id} and not ${e.aliases} @> ${added.aliases}`);
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
    sql`from ${aliased(x)} ${joinNamed}`,
  );
  await tx.rows(sql`${insert} on conflict (${entityNameColumns}) do nothing`);
}
