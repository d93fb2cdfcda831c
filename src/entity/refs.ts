import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../db/history.ts';
import { idOf, keyText, oneOf } from '../input.ts';

/** An entity by its key, by a name or alias, or by a key that the statement at hand has. */
export type EntityRef = { id: string } | { name: string } | { sql: SQL };

/** Reads the input type EntityRef. */
export const entityRef = oneOf({ id: idOf('Entity'), name: keyText('name') }).transform(
  ({ id, name }): EntityRef => (id ? { id: id.uuid } : { name: name as string }),
);

/** Case and white space folded: what makes two names the same. */
export const foldName = (name: string): string => name.normalize('NFKC').trim().replace(/\s+/gu, ' ').toLowerCase();

const condition = (ref: EntityRef): SQL => {
  if ('id' in ref) return sql`named.id = ${ref.id}::uuid`;
  if ('name' in ref) return sql`named.folded_name = ${foldName(ref.name)}`;
  return sql`named.id = ${ref.sql}`;
};

/** The keys of the memories that mention the entity, or one merged into it, or the one it was merged into. */
export const mentionedSql = (ref: EntityRef, reading: Reading): SQL => sql`
  select x.memory_id
  from ${reading.from('entities')} named
  join ${reading.from('entities')} e on e.workspace_id = ${reading.workspaceId}
    and (e.id = coalesce(named.merged_into, named.id) or e.merged_into = coalesce(named.merged_into, named.id))
  join ${reading.from('mentions')} x on x.workspace_id = ${reading.workspaceId} and x.entity_id = e.id
  where named.workspace_id = ${reading.workspaceId} and ${condition(ref)}`;
