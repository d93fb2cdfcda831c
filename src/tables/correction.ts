import { foreignKey, index, pgEnum, primaryKey, snakeCase, text, uuid } from 'drizzle-orm/pg-core';
import { moment, tenantPolicy, workspaceId } from '../db/columns.ts';
import { memories } from './memory.ts';
import { policiesFor } from './restriction.ts';

/**
 * MISTAKE: `version` in the place of `memory`. CHANGE: `version` after `memory`. RETRACTED: `memory` was never true.
 * ENDED: it stopped being true at `effectiveAt`.
 */
export const decisionKind = pgEnum('decision_kind', ['MISTAKE', 'CHANGE', 'RETRACTED', 'ENDED']);

const decisionColumns = () => ({
  workspaceId: workspaceId(),
  id: uuid().notNull(),
  kind: decisionKind().notNull(),
  /** The version it is about. */
  memoryId: uuid().notNull(),
  /** The version it made. */
  versionId: uuid(),
  effectiveAt: moment(),
  /** The CORRECTS relation it made. */
  relationId: uuid(),
  reason: text(),
  recordedAt: moment().notNull(),
  /** When it was taken back; null: it is in force. */
  revertedAt: moment(),
  knownFrom: moment().notNull(),
});

/** Corrections and retractions: with the resolutions of contradictions they decide what is believed. */
export const decisions = snakeCase.table.withRLS('decisions', decisionColumns(), (t) => [
  primaryKey({ columns: [t.workspaceId, t.id] }),
  index('decisions_memory').on(t.workspaceId, t.memoryId),
  index('decisions_version').on(t.workspaceId, t.versionId),
  foreignKey({
    columns: [t.workspaceId, t.memoryId],
    foreignColumns: [memories.workspaceId, memories.id],
  }).onDelete('cascade'),
  foreignKey({
    columns: [t.workspaceId, t.versionId],
    foreignColumns: [memories.workspaceId, memories.id],
  }).onDelete('cascade'),
  tenantPolicy(),
  ...policiesFor('decisions'),
]);

/** What rows of `decisions` were before, each until `knownUntil`. */
export const decisionsHistory = snakeCase.table.withRLS(
  'decisions_history',
  { knownUntil: moment().notNull(), ...decisionColumns() },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id, t.knownUntil] }),
    index('decisions_history_memory').on(t.workspaceId, t.memoryId),
    foreignKey({
      columns: [t.workspaceId, t.memoryId],
      foreignColumns: [memories.workspaceId, memories.id],
    }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('decisions_history'),
  ],
);
