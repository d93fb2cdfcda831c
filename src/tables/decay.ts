import { doublePrecision, foreignKey, primaryKey, snakeCase } from 'drizzle-orm/pg-core';
import { moment, tenantPolicy, workspaceId } from '../db/columns.ts';
import { memoryType } from './memory.ts';
import { policiesFor } from './restriction.ts';
import { workspaces } from './workspace.ts';

const policyColumns = () => ({
  workspaceId: workspaceId(),
  type: memoryType().notNull(),
  /** Days in which what lies above the floor halves; null: never fades. */
  halfLifeDays: doublePrecision(),
  /** 0–10: importance does not decay below this. */
  floor: doublePrecision().notNull(),
  /** 0–10: decayImportance archives what has decayed below; null: nothing. */
  archiveBelow: doublePrecision(),
  /** How much each access lengthens the half-life: × (1 + accessStretch · ln(1 + accessCount)). */
  accessStretch: doublePrecision().notNull(),
  /** The year 1 for the default a workspace begins with: it is in force at every earlier point. */
  knownFrom: moment().notNull(),
});

/** How importance fades: a row for each workspace and type, from the workspace's beginning. */
export const decayPolicies = snakeCase.table.withRLS('decay_policies', policyColumns(), (t) => [
  primaryKey({ columns: [t.workspaceId, t.type] }),
  foreignKey({ columns: [t.workspaceId], foreignColumns: [workspaces.id] }).onDelete('cascade'),
  tenantPolicy(),
  ...policiesFor('decay_policies'),
]);

/** What rows of `decay_policies` were before, each until `knownUntil`. */
export const decayPoliciesHistory = snakeCase.table.withRLS(
  'decay_policies_history',
  { knownUntil: moment().notNull(), ...policyColumns() },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.type, t.knownUntil] }),
    foreignKey({ columns: [t.workspaceId], foreignColumns: [workspaces.id] }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('decay_policies_history'),
  ],
);
