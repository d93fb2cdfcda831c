import { foreignKey, primaryKey, smallint, snakeCase, uuid } from 'drizzle-orm/pg-core';
import { byteText, tenantPolicy, workspaceId } from '../db/columns.ts';
import { lineages } from './memory.ts';
import { policiesFor } from './restriction.ts';

/**
 * The inverted index: which memories have a term, and how often. A trigger derives it from `memories.search` on every
 * write, and removes the postings of a memory with it. Every column is in the key, so that a search reads only the
 * index of the memories it looks in.
 */
export const postings = snakeCase.table.withRLS(
  'postings',
  {
    workspaceId: workspaceId(),
    companionId: uuid().notNull(),
    term: byteText().notNull(),
    /** The user the memory is about; the nil UUID: nobody, since a key has no nulls. */
    userId: uuid().notNull(),
    memoryId: uuid().notNull(),
    /** How often the memory has the term; at least 1. */
    frequency: smallint().notNull(),
    /**
     * How long the memory's content is: bytes of UTF-8 / 10, which is about how many words it has; at most 32,767. 0 in
     * what an earlier version wrote, until it is analysed again: then it counts as short.
     */
    length: smallint().notNull().default(0),
    /** Where in a long content the term stands, by the places of its words: see placesSql. */
    places: smallint().array(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.companionId, t.term, t.userId, t.memoryId] }),
    tenantPolicy(),
    ...policiesFor('postings'),
  ],
);

/**
 * What lies within a few FOLLOWS relations of a lineage: the same relations, walked in advance, since a search would
 * have to walk them from each of its hits.
 */
export const neighborhoods = snakeCase.table.withRLS(
  'neighborhoods',
  {
    workspaceId: workspaceId(),
    lineageId: uuid().notNull(),
    /** Lineages that came before or after it. */
    near: uuid().array().notNull(),
    /** For each of `near`: by how many relations it came after (positive) or before (negative) this lineage. */
    hops: smallint().array().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.lineageId] }),
    foreignKey({
      columns: [t.workspaceId, t.lineageId],
      foreignColumns: [lineages.workspaceId, lineages.id],
    }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('neighborhoods'),
  ],
);
