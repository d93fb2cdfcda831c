import { sql } from 'drizzle-orm';
import { json, uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, set, under } from '../../db/typed-sql.ts';
import { InvalidInput, NotFound } from '../../kernel/errors.ts';
import type { GivenId } from '../../kernel/input.ts';
import { entities, mentions } from '../../tables/entity.ts';
import { noteEvents } from '../event/record.ts';

const e = under(entities, 'e');
const x = under(mentions, 'x');

const mergeable = fields(pick(e, 'id', 'companionId', 'name', 'aliases', 'mergedInto', 'knownFrom'));
type Mergeable = RowOf<typeof mergeable>;

/**
 * Merges entities of one companion into another and returns its key: mentions of theirs are read as mentions of it,
 * their names become its aliases. An entity merged before stands for the one it was merged into; merging what is
 * merged already changes nothing. Throws NotFound, and InvalidInput.
 */
export async function mergeEntities(tx: WriteTransaction, from: readonly GivenId[], into: GivenId): Promise<string> {
  if (tx.restriction) await refuseUnseen(tx, [...from, into]);
  return tx.unrestricted(() => merge(tx, from, into));
}

/** Throws NotFound where one of the entities is not seen. */
async function refuseUnseen(tx: WriteTransaction, given: readonly GivenId[]): Promise<void> {
  const seen = fields(pick(e, 'id'));
  const rows = await tx.rows<RowOf<typeof seen>>(sql`
    select ${seen} from ${aliased(e)}
    where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = any(${uuids(given.map(({ uuid }) => uuid))})`);
  refuseMissing(given, new Set(rows.map(({ id }) => id)));
}

function refuseMissing(given: readonly GivenId[], found: { has(id: string): boolean }): void {
  const missing = given.filter(({ uuid }) => !found.has(uuid));
  if (missing.length > 0)
    throw new NotFound(
      'entity',
      missing.map((each) => each.given),
    );
}

async function merge(tx: WriteTransaction, from: readonly GivenId[], into: GivenId): Promise<string> {
  const rows = await lockMerged(tx, [...from, into]);
  const survivor = (uuid: string) => rows.get(rows.get(uuid)?.mergedInto ?? uuid) as Mergeable;
  const target = survivor(into.uuid);
  if (from.some(({ uuid }) => uuid === into.uuid)) {
    throw new InvalidInput([{ path: ['input', 'fromIds'], message: 'An entity cannot be merged into itself.' }]);
  }
  const sources = new Map(from.map(({ uuid }) => [survivor(uuid).id, survivor(uuid)]));
  sources.delete(target.id);
  if ([...sources.values()].some(({ companionId }) => companionId !== target.companionId)) {
    throw new InvalidInput([
      { path: ['input', 'fromIds'], message: 'Entities of different companions cannot be merged.' },
    ]);
  }
  if (sources.size === 0) return target.id;
  const latest = Math.max(...[...rows.values()].map(({ knownFrom }) => knownFrom.getTime()));
  await tx.stamp(new Date(latest));
  await writeMerge(tx, [...sources.values()], target);
  await noteMerge(tx, [...rows.keys()], target);
  return target.id;
}

/** The entities and all that were ever merged with them, locked. Throws NotFound. */
async function lockMerged(tx: WriteTransaction, given: readonly GivenId[]): Promise<Map<string, Mergeable>> {
  const lock = (ids: readonly string[]) =>
    tx.rows<Mergeable>(sql`
      select ${mergeable} from ${aliased(e)}
      where ${e.workspaceId} = ${tx.workspaceId} and (${e.id} = any(${uuids(ids)}) or ${e.mergedInto} = any(${uuids(ids)}))
      order by ${e.id} for update`);
  const named = await lock(given.map(({ uuid }) => uuid));
  const groups = await lock([...new Set(named.map(({ id, mergedInto }) => mergedInto ?? id))]);
  const rows = new Map([...named, ...groups].map((row) => [row.id, row]));
  refuseMissing(given, rows);
  return rows;
}

async function writeMerge(tx: WriteTransaction, sources: readonly Mergeable[], target: Mergeable): Promise<void> {
  const ids = uuids(sources.map(({ id }) => id));
  const known = [...target.aliases, ...sources.flatMap(({ name, aliases }) => [name, ...aliases])];
  const aliases = [...new Set(known)].filter((alias) => alias !== target.name);
  await tx.rows(sql`
    update ${aliased(e)} set ${set(entities, { mergedInto: sql`${target.id}::uuid` })}
    where ${e.workspaceId} = ${tx.workspaceId} and (${e.id} = any(${ids}) or ${e.mergedInto} = any(${ids}))`);
  await tx.rows(sql`
    update ${aliased(e)} set ${set(entities, { aliases: json(aliases) })}
    where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = ${target.id}::uuid`);
}

const mentioning = fields({ memoryId: x.memoryId, from: sql<string[]>`jsonb_agg(${e.name} order by ${e.name})` });

/** Tells it of the memories that mention one of the merged entities. */
async function noteMerge(tx: WriteTransaction, ids: readonly string[], target: Mergeable): Promise<void> {
  const rows = await tx.rows<RowOf<typeof mentioning>>(sql`
    select ${mentioning}
    from ${aliased(e)} join ${aliased(x)} on ${x.workspaceId} = ${tx.workspaceId} and ${x.entityId} = ${e.id}
    where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = any(${uuids(ids)}) and ${e.id} <> ${target.id}::uuid
    group by ${x.memoryId} order by ${x.memoryId}`);
  noteEvents(
    tx,
    rows.map(({ memoryId, from }) => ({
      kind: 'ENTITIES_MERGED',
      memoryId,
      changes: { entities: { from, to: target.name } },
    })),
  );
}
