import { type SQL, sql } from 'drizzle-orm';
import { moment, uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, set, under } from '../../db/typed-sql.ts';
import type { GivenId } from '../../kernel/input.ts';
import { changesSql, type GivenFields, plainColumns } from '../../model/memory/fields.ts';
import { sameDateSql, searchSql, searchTerms, termsSql } from '../../model/recall/terms.ts';
import { entities, mentions } from '../../tables/entity.ts';
import { memories } from '../../tables/memory.ts';
import { type LockedMemory, latest, lockMemories } from '../belief/lock.ts';
import { replaceVector } from '../embedding/vectors.ts';
import { type MentionedEntity, replaceMentions } from '../entity/mention.ts';
import { noteEvents } from '../event/record.ts';

const e = under(entities, 'e');
const m = under(memories, 'm');
const named = under(entities, 'named');
const x = under(mentions, 'x');

/** What may be changed of a memory; a part left out stays as it is. Content is not among it. */
export interface MemoryChanges extends GivenFields {
  /** Stated again: decay starts from it, now. */
  importance?: number | null;
  confidence?: number | null;
  /** All of the entities it mentions. */
  entities?: readonly MentionedEntity[] | null;
  /** Another vector for its content. */
  embedding?: readonly number[] | null | undefined;
}

/**
 * Changes what is said about a memory and returns its key; `updatedAt` moves where something is given. Null clears;
 * importance and confidence cannot be cleared, and stay. Throws NotFound.
 */
export async function updateMemory(tx: WriteTransaction, id: GivenId, changes: MemoryChanges): Promise<string> {
  const [memory] = (await lockMemories(tx, [id])) as [LockedMemory];
  const before = await statedOf(tx, memory.id);
  const { importance, confidence, entities, embedding } = changes;
  if (embedding) await replaceVector(tx, memory.id, embedding);
  const plain = changesSql(changes);
  const isChanged = Object.keys(plain).length > 0 || confidence != null || importance != null;
  if (!isChanged && entities === undefined) return memory.id;
  const isSearched = plain.summary !== undefined || plain.context !== undefined;
  const search = isSearched ? await searchAfter(tx, memory.id, changes.summary, plain) : undefined;
  const stamp = moment(await tx.stamp(memory.knownFrom));
  const given = set(memories, {
    ...plain,
    search,
    confidence: number(confidence),
    importance: number(importance),
    importanceAsOf: importance == null ? undefined : stamp,
    updatedAt: stamp,
  });
  await tx.rows(sql`
    update ${aliased(m)} set ${given} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${memory.id}::uuid`);
  if (entities !== undefined) await replaceMentions(tx, memory.companionId, memory.id, entities ?? []);
  noteEvents(tx, [
    { kind: 'UPDATED', memoryId: memory.id, changes: differences(before, await statedOf(tx, memory.id)) },
  ]);
  return memory.id;
}

const number = (value: number | null | undefined): SQL | undefined =>
  value == null ? undefined : sql`${String(value)}::text::float8`;

const foundBy = fields(pick(m, 'content', 'summary'));

/** The terms of a memory whose summary or context changes: to what `changed` sets them. */
async function searchAfter(
  tx: WriteTransaction,
  id: string,
  summary: string | null | undefined,
  changed: { summary?: SQL; context?: SQL },
): Promise<SQL> {
  const [row] = await tx.rows<RowOf<typeof foundBy>>(sql`
    select ${foundBy} from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${id}::uuid`);
  if (!row) throw new Error(`no memory ${id}`);
  const after = summary === undefined ? row.summary : summary;
  return searchSql({
    content: m.content,
    summary: changed.summary ?? m.summary,
    context: changed.context ?? m.context,
    date: sameDateSql(m.search),
    ...termsSql(await searchTerms(row.content, after, tx.textSearchConfig)),
  });
}

/** What can be changed of a memory, as its events record it. */
const statedFields = ({ workspaceId }: WriteTransaction) =>
  fields({
    ...plainColumns(m),
    ...pick(m, 'importance', 'confidence'),
    entities: sql<Pick<MentionedEntity, 'type' | 'name'>[]>`coalesce((
      select jsonb_agg(jsonb_build_object('type', ${e.type}, 'name', ${e.name}) order by ${e.type}, ${e.name})
      from ${aliased(x)} cross join lateral (
        select coalesce(${named.mergedInto}, ${named.id}) as survivor from ${aliased(named)}
        where ${named.workspaceId} = ${workspaceId} and ${named.id} = ${x.entityId} limit 1) named
      cross join lateral (
        select ${e.type}, ${e.name} from ${aliased(e)}
        where ${e.workspaceId} = ${workspaceId} and ${e.id} = named.survivor limit 1) e
      where ${x.workspaceId} = ${workspaceId} and ${x.memoryId} = ${m.id}), '[]')`,
  });
type Stated = RowOf<ReturnType<typeof statedFields>>;

async function statedOf(tx: WriteTransaction, id: string): Promise<Stated> {
  const [row] = await tx.rows<Stated>(sql`
    select ${statedFields(tx)} from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${id}::uuid`);
  if (!row) throw new Error(`no memory ${id}`);
  return row;
}

/** Field by field, what is not as it was. */
function differences<Row extends object>(before: Row, after: Row): Record<string, { from: unknown; to: unknown }> {
  const names = Object.keys(after) as (keyof Row & string)[];
  const changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  return Object.fromEntries(changed.map((name) => [name, { from: before[name], to: after[name] }]));
}

/**
 * Puts memories into the archive or takes them out again, and returns their keys in the order given; those that are
 * there already stay as they are. Throws NotFound where one is unknown: none is changed then.
 */
export async function setArchived(tx: WriteTransaction, ids: readonly GivenId[], archived: boolean): Promise<string[]> {
  const locked = await lockMemories(tx, ids);
  const changed = locked.filter(({ archivedAt }) => (archivedAt !== null) !== archived);
  if (changed.length > 0) {
    const stamp = await tx.stamp(latest(changed));
    const to = archived ? stamp : null;
    await tx.rows(sql`
      update ${aliased(m)} set ${set(memories, { archivedAt: moment(to), updatedAt: moment(stamp) })}
      where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${uuids(changed.map(({ id }) => id))})`);
    noteEvents(
      tx,
      changed.map(({ id, archivedAt: from }) => ({
        kind: archived ? 'ARCHIVED' : 'RESTORED',
        memoryId: id,
        changes: { archivedAt: { from, to } },
      })),
    );
  }
  return locked.map(({ id }) => id);
}
