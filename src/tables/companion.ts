import { boolean, foreignKey, jsonb, primaryKey, snakeCase, text, unique, uuid } from 'drizzle-orm/pg-core';
import { moment, tenantPolicy, workspaceId } from '../db/columns.ts';
import { policiesFor } from './restriction.ts';
import { workspaces } from './workspace.ts';

/** AIs that remember. `key` is the caller's own name for one. */
export const companions = snakeCase.table.withRLS(
  'companions',
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    key: text().notNull(),
    name: text().notNull(),
    description: text(),
    config: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    isActive: boolean().notNull().default(true),
    createdAt: moment().notNull(),
    updatedAt: moment().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    unique('companions_key').on(t.workspaceId, t.key),
    foreignKey({ columns: [t.workspaceId], foreignColumns: [workspaces.id] }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('companions'),
  ],
);
