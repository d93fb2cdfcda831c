import { foreignKey, index, integer, primaryKey, snakeCase, text, uuid } from 'drizzle-orm/pg-core';
import { anyVector, moment, tenantPolicy, workspaceId } from '../db/columns.ts';
import { memories } from './memory.ts';
import { policiesFor } from './restriction.ts';

/** The model and dimension that made a vector; vectors of different ones are never compared. */
const modelColumns = () => ({ model: text().notNull(), dimension: integer().notNull() });

/** Vectors. They are not in the table of memories, so that changing a memory never touches a vector index. */
export const memoryEmbeddings = snakeCase.table.withRLS(
  'memory_embeddings',
  {
    workspaceId: workspaceId(),
    companionId: uuid().notNull(),
    userId: uuid(),
    memoryId: uuid().notNull(),
    ...modelColumns(),
    /** Digest of the content: what says the same has the same vector. */
    contentHash: text().notNull(),
    embedding: anyVector().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.memoryId, t.model, t.dimension] }),
    index('memory_embeddings_companion').on(t.workspaceId, t.companionId, t.model, t.dimension, t.userId),
    index('memory_embeddings_content').on(t.workspaceId, t.contentHash, t.model, t.dimension),
    foreignKey({
      columns: [t.workspaceId, t.memoryId],
      foreignColumns: [memories.workspaceId, memories.id],
    }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('memory_embeddings'),
  ],
);

/** Memories that have no vector yet. */
export const pendingEmbeddings = snakeCase.table.withRLS(
  'pending_embeddings',
  {
    workspaceId: workspaceId(),
    memoryId: uuid().notNull(),
    ...modelColumns(),
    contentHash: text().notNull(),
    /** How often the provider has refused this content. */
    attempts: integer().notNull().default(0),
    /**
     * The vector, where it is known already and has only to be stored: with an index storing is slow, and done later.
     */
    embedding: anyVector(),
    /** When it may be tried (again). */
    dueAt: moment().notNull(),
    /** Until when a worker has claimed it; null: none has. A worker that is late has died. */
    claimedUntil: moment(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.memoryId, t.model, t.dimension] }),
    index('pending_embeddings_due').on(t.workspaceId, t.model, t.dimension, t.dueAt),
    index('pending_embeddings_content').on(t.workspaceId, t.contentHash),
    foreignKey({
      columns: [t.workspaceId, t.memoryId],
      foreignColumns: [memories.workspaceId, memories.id],
    }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('pending_embeddings'),
  ],
);
