import { sql } from 'drizzle-orm';
import {
  boolean,
  foreignKey,
  index,
  jsonb,
  primaryKey,
  smallint,
  snakeCase,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { byteText, moment, tenantPolicy, tsvector, workspaceId } from '../db/columns.ts';
import { companions } from './companion.ts';
import { memories } from './memory.ts';
import { policiesFor } from './restriction.ts';

const entityColumns = () => ({
  workspaceId: workspaceId(),
  id: uuid().notNull(),
  companionId: uuid().notNull(),
  type: text().notNull(),
  name: text().notNull(),
  /** The name with case and white space folded: with workspace, companion and type it is unique. */
  foldedName: text().notNull(),
  /** Names of the entities merged into this one, a JSON array. */
  aliases: jsonb().$type<string[]>().notNull().default([]),
  /** The surviving entity, after a merge: references to this one are read as references to that one. Never a chain. */
  mergedInto: uuid(),
  recordedAt: moment().notNull(),
  knownFrom: moment().notNull(),
  /** Made by its name, not by a memory that mentions it: it stays, though nothing mentions it, until it is deleted. */
  isKept: boolean().notNull().default(false),
  /** The terms of the name: see nameSearchSql. Null: it is still to be analysed. A trigger keeps a row of each. */
  search: tsvector(),
  /** By which version of the analysis the terms were made; 0: an unknown one. */
  analysis: smallint().notNull().default(0),
});

/** Persons, places and things that memories mention, as they stand now. */
export const entities = snakeCase.table.withRLS('entities', entityColumns(), (t) => [
  primaryKey({ columns: [t.workspaceId, t.id] }),
  unique('entities_name').on(t.workspaceId, t.companionId, t.type, t.foldedName),
  index('entities_folded_name').on(t.workspaceId, t.foldedName),
  index('entities_merged').on(t.workspaceId, t.mergedInto),
  // What is to be analysed again, as with memories.
  index('entities_unanalysed').on(t.workspaceId, t.id).where(sql`analysis < 3`),
  foreignKey({
    columns: [t.workspaceId, t.companionId],
    foreignColumns: [companions.workspaceId, companions.id],
  }).onDelete('cascade'),
  tenantPolicy(),
  ...policiesFor('entities'),
]);

/** What rows of `entities` were before, each until `knownUntil`. */
export const entitiesHistory = snakeCase.table.withRLS(
  'entities_history',
  { knownUntil: moment().notNull(), ...entityColumns() },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id, t.knownUntil] }),
    foreignKey({
      columns: [t.workspaceId, t.id],
      foreignColumns: [entities.workspaceId, entities.id],
    }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('entities_history'),
  ],
);

/**
 * Which entities have a term in their name. A trigger derives it from `entities.search`, and removes the terms of an
 * entity with it. Names never change, nor do terms: which entity a name stands for at a point in time is said by
 * `entities`, to whom it was mentioned by `mentions`.
 */
export const entityTerms = snakeCase.table.withRLS(
  'entity_terms',
  {
    workspaceId: workspaceId(),
    term: byteText().notNull(),
    companionId: uuid().notNull(),
    entityId: uuid().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.term, t.companionId, t.entityId] }),
    tenantPolicy(),
    ...policiesFor('entity_terms'),
  ],
);

const mentionColumns = () => ({
  workspaceId: workspaceId(),
  memoryId: uuid().notNull(),
  entityId: uuid().notNull(),
  knownFrom: moment().notNull(),
});

/** Which memory mentions which entity, now. */
export const mentions = snakeCase.table.withRLS('mentions', mentionColumns(), (t) => [
  primaryKey({ columns: [t.workspaceId, t.memoryId, t.entityId] }),
  index('mentions_entity').on(t.workspaceId, t.entityId, t.memoryId),
  foreignKey({
    columns: [t.workspaceId, t.memoryId],
    foreignColumns: [memories.workspaceId, memories.id],
  }).onDelete('cascade'),
  foreignKey({
    columns: [t.workspaceId, t.entityId],
    foreignColumns: [entities.workspaceId, entities.id],
  }).onDelete('cascade'),
  tenantPolicy(),
  ...policiesFor('mentions'),
]);

/** Mentions that were taken away, each known until `knownUntil`. */
export const mentionsHistory = snakeCase.table.withRLS(
  'mentions_history',
  { knownUntil: moment().notNull(), ...mentionColumns() },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.memoryId, t.entityId, t.knownUntil] }),
    index('mentions_history_entity').on(t.workspaceId, t.entityId, t.memoryId),
    foreignKey({
      columns: [t.workspaceId, t.memoryId],
      foreignColumns: [memories.workspaceId, memories.id],
    }).onDelete('cascade'),
    foreignKey({
      columns: [t.workspaceId, t.entityId],
      foreignColumns: [entities.workspaceId, entities.id],
    }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('mentions_history'),
  ],
);
