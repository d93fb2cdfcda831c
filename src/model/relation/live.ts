import { type SQL, sql } from 'drizzle-orm';
import { fenced } from '../../db/sql.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { relations } from '../../tables/relation.ts';

const live = under(relations, 'live');

/** An end of a relation. */
export type End = 'fromLineageId' | 'toLineageId';

/**
 * The relations that a lineage has on one side and that have not ended, found by the lineage: what else is asked of
 * them, of their type above all, is asked of what was found. For a FROM or a join; it needs an alias.
 */
export const liveRelations = (workspaceId: string, end: End, lineage: SQL): SQL =>
  fenced(sql`
    select * from ${aliased(live)}
    where ${live.workspaceId} = ${workspaceId} and ${live[end]} = ${lineage} and ${live.retractedAt} is null`);
