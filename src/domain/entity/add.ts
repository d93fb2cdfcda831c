import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, recordset, set, under } from '../../db/typed-sql.ts';
import { InvalidInput } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { inTurns, Turns } from '../../kernel/turns.ts';
import { foldName } from '../../model/entity/ref.ts';
import { entities } from '../../tables/entity.ts';
import { ensureEntities, entityKey, foldedKey, type MentionedEntity } from './mention.ts';
import { addAliases, addMerged } from './upsert.ts';

const e = under(entities, 'e');

export interface NewEntity extends Pick<MentionedEntity, 'type' | 'name'> {
  aliases?: readonly string[] | null | undefined;
}

/** The entities in the order given, and those of them that are new; erasing one empties the kept success. */
export type Added = { companionId: string; entityIds: string[]; createdIds: string[] };

/**
 * Creates entities of a companion by their names, or adds aliases to those there are: an alias leads to its entity as the
 * name of one that was merged into it. They stay until they are deleted, though no memory mentions them. Throws
 * InvalidInput where an alias is the name, or an alias, of another entity of the type.
 */
export async function addEntities(
  tx: WriteTransaction,
  companionId: string,
  given: readonly NewEntity[],
): Promise<Added> {
  if (given.length === 0)
    throw new InvalidInput([{ path: ['input', 'entities'], message: 'At least one is expected.' }]);
  return tx.unrestricted(() => add(tx, companionId, given));
}

const known = fields(pick(e, 'id', 'type', 'foldedName', 'mergedInto', 'knownFrom'));
type Known = RowOf<typeof known>;

/** An alias, and the name it is of. */
interface Alias {
  /** Its key, as that of an entity would be. */
  key: string;
  name: string;
  foldedName: string;
  path: readonly (string | number)[];
}

async function add(tx: WriteTransaction, companionId: string, given: readonly NewEntity[]): Promise<Added> {
  const aliasesOf = await readAliases(given);
  const rows = await lockNamed(tx, companionId, given, aliasesOf);
  const byKey = new Map(rows.map((row) => [foldedKey(row.type, row.foldedName), row]));
  const survivorOf = (key: string) => {
    const row = byKey.get(key);
    return row && (row.mergedInto ?? row.id);
  };
  await nextTurn();
  await refuseTaken(given, aliasesOf, survivorOf);
  const latest = Math.max(0, ...rows.map(({ knownFrom }) => knownFrom.getTime()));
  const stamp = await tx.stamp(latest > 0 ? new Date(latest) : undefined);
  const { ids, created } = await ensureEntities(tx, companionId, given);
  const idOf = (entity: NewEntity) => {
    const key = entityKey(entity);
    return survivorOf(key) ?? (ids.get(key) as string);
  };
  const fresh = await inTurns(given, (entity, index) => ({
    type: entity.type,
    into: idOf(entity),
    aliases: (aliasesOf[index] as Alias[]).filter(({ key }) => !byKey.has(key)),
  }));
  await nextTurn();
  await addAliases(
    tx,
    fresh.flatMap(({ into, aliases }) =>
      aliases.length > 0 ? [{ into, aliases: aliases.map(({ name }) => name) }] : [],
    ),
  );
  const merged = (
    await inTurns(fresh, ({ type, into, aliases }) =>
      aliases.map(({ name, foldedName }) => ({ id: newId(), into, type, name, foldedName })),
    )
  ).flat();
  await nextTurn();
  const written = await addMerged(tx, companionId, merged, { since: stamp, isKept: true });
  // Another transaction has made an entity of such a name since they were locked: all over again, to see it.
  if (written < merged.length) throw Object.assign(new Error('an alias has been taken'), { code: '40001' });
  await keep(tx, [...rows.map(({ id }) => id), ...ids.values()]);
  const entityIds = given.map(idOf);
  return { companionId, entityIds, createdIds: [...created] };
}

/** Those of each entity: each once, and not its own name. */
async function readAliases(given: readonly NewEntity[]): Promise<Alias[][]> {
  const turns = new Turns();
  const read: Alias[][] = [];
  for (const [index, entity] of given.entries()) {
    await turns.next();
    const found = new Map<string, Alias>();
    const own = entityKey(entity);
    for (const [place, alias] of (entity.aliases ?? []).entries()) {
      const name = alias.trim();
      const foldedName = foldName(name);
      const key = foldedKey(entity.type, foldedName);
      const path = ['input', 'entities', index, 'aliases', place];
      if (key !== own && !found.has(key)) found.set(key, { key, name, foldedName, path });
    }
    read.push([...found.values()]);
  }
  return read;
}

const wantedShape = pick(entities, 'type', 'foldedName');

/** What has one of the names, locked, with what that was merged into. */
async function lockNamed(
  tx: WriteTransaction,
  companionId: string,
  given: readonly NewEntity[],
  aliasesOf: readonly Alias[][],
): Promise<Known[]> {
  const names = (
    await inTurns(given, ({ type, name }, index) =>
      [foldName(name), ...(aliasesOf[index] as Alias[]).map((alias) => alias.foldedName)].map((foldedName) => ({
        type,
        foldedName,
      })),
    )
  ).flat();
  await nextTurn();
  const wanted = recordset('wanted', wantedShape, names);
  const named = await tx.rows<{ id: string; into: string }>(sql`
    select ${fields({ id: e.id, into: sql`coalesce(${e.mergedInto}, ${e.id})` })} from ${aliased(wanted)}
    join ${aliased(e)} on ${e.workspaceId} = ${tx.workspaceId} and ${e.companionId} = ${companionId}::uuid
      and ${e.type} = ${wanted.type} and ${e.foldedName} = ${wanted.foldedName}`);
  if (named.length === 0) return [];
  await nextTurn();
  return tx.rows<Known>(sql`
    select ${known} from ${aliased(e)}
    where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = any(${uuids([...new Set(named.flatMap(({ id, into }) => [id, into]))])})
    order by ${e.id} for update`);
}

/** Throws InvalidInput for each alias by which another entity is known, or is to be. */
async function refuseTaken(
  given: readonly NewEntity[],
  aliasesOf: readonly Alias[][],
  survivorOf: (key: string) => string | undefined,
): Promise<void> {
  const turns = new Turns();
  const claimed = new Map<string, string>();
  const issues: { path: readonly (string | number)[]; message: string }[] = [];
  const nameOf = (entity: NewEntity) => survivorOf(entityKey(entity)) ?? entityKey(entity);
  for (const entity of given) claimed.set(entityKey(entity), nameOf(entity));
  for (const [index, entity] of given.entries()) {
    await turns.next();
    const own = nameOf(entity);
    for (const { key, name, path } of aliasesOf[index] as Alias[]) {
      const owner = survivorOf(key) ?? claimed.get(key) ?? own;
      claimed.set(key, owner);
      if (owner === own) continue;
      const message =
        `${JSON.stringify(name)} is another entity of this type, or leads to one: leave it out, or merge them with ` +
        'mergeEntities.';
      issues.push({ path, message });
    }
  }
  if (issues.length > 0) throw new InvalidInput(issues);
}

/** Marks entities as made by their names. */
const keep = (tx: WriteTransaction, ids: readonly string[]): Promise<unknown[]> =>
  tx.rows(sql`
    update ${aliased(e)} set ${set(entities, { isKept: sql`true` })}
    where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = any(${uuids([...new Set(ids)])}) and not ${e.isKept}`);
