import { bigint, integer, primaryKey, snakeCase } from 'drizzle-orm/pg-core';
import { tenantPolicy, workspaceId } from '../db/columns.ts';

// It has no rule in restriction.ts: a credential restricted to companions or users sees nothing of it.

/** How many tokens of a chat model a workspace has used on a day, those set aside for what is being asked included. */
export const chatUsage = snakeCase.table.withRLS(
  'chat_usage',
  {
    workspaceId: workspaceId(),
    /** The day of UTC, counted from the beginning of 1970. */
    day: integer().notNull(),
    tokens: bigint({ mode: 'number' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.day] }), tenantPolicy()],
);
