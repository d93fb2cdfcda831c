import { sql } from 'drizzle-orm';
import { boolean, integer, snakeCase, text, uuid } from 'drizzle-orm/pg-core';
import { moment, operatorPolicy, tenantPolicy } from '../db/columns.ts';
import { policiesFor } from './restriction.ts';

/** The tenants. */
export const workspaces = snakeCase.table.withRLS(
  'workspaces',
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
    /** The text search configuration its memories' terms were made with. */
    textSearchConfig: text().notNull().default('english'),
    /** The model and dimension of the vectors that reads compare; null until there are any. */
    embeddingModel: text(),
    embeddingDimension: integer(),
    /** Keys the digests of what callers chose; random, told to nobody, and gone with the workspace. */
    secret: text().notNull().default(sql`gen_random_uuid()::text || gen_random_uuid()::text`),
    createdAt: moment().notNull().defaultNow(),
    /** It may have webhooks: what waits to be sent is looked for in these workspaces alone. */
    hasWebhooks: boolean().notNull().default(false),
    /** Since when it is being deleted: nobody enters it any more. Null: it is in use. */
    deletingSince: moment(),
  },
  () => [tenantPolicy('id'), ...policiesFor('workspaces'), operatorPolicy()],
);
