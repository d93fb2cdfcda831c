import { sql } from 'drizzle-orm';
import { foreignKey, index, integer, jsonb, primaryKey, snakeCase, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { moment, tenantPolicy, workspaceId } from '../db/columns.ts';
import { companions } from './companion.ts';
import { conversations } from './conversation.ts';
import { policiesFor } from './restriction.ts';
import { users } from './user.ts';

/** Clients that are connected for a while. Nothing says from where: no address is kept. */
export const sessions = snakeCase.table.withRLS(
  'sessions',
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    externalId: text().notNull(),
    companionId: uuid().notNull(),
    userId: uuid(),
    conversationId: uuid(),
    clientName: text(),
    clientVersion: text(),
    clientProtocol: text(),
    startedAt: moment().notNull(),
    /** Written at most once a minute. */
    lastActivityAt: moment().notNull(),
    /** Minutes without activity after which it expires. */
    expiresAfter: integer().notNull(),
    /** From here on it is over: it has expired, or it has been ended. */
    expiresAt: moment().notNull(),
    /** When it was ended; also of one that had expired before another of its name began. */
    endedAt: moment(),
    metadata: jsonb().$type<Record<string, unknown>>().notNull().default({}),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    // One of a name for each companion and user; the name may be used again when the one that had it is over.
    uniqueIndex('sessions_open')
      .on(t.workspaceId, t.externalId, t.companionId, sql`coalesce(user_id, '00000000-0000-0000-0000-000000000000')`)
      .where(sql`ended_at is null`),
    index('sessions_external_id').on(
      t.workspaceId,
      t.externalId,
      t.startedAt.desc().nullsFirst(),
      t.id.desc().nullsFirst(),
    ),
    index('sessions_started').on(t.workspaceId, t.startedAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index('sessions_companion_started').on(
      t.workspaceId,
      t.companionId,
      t.startedAt.desc().nullsFirst(),
      t.id.desc().nullsFirst(),
    ),
    index('sessions_user').on(t.workspaceId, t.userId).where(sql`user_id is not null`),
    index('sessions_conversation').on(t.workspaceId, t.conversationId).where(sql`conversation_id is not null`),
    index('sessions_expiry').on(t.workspaceId, t.expiresAt),
    foreignKey({
      columns: [t.workspaceId, t.companionId],
      foreignColumns: [companions.workspaceId, companions.id],
    }).onDelete('cascade'),
    foreignKey({ columns: [t.workspaceId, t.userId], foreignColumns: [users.workspaceId, users.id] }).onDelete(
      'cascade',
    ),
    foreignKey({
      columns: [t.workspaceId, t.conversationId],
      foreignColumns: [conversations.workspaceId, conversations.id],
    }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('sessions'),
  ],
);
