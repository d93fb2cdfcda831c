import { sql } from 'drizzle-orm';
import { json, uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { InvalidInput, NotFound } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import type { GivenId } from '../../kernel/input.ts';
import { foldName } from '../../model/entity/ref.ts';
import { entities, mentions } from '../../tables/entity.ts';
import { noteEvents } from '../event/record.ts';

const e = under(entities, 'e');
const kept = under(entities, 'kept');
const named = under(entities, 'named');
const survivor = under(entities, 'survivor');
const x = under(mentions, 'x');

export interface MentionedEntity {
  name: string;
  type: string;
  /** When it was learned of, for an import; default: now. */
  recordedAt?: Date | null | undefined;
}

/** Names without case and white space, by type: unique within a companion. */
const entityKey = ({ type, name }: MentionedEntity) => JSON.stringify([type, foldName(name)]);

/**
 * The keys of a companion's entities by type and folded name, those there are not yet created, and which these are.
 * An entity that was merged stands for itself here: whatever reads it reads the surviving one.
 */
async function ensureEntities(
  tx: WriteTransaction,
  companionId: string,
  wanted: readonly MentionedEntity[],
): Promise<{ ids: Map<string, string>; created: Set<string> }> {
  const stamp = await tx.stamp();
  const distinct = new Map<string, { type: string; name: string; known_from: Date }>();
  for (const entity of wanted) {
    const key = entityKey(entity);
    const known = [entity.recordedAt, distinct.get(key)?.known_from, stamp].filter((moment) => moment != null);
    const known_from = new Date(Math.min(...known.map((moment) => moment.getTime())));
    distinct.set(key, { type: entity.type, name: entity.name.trim(), known_from });
  }
  const rows = [...distinct.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, entity]) => ({ id: newId(), ...entity, folded_name: foldName(entity.name) }));
  const created = await tx.rows<{ id: string }>(sql`
    insert into entities (workspace_id, id, companion_id, type, name, folded_name, recorded_at, known_from)
    select ${tx.workspaceId}, id, ${companionId}::uuid, type, name, folded_name, known_from, known_from
    from jsonb_to_recordset(${json(rows)}) as e (id uuid, type text, name text, folded_name text, known_from timestamptz)
    on conflict (workspace_id, companion_id, type, folded_name) do nothing returning id`);
  const found = await tx.rows<{ id: string; type: string; name: string }>(sql`
    select ${e.id}, ${e.type}, ${e.foldedName} as name
    from jsonb_to_recordset(${json(rows)}) as wanted (type text, folded_name text)
    join ${aliased(e)} on ${e.workspaceId} = ${tx.workspaceId} and ${e.companionId} = ${companionId}::uuid
      and ${e.type} = wanted.type and ${e.foldedName} = wanted.folded_name`);
  return {
    ids: new Map(found.map((entity) => [entityKey(entity), entity.id])),
    created: new Set(created.map(({ id }) => id)),
  };
}

/** Lets memories mention entities, which are created where they are new. */
export async function mention(
  tx: WriteTransaction,
  companionId: string,
  wanted: readonly (MentionedEntity & { memoryId: string })[],
): Promise<void> {
  if (wanted.length === 0) return;
  const { ids: entityIds } = await ensureEntities(tx, companionId, wanted);
  const stamp = await tx.stamp();
  const rows = wanted.map(({ memoryId, ...entity }) => ({
    memoryId,
    entityId: entityIds.get(entityKey(entity)),
    knownFrom: entity.recordedAt ?? stamp,
  }));
  await tx.rows(sql`
    insert into mentions (workspace_id, memory_id, entity_id, known_from)
    select distinct ${tx.workspaceId}::uuid, "memoryId", "entityId", "knownFrom"
    from jsonb_to_recordset(${json(rows)}) as x ("memoryId" uuid, "entityId" uuid, "knownFrom" timestamptz)
    on conflict do nothing`);
}

/** Makes a memory mention exactly these entities. */
export async function replaceMentions(
  tx: WriteTransaction,
  companionId: string,
  memoryId: string,
  wanted: readonly MentionedEntity[],
): Promise<void> {
  const ids = wanted.length === 0 ? [] : [...(await ensureEntities(tx, companionId, wanted)).ids.values()];
  await tx.rows(sql`
    delete from ${aliased(x)} using entities e
    where ${x.workspaceId} = ${tx.workspaceId} and ${x.memoryId} = ${memoryId}::uuid
      and ${e.workspaceId} = ${x.workspaceId} and ${e.id} = ${x.entityId}
      and coalesce(${e.mergedInto}, ${e.id}) not in (
        select coalesce(${kept.mergedInto}, ${kept.id}) from ${aliased(kept)}
        where ${kept.workspaceId} = ${tx.workspaceId} and ${kept.id} = any(${uuids(ids)}))`);
  await mention(
    tx,
    companionId,
    wanted.map((entity) => ({ ...entity, memoryId })),
  );
}

/**
 * Creates entities, or adds aliases to those there are, in a constant number of statements; true of each that is new.
 * An alias is what a merge leaves: an entity merged into the other, so that its name leads there. An alias that names
 * an entity of its own stays that.
 */
export async function upsertEntities(
  tx: WriteTransaction,
  companionId: string,
  entities: readonly (MentionedEntity & { aliases: readonly string[] })[],
): Promise<boolean[]> {
  const { ids, created } = await ensureEntities(tx, companionId, entities);
  const rows = entities.flatMap((entity) =>
    entity.aliases.map((alias) => ({
      id: newId(),
      into: ids.get(entityKey(entity)) as string,
      type: entity.type,
      alias: alias.trim(),
      folded_name: foldName(alias),
    })),
  );
  if (rows.length > 0) {
    await tx.rows(sql`
      update ${aliased(e)} set aliases = added.aliases
      from (
        select ${survivor.id}, jsonb_agg(distinct known.alias) as aliases
        from jsonb_to_recordset(${json(rows)}) as x ("into" uuid, alias text)
        join ${aliased(named)} on ${named.workspaceId} = ${tx.workspaceId} and ${named.id} = x."into"
        join ${aliased(survivor)} on ${survivor.workspaceId} = ${tx.workspaceId}
          and ${survivor.id} = coalesce(${named.mergedInto}, ${named.id})
        cross join lateral (select x.alias union select jsonb_array_elements_text(${survivor.aliases})) known (alias)
        where known.alias <> ${survivor.name}
        group by ${survivor.id}
      ) added
      where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = added.id and not ${e.aliases} @> added.aliases`);
    await tx.rows(sql`
      insert into entities (workspace_id, id, companion_id, type, name, folded_name, merged_into, recorded_at, known_from)
      select ${tx.workspaceId}, x.id, ${companionId}::uuid, x.type, x.alias, x.folded_name,
        coalesce(${named.mergedInto}, ${named.id}), ${named.recordedAt}, ${named.recordedAt}
      from jsonb_to_recordset(${json(rows)}) as x (id uuid, "into" uuid, type text, alias text, folded_name text)
      join ${aliased(named)} on ${named.workspaceId} = ${tx.workspaceId} and ${named.id} = x."into"
      on conflict (workspace_id, companion_id, type, folded_name) do nothing`);
  }
  const seen = new Set<string>();
  return entities.map((entity) => {
    const id = ids.get(entityKey(entity)) as string;
    const isNew = created.has(id) && !seen.has(id);
    seen.add(id);
    return isNew;
  });
}

interface Mergeable {
  id: string;
  companionId: string;
  name: string;
  aliases: string[];
  mergedInto: string | null;
  knownFrom: Date;
}

/**
 * Merges entities of one companion into another and returns its key: mentions of theirs are read as mentions of it,
 * their names become its aliases. An entity merged before stands for the one it was merged into; merging what is
 * merged already changes nothing. Throws NotFound, and InvalidInput.
 */
export async function mergeEntities(tx: WriteTransaction, from: readonly GivenId[], into: GivenId): Promise<string> {
  const wanted = [...from, into];
  const look = (ids: readonly string[]) =>
    tx.rows<Mergeable>(sql`
      select id, companion_id as "companionId", name, aliases, merged_into as "mergedInto", known_from as "knownFrom"
      from entities where workspace_id = ${tx.workspaceId} and (id = any(${uuids(ids)}) or merged_into = any(${uuids(ids)}))
      order by id for update`);
  const named = await look(wanted.map(({ uuid }) => uuid));
  const groups = await look([...new Set(named.map(({ id, mergedInto }) => mergedInto ?? id))]);
  const rows = new Map([...named, ...groups].map((row) => [row.id, row]));
  const missing = wanted.filter(({ uuid }) => !rows.has(uuid));
  if (missing.length > 0)
    throw new NotFound(
      'entity',
      missing.map(({ given }) => given),
    );
  const survivor = (uuid: string) => rows.get(rows.get(uuid)?.mergedInto ?? uuid) as Mergeable;
  const target = survivor(into.uuid);
  const sources = new Map(from.map(({ uuid }) => [survivor(uuid).id, survivor(uuid)]));
  if (from.some(({ uuid }) => uuid === into.uuid)) {
    throw new InvalidInput([{ path: ['input', 'fromIds'], message: 'An entity cannot be merged into itself.' }]);
  }
  sources.delete(target.id);
  if ([...sources.values()].some(({ companionId }) => companionId !== target.companionId)) {
    throw new InvalidInput([
      { path: ['input', 'fromIds'], message: 'Entities of different companions cannot be merged.' },
    ]);
  }
  if (sources.size === 0) return target.id;
  const latest = Math.max(...[...rows.values()].map(({ knownFrom }) => knownFrom.getTime()));
  await tx.stamp(new Date(latest));
  const ids = [...sources.keys()];
  const aliases = [...new Set([...target.aliases, ...[...sources.values()].flatMap((e) => [e.name, ...e.aliases])])];
  await tx.rows(sql`
    update entities set merged_into = ${target.id}::uuid
    where workspace_id = ${tx.workspaceId} and (id = any(${uuids(ids)}) or merged_into = any(${uuids(ids)}))`);
  await tx.rows(sql`
    update entities set aliases = ${json(aliases.filter((alias) => alias !== target.name))}
    where workspace_id = ${tx.workspaceId} and id = ${target.id}::uuid`);
  const mentioning = await tx.rows<{ memoryId: string; from: string[] }>(sql`
    select ${x.memoryId} as "memoryId", jsonb_agg(${e.name} order by ${e.name}) as "from"
    from ${aliased(e)} join ${aliased(x)} on ${x.workspaceId} = ${tx.workspaceId} and ${x.entityId} = ${e.id}
    where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = any(${uuids([...rows.keys()])})
      and ${e.id} <> ${target.id}::uuid
    group by ${x.memoryId} order by ${x.memoryId}`);
  noteEvents(
    tx,
    mentioning.map(({ memoryId, from: names }) => ({
      kind: 'ENTITIES_MERGED',
      memoryId,
      changes: { entities: { from: names, to: target.name } },
    })),
  );
  return target.id;
}
