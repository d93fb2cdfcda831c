import { sql } from 'drizzle-orm';
import {
  boolean,
  foreignKey,
  index,
  integer,
  jsonb,
  pgEnum,
  primaryKey,
  snakeCase,
  text,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { moment, tenantPolicy, workspaceId } from '../db/columns.ts';
import { companions } from './companion.ts';
import { lineages } from './memory.ts';
import { policiesFor } from './restriction.ts';
import { users } from './user.ts';

/** Conversations of a companion, at most one user each. `externalId` is the caller's own id, unique by companion. */
export const conversations = snakeCase.table.withRLS(
  'conversations',
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    companionId: uuid().notNull(),
    userId: uuid(),
    externalId: text().notNull(),
    title: text(),
    metadata: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    createdAt: moment().notNull(),
    updatedAt: moment().notNull(),
    /** When its newest message was said. */
    lastMessageAt: moment(),
    /** What conversations are listed by: when its newest message was said, or it was made. */
    activeAt: moment().notNull(),
    messageCount: integer().notNull().default(0),
    /** The position that the next message gets: positions are never used again. */
    nextPosition: integer().notNull().default(0),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    unique('conversations_external_id').on(t.workspaceId, t.companionId, t.externalId),
    index('conversations_active').on(t.workspaceId, t.activeAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index('conversations_companion_active').on(
      t.workspaceId,
      t.companionId,
      t.activeAt.desc().nullsFirst(),
      t.id.desc().nullsFirst(),
    ),
    index('conversations_user_active').on(
      t.workspaceId,
      t.userId,
      t.activeAt.desc().nullsFirst(),
      t.id.desc().nullsFirst(),
    ),
    foreignKey({
      columns: [t.workspaceId, t.companionId],
      foreignColumns: [companions.workspaceId, companions.id],
    }).onDelete('cascade'),
    foreignKey({ columns: [t.workspaceId, t.userId], foreignColumns: [users.workspaceId, users.id] }).onDelete(
      'cascade',
    ),
    tenantPolicy(),
    ...policiesFor('conversations'),
  ],
);

export const messageRole = pgEnum('message_role', ['SYSTEM', 'USER', 'ASSISTANT', 'TOOL']);
export type MessageRole = (typeof messageRole.enumValues)[number];

export const messageFormat = pgEnum('message_format', [
  'TEXT',
  'AI_SDK_UI',
  'AI_SDK_MODEL',
  'OPENAI_CHAT',
  'OPENAI_ITEM',
  'MASTRA',
  'LANGCHAIN',
  'ANTHROPIC',
]);
export type MessageFormat = (typeof messageFormat.enumValues)[number];

/**
 * The messages of conversations, each as it was given. The words of a remembered one are cut out of `content`: they are
 * stored once, in the version of the memory that it became, and come back from there.
 */
export const messages = snakeCase.table.withRLS(
  'messages',
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    conversationId: uuid().notNull(),
    /** 0, 1, 2 … in the conversation. */
    position: integer().notNull(),
    role: messageRole().notNull(),
    format: messageFormat().notNull(),
    /** False while it is being streamed: it is remembered when it comes again as final. */
    isFinal: boolean().notNull().default(true),
    /** Its words were erased with the memory that it became. */
    isForgotten: boolean().notNull().default(false),
    /** As given; null: they are counted when they are asked for. */
    tokens: integer(),
    /** When it was said. */
    createdAt: moment().notNull(),
    updatedAt: moment().notNull(),
    /** When it was stored. */
    recordedAt: moment().notNull(),
    /** The version of a memory that it became, and that version's lineage. */
    memoryId: uuid(),
    lineageId: uuid(),
    sessionId: uuid(),
    /** Of what was given, so that the same sent again is known. Null once forgotten. */
    digest: uuid(),
    externalId: text(),
    name: text(),
    metadata: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    /** JSON text, with marks where words were cut out: see cut. Null once forgotten. It is no jsonb, which refuses U+0000. */
    content: text(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    uniqueIndex('messages_position').on(t.workspaceId, t.conversationId, t.position),
    uniqueIndex('messages_external_id')
      .on(t.workspaceId, t.conversationId, t.externalId)
      .where(sql`external_id is not null`),
    index('messages_created').on(t.workspaceId, t.conversationId, t.createdAt, t.id),
    index('messages_by_external_id').on(t.workspaceId, t.externalId).where(sql`external_id is not null`),
    index('messages_lineage').on(t.workspaceId, t.lineageId).where(sql`lineage_id is not null`),
    index('messages_session').on(t.workspaceId, t.sessionId).where(sql`session_id is not null`),
    foreignKey({
      columns: [t.workspaceId, t.conversationId],
      foreignColumns: [conversations.workspaceId, conversations.id],
    }).onDelete('cascade'),
    // No cascade: forgetting a lineage takes the words out of its messages first, and they stay.
    foreignKey({ columns: [t.workspaceId, t.lineageId], foreignColumns: [lineages.workspaceId, lineages.id] }),
    tenantPolicy(),
    ...policiesFor('messages'),
  ],
);
