import { foreignKey, index, jsonb, primaryKey, snakeCase, text, uuid } from 'drizzle-orm/pg-core';
import { moment, tenantPolicy, workspaceId } from '../db/columns.ts';
import { lineages } from './memory.ts';
import { policiesFor } from './restriction.ts';
import { workspaces } from './workspace.ts';

/** Successes of mutations that carried an idempotency key: result ids and scalars, never the response. */
export const idempotencyKeys = snakeCase.table.withRLS(
  'idempotency_keys',
  {
    workspaceId: workspaceId(),
    key: text().notNull(),
    mutation: text().notNull(),
    /** SHA-256 of the coerced input. */
    inputHash: text().notNull(),
    /** Null while its mutation has not committed: no other transaction ever sees that. */
    result: jsonb().$type<Record<string, unknown>>(),
    recordedAt: moment().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.key] }),
    index('idempotency_keys_age').on(t.workspaceId, t.recordedAt),
    foreignKey({ columns: [t.workspaceId], foreignColumns: [workspaces.id] }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('idempotency_keys'),
  ],
);

/** Which lineages a kept success mentions: forgetting one forgets the success too. */
export const idempotencySubjects = snakeCase.table.withRLS(
  'idempotency_subjects',
  { workspaceId: workspaceId(), lineageId: uuid().notNull(), key: text().notNull() },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.lineageId, t.key] }),
    index('idempotency_subjects_key').on(t.workspaceId, t.key),
    foreignKey({
      columns: [t.workspaceId, t.lineageId],
      foreignColumns: [lineages.workspaceId, lineages.id],
    }).onDelete('cascade'),
    foreignKey({
      columns: [t.workspaceId, t.key],
      foreignColumns: [idempotencyKeys.workspaceId, idempotencyKeys.key],
    }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('idempotency_subjects'),
  ],
);
