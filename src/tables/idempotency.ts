import { boolean, foreignKey, index, jsonb, primaryKey, snakeCase, text, uuid } from 'drizzle-orm/pg-core';
import { moment, tenantPolicy, workspaceId } from '../db/columns.ts';
import { lineages } from './memory.ts';
import { policiesFor } from './restriction.ts';
import { workspaces } from './workspace.ts';

/**
 * Successes of mutations that carried an idempotency key: result ids and scalars, never the response. Of what callers
 * chose (keys, inputs, the names of credentials) there are only digests, keyed by the workspace's secret.
 */
export const idempotencyKeys = snakeCase.table.withRLS(
  'idempotency_keys',
  {
    workspaceId: workspaceId(),
    /** The credential that used the key: each has keys of its own. */
    owner: text().notNull(),
    key: text().notNull(),
    mutation: text().notNull(),
    /** Of the coerced input. */
    inputHash: text().notNull(),
    /** Null while its mutation has not committed: no other transaction ever sees that. */
    result: jsonb().$type<Record<string, unknown>>(),
    /** Something that the result named has been erased: the result is emptied, and a retry is told so. */
    isErased: boolean().notNull().default(false),
    recordedAt: moment().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.owner, t.key] }),
    index('idempotency_keys_age').on(t.workspaceId, t.recordedAt),
    foreignKey({ columns: [t.workspaceId], foreignColumns: [workspaces.id] }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('idempotency_keys'),
  ],
);

/** Which lineages a kept success mentions: forgetting one empties the success. */
export const idempotencySubjects = snakeCase.table.withRLS(
  'idempotency_subjects',
  { workspaceId: workspaceId(), lineageId: uuid().notNull(), owner: text().notNull(), key: text().notNull() },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.lineageId, t.owner, t.key] }),
    index('idempotency_subjects_key').on(t.workspaceId, t.owner, t.key),
    foreignKey({
      columns: [t.workspaceId, t.lineageId],
      foreignColumns: [lineages.workspaceId, lineages.id],
    }).onDelete('cascade'),
    foreignKey({
      columns: [t.workspaceId, t.owner, t.key],
      foreignColumns: [idempotencyKeys.workspaceId, idempotencyKeys.owner, idempotencyKeys.key],
    }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('idempotency_subjects'),
  ],
);
