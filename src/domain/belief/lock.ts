import { sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { Transaction, WriteTransaction } from '../../db/transaction.ts';
import { NotFound } from '../../kernel/errors.ts';
import type { GivenId } from '../../kernel/input.ts';

export interface LockedMemory {
  id: string;
  lineageId: string;
  companionId: string;
  archivedAt: Date | null;
  knownFrom: Date;
}

/** The memories, locked until the transaction ends. Throws NotFound where one is unknown. */
export async function lockMemories(tx: WriteTransaction, ids: readonly GivenId[]): Promise<LockedMemory[]> {
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
export async function lineagesOf(tx: Transaction, ids: readonly GivenId[]): Promise<string[]> {
  const rows = await tx.rows<{ id: string; lineageId: string }>(sql`
    select id, lineage_id as "lineageId" from memories
    where workspace_id = ${tx.workspaceId} and id = any(${uuids(ids.map(({ uuid }) => uuid))})`);
  const found = new Map(rows.map(({ id, lineageId }) => [id, lineageId]));
  const missing = new Set(ids.filter(({ uuid }) => !found.has(uuid)).map(({ given }) => given));
  if (missing.size > 0) throw new NotFound('memory', [...missing]);
  return ids.map(({ uuid }) => found.get(uuid) as string);
}

/** The latest moment any of the rows has stood since. */
export const latest = (rows: readonly { knownFrom: Date }[]): Date | undefined =>
  rows.reduce<Date | undefined>((last, { knownFrom }) => (last && last > knownFrom ? last : knownFrom), undefined);
