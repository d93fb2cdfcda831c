import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { presentSql } from '../memory/columns.ts';

/**
 * The memories, ACTIVE or DISPUTED, that mention the surviving entity `id` or one merged into it and pass, as rows of
 * `memories`, of which two can be equal: at most `limit` of each name, those with the highest keys, which as a rule are
 * the newest. `passes` is about the alias `far`. In the past each of the two tables is cut before they are joined.
 */
export const mentioningSql = (id: SQL, reading: Reading, limit: number, passes: SQL): SQL => {
  const far = sql`far.id = x.memory_id and ${presentSql(sql`far`, reading.validAt)} and ${passes}`;
  const newest = reading.branches('mentions').map(
    (branch) => sql`(
      select far.* from ${branch} x ${reading.lookUp('memories', sql`far`, far)}
      where x.workspace_id = ${reading.workspaceId} and x.entity_id = name.id
      order by x.memory_id desc limit ${limit})`,
  );
  return sql`
    select far.* from (
      select ${id} as id
      union all
      select merged.id from ${reading.from('entities')} merged
      where merged.workspace_id = ${reading.workspaceId} and merged.merged_into = ${id}
    ) name cross join lateral (${sql.join(newest, sql` union all `)}) far`;
};
