import { sql } from 'drizzle-orm';
import {
  boolean,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgEnum,
  primaryKey,
  smallint,
  snakeCase,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { moment, tenantPolicy, tsvector, workspaceId } from '../db/columns.ts';
import { companions } from './companion.ts';
import { policiesFor } from './restriction.ts';
import { users } from './user.ts';

export const memoryType = pgEnum('memory_type', ['FACT', 'EXPERIENCE', 'PREFERENCE', 'INSTRUCTION', 'REFLECTION']);
export type MemoryType = (typeof memoryType.enumValues)[number];

/**
 * Lineages: the versions of one memory are one lineage, and relations join lineages. Everything that says something of
 * a memory refers to its lineage by a cascading key, so that deleting the lineage forgets all of it.
 */
export const lineages = snakeCase.table.withRLS(
  'lineages',
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    companionId: uuid().notNull(),
    userId: uuid(),
    /** The question that this lineage answers. At most one lineage of a companion and user has it. */
    slot: text(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    uniqueIndex('lineages_slot')
      .on(t.workspaceId, t.companionId, sql`coalesce(user_id, '00000000-0000-0000-0000-000000000000'::uuid)`, t.slot)
      .where(sql`slot is not null`),
    index('lineages_companion').on(t.workspaceId, t.companionId),
    index('lineages_user').on(t.workspaceId, t.userId),
    foreignKey({
      columns: [t.workspaceId, t.companionId],
      foreignColumns: [companions.workspaceId, companions.id],
    }).onDelete('cascade'),
    foreignKey({ columns: [t.workspaceId, t.userId], foreignColumns: [users.workspaceId, users.id] }).onDelete(
      'cascade',
    ),
    tenantPolicy(),
    ...policiesFor('lineages'),
  ],
);

const memoryColumns = () => ({
  workspaceId: workspaceId(),
  id: uuid().notNull(),
  lineageId: uuid().notNull(),
  companionId: uuid().notNull(),
  userId: uuid(),
  type: memoryType().notNull(),
  content: text().notNull(),
  /** Digest of the content with case and white space folded: what deduplication compares. */
  contentFold: text().notNull(),
  summary: text(),
  slot: text(),
  context: jsonb().$type<Record<string, unknown>>().notNull().default({}),
  /** Stated confidence, 0–1. */
  confidence: doublePrecision().notNull(),
  /** The base of decay: importance 0–10 as it was at `importanceAsOf`. */
  importance: doublePrecision().notNull(),
  importanceAsOf: moment().notNull(),
  accessCount: integer().notNull().default(0),
  lastAccessedAt: moment(),
  validFrom: moment().notNull(),
  /** The end stated with the memory; `validUntil` is that or an earlier one its time line gives it. */
  statedUntil: moment(),
  validUntil: moment(),
  recordedAt: moment().notNull(),
  retractedAt: moment(),
  expiresAt: moment(),
  archivedAt: moment(),
  updatedAt: moment().notNull(),
  /** Since when the row has stood like this; set by the history trigger on every change. */
  knownFrom: moment().notNull(),
});

/** The terms a memory is found by: see searchSql. A trigger keeps a posting of each. */
const searchColumn = () => tsvector();
/** By which version of the analysis its terms were made; 0: an unknown one. What another made is made again. */
const analysisColumn = () => smallint().notNull().default(0);

/** What the decisions in force make of a version: caches, as are `validUntil` and `retractedAt`. */
const beliefColumns = () => ({
  /** No longer believed, but the version that was put in its place is. */
  isCorrected: boolean().notNull().default(false),
  /** A side of an open contradiction: it counts where both sides hold. */
  isContested: boolean().notNull().default(false),
});

/** Versions of memories, as they stand now. What an access changes stands in no index, so that it stays HOT. */
export const memories = snakeCase.table.withRLS(
  'memories',
  {
    ...memoryColumns(),
    search: searchColumn(),
    ...beliefColumns(),
    analysis: analysisColumn(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    index('memories_lineage').on(t.workspaceId, t.lineageId, t.validFrom),
    // Rising, though they are read from the newest on: what is newer comes at an end that has room, and pages stay full.
    index('memories_recorded').on(t.workspaceId, t.recordedAt, t.id),
    index('memories_companion_recorded').on(t.workspaceId, t.companionId, t.recordedAt, t.id),
    index('memories_companion_valid').on(t.workspaceId, t.companionId, t.validFrom, t.id),
    index('memories_user_recorded').on(t.workspaceId, t.userId, t.recordedAt, t.id),
    // Not by companion first: the planner would use it for a companion's memories in no order at all.
    index('memories_content').on(t.workspaceId, t.contentFold, t.companionId),
    index('memories_retracted').on(t.workspaceId, t.lineageId).where(sql`retracted_at is not null`),
    index('memories_contested').on(t.workspaceId, t.lineageId).where(sql`is_contested`),
    // What is to be analysed again: it is empty but after a change of the analysis, which changes the condition.
    index('memories_unanalysed').on(t.workspaceId, t.id).where(sql`analysis < 3`),
    index('memories_expiry').on(t.workspaceId, t.expiresAt).where(sql`expires_at is not null`),
    foreignKey({
      columns: [t.workspaceId, t.lineageId],
      foreignColumns: [lineages.workspaceId, lineages.id],
    }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('memories'),
  ],
);

/** What rows of `memories` were before, each until `knownUntil`. `known_until` comes first: see the history trigger. */
export const memoriesHistory = snakeCase.table.withRLS(
  'memories_history',
  {
    knownUntil: moment().notNull(),
    ...memoryColumns(),
    search: searchColumn(),
    ...beliefColumns(),
    analysis: analysisColumn(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id, t.knownUntil] }),
    index('memories_history_lineage').on(t.workspaceId, t.lineageId, t.validFrom),
    index('memories_history_companion').on(t.workspaceId, t.companionId, t.recordedAt.desc().nullsFirst()),
    index('memories_history_known').on(t.workspaceId, t.companionId, t.knownUntil),
    foreignKey({
      columns: [t.workspaceId, t.lineageId],
      foreignColumns: [lineages.workspaceId, lineages.id],
    }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('memories_history'),
  ],
);
