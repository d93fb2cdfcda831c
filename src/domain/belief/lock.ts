import { sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { Transaction, WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { NotFound } from '../../kernel/errors.ts';
import type { GivenId } from '../../kernel/input.ts';
import { refuseReadOnly } from '../../model/restriction/allowed.ts';
import { memories } from '../../tables/memory.ts';

const m = under(memories, 'm');

const locked = fields(pick(m, 'id', 'lineageId', 'companionId', 'archivedAt', 'knownFrom'));
export type LockedMemory = RowOf<typeof locked>;

/**
 * The memories, locked until the transaction ends. Throws NotFound where one is unknown, and Forbidden where one may be
 * read only.
 */
export async function lockMemories(tx: WriteTransaction, ids: readonly GivenId[]): Promise<LockedMemory[]> {
  // What may not be changed cannot be locked, and would look as if it were not there.
  if (tx.restriction) await lineagesOf(tx, ids);
  const rows = await tx.rows<LockedMemory>(sql`
    select ${locked} from ${aliased(m)}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${uuids(ids.map(({ uuid }) => uuid))})
    order by ${m.id} for update`);
  const found = new Map(rows.map((row) => [row.id, row]));
  const missing = ids.filter(({ uuid }) => !found.has(uuid));
  if (missing.length > 0)
    throw new NotFound(
      'memory',
      missing.map(({ given }) => given),
    );
  return ids.map(({ uuid }) => found.get(uuid) as LockedMemory);
}

const placed = fields(pick(m, 'id', 'lineageId', 'companionId', 'userId'));

/**
 * The lineage of each memory that is to be changed, in the order given. Throws NotFound where one is unknown, and
 * Forbidden where one may be read only.
 */
export async function lineagesOf(tx: Transaction, ids: readonly GivenId[]): Promise<string[]> {
  const rows = await tx.rows<RowOf<typeof placed>>(sql`
    select ${placed} from ${aliased(m)}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${uuids(ids.map(({ uuid }) => uuid))})`);
  const found = new Map(rows.map(({ id, lineageId }) => [id, lineageId]));
  const missing = new Set(ids.filter(({ uuid }) => !found.has(uuid)).map(({ given }) => given));
  if (missing.size > 0) throw new NotFound('memory', [...missing]);
  refuseReadOnly(tx.restriction, rows);
  return ids.map(({ uuid }) => found.get(uuid) as string);
}

/** The latest moment at which one of the rows was written. */
export const latest = (rows: readonly { knownFrom: Date | undefined }[]): Date | undefined =>
  rows.reduce<Date | undefined>(
    (last, { knownFrom }) => (knownFrom && (!last || last < knownFrom) ? knownFrom : last),
    undefined,
  );
