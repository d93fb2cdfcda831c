import { type InferSelectModel, sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import {
  aliased,
  aliasOf,
  fields,
  insertSelect,
  names,
  pick,
  type RowOf,
  type RowsOf,
  recordset,
  under,
  valueFor,
} from '../../db/typed-sql.ts';
import { newId } from '../../kernel/ids.ts';
import { inTurns, Turns } from '../../kernel/turns.ts';
import { nameSearchSql, nameTerms, nameTermsShape } from '../../model/entity/name-terms.ts';
import { foldName } from '../../model/entity/ref.ts';
import { ANALYSIS } from '../../model/text/analysis.ts';
import { entities, mentions } from '../../tables/entity.ts';

const e = under(entities, 'e');
const kept = under(entities, 'kept');
const x = under(mentions, 'x');

type Stored = InferSelectModel<typeof entities>;

export interface MentionedEntity extends Pick<Stored, 'name' | 'type'> {
  /** When it was learned of, for an import; default: now. */
  recordedAt?: Date | null | undefined;
}

/** The key of an entity by its type and its name as {@link foldName} leaves it: unique within a companion. */
export const foldedKey = (type: string, foldedName: string): string => JSON.stringify([type, foldedName]);

/** The same by its name as given. */
export const entityKey = ({ type, name }: MentionedEntity): string => foldedKey(type, foldName(name));

/** The columns that identify an entity, for ON CONFLICT. */
export const entityNameColumns = names(entities, 'workspaceId', 'companionId', 'type', 'foldedName');

const wantedShape = {
  id: entities.id,
  type: entities.type,
  name: entities.name,
  foldedName: entities.foldedName,
  knownFrom: entities.knownFrom,
  ...nameTermsShape,
};
const foundList = fields({ id: e.id, type: e.type, foldedName: e.foldedName });

/**
 * The keys of a companion's entities by type and folded name, and which of them are new: missing ones are created. A
 * merged entity keeps its own key here, and every read of it gets the surviving one.
 */
export async function ensureEntities(
  tx: WriteTransaction,
  companionId: string,
  mentioned: readonly MentionedEntity[],
): Promise<{ ids: Map<string, string>; created: Set<string> }> {
  const stamp = await tx.stamp();
  const distinct = new Map<string, Pick<Stored, 'type' | 'name' | 'knownFrom'>>();
  const turns = new Turns();
  for (const entity of mentioned) {
    await turns.next();
    const key = entityKey(entity);
    const before = distinct.get(key);
    const known = [entity.recordedAt, before?.knownFrom, stamp].filter((moment) => moment != null);
    const knownFrom = new Date(Math.min(...known.map((moment) => moment.getTime())));
    // The first spelling is its name, as it would be in mutations of their own.
    distinct.set(key, { type: entity.type, name: before?.name ?? entity.name.trim(), knownFrom });
  }
  const rows: RowsOf<typeof wantedShape>[] = [];
  for (const [, entity] of [...distinct.entries()].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const terms = await nameTerms(entity.name, tx.textSearchConfig, turns);
    rows.push({ id: newId(), ...entity, foldedName: foldName(entity.name), ...terms });
  }
  const wanted = recordset('wanted', wantedShape, rows);
  const insert = insertSelect(
    entities,
    {
      ...pick(wanted, 'id', 'type', 'name', 'foldedName', 'knownFrom'),
      search: nameSearchSql(wanted),
      analysis: valueFor(entities.analysis, ANALYSIS),
      workspaceId: sql`${tx.workspaceId}`,
      companionId: sql`${companionId}::uuid`,
      mergedInto: sql`null`,
      recordedAt: wanted.knownFrom,
    },
    sql`from ${aliased(wanted)}`,
  );
  const created = await tx.rows<Pick<Stored, 'id'>>(
    sql`${insert} on conflict (${entityNameColumns}) do nothing returning ${names(entities, 'id')}`,
  );
  const found = await tx.rows<RowOf<typeof foundList>>(sql`
    select ${foundList} from ${aliased(wanted)}
    join ${aliased(e)} on ${e.workspaceId} = ${tx.workspaceId} and ${e.companionId} = ${companionId}::uuid
      and ${e.type} = ${wanted.type} and ${e.foldedName} = ${wanted.foldedName}`);
  return {
    ids: new Map(found.map(({ id, type, foldedName }) => [foldedKey(type, foldedName), id])),
    created: new Set(created.map(({ id }) => id)),
  };
}

const mentionShape = { memoryId: mentions.memoryId, entityId: mentions.entityId, knownFrom: mentions.knownFrom };

/** A statement of so many mentions is put together in a few milliseconds. */
const INSERTED_AT_ONCE = 5_000;

type Mentioned = MentionedEntity & { memoryId: string };

/**
 * Lets memories mention entities, which are created where they are new. They are the companion's: one that is there is
 * mentioned, who has mentioned it before.
 */
export async function mention(
  tx: WriteTransaction,
  companionId: string,
  mentioned: readonly Mentioned[],
): Promise<void> {
  if (mentioned.length > 0) await tx.unrestricted(() => mentionAll(tx, companionId, mentioned));
}

async function mentionAll(tx: WriteTransaction, companionId: string, mentioned: readonly Mentioned[]): Promise<void> {
  const { ids: entityIds } = await ensureEntities(tx, companionId, mentioned);
  const stamp = await tx.stamp();
  for (let from = 0; from < mentioned.length; from += INSERTED_AT_ONCE) {
    const rows = await inTurns(
      mentioned.slice(from, from + INSERTED_AT_ONCE),
      ({ memoryId, recordedAt, ...entity }) => ({
        memoryId,
        entityId: entityIds.get(entityKey(entity)) as string,
        knownFrom: recordedAt ?? stamp,
      }),
    );
    const given = recordset('given', mentionShape, rows);
    const insert = insertSelect(
      mentions,
      { ...pick(given, 'memoryId', 'entityId', 'knownFrom'), workspaceId: sql`${tx.workspaceId}` },
      sql`from (select distinct * from ${aliased(given)}) ${aliasOf(given)}`,
    );
    await tx.rows(sql`${insert} on conflict do nothing`);
  }
}

/** Makes a memory mention exactly these entities. */
export const replaceMentions = (
  tx: WriteTransaction,
  companionId: string,
  memoryId: string,
  mentioned: readonly MentionedEntity[],
): Promise<void> => tx.unrestricted(() => replaceAll(tx, companionId, memoryId, mentioned));

async function replaceAll(
  tx: WriteTransaction,
  companionId: string,
  memoryId: string,
  mentioned: readonly MentionedEntity[],
): Promise<void> {
  const ids = mentioned.length === 0 ? [] : [...(await ensureEntities(tx, companionId, mentioned)).ids.values()];
  await tx.rows(sql`
    delete from ${aliased(x)} using ${aliased(e)}
    where ${x.workspaceId} = ${tx.workspaceId} and ${x.memoryId} = ${memoryId}::uuid
      and ${e.workspaceId} = ${x.workspaceId} and ${e.id} = ${x.entityId}
      and coalesce(${e.mergedInto}, ${e.id}) not in (
        select coalesce(${kept.mergedInto}, ${kept.id}) from ${aliased(kept)}
        where ${kept.workspaceId} = ${tx.workspaceId} and ${kept.id} = any(${uuids(ids)}))`);
  await mention(
    tx,
    companionId,
    mentioned.map((entity) => ({ ...entity, memoryId })),
  );
}
