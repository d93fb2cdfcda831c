import { type SQL, sql } from 'drizzle-orm';
import { aliased, under } from '../../db/typed-sql.ts';
import { companions } from '../../tables/companion.ts';

const c = under(companions, 'c');

/** A companion by its key in the database, or by the caller's own key. */
export type CompanionRef = { id: string; given: string } | { key: string };

/** The companion's id, in SQL; null where there is none. */
export const companionIdSql = (ref: CompanionRef, workspaceId: string): SQL =>
  'id' in ref
    ? sql`${ref.id}::uuid`
    : sql`(select ${c.id} from ${aliased(c)} where ${c.workspaceId} = ${workspaceId} and ${c.key} = ${ref.key})`;
