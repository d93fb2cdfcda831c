import { sql } from 'drizzle-orm';
import { BatchSize } from '../../db/batches.ts';
import { uuids } from '../../db/sql.ts';
import { momentIn, type Tenant, type WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, set, under, valueFor } from '../../db/typed-sql.ts';
import { write } from '../../db/write.ts';
import { withPolicies } from '../../model/decay/importance.ts';
import { memories } from '../../tables/memory.ts';
import { latest } from '../belief/lock.ts';
import { noteEvents } from '../event/record.ts';
import { CHUNK, type DecayRange, type Faded, isFaded, judge, judged, judgedSql, readingOf } from './report.ts';
import type { DecayReport } from './tally.ts';

const m = under(memories, 'm');

/**
 * Archives what has decayed below its policy's `archiveBelow`, and reports on all that was examined: ACTIVE and
 * DISPUTED memories. It writes no importance, so a second call changes nothing more. A chunk is a transaction: what an
 * interruption leaves, the next call archives. `until`: default now.
 */
export async function decayImportance(
  tenant: Tenant,
  { until, ...range }: Omit<DecayRange, 'until'> & { until?: Date | null | undefined },
): Promise<DecayReport> {
  const moment = until ?? (await write(tenant, momentIn));
  const within = { ...range, until: moment, changeableBy: tenant.restriction ?? null };
  const sizes = new BatchSize(CHUNK);
  return judge(within, async (examined, tally) => {
    const { chunk, archived } = await sizes.run((size, timeoutMs) => {
      const archive = async (tx: WriteTransaction) => {
        const chunk = await examined(tx, size);
        return { chunk, archived: await archiveFaded(tx, within, chunk.faded) };
      };
      return write(tenant, archive, { timeoutMs });
    });
    tally.archived(archived);
    return chunk;
  });
}

const lockable = fields(pick(judged, 'id', 'before', 'after', 'knownFrom'));

/** Locks memories, archives those that are still to be archived then, and returns these. */
async function archiveFaded(tx: WriteTransaction, range: DecayRange, faded: readonly Faded[]): Promise<Faded[]> {
  if (faded.length === 0) return [];
  const ids = uuids(faded.map(({ id }) => id));
  const locked = await tx.rows<RowOf<typeof lockable>>(sql`
    ${withPolicies(readingOf(tx.workspaceId, range))}
    select ${lockable}
    from (${judgedSql(tx.workspaceId, range, [sql`${m.id} = any(${ids})`])} order by ${m.id} for update of m) judged
    where ${isFaded}`);
  if (locked.length === 0) return [];
  const stamp = await tx.stamp(latest(locked));
  await tx.rows(sql`
    update ${aliased(m)} set ${set(memories, { archivedAt: valueFor(memories.archivedAt, stamp) })}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${uuids(locked.map(({ id }) => id))})`);
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
