import { foreignKey, jsonb, primaryKey, snakeCase, text, unique, uuid } from 'drizzle-orm/pg-core';
import { moment, tenantPolicy, workspaceId } from '../db/columns.ts';
import { policiesFor } from './restriction.ts';
import { workspaces } from './workspace.ts';

/** The people that companions remember about. `externalId` is the caller's own id. */
export const users = snakeCase.table.withRLS(
  'users',
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    externalId: text().notNull(),
    metadata: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    createdAt: moment().notNull(),
    updatedAt: moment().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    unique('users_external_id').on(t.workspaceId, t.externalId),
    foreignKey({ columns: [t.workspaceId], foreignColumns: [workspaces.id] }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('users'),
  ],
);
