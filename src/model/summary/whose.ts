import { type SQL, sql } from 'drizzle-orm';

/** Whose memories a summary is of: those of one companion, about one user, or about none. */
export interface Whose {
  companionId: string;
  userId: string | null;
}

/** That a column is this key, or null where there is none. */
export const isOrNone = (column: SQL<string | null>, id: string | null): SQL =>
  id === null ? sql`${column} is null` : sql`${column} = ${id}::uuid`;

/** That rows are of a companion and user. */
export const ofWhose = (
  rows: { companionId: SQL<string>; userId: SQL<string | null> },
  { companionId, userId }: Whose,
): SQL => sql`${rows.companionId} = ${companionId}::uuid and ${isOrNone(rows.userId, userId)}`;

/** The same of rows beside others: an index is used for either case, which it is not for `is not distinct from`. */
export const sameOrNone = (one: SQL<string | null>, other: SQL<string | null>): SQL =>
  sql`(${one} = ${other} or (${one} is null and ${other} is null))`;
