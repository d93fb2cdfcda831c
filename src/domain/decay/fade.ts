import { sql } from 'drizzle-orm';
import { Reading } from '../../db/reading.ts';
import { CLOCK, moment, uuids } from '../../db/sql.ts';
import { type Tenant, type WriteTransaction, write } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import type { GivenId } from '../../kernel/input.ts';
import { importanceSql, withPolicies } from '../../model/decay/importance.ts';
import { memories } from '../../tables/memory.ts';
import { latest, lockMemories } from '../belief/lock.ts';
import { noteEvents } from '../event/record.ts';
import { type DecayRange, type DecayReport, type Faded, judge, judgedSql, readingOf } from './report.ts';

const m = under(memories, 'm');

/**
 * Archives what has decayed below its policy's `archiveBelow`, and reports on all that was examined: ACTIVE and DISPUTED
 * memories. It writes no importance, so twice is once. A chunk is a transaction: what an interruption leaves, the next
 * call takes. `until`: default now.
 */
export async function decayImportance(
  tenant: Tenant,
  { until, ...range }: Omit<DecayRange, 'until'> & { until?: Date | null | undefined },
): Promise<DecayReport> {
  const moment = until ?? (await write(tenant, now));
  const within = { ...range, until: moment };
  return judge(within, (examined, tally) =>
    write(tenant, async (tx) => {
      const chunk = await examined(tx);
      return { chunk, archived: await archiveFaded(tx, within, chunk.faded) };
    }).then(({ chunk, archived }) => {
      tally.archived(archived);
      return chunk;
    }),
  );
}

async function now(tx: WriteTransaction): Promise<Date> {
  const [row] = await tx.rows<{ now: Date }>(sql`select ${CLOCK} as now`);
  return (row as { now: Date }).now;
}

/** Archives those that are still to be archived once they are locked, and returns them. */
async function archiveFaded(tx: WriteTransaction, range: DecayRange, faded: readonly Faded[]): Promise<Faded[]> {
  if (faded.length === 0) return [];
  const ids = uuids(faded.map(({ id }) => id));
  const locked = await tx.rows<Faded & { knownFrom: Date }>(sql`
    ${withPolicies(readingOf(tx.workspaceId, range))}
    select id, before, after, known_from as "knownFrom"
    from (${judgedSql(tx.workspaceId, range, [sql`${m.id} = any(${ids})`])} order by ${m.id} for update of m) judged
    where after < archive_below`);
  if (locked.length === 0) return [];
  const stamp = await tx.stamp(latest(locked));
  await tx.rows(sql`
    update memories set archived_at = ${moment(stamp)}
    where workspace_id = ${tx.workspaceId} and id = any(${uuids(locked.map(({ id }) => id))})`);
  noteEvents(
    tx,
    locked.map(({ id, before, after }) => ({
      kind: 'DECAYED' as const,
      memoryId: id,
      changes: { importance: { from: before, to: after }, archivedAt: { from: null, to: stamp.toISOString() } },
    })),
  );
  return locked;
}

/**
 * Counts an access of each memory, unless `delta` is negative: importance as it reads now plus `delta`, kept within
 * 0–10, is the new base of decay. Returns the keys in the order given, and of which it had to be kept. Throws NotFound
 * where one is unknown: none is touched then.
 */
export async function reinforceMemories(
  tx: WriteTransaction,
  ids: readonly GivenId[],
  delta: number,
): Promise<{ memoryIds: string[]; clampedIds: string[] }> {
  const memories = await lockMemories(tx, ids);
  const stamp = await tx.stamp(latest(memories));
  const memoryIds = memories.map(({ id }) => id);
  if (memoryIds.length === 0) return { memoryIds, clampedIds: [] };
  const reading = new Reading(tx.workspaceId, { knownAt: stamp });
  const [counts, when] = [delta < 0 ? 0 : 1, moment(stamp)];
  const rows = await tx.rows<Faded & { accessCount: number; isClamped: boolean }>(sql`
    with judged as materialized (
      select ${m.id}, ${importanceSql(m, reading)} as before from ${aliased(m)}
      where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${uuids(memoryIds)})
    ), moved as (select id, before, before + ${String(delta)}::text::float8 as wanted from judged)
    update ${aliased(m)} set importance = greatest(0, least(10, wanted)), importance_as_of = ${when},
      access_count = access_count + ${counts}, last_accessed_at = ${delta < 0 ? sql`last_accessed_at` : when}
    from moved where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = moved.id
    returning ${m.id}, before, ${m.importance} as after, ${m.accessCount} as "accessCount", wanted < 0 or wanted > 10 as "isClamped"`);
  const found = new Map(rows.map((row) => [row.id, row]));
  noteEvents(
    tx,
    memoryIds.map((id) => {
      const { before, after, accessCount } = found.get(id) as (typeof rows)[number];
      const accesses = counts ? { accessCount: { from: accessCount - counts, to: accessCount } } : {};
      return { kind: 'REINFORCED', memoryId: id, changes: { importance: { from: before, to: after }, ...accesses } };
    }),
  );
  return { memoryIds, clampedIds: memoryIds.filter((id) => found.get(id)?.isClamped) };
}
