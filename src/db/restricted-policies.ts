import { sql } from 'drizzle-orm';
import { type PgPolicy, pgPolicy } from 'drizzle-orm/pg-core';
import { COMPANIONS_SETTING, restrictedRole, tenantCondition, USERS_SETTING } from './columns.ts';

/** How a condition asks what a credential is restricted to. Each takes a column, as SQL, and says it of its row. */
export interface Allowed {
  /** The companion is one of those that are seen. */
  companion(column: string): string;
  /** The user is one of those whose rows are seen and changed. */
  user(column: string): string;
  /** The same, or nobody: such rows are seen, too. */
  userOrNobody(column: string): string;
  /** The same of the user of a posting, where the nil UUID is nobody. */
  userOfPosting(column: string): string;
  /** Nothing is restricted to users. */
  everyUser: string;
  /** The entities merged into the one of a column, as a subselect of their keys. */
  mergedInto(workspaceId: string, entityId: string): string;
}

const NIL = `'00000000-0000-0000-0000-000000000000'::uuid`;

/** What a setting of the transaction lists; null: it does not restrict. One that was never set lists nothing. */
const listOf = (setting: string): string =>
  `(select nullif(coalesce(nullif(current_setting('${setting}', true), ''), '{}'), '*')::uuid[])::uuid[]`;

const companions = listOf(COMPANIONS_SETTING);
const users = listOf(USERS_SETTING);
const oneOf = (column: string, list: string): string => `(${list} is null or ${column} = any(${list}))`;

/** As policies ask it, by settings of the transaction. */
const bySettings: Allowed = {
  companion: (column) => oneOf(column, companions),
  user: (column) => oneOf(column, users),
  userOrNobody: (column) => `(${column} is null or ${users} is null or ${column} = any(${users}))`,
  userOfPosting: (column) => `(${column} = ${NIL} or ${users} is null or ${column} = any(${users}))`,
  everyUser: `${users} is null`,
  // A policy cannot look into its own table: a function can.
  mergedInto: (workspaceId, entityId) => `(select entities_merged_into(${workspaceId}, ${entityId}))`,
};

/** Where a statement's lists go: parameters, once it is known which of them it has. */
export const COMPANIONS = '$companions';
export const USERS = '$users';

/** How many keys a statement's list has. Of one it asks for that key itself: so its plan is made once, and not each time. */
export type Many = 'all' | 'one' | 'some';

/** As a statement asks it: by {@link COMPANIONS} and {@link USERS}, where it is restricted in that. */
export const byParameters = (companions: Many, users: Many): Allowed => {
  const among = (column: string, list: string, many: Many) =>
    many === 'one' ? `${column} = ${list}::uuid` : `${column} = any(${list}::uuid[])`;
  const ofUsers = (column: string) => among(column, USERS, users);
  // As one condition, which an index takes.
  const ofUsersOrNil = (column: string) =>
    users === 'one' ? `${column} in (${NIL}, ${USERS}::uuid)` : `${column} = any(${USERS}::uuid[] || ${NIL})`;
  const isEveryUser = users === 'all';
  return {
    companion: (column) => (companions === 'all' ? 'true' : among(column, COMPANIONS, companions)),
    user: (column) => (isEveryUser ? 'true' : ofUsers(column)),
    userOrNobody: (column) => (isEveryUser ? 'true' : `(${column} is null or ${ofUsers(column)})`),
    userOfPosting: (column) => (isEveryUser ? 'true' : ofUsersOrNil(column)),
    everyUser: isEveryUser ? 'true' : 'false',
    mergedInto: (workspaceId, entityId) =>
      `(select r.id from entities r where r.workspace_id = ${workspaceId} and r.merged_into = ${entityId})`,
  };
};

/** What a restricted credential may do with rows of a table. What is left out it may not. */
export interface Rules {
  read: (allowed: Allowed) => string;
  insert?: (allowed: Allowed) => string;
  update?: (allowed: Allowed) => string;
  delete?: (allowed: Allowed) => string;
}

/** The policies of a table for the restricted role: only rows of the transaction's workspace, and of them by the rules. */
export function restrictedPolicies(rules: Rules, column: 'workspace_id' | 'id' = 'workspace_id'): PgPolicy[] {
  const given = [
    ['select', rules.read],
    ['insert', rules.insert],
    ['update', rules.update],
    ['delete', rules.delete],
  ] as const;
  return given.flatMap(([command, rule]) => {
    if (!rule) return [];
    const condition = sql.raw(`${tenantCondition(column)} and ${rule(bySettings)}`);
    return pgPolicy(`restricted_${command}`, {
      as: 'permissive',
      for: command,
      to: restrictedRole,
      ...(command !== 'insert' && { using: condition }),
      ...((command === 'insert' || command === 'update') && { withCheck: condition }),
    });
  });
}
