import { sql } from 'drizzle-orm';
import { foreignKey, index, primaryKey, smallint, snakeCase, uuid } from 'drizzle-orm/pg-core';
import { byteText, tenantPolicy, workspaceId } from '../db/columns.ts';
import { lineages } from './memory.ts';
import { policiesFor } from './restriction.ts';

/** How many terms a row of `postings` has at most. */
export const TERMS_A_ROW = 6;

/**
 * The inverted index: which memories have a term, and how often. A row has up to six terms of a memory, since the head of
 * a row takes more room than a term. A term is always in the same of its columns: so equal ones stand together in one
 * index, which has their keys once. A trigger derives the rows from `memories.search` on every write, and removes those
 * of a memory with it. The columns that a search compares are all in the index, so that counting reads nothing else.
 */
export const postings = snakeCase.table.withRLS(
  'postings',
  {
    workspaceId: workspaceId(),
    companionId: uuid().notNull(),
    /** The user the memory is about; the nil UUID: nobody. */
    userId: uuid().notNull(),
    memoryId: uuid().notNull(),
    /** How long the memory's content is: bytes of UTF-8 / 10, which is about how many words it has; at most 32,767. */
    length: smallint().notNull(),
    term1: byteText(),
    term2: byteText(),
    term3: byteText(),
    term4: byteText(),
    term5: byteText(),
    term6: byteText(),
    /** How often the memory has each term; at least 1. */
    frequency1: smallint(),
    frequency2: smallint(),
    frequency3: smallint(),
    frequency4: smallint(),
    frequency5: smallint(),
    frequency6: smallint(),
    /** Where in a long content each term stands, by the places of its words: see placesSql. */
    places1: smallint().array(),
    places2: smallint().array(),
    places3: smallint().array(),
    places4: smallint().array(),
    places5: smallint().array(),
    places6: smallint().array(),
  },
  (t) => [
    index('postings_memory').on(t.workspaceId, t.memoryId),
    ...[t.term1, t.term2, t.term3, t.term4, t.term5, t.term6].map((term, place) =>
      index(`postings_term${place + 1}`)
        .on(t.workspaceId, t.companionId, term, t.userId)
        .where(sql.raw(`term${place + 1} is not null`)),
    ),
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
