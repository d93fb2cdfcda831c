import { foreignKey, primaryKey, snakeCase, text, uuid } from 'drizzle-orm/pg-core';
import { moment, tenantPolicy, workspaceId } from '../db/columns.ts';
import type { AccessScope } from '../kernel/principal.ts';
import { workspaces } from './workspace.ts';

/** API keys. The secret is not here: only its hash is. */
export const apiKeys = snakeCase.table.withRLS(
  'api_keys',
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    /** What its operator calls it; events name it as who acted. */
    name: text().notNull(),
    /** SHA-256 of the secret, in base64url. The secret has 256 random bits: a slow hash would protect nothing more. */
    secretHash: text().notNull(),
    /** The hash of the secret before the last rotation, which is taken until `previousUntil`. */
    previousHash: text(),
    previousUntil: moment(),
    scopes: text().$type<AccessScope>().array().notNull(),
    createdAt: moment().notNull().defaultNow(),
    expiresAt: moment(),
    revokedAt: moment(),
    /** When it was last used, to the minute or so; null: never, as far as is known. */
    lastUsedAt: moment(),
    /**
     * The companions and users it is restricted to; null: not restricted in that. What is deleted goes from the list,
     * and an empty list lets nothing through.
     */
    companions: uuid().array(),
    users: uuid().array(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({ columns: [t.workspaceId], foreignColumns: [workspaces.id] }).onDelete('cascade'),
    tenantPolicy(),
  ],
);
