import { eq, sql } from 'drizzle-orm';
import { BatchSize, inBatches } from '../../db/batches.ts';
import type { Tenant, Transaction, WriteTransaction } from '../../db/transaction.ts';
import { write } from '../../db/write.ts';
import { encodeId } from '../../kernel/ids.ts';
import { companions } from '../../tables/companion.ts';
import { query } from '../../tables/drizzle-relations.ts';
import { workspaces } from '../../tables/workspace.ts';
import { NO_WORKSPACE, recordAction } from '../audit/entries.ts';

/** The most rows that one transaction deletes. */
const BATCH = 1_000;

/** What every table of a tenant calls the column of its workspace. */
const COLUMN = companions.workspaceId.name;

/** Before every row: under this stamp the history trigger keeps nothing of what goes. */
const BEFORE_ALL = new Date('0001-01-01T00:00:00Z');

/**
 * Deletes a workspace and every row of it, in every table that has a workspace_id, a batch a transaction; false: there
 * was none. From its first transaction on nobody enters the workspace; after an interruption the next call goes on.
 */
export async function deleteWorkspace(tenant: Tenant): Promise<boolean> {
  const enter = <T>(operation: (tx: WriteTransaction) => Promise<T>, timeoutMs?: number) =>
    write(tenant, operation, { mayBeUnused: true, timeoutMs });
  const marked = await enter(async (tx) => {
    const rows = await query(tx)
      .update(workspaces)
      .set({ deletingSince: sql`coalesce(${workspaces.deletingSince}, now())` })
      .where(eq(workspaces.id, tx.workspaceId))
      .returning({ id: workspaces.id });
    return rows.length > 0 && tablesOf(tx);
  });
  if (!marked) return false;
  for (const table of marked) {
    await inBatches(new BatchSize(BATCH), (size, timeoutMs) => enter((tx) => deleteRows(tx, table, size), timeoutMs));
  }
  // Of the workspace itself nothing stays: that it was deleted, by whom and when, is written down elsewhere, by its id.
  const isDeleted = (tx: WriteTransaction) =>
    recordAction(tx, 'workspace delete', encodeId('Workspace', tenant.workspaceId));
  await write({ ...tenant, workspaceId: NO_WORKSPACE }, isDeleted, { mayBeUnused: true });
  await enter(async (tx) => {
    // Waits for those who had entered before the mark and still name the workspace, and takes what they left.
    const isThis = eq(workspaces.id, tx.workspaceId);
    await query(tx).select({ id: workspaces.id }).from(workspaces).where(isThis).for('update');
    for (const table of marked) await deleteRows(tx, table);
    await query(tx).delete(workspaces).where(isThis);
  });
  return true;
}

/** Deletes rows of the workspace, at most so many, and returns how many. */
function deleteRows(tx: WriteTransaction, table: string, limit?: number): Promise<number> {
  const name = sql.identifier(table);
  const ofWorkspace = sql`${sql.identifier(COLUMN)} = ${tx.workspaceId}`;
  return tx.asOf(BEFORE_ALL, async (past) => {
    await past.stamp();
    const [row] = await past.rows<{ count: number }>(sql`
      with gone as (
        delete from ${name} where ${ofWorkspace} and ctid = any(array(
          select ctid from ${name} where ${ofWorkspace} limit ${limit ?? null}::bigint))
        returning 1
      )
      select count(*)::int as count from gone`);
    return row?.count ?? 0;
  });
}

/**
 * Every table with a workspace_id, as the catalogue has them: first those whose rows refer to others, so that no batch
 * takes with it, by cascading keys, more rows than it counts; last those that nothing refers to and that refer to
 * nothing, which triggers have emptied by then.
 */
async function tablesOf(tx: Transaction): Promise<string[]> {
  const rows = await tx.rows<{ name: string; refersTo: string[] }>(sql`
    select c.relname as name, coalesce((
      select jsonb_agg(distinct other.relname) from pg_constraint k join pg_class other on other.oid = k.confrelid
      where k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> k.conrelid), '[]') as "refersTo"
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = ${COLUMN} and not a.attisdropped
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') order by c.relname`);
  const ordered: string[] = [];
  let left = rows.filter(({ refersTo }) => refersTo.length > 0);
  while (left.length > 0) {
    const free = left.filter(({ name }) => !left.some(({ refersTo }) => refersTo.includes(name)));
    // Tables that refer to each other in a ring come in any order.
    const next = free.length > 0 ? free : left;
    ordered.push(...next.map(({ name }) => name));
    left = left.filter((table) => !next.includes(table));
  }
  return [...ordered, ...rows.filter(({ refersTo }) => refersTo.length === 0).map(({ name }) => name)];
}
