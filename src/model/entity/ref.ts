import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { fields, under } from '../../db/typed-sql.ts';
import { foldCase } from '../../kernel/fold.ts';
import { entities, mentions } from '../../tables/entity.ts';

const family = under(entities, 'family');
const named = under(entities, 'named');
const merged = under(entities, 'merged');
const x = under(mentions, 'x');

/** An entity by its key, by a name or alias, or by a key that the statement has. */
export type EntityRef = { id: string } | { name: string } | { sql: SQL };

/** What makes two names the same: compatibility forms, case and white space folded. */
export const foldName = (name: string): string =>
  foldCase(name.normalize('NFKC')).normalize('NFKC').trim().replace(/\s+/gu, ' ');

const condition = (ref: EntityRef): SQL => {
  if ('id' in ref) return sql`${named.id} = ${ref.id}::uuid`;
  if ('name' in ref) return sql`${named.foldedName} = ${foldName(ref.name)}`;
  return sql`${named.id} = ${ref.sql}`;
};

/**
 * The keys of the memories that mention the surviving entity `id`, or one merged into it: `memoryId` of `mentions`, of
 * which two can be equal. Its parts are looked up by index one after the other: see {@link Reading.lookUp}.
 */
export const mentionsOfSql = (id: SQL, reading: Reading): SQL => sql`
  select ${x.memoryId}
  from (
    select ${fields({ id })}
    union all
    select ${merged.id} from ${reading.from(merged)}
    where ${merged.workspaceId} = ${reading.workspaceId} and ${merged.mergedInto} = ${id}
  ) family
  cross join lateral (
    select ${x.memoryId} from ${reading.from(x)}
    where ${x.workspaceId} = ${reading.workspaceId} and ${x.entityId} = ${family.id} offset 0
  ) x`;

/**
 * The keys of the memories that mention the entity, or one merged into it, or the one it was merged into: each once.
 */
export const mentionedSql = (ref: EntityRef, reading: Reading): SQL => sql`
  select distinct ${x.memoryId}
  from ${reading.from(named)}
  cross join lateral (${mentionsOfSql(sql`coalesce(${named.mergedInto}, ${named.id})`, reading)}) x
  where ${named.workspaceId} = ${reading.workspaceId} and ${condition(ref)}`;
