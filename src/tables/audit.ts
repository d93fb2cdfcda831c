import { integer, primaryKey, snakeCase, text, uuid } from 'drizzle-orm/pg-core';
import { moment, tenantPolicy, workspaceId } from '../db/columns.ts';

/**
 * The audit trail: what was refused, and what operators and holders of ADMIN did. Never contents. Ids are made of the
 * moment, so that their order is that of the trail. No key refers to workspaces: that one was deleted is written down
 * under the nil UUID, which is no workspace's.
 */
export const auditEntries = snakeCase.table.withRLS(
  'audit_entries',
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    /** The first of those counted. */
    at: moment().notNull(),
    /** Who, as events name them: `key:…`, `jwt:…`, `local:…`, `system:…`. */
    actor: text().notNull(),
    /** The id of the API key, where it was one. */
    credential: text(),
    /** Where from, where that is known: an IPv4 address, or the network of an IPv6 address. */
    address: text(),
    /** A mutation, a command, a field, or how a request asked to come in. */
    action: text().notNull(),
    /** What it was done to, by its id or type, where it was one thing. */
    subject: text(),
    /** `DONE`, or the code of the refusal. */
    outcome: text().notNull(),
    /** How many of the same there were within the minute. */
    count: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.id] }), tenantPolicy()],
);
