import { sql } from 'drizzle-orm';
import { all, CLOCK, json, uuids } from '../../db/sql.ts';
import type { Transaction, WriteTransaction } from '../../db/transaction.ts';
import { NotFound } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { keyset, type Page, toPage, type Window } from '../../model/paging/page.ts';
import { forgetSuccessesOf } from '../idempotency/successes.ts';

/** The companion's key, or undefined where there is none. */
export async function findCompanion(tx: Transaction, ref: CompanionRef): Promise<string | undefined> {
  const [row] = await tx.rows<{ id: string }>(sql`
    select id from companions where workspace_id = ${tx.workspaceId} and id = ${companionIdSql(ref, tx.workspaceId)}`);
  return row?.id;
}

/** The companion's key; one named by a key nobody has used yet is created. Throws NotFound for an unknown id. */
export async function ensureCompanion(tx: WriteTransaction, ref: CompanionRef): Promise<string> {
  const found = await findCompanion(tx, ref);
  if (found) return found;
  if ('id' in ref) throw new NotFound('companion', [ref.given]);
  // Of its own clock: the stamp is taken after every lock, and creating a companion comes first.
  await tx.rows(sql`
    insert into companions (workspace_id, id, key, name, created_at, updated_at)
    values (${tx.workspaceId}, ${newId()}::uuid, ${ref.key}, ${ref.key}, ${CLOCK}, ${CLOCK})
    on conflict (workspace_id, key) do nothing`);
  return (await findCompanion(tx, ref)) as string;
}

/** What may be said of a companion; a part left out stays as it is, null puts it back to its default. */
export interface CompanionChanges {
  /** Default: the key. */
  name?: string | null;
  description?: string | null;
  config?: Record<string, unknown> | null;
  isActive?: boolean | null;
}

/** Creates or changes a companion and returns its key. `updatedAt` moves where something changed. Throws NotFound. */
export async function upsertCompanion(
  tx: WriteTransaction,
  ref: CompanionRef,
  changes: CompanionChanges,
): Promise<string> {
  const id = await ensureCompanion(tx, ref);
  const set = [
    ...(changes.name !== undefined ? [{ column: sql`name`, value: sql`coalesce(${changes.name}::text, key)` }] : []),
    ...(changes.description !== undefined
      ? [{ column: sql`description`, value: sql`${changes.description}::text` }]
      : []),
    ...(changes.config !== undefined ? [{ column: sql`config`, value: json(changes.config ?? {}) }] : []),
    ...(changes.isActive !== undefined
      ? [{ column: sql`is_active`, value: sql`${changes.isActive ?? true}::boolean` }]
      : []),
  ];
  if (set.length === 0) return id;
  const stamp = await tx.stamp();
  const assignments = set.map(({ column, value }) => sql`${column} = ${value}`);
  const differences = set.map(({ column, value }) => sql`${column} is distinct from ${value}`);
  await tx.rows(sql`
    update companions set ${sql.join(assignments, sql`, `)}, updated_at = ${stamp.toISOString()}::timestamptz
    where workspace_id = ${tx.workspaceId} and id = ${id}::uuid and (${sql.join(differences, sql` or `)})`);
  return id;
}

/** Removes the companion itself, and whatever still hangs on it or speaks of it. */
export async function removeCompanion(tx: WriteTransaction, id: string): Promise<void> {
  await forgetSuccessesOf(tx, { companionId: id });
  await tx.rows(sql`delete from companions where workspace_id = ${tx.workspaceId} and id = ${id}::uuid`);
}

/** The one order companions are listed in. */
export const COMPANION_ORDER = 'KEY ASC';

/** Leaves out whom a list that began at `asOf` did not have yet. */
const namedBy = (asOf: Date | undefined) => (asOf ? [sql`created_at <= ${asOf.toISOString()}::timestamptz`] : []);

/** A page of the workspace's companions, by key. */
export async function companionPage(tx: Transaction, window: Window): Promise<Page<{ id: string; key: string }>> {
  const part = keyset(window, { value: sql`key`, type: 'text', id: sql`id`, direction: 'ASC' });
  const rows = await tx.rows<{ id: string; key: string }>(sql`
    select id, key from companions
    where ${all([sql`workspace_id = ${tx.workspaceId}`, ...namedBy(window.asOf), ...part.conditions])}
    order by ${part.orderBy} limit ${part.limit}`);
  return toPage(window, rows, ({ id, key }) => ({ value: key, id }));
}

/** How many companions the workspace has, or had at `asOf`. */
export async function countCompanions(tx: Transaction, asOf: Date | undefined): Promise<number> {
  const [row] = await tx.rows<{ count: number }>(sql`
    select count(*)::int as count from companions
    where ${all([sql`workspace_id = ${tx.workspaceId}`, ...namedBy(asOf)])}`);
  return row?.count ?? 0;
}

/** Those of the keys that there are. */
export async function existingCompanions(tx: Transaction, ids: readonly string[]): Promise<Map<string, true>> {
  const rows = await tx.rows<{ id: string }>(
    sql`select id from companions where workspace_id = ${tx.workspaceId} and id = any(${uuids(ids)})`,
  );
  return new Map(rows.map(({ id }) => [id, true]));
}
