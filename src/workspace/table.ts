import { snakeCase, text, uuid } from 'drizzle-orm/pg-core';
import { moment, tenantPolicy } from '../db/columns.ts';

/** The tenants. */
export const workspaces = snakeCase.table.withRLS(
  'workspaces',
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
    createdAt: moment().notNull().defaultNow(),
  },
  () => [tenantPolicy('id')],
);
