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

/**
 * The conditions on rows of whose memories are searched. Keys are hidden from the planner: it would plan each search again for
 * what it knows of a companion, which takes longer than it gains where an index leads anyway.
 */
export const searchedSql = (
  rows: Omit<Owned, 'workspaceId'> & Partial<Owned>,
  searched: Searched,
  workspaceId: string,
): SQL =>
  all([
    ...(rows.workspaceId ? [sql`${rows.workspaceId} = ${workspaceId}`] : []),
    sql`${rows.companionId} = ${hidden(searched.companion, companionIdSql(searched.companion, workspaceId))}`,
    ...(searched.user ? [sql`${rows.userId} = ${hidden(searched.user, userIdSql(searched.user, workspaceId))}`] : []),
  ]);

const hidden = (ref: object, id: SQL): SQL => ('id' in ref ? sql`(select ${id})` : id);
