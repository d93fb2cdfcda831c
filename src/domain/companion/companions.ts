import { and, count, eq, type InferInsertModel, type InferSelectModel, lte, or, type SQL, sql } from 'drizzle-orm';
import { all, json, moment, uuids } from '../../db/sql.ts';
import { momentIn, type Transaction, type WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { NotFound } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { keyset, type Page, toPage } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { beyond } from '../../model/restriction/allowed.ts';
import { companions } from '../../tables/companion.ts';
import { query } from '../../tables/drizzle-relations.ts';
import { removeFromRestrictions } from '../credential/api-keys.ts';
import { unnameSessionsOf } from '../event/unname-sessions.ts';
import { deleteNamedInSuccesses } from '../idempotency/delete-named.ts';

const c = under(companions, 'c');
const { workspaceId, id, key, name, description, config, isActive, createdAt } = companions;

const isCompanion = (tx: Transaction, companionId: string | SQL) =>
  and(eq(workspaceId, tx.workspaceId), eq(id, companionId));

/** The companion's key, or undefined where there is none. Written, which is faster: most requests begin with it. */
export async function findCompanion(tx: Transaction, ref: CompanionRef): Promise<string | undefined> {
  const columns = fields(pick(c, 'id'));
  const [row] = await tx.rows<RowOf<typeof columns>>(sql`
    select ${columns} from ${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = ${companionIdSql(ref, tx.workspaceId)}`);
  return row?.id;
}

/**
 * The companion's key; one named by a key nobody has used yet is created. Throws NotFound for an unknown id, and
 * Forbidden where one would be created by a restricted credential.
 */
export async function ensureCompanion(tx: WriteTransaction, ref: CompanionRef): Promise<string> {
  const found = await findCompanion(tx, ref);
  if (found) return found;
  if ('id' in ref) throw new NotFound('companion', [ref.given]);
  // The same whether there is one that it does not see: that is not looked for.
  if (tx.restriction && !tx.restriction.mayCreate?.companions.includes(ref.key)) {
    throw beyond(`it sees no companion ${JSON.stringify(ref.key)}, and may not create companions.`);
  }
  return tx.unrestricted(async () => {
    // Of its own clock: the stamp is taken after every lock, at the latest before the commit, and this comes first.
    const now = await momentIn(tx);
    await query(tx)
      .insert(companions)
      .values({ workspaceId: tx.workspaceId, id: newId(), key: ref.key, name: ref.key, createdAt: now, updatedAt: now })
      .onConflictDoNothing({ target: [workspaceId, key] });
    tx.beforeCommit(async () => void (await tx.stamp()));
    const made = (await findCompanion(tx, ref)) as string;
    tx.admit('companions', made);
    return made;
  });
}

/**
 * What may be said of a companion. A part left out stays as it is; null puts it back to its default, of the name the
 * key.
 */
export type CompanionChanges = {
  [K in 'name' | 'description' | 'config' | 'isActive']?: InferInsertModel<typeof companions>[K] | null;
};

/** Creates or changes a companion and returns its key. `updatedAt` moves where something changed. Throws NotFound. */
export async function upsertCompanion(
  tx: WriteTransaction,
  ref: CompanionRef,
  changes: CompanionChanges,
): Promise<string> {
  const companionId = await ensureCompanion(tx, ref);
  const values = {
    ...(changes.name !== undefined && { name: sql`coalesce(${changes.name}::text, ${key})` }),
    ...(changes.description !== undefined && { description: sql`${changes.description}::text` }),
    ...(changes.config !== undefined && { config: json(changes.config ?? {}) }),
    ...(changes.isActive !== undefined && { isActive: sql`${changes.isActive ?? true}::boolean` }),
  };
  const columns = { name, description, config, isActive };
  const differences = Object.entries(values).map(
    ([part, value]) => sql`${columns[part as keyof typeof columns]} is distinct from ${value}`,
  );
  if (differences.length === 0) return companionId;
  await query(tx)
    .update(companions)
    .set({ ...values, updatedAt: await tx.stamp() })
    .where(and(isCompanion(tx, companionId), or(...differences)));
  return companionId;
}

/** Removes the companion itself, and everything that still belongs to it or mentions it. */
export async function removeCompanion(tx: WriteTransaction, companionId: string): Promise<void> {
  await unnameSessionsOf(tx, { companionId });
  await deleteNamedInSuccesses(tx, { companionId });
  await removeFromRestrictions(tx, 'companions', companionId);
  await query(tx).delete(companions).where(isCompanion(tx, companionId));
}

/** The one order companions are listed in. */
export const COMPANION_ORDER = 'KEY ASC';

/** A page of the workspace's companions, by key; those that a list which began earlier did not have are left out. */
export async function companionPage(
  tx: Transaction,
  window: Window,
): Promise<Page<Pick<InferSelectModel<typeof companions>, 'id' | 'key'>>> {
  const columns = fields(pick(c, 'id', 'key'));
  const part = keyset(window, { value: c.key, type: 'text', id: c.id, direction: 'ASC' });
  const conditions = [
    sql`${c.workspaceId} = ${tx.workspaceId}`,
    ...(window.asOf ? [sql`${c.createdAt} <= ${moment(window.asOf)}`] : []),
    ...part.conditions,
  ];
  const rows = await tx.rows<RowOf<typeof columns>>(sql`
    select ${columns} from ${aliased(c)} where ${all(conditions)} order by ${part.orderBy} limit ${part.limit}`);
  return toPage(window, rows, (row) => ({ value: row.key, id: row.id }));
}

/** How many companions the workspace has, or had at `asOf`. */
export async function countCompanions(tx: Transaction, asOf: Date | undefined): Promise<number> {
  const [row] = await query(tx)
    .select({ count: count() })
    .from(companions)
    .where(and(eq(workspaceId, tx.workspaceId), asOf && lte(createdAt, asOf)));
  return row?.count ?? 0;
}

/** Those of the keys that there are. */
export async function existingCompanions(tx: Transaction, ids: readonly string[]): Promise<Map<string, true>> {
  const rows = await query(tx)
    .select({ id })
    .from(companions)
    .where(isCompanion(tx, sql`any(${uuids(ids)})`));
  return new Map(rows.map((row) => [row.id, true]));
}
