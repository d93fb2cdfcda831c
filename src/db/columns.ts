import { sql } from 'drizzle-orm';
import { customType, pgPolicy, pgRole, timestamp, uuid } from 'drizzle-orm/pg-core';
import { defaultPlace } from './place.ts';

/**
 * The role every statement of a request runs as: it owns nothing and cannot bypass row-level security. An installation
 * may call it otherwise: this is the name in migrations, for which `database.place.role` is put when they run.
 */
export const appRole = pgRole(defaultPlace.role).existing();

/**
 * The role of requests whose credential is restricted to companions or users. It is no member of the other, and has
 * policies of its own: of a table that has none for it, it sees nothing.
 */
export const restrictedRole = pgRole(`${appRole.name}_restricted`).existing();

/** The transaction-local settings that hold the keys it is restricted to, as arrays; `*`: not restricted in that. */
export const COMPANIONS_SETTING = 'palimpsest.companions';
export const USERS_SETTING = 'palimpsest.users';

/** The transaction-local setting that names the workspace row-level security lets through. */
export const WORKSPACE_SETTING = 'palimpsest.workspace_id';

/** The transaction-local setting that holds the moment a mutation's changes become known. */
export const STAMP_SETTING = 'palimpsest.stamp';

/** That a row is of the transaction's workspace, as SQL. */
export const tenantCondition = (column: 'workspace_id' | 'id'): string =>
  `${column} = nullif(current_setting('${WORKSPACE_SETTING}', true), '')::uuid`;

/** The policy of a tenant's table: only rows of the transaction's workspace are seen and written. */
export const tenantPolicy = (column: 'workspace_id' | 'id' = 'workspace_id') => {
  const own = sql.raw(tenantCondition(column));
  return pgPolicy('tenant', { as: 'permissive', for: 'all', to: appRole, using: own, withCheck: own });
};

/**
 * Lets whoever may take on the role of requests see which workspaces there are, before having done so: the users that
 * the service connects as. The roles of requests themselves cannot, nor can any other user.
 */
export const operatorPolicy = () =>
  pgPolicy('operator', {
    as: 'permissive',
    for: 'select',
    to: appRole,
    using: sql.raw(`current_user <> '${appRole.name}' and current_user <> '${appRole.name}_restricted'`),
  });

/** A moment, kept to the millisecond: what JavaScript, cursors and ids can carry without loss. */
export const moment = () => timestamp({ withTimezone: true, precision: 3 });

/** The first column of every table and of every key and index. */
export const workspaceId = () => uuid().notNull();

export const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' });

/** A vector of any dimension: each row's model says which. */
export const anyVector = customType<{ data: string }>({ dataType: () => 'vector' });

/** Text compared byte by byte, which is what an index of terms needs and no more. */
export const byteText = customType<{ data: string }>({ dataType: () => 'text collate "C"' });
