import { sql } from 'drizzle-orm';
import {
  doublePrecision,
  foreignKey,
  index,
  jsonb,
  pgEnum,
  primaryKey,
  snakeCase,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { moment, tenantPolicy, workspaceId } from '../db/columns.ts';
import { lineages } from './memory.ts';
import { policiesFor } from './restriction.ts';

export const relationType = pgEnum('relation_type', [
  'FOLLOWS',
  'CONTRADICTS',
  'ELABORATES',
  'CORRECTS',
  'REFERENCES',
  'CAUSES',
]);

const relationColumns = () => ({
  workspaceId: workspaceId(),
  id: uuid().notNull(),
  fromLineageId: uuid().notNull(),
  toLineageId: uuid().notNull(),
  /** The versions the relation was made between; each end leads to whichever version holds. */
  fromMemoryId: uuid().notNull(),
  toMemoryId: uuid().notNull(),
  type: relationType().notNull(),
  strength: doublePrecision().notNull(),
  metadata: jsonb().$type<Record<string, unknown>>().notNull().default({}),
  recordedAt: moment().notNull(),
  retractedAt: moment(),
  knownFrom: moment().notNull(),
});

/** Typed, directed, weighted edges between lineages, as they stand now. */
export const relations = snakeCase.table.withRLS('relations', relationColumns(), (t) => [
  primaryKey({ columns: [t.workspaceId, t.id] }),
  uniqueIndex('relations_edge')
    .on(t.workspaceId, t.fromLineageId, t.toLineageId, t.type)
    .where(sql`retracted_at is null and type <> 'CORRECTS'`),
  // What comes behind the id orders nothing: a search for a path reads it here, and not ten thousand rows of the table.
  index('relations_from').on(
    t.workspaceId,
    t.fromLineageId,
    t.strength.desc().nullsFirst(),
    t.id.desc().nullsFirst(),
    t.toLineageId,
    t.type,
    t.retractedAt,
  ),
  index('relations_to').on(
    t.workspaceId,
    t.toLineageId,
    t.strength.desc().nullsFirst(),
    t.id.desc().nullsFirst(),
    t.fromLineageId,
    t.type,
    t.retractedAt,
  ),
  foreignKey({
    columns: [t.workspaceId, t.fromLineageId],
    foreignColumns: [lineages.workspaceId, lineages.id],
  }).onDelete('cascade'),
  foreignKey({
    columns: [t.workspaceId, t.toLineageId],
    foreignColumns: [lineages.workspaceId, lineages.id],
  }).onDelete('cascade'),
  tenantPolicy(),
  ...policiesFor('relations'),
]);

/** What rows of `relations` were before, each until `knownUntil`. */
export const relationsHistory = snakeCase.table.withRLS(
  'relations_history',
  { knownUntil: moment().notNull(), ...relationColumns() },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id, t.knownUntil] }),
    index('relations_history_from').on(t.workspaceId, t.fromLineageId),
    index('relations_history_to').on(t.workspaceId, t.toLineageId),
    foreignKey({
      columns: [t.workspaceId, t.fromLineageId],
      foreignColumns: [lineages.workspaceId, lineages.id],
    }).onDelete('cascade'),
    foreignKey({
      columns: [t.workspaceId, t.toLineageId],
      foreignColumns: [lineages.workspaceId, lineages.id],
    }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('relations_history'),
  ],
);
