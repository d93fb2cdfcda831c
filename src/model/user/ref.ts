import { type SQL, sql } from 'drizzle-orm';
import { aliased, under } from '../../db/typed-sql.ts';
import { users } from '../../tables/user.ts';

const u = under(users, 'u');

/** A user by their key in the database, or by the caller's own id. */
export type UserRef = { id: string; given: string } | { externalId: string };

/** The user's id, in SQL; null where there is none. */
export const userIdSql = (ref: UserRef, workspaceId: string): SQL =>
  'id' in ref
    ? sql`${ref.id}::uuid`
    : sql`(select ${u.id} from ${aliased(u)} where ${u.workspaceId} = ${workspaceId} and ${u.externalId} = ${ref.externalId})`;
