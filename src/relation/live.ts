import { type SQL, sql } from 'drizzle-orm';
import { fenced } from '../db/sql.ts';

/**
 * The relations that a lineage has on one side and that have not ended, found by the lineage: what else is asked of them,
 * of their type above all, is asked of what was found. Written for a FROM or a join; they need an alias.
 */
export const liveRelations = (workspaceId: string, near: 'from' | 'to', lineage: SQL): SQL =>
  fenced(sql`
    select * from relations
    where workspace_id = ${workspaceId} and ${sql.raw(near)}_lineage_id = ${lineage} and retracted_at is null`);
