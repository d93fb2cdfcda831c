import { sql } from 'drizzle-orm';
import {
  foreignKey,
  index,
  integer,
  jsonb,
  pgEnum,
  primaryKey,
  snakeCase,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { moment, tenantPolicy, workspaceId } from '../db/columns.ts';
import { companions } from './companion.ts';
import { conversations } from './conversation.ts';
import { policiesFor } from './restriction.ts';
import { users } from './user.ts';

export const workingMemoryScope = pgEnum('working_memory_scope', ['CONVERSATION', 'USER', 'COMPANION']);
export type WorkingMemoryScope = (typeof workingMemoryScope.enumValues)[number];

const workingMemoryColumns = () => ({
  workspaceId: workspaceId(),
  id: uuid().notNull(),
  scope: workingMemoryScope().notNull(),
  companionId: uuid().notNull(),
  /** Of scope USER; of scope CONVERSATION the conversation's user. */
  userId: uuid(),
  conversationId: uuid(),
  content: text().notNull(),
  data: jsonb().$type<Record<string, unknown>>(),
  template: text(),
  /** JSON Schema of `data`. */
  schema: jsonb().$type<Record<string, unknown>>(),
  /** 1 for the first, then 2, 3 … */
  version: integer().notNull(),
  updatedAt: moment().notNull(),
  /** The credential that wrote it. */
  updatedBy: text().notNull(),
  knownFrom: moment().notNull(),
});

/** What belongs into every prompt: one of a companion, of each of its users, and of each conversation. */
export const workingMemories = snakeCase.table.withRLS('working_memories', workingMemoryColumns(), (t) => [
  primaryKey({ columns: [t.workspaceId, t.id] }),
  uniqueIndex('working_memories_companion').on(t.workspaceId, t.companionId).where(sql`scope = 'COMPANION'`),
  uniqueIndex('working_memories_user').on(t.workspaceId, t.companionId, t.userId).where(sql`scope = 'USER'`),
  // Of these alone a conversation is named: what deleting one takes along is found by it, too.
  uniqueIndex('working_memories_conversation')
    .on(t.workspaceId, t.conversationId)
    .where(sql`conversation_id is not null`),
  index('working_memories_of').on(t.workspaceId, t.companionId),
  index('working_memories_of_user').on(t.workspaceId, t.userId).where(sql`user_id is not null`),
  foreignKey({
    columns: [t.workspaceId, t.companionId],
    foreignColumns: [companions.workspaceId, companions.id],
  }).onDelete('cascade'),
  foreignKey({ columns: [t.workspaceId, t.userId], foreignColumns: [users.workspaceId, users.id] }).onDelete('cascade'),
  foreignKey({
    columns: [t.workspaceId, t.conversationId],
    foreignColumns: [conversations.workspaceId, conversations.id],
  }).onDelete('cascade'),
  tenantPolicy(),
  ...policiesFor('working_memories'),
]);

/** What rows of `working_memories` were before, each until `knownUntil`: their earlier versions. */
export const workingMemoriesHistory = snakeCase.table.withRLS(
  'working_memories_history',
  { knownUntil: moment().notNull(), ...workingMemoryColumns() },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id, t.knownUntil] }),
    foreignKey({
      columns: [t.workspaceId, t.id],
      foreignColumns: [workingMemories.workspaceId, workingMemories.id],
    }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('working_memories_history'),
  ],
);
