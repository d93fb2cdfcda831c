import { defineRelations } from 'drizzle-orm';
import type { PgRemoteDatabase } from 'drizzle-orm/pg-proxy';
import type { Transaction } from '../db/transaction.ts';
import * as tables from './all.ts';

/** What Drizzle's relational queries, and with them the Pothos plugin, can follow. */
export const tableRelations = defineRelations(tables, (r) => ({
  workspaces: {
    companions: r.many.companions({ from: r.workspaces.id, to: r.companions.workspaceId }),
    users: r.many.users({ from: r.workspaces.id, to: r.users.workspaceId }),
  },
}));
export type Relations = typeof tableRelations;

/** Drizzle's query builder on a transaction: `await query(tx).select().from(companions).where(…)`. */
export const query = (tx: Transaction): PgRemoteDatabase<Relations> => tx.drizzle(tableRelations);
