import { type SQL, sql } from 'drizzle-orm';
import { idOf, keyText, oneOf } from '../../kernel/input.ts';

/** A companion by its key in the database, or by the caller's own key. */
export type CompanionRef = { id: string; given: string } | { key: string };

/** Reads the input type CompanionRef. */
export const companionRef = oneOf({ id: idOf('Companion'), key: keyText('key') }).transform(
  ({ id, key }): CompanionRef => (id ? { id: id.uuid, given: id.given } : { key: key as string }),
);

/** The companion's id, in SQL; null where there is none. */
export const companionIdSql = (ref: CompanionRef, workspaceId: string): SQL =>
  'id' in ref
    ? sql`${ref.id}::uuid`
    : sql`(select id from companions where workspace_id = ${workspaceId} and key = ${ref.key})`;
