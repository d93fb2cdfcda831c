import { type SQL, sql } from 'drizzle-orm';
import type { Scope, WriteScope } from '../db/scope.ts';
import { json, moment, texts, uuids } from '../db/sql.ts';
import { replaceVector } from '../embedding/operations.ts';
import { type MentionedEntity, replaceMentions } from '../entity/operations.ts';
import { NotFound } from '../errors.ts';
import { noteEvents } from '../event/operations.ts';
import type { GivenId } from '../input.ts';
import { dateInWords, gramsOf, searchSql } from '../recall/terms.ts';

interface LockedMemory {
  id: string;
  lineageId: string;
  companionId: string;
  archivedAt: Date | null;
  knownFrom: Date;
}

/** The memories, locked until the transaction ends. Throws NotFound where one is unknown. */
export async function lockMemories(tx: WriteScope, ids: readonly GivenId[]): Promise<LockedMemory[]> {
  const rows = await tx.rows<LockedMemory>(sql`
    select id, lineage_id as "lineageId", companion_id as "companionId", archived_at as "archivedAt",
      known_from as "knownFrom"
    from memories where workspace_id = ${tx.workspaceId} and id = any(${uuids(ids.map(({ uuid }) => uuid))})
    order by id for update`);
  const found = new Map(rows.map((row) => [row.id, row]));
  const missing = ids.filter(({ uuid }) => !found.has(uuid));
  if (missing.length > 0)
    throw new NotFound(
      'memory',
      missing.map(({ given }) => given),
    );
  return ids.map(({ uuid }) => found.get(uuid) as LockedMemory);
}

/** The lineage of each memory, in the order given. Throws NotFound where one is unknown. */
export async function lineagesOf(scope: Scope, ids: readonly GivenId[]): Promise<string[]> {
  const rows = await scope.rows<{ id: string; lineageId: string }>(sql`
    select id, lineage_id as "lineageId" from memories
    where workspace_id = ${scope.workspaceId} and id = any(${uuids(ids.map(({ uuid }) => uuid))})`);
  const found = new Map(rows.map(({ id, lineageId }) => [id, lineageId]));
  const missing = new Set(ids.filter(({ uuid }) => !found.has(uuid)).map(({ given }) => given));
  if (missing.size > 0) throw new NotFound('memory', [...missing]);
  return ids.map(({ uuid }) => found.get(uuid) as string);
}

/** The latest moment any of the rows has stood since. */
export const latest = (rows: readonly { knownFrom: Date }[]): Date | undefined =>
  rows.reduce<Date | undefined>((last, { knownFrom }) => (last && last > knownFrom ? last : knownFrom), undefined);

/** What may be changed of a memory; a part left out stays as it is. Content is not among it. */
export interface MemoryChanges {
  summary?: string | null;
  context?: Record<string, unknown> | null;
  expiresAt?: Date | null;
  /** Stated anew: decay starts from it, now. */
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
export async function updateMemory(tx: WriteScope, id: GivenId, changes: MemoryChanges): Promise<string> {
  const [memory] = (await lockMemories(tx, [id])) as [LockedMemory];
  const before = await statedOf(tx, memory.id);
  const { summary, context, expiresAt, importance, confidence, entities, embedding } = changes;
  if (embedding) await replaceVector(tx, memory.id, embedding);
  const set: SQL[] = [];
  if (summary !== undefined) set.push(sql`summary = ${summary}::text`);
  if (context !== undefined) set.push(sql`context = ${json(context ?? {})}`);
  if (expiresAt !== undefined) set.push(sql`expires_at = ${expiresAt?.toISOString() ?? null}::timestamptz`);
  if (summary !== undefined || context !== undefined)
    set.push(sql`search = ${await searchAfter(tx, memory.id, changes)}`);
  if (confidence != null) set.push(sql`confidence = ${String(confidence)}::text::float8`);
  if (set.length === 0 && importance == null && entities === undefined) return memory.id;
  const stamp = sql`${(await tx.stamp(memory.knownFrom)).toISOString()}::timestamptz`;
  if (importance != null) {
    set.push(sql`importance = ${String(importance)}::text::float8`, sql`importance_as_of = ${stamp}`);
  }
  await tx.rows(sql`
    update memories set ${sql.join([...set, sql`updated_at = ${stamp}`], sql`, `)}
    where workspace_id = ${tx.workspaceId} and id = ${memory.id}::uuid`);
  if (entities !== undefined) await replaceMentions(tx, memory.companionId, memory.id, entities ?? []);
  noteEvents(tx, [
    { kind: 'UPDATED', memoryId: memory.id, changes: differences(before, await statedOf(tx, memory.id)) },
  ]);
  return memory.id;
}

/** The terms of a memory whose summary or context changes. */
async function searchAfter(tx: WriteScope, id: string, { summary, context }: MemoryChanges): Promise<SQL> {
  const [row] = await tx.rows<{ content: string; summary: string | null; validFrom: Date }>(sql`
    select content, summary, valid_from as "validFrom" from memories
    where workspace_id = ${tx.workspaceId} and id = ${id}::uuid`);
  if (!row) throw new Error(`no memory ${id}`);
  const after = summary === undefined ? row.summary : summary;
  return searchSql({
    content: sql`content`,
    summary: sql`${after}::text`,
    context: context === undefined ? sql`context` : json(context ?? {}),
    date: sql`${dateInWords(row.validFrom, tx.textSearchConfig)}::text`,
    grams: texts(gramsOf(`${row.content} ${after ?? ''}`)),
  });
}

/** What can be changed of a memory, as its events tell of it. */
async function statedOf(tx: WriteScope, id: string): Promise<Record<string, unknown>> {
  const [row] = await tx.rows<Record<string, unknown>>(sql`
    select m.summary, m.context, m.expires_at as "expiresAt", m.importance, m.confidence, coalesce((
      select jsonb_agg(jsonb_build_object('type', e.type, 'name', e.name) order by e.type, e.name)
      from mentions x cross join lateral (
        select coalesce(merged_into, id) as id from entities
        where workspace_id = ${tx.workspaceId} and id = x.entity_id limit 1) named
      cross join lateral (
        select type, name from entities where workspace_id = ${tx.workspaceId} and id = named.id limit 1) e
      where x.workspace_id = ${tx.workspaceId} and x.memory_id = m.id), '[]') as entities
    from memories m where m.workspace_id = ${tx.workspaceId} and m.id = ${id}::uuid`);
  return row ?? {};
}

/** Field by field, what is not as it was. */
function differences(before: Record<string, unknown>, after: Record<string, unknown>): Record<string, unknown> {
  const fields = Object.keys(after).filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
  return Object.fromEntries(fields.map((field) => [field, { from: before[field], to: after[field] }]));
}

/**
 * Puts memories into the archive or takes them out again, and returns their keys in the order given; those that are
 * there already stay as they are. Throws NotFound where one is unknown: none is changed then.
 */
export async function setArchived(tx: WriteScope, ids: readonly GivenId[], archived: boolean): Promise<string[]> {
  const memories = await lockMemories(tx, ids);
  const changed = memories.filter(({ archivedAt }) => (archivedAt !== null) !== archived);
  if (changed.length > 0) {
    const stamp = await tx.stamp(latest(changed));
    const to = archived ? stamp : null;
    await tx.rows(sql`
      update memories set archived_at = ${moment(to)}, updated_at = ${moment(stamp)}
      where workspace_id = ${tx.workspaceId} and id = any(${uuids(changed.map(({ id }) => id))})`);
    noteEvents(
      tx,
      changed.map(({ id, archivedAt: from }) => ({
        kind: archived ? 'ARCHIVED' : 'RESTORED',
        memoryId: id,
        changes: { archivedAt: { from, to } },
      })),
    );
  }
  return memories.map(({ id }) => id);
}
