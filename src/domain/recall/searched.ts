import { type SQL, sql } from 'drizzle-orm';
import { all } from '../../db/sql.ts';
import type { Under } from '../../db/typed-sql.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { type UserRef, userIdSql } from '../../model/user/ref.ts';
import type { memories } from '../../tables/memory.ts';

/** Whose memories are searched. */
export interface Searched {
  companion: CompanionRef;
  user?: UserRef | null | undefined;
}

/** Something that is of a companion, and about a user or nobody. */
export type Owned = Pick<Under<typeof memories>, 'workspaceId' | 'companionId' | 'userId'>;

/** The conditions on rows of whose memories are searched. */
export const searchedSql = (rows: Owned, { companion, user }: Searched, workspaceId: string): SQL =>
  all([
    sql`${rows.workspaceId} = ${workspaceId}`,
    sql`${rows.companionId} = ${companionIdSql(companion, workspaceId)}`,
    ...(user ? [sql`${rows.userId} = ${userIdSql(user, workspaceId)}`] : []),
  ]);
