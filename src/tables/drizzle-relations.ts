import { defineRelations } from 'drizzle-orm';
import * as tables from './all.ts';

/** What Drizzle's relational queries, and with them the Pothos plugin, can follow. */
export const tableRelations = defineRelations(tables, (r) => ({
  workspaces: {
    companions: r.many.companions({ from: r.workspaces.id, to: r.companions.workspaceId }),
    users: r.many.users({ from: r.workspaces.id, to: r.users.workspaceId }),
  },
}));
export type Relations = typeof tableRelations;
