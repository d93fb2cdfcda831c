import { type SQL, sql } from 'drizzle-orm';
import { Reading } from '../../db/reading.ts';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, derived, fields, pick, type RowOf, set, under, valueFor } from '../../db/typed-sql.ts';
import type { GivenId } from '../../kernel/input.ts';
import { importanceSql } from '../../model/decay/importance.ts';
import { memories } from '../../tables/memory.ts';
import { latest, lockMemories } from '../belief/lock.ts';
import { noteEvents } from '../event/record.ts';

const m = under(memories, 'm');

/**
 * Counts an access of each memory, unless `delta` is negative: importance as it is now plus `delta`, kept within 0–10,
 * is the new base of decay. Returns the keys in the order given, and those for which it had to be kept. Throws NotFound
 * where one is unknown: none is touched then.
 */
export async function reinforceMemories(
  tx: WriteTransaction,
  ids: readonly GivenId[],
  delta: number,
): Promise<{ memoryIds: string[]; clampedIds: string[] }> {
  const locked = await lockMemories(tx, ids);
  const stamp = await tx.stamp(latest(locked));
  const memoryIds = locked.map(({ id }) => id);
  if (memoryIds.length === 0) return { memoryIds, clampedIds: [] };
  const accesses = delta < 0 ? 0 : 1;
  const rows = await tx.rows<Reinforced>(reinforceSql(tx.workspaceId, memoryIds, delta, accesses, stamp));
  const found = new Map(rows.map((row) => [row.id, row]));
  noteEvents(
    tx,
    memoryIds.map((id) => {
      const { before, after, accessCount } = found.get(id) as (typeof rows)[number];
      const counted = accesses ? { accessCount: { from: accessCount - accesses, to: accessCount } } : {};
      return { kind: 'REINFORCED', memoryId: id, changes: { importance: { from: before, to: after }, ...counted } };
    }),
  );
  return { memoryIds, clampedIds: memoryIds.filter((id) => found.get(id)?.isClamped) };
}

const columns = { id: m.id, before: m.importance };
const judged = derived('judged', columns);
const moved = derived('moved', { ...columns, target: m.importance });

const reinforced = fields({
  ...pick(m, 'id', 'accessCount'),
  before: moved.before,
  after: m.importance,
  isClamped: sql<boolean>`${moved.target} < 0 or ${moved.target} > 10`,
});
type Reinforced = RowOf<typeof reinforced>;

function reinforceSql(workspaceId: string, ids: readonly string[], delta: number, accesses: 0 | 1, stamp: Date): SQL {
  const before = importanceSql(m, new Reading(workspaceId, { knownAt: stamp }));
  const target = sql<number>`${judged.before} + ${String(delta)}::text::float8`;
  const values = set(memories, {
    importance: sql`greatest(0, least(10, ${moved.target}))`,
    importanceAsOf: valueFor(memories.importanceAsOf, stamp),
    accessCount: sql`${m.accessCount} + ${accesses}`,
    lastAccessedAt: accesses ? valueFor(memories.lastAccessedAt, stamp) : m.lastAccessedAt,
  });
  return sql`
    with judged as materialized (
      select ${fields({ id: m.id, before })} from ${aliased(m)}
      where ${m.workspaceId} = ${workspaceId} and ${m.id} = any(${uuids(ids)})
    ), moved as (select ${fields({ ...judged, target })} from judged)
    update ${aliased(m)} set ${values}
    from moved where ${m.workspaceId} = ${workspaceId} and ${m.id} = ${moved.id}
    returning ${reinforced}`;
}
