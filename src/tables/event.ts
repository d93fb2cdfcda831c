import { sql } from 'drizzle-orm';
import {
  bigint,
  foreignKey,
  index,
  jsonb,
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
import { workspaces } from './workspace.ts';

export const eventKind = pgEnum('event_kind', [
  'RECORDED',
  'UPDATED',
  'CORRECTED',
  'RETRACTED',
  'REVERTED',
  'RELATED',
  'UNRELATED',
  'CONTRADICTED',
  'RESOLVED',
  'REOPENED',
  'ARCHIVED',
  'RESTORED',
  'DECAYED',
  'REINFORCED',
  'ENTITIES_MERGED',
  'FOUND',
  'JUDGED',
]);

/** What happened to memories, in the order in which it was committed. Only forgetting takes rows away. */
export const events = snakeCase.table.withRLS(
  'events',
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    /** Its place in the workspace's feed: nothing is ever committed before what has been read. */
    position: bigint({ mode: 'number' }).notNull(),
    kind: eventKind().notNull(),
    at: moment().notNull(),
    actor: text().notNull(),
    memoryId: uuid().notNull(),
    lineageId: uuid().notNull(),
    companionId: uuid().notNull(),
    userId: uuid(),
    /** The other memory, where it happened to two: the far end of a relation, the other side of a contradiction. */
    otherLineageId: uuid(),
    /** Whose that is, where the first is of somebody else. */
    otherCompanionId: uuid(),
    otherUserId: uuid(),
    relationId: uuid(),
    contradictionId: uuid(),
    reason: text(),
    changes: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    /** The session that it was done in. */
    sessionId: uuid(),
    findingId: uuid(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    uniqueIndex('events_position').on(t.workspaceId, t.position),
    index('events_lineage').on(t.workspaceId, t.lineageId, t.position),
    index('events_other_lineage')
      .on(t.workspaceId, t.otherLineageId, t.position)
      .where(sql`other_lineage_id is not null`),
    index('events_session').on(t.workspaceId, t.sessionId).where(sql`session_id is not null`),
    index('events_companion').on(t.workspaceId, t.companionId, t.position),
    index('events_other_companion')
      .on(t.workspaceId, t.otherCompanionId, t.position)
      .where(sql`other_companion_id is not null`),
    foreignKey({
      columns: [t.workspaceId, t.lineageId],
      foreignColumns: [lineages.workspaceId, lineages.id],
    }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('events'),
  ],
);

/**
 * How far each workspace has come. Its row is locked last, until the commit: positions are committed in order.
 */
export const eventFeeds = snakeCase.table.withRLS(
  'event_feeds',
  {
    workspaceId: workspaceId().primaryKey(),
    position: bigint({ mode: 'number' }).notNull(),
    /** The latest stamp of all mutations: the present is never before it, even if the clock is set back. */
    latestAt: moment(),
  },
  (t) => [
    foreignKey({ columns: [t.workspaceId], foreignColumns: [workspaces.id] }).onDelete('cascade'),
    tenantPolicy(),
  ],
);
