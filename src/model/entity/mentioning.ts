import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { fields, type Under, under } from '../../db/typed-sql.ts';
import { entities, mentions } from '../../tables/entity.ts';
import { memories } from '../../tables/memory.ts';
import { presentSql } from '../memory/columns.ts';

const merged = under(entities, 'merged');
const x = under(mentions, 'x');
const far = under(memories, 'far');
const family = under(entities, 'family');

/**
 * The memories, ACTIVE or DISPUTED, that mention the surviving entity `id` or one merged into it and pass, as rows of
 * `memories`, of which two can be equal: at most `limit` of each name, those with the highest keys, which are usually
 * the newest. `passes` is asked of each under the alias `far`. In the past each table is cut before the join.
 */
export const mentioningSql = (
  id: SQL,
  reading: Reading,
  limit: number,
  passes: (far: Under<typeof memories>) => SQL,
): SQL => {
  const fits = sql`${far.id} = ${x.memoryId} and ${presentSql(far, reading.validAt)} and ${passes(far)}`;
  const newest = reading.branches(x).map(
    (branch) => sql`(
      select far.* from ${branch} ${reading.lookUp(far, fits)}
      where ${x.workspaceId} = ${reading.workspaceId} and ${x.entityId} = ${family.id}
      order by ${x.memoryId} desc limit ${limit})`,
  );
  return sql`
    select far.* from (
      select ${fields({ id })}
      union all
      select ${merged.id} from ${reading.from(merged)}
      where ${merged.workspaceId} = ${reading.workspaceId} and ${merged.mergedInto} = ${id}
    ) family cross join lateral (${sql.join(newest, sql` union all `)}) far`;
};
