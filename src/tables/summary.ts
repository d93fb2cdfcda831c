import { sql } from 'drizzle-orm';
import {
  boolean,
  foreignKey,
  index,
  integer,
  primaryKey,
  real,
  smallint,
  snakeCase,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { moment, tenantPolicy, workspaceId } from '../db/columns.ts';
import { companions } from './companion.ts';
import { entities } from './entity.ts';
import { lineages } from './memory.ts';
import { policiesFor } from './restriction.ts';

/** What a summary is of: memories of one topic, or what is known of a user, an entity or a companion. */
export const summaryKind = { TOPIC: 0, PROFILE: 1 } as const;

/** How a summary is made: of sentences of its sources, or by a chat model. */
export const summaryMethod = { EXTRACTIVE: 0, MODEL: 1 } as const;
export type SummaryMethod = keyof typeof summaryMethod;

/** Memories of the type REFLECTION that consolidation has made, by their lineages. */
export const summaries = snakeCase.table.withRLS(
  'summaries',
  {
    workspaceId: workspaceId(),
    lineageId: uuid().notNull(),
    /** Whose the sources are, and the summary: one companion's, about one user or none. */
    companionId: uuid().notNull(),
    userId: uuid(),
    /** One of {@link summaryKind}. */
    kind: smallint().notNull(),
    /** One of {@link summaryMethod}: MODEL where a model has phrased any version, so that forgetting erases all of it. */
    method: smallint().notNull(),
    /** The version that consolidation made last; another one that holds is somebody's own. */
    memoryId: uuid().notNull(),
    /** How many memories it is of; 0: it was retracted, since too few were left. */
    size: integer().notNull(),
    refreshedAt: moment().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.lineageId] }),
    index('summaries_companion').on(t.workspaceId, t.companionId, t.userId, t.kind, t.size),
    index('summaries_user').on(t.workspaceId, t.userId),
    foreignKey({
      columns: [t.workspaceId, t.lineageId],
      foreignColumns: [lineages.workspaceId, lineages.id],
    }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('summaries'),
  ],
);

/** What a summary is of, or was, and what of it it quotes. A memory is in one topic at most. */
export const summarySources = snakeCase.table.withRLS(
  'summary_sources',
  {
    workspaceId: workspaceId(),
    summaryLineageId: uuid().notNull(),
    sourceLineageId: uuid().notNull(),
    /** The version that was read. */
    sourceId: uuid().notNull(),
    /** The place of its line in the summary, from 0; null: it has none. */
    line: smallint(),
    /** Whether it is part of the summary; else it was, and earlier versions may quote it. */
    isMember: boolean().notNull(),
    /** Whether it is part of a topic. */
    isTopic: boolean().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.summaryLineageId, t.sourceLineageId] }),
    uniqueIndex('summary_sources_topic').on(t.workspaceId, t.sourceLineageId).where(sql`is_topic`),
    index('summary_sources_source').on(t.workspaceId, t.sourceLineageId),
    foreignKey({
      columns: [t.workspaceId, t.summaryLineageId],
      foreignColumns: [summaries.workspaceId, summaries.lineageId],
    }).onDelete('cascade'),
    foreignKey({
      columns: [t.workspaceId, t.sourceLineageId],
      foreignColumns: [lineages.workspaceId, lineages.id],
    }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('summary_sources'),
  ],
);

/** What is known of a user, an entity or a companion: one of each, with the summary that says it and that it goes with. */
export const profiles = snakeCase.table.withRLS(
  'profiles',
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    companionId: uuid().notNull(),
    userId: uuid(),
    entityId: uuid(),
    summaryLineageId: uuid().notNull(),
    /** How many memories there were when it was made, and how many of them are in a topic or quoted. */
    total: integer().notNull(),
    covered: integer().notNull(),
    /** The mean of the vectors of those memories, and the model that made these; null: not known. */
    centroid: real().array(),
    centroidModel: text(),
    createdAt: moment().notNull(),
    refreshedAt: moment().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    uniqueIndex('profiles_of').on(
      t.workspaceId,
      t.companionId,
      sql`coalesce(user_id, '00000000-0000-0000-0000-000000000000'::uuid)`,
      sql`coalesce(entity_id, '00000000-0000-0000-0000-000000000000'::uuid)`,
    ),
    index('profiles_companion').on(t.workspaceId, t.companionId, t.createdAt, t.id),
    index('profiles_entity').on(t.workspaceId, t.entityId),
    index('profiles_summary').on(t.workspaceId, t.summaryLineageId),
    foreignKey({
      columns: [t.workspaceId, t.entityId],
      foreignColumns: [entities.workspaceId, entities.id],
    }).onDelete('cascade'),
    foreignKey({
      columns: [t.workspaceId, t.summaryLineageId],
      foreignColumns: [summaries.workspaceId, summaries.lineageId],
    }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('profiles'),
  ],
);

// It has no rule in restriction.ts: a credential restricted to companions or users sees nothing of it.

/** When all memories of a companion were last looked at by a run, and how many that were; no row: never. */
export const consolidations = snakeCase.table.withRLS(
  'consolidations',
  {
    workspaceId: workspaceId(),
    companionId: uuid().notNull(),
    /** When the run began: what was recorded later it may not have seen. */
    ranAt: moment().notNull(),
    examined: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.companionId] }),
    foreignKey({
      columns: [t.workspaceId, t.companionId],
      foreignColumns: [companions.workspaceId, companions.id],
    }).onDelete('cascade'),
    tenantPolicy(),
  ],
);
