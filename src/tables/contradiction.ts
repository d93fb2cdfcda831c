import { sql } from 'drizzle-orm';
import {
  boolean,
  doublePrecision,
  foreignKey,
  index,
  pgEnum,
  primaryKey,
  snakeCase,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { moment, tenantPolicy, workspaceId } from '../db/columns.ts';
import { lineages } from './memory.ts';
import { policiesFor } from './restriction.ts';

export const contradictionStatus = pgEnum('contradiction_status', ['OPEN', 'RESOLVED', 'DISMISSED']);
export const contradictionResolution = pgEnum('contradiction_resolution', [
  'KEEP_MEMORY',
  'KEEP_BY',
  'SUCCEEDED',
  'DISMISSED',
]);

const contradictionColumns = () => ({
  workspaceId: workspaceId(),
  id: uuid().notNull(),
  /** The pair of lineages; of each pair there is one contradiction, ever. */
  memoryLineageId: uuid().notNull(),
  byLineageId: uuid().notNull(),
  /** The versions it was opened, or last resolved, on. */
  memoryAnchorId: uuid().notNull(),
  byAnchorId: uuid().notNull(),
  /** The sides now, a cache: the anchors, or what a MISTAKE has put in their place. */
  memoryId: uuid().notNull(),
  byId: uuid().notNull(),
  /** Opened by a slot: `by` began at the very moment at which `memory` did. */
  isOfSlot: boolean().notNull().default(false),
  strength: doublePrecision().notNull(),
  reason: text(),
  status: contradictionStatus().notNull(),
  resolution: contradictionResolution(),
  note: text(),
  /** Its CONTRADICTS relation, live while it is open. */
  relationId: uuid().notNull(),
  openedAt: moment().notNull(),
  resolvedAt: moment(),
  knownFrom: moment().notNull(),
});

/** Contradictions between two lineages, as they stand now. */
export const contradictions = snakeCase.table.withRLS('contradictions', contradictionColumns(), (t) => [
  primaryKey({ columns: [t.workspaceId, t.id] }),
  uniqueIndex('contradictions_pair').on(
    t.workspaceId,
    sql`least(memory_lineage_id, by_lineage_id)`,
    sql`greatest(memory_lineage_id, by_lineage_id)`,
  ),
  index('contradictions_opened').on(t.workspaceId, t.openedAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
  index('contradictions_memory_lineage').on(t.workspaceId, t.memoryLineageId),
  index('contradictions_by_lineage').on(t.workspaceId, t.byLineageId),
  index('contradictions_memory').on(t.workspaceId, t.memoryId),
  index('contradictions_by').on(t.workspaceId, t.byId),
  foreignKey({
    columns: [t.workspaceId, t.memoryLineageId],
    foreignColumns: [lineages.workspaceId, lineages.id],
  }).onDelete('cascade'),
  foreignKey({
    columns: [t.workspaceId, t.byLineageId],
    foreignColumns: [lineages.workspaceId, lineages.id],
  }).onDelete('cascade'),
  tenantPolicy(),
  ...policiesFor('contradictions'),
]);

/** What rows of `contradictions` were before, each until `knownUntil`. */
export const contradictionsHistory = snakeCase.table.withRLS(
  'contradictions_history',
  { knownUntil: moment().notNull(), ...contradictionColumns() },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id, t.knownUntil] }),
    index('contradictions_history_memory').on(t.workspaceId, t.memoryId),
    index('contradictions_history_by').on(t.workspaceId, t.byId),
    foreignKey({
      columns: [t.workspaceId, t.memoryLineageId],
      foreignColumns: [lineages.workspaceId, lineages.id],
    }).onDelete('cascade'),
    foreignKey({
      columns: [t.workspaceId, t.byLineageId],
      foreignColumns: [lineages.workspaceId, lineages.id],
    }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('contradictions_history'),
  ],
);
