import { type InferSelectModel, sql } from 'drizzle-orm';
import { all } from '../../db/sql.ts';
import type { Transaction, WriteTransaction } from '../../db/transaction.ts';
import {
  aliased,
  fields,
  insertSelect,
  names,
  pick,
  type RowOf,
  recordset,
  set,
  under,
  valueFor,
} from '../../db/typed-sql.ts';
import { momentOfId, newId } from '../../kernel/ids.ts';
import { auditEntries } from '../../tables/audit.ts';
import { workspaces } from '../../tables/workspace.ts';

const a = under(auditEntries, 'a');
const excluded = under(auditEntries, 'excluded');
const old = under(auditEntries, 'old');
const w = under(workspaces, 'w');

/** Under whose id stands what outlives workspaces: that one was deleted. */
export const NO_WORKSPACE = '00000000-0000-0000-0000-000000000000';

/** A line of the audit trail, except whose it is. */
export type AuditEntry = Omit<InferSelectModel<typeof auditEntries>, 'workspaceId'>;

const columns = ['id', 'at', 'actor', 'credential', 'address', 'action', 'subject', 'outcome', 'count'] as const;

/** The key of a new line, and when it was made: a page that begins at a moment finds it by its key. */
export function newLine(): Pick<AuditEntry, 'id' | 'at'> {
  const id = newId();
  return { id, at: momentOfId(id) };
}

/**
 * Writes lines of the transaction's workspace; of one that is there already, the count. A workspace that is gone gets
 * none: the row of one that is not stays until the commit.
 */
export async function writeEntries(tx: WriteTransaction, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const locked = await tx.rows(sql`select ${w.id} from ${aliased(w)} where ${w.id} = ${tx.workspaceId} for key share`);
  if (locked.length === 0 && tx.workspaceId !== NO_WORKSPACE) return;
  const given = recordset('given', pick(auditEntries, ...columns), entries);
  const insert = insertSelect(
    auditEntries,
    { workspaceId: valueFor(auditEntries.workspaceId, tx.workspaceId), ...pick(given, ...columns) },
    sql`from ${aliased(given)}`,
  );
  await tx.rows(sql`
    ${insert} on conflict (${names(auditEntries, 'workspaceId', 'id')})
    do update set ${set(auditEntries, { count: excluded.count })}`);
}

/** Writes down what the transaction's actor has just done, from the command line or at a start. */
export const recordAction = (tx: WriteTransaction, action: string, subject: string | null = null): Promise<void> =>
  writeEntries(tx, [
    {
      ...newLine(),
      actor: tx.actor,
      credential: null,
      address: null,
      action,
      subject,
      outcome: 'DONE',
      count: 1,
    },
  ]);

/** Which lines are read: the newest, from `since` on, and older than the line `before`. */
export interface AuditWindow {
  since?: Date | undefined;
  before?: string | undefined;
  limit: number;
}

const select = fields(pick(a, ...columns));
export type AuditRow = RowOf<typeof select>;

/** A page of the workspace's trail, newest first. */
export const auditPage = (tx: Transaction, { since, before, limit }: AuditWindow): Promise<AuditRow[]> =>
  tx.rows<AuditRow>(sql`
    select ${select} from ${aliased(a)}
    where ${all([
      sql`${a.workspaceId} = ${tx.workspaceId}`,
      ...(since ? [sql`${a.id} >= ${firstIdAt(since)}::uuid`] : []),
      ...(before ? [sql`${a.id} < ${before}::uuid`] : []),
    ])}
    order by ${a.id} desc limit ${limit}`);

/** Deletes lines older than a moment, at most `limit`, and returns how many. */
export async function deleteOldEntries(tx: WriteTransaction, before: Date, limit: number): Promise<number> {
  const rows = await tx.rows(sql`
    delete from ${aliased(a)} where ${a.workspaceId} = ${tx.workspaceId} and ${a.id} in (
      select ${old.id} from ${aliased(old)}
      where ${old.workspaceId} = ${tx.workspaceId} and ${old.id} < ${firstIdAt(before)}::uuid
      order by ${old.id} limit ${limit} for update skip locked)
    returning 1 as gone`);
  return rows.length;
}

/** No id made at the moment or later sorts before it. */
function firstIdAt(moment: Date): string {
  const hex = Math.max(0, moment.getTime()).toString(16).padStart(12, '0').slice(-12);
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
