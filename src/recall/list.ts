import { type SQL, sql } from 'drizzle-orm';
import { type CompanionRef, companionIdSql } from '../companion/refs.ts';
import { keyset, type Page, toPage, type Window } from '../connection.ts';
import type { Reading } from '../db/history.ts';
import type { Scope } from '../db/scope.ts';
import { all } from '../db/sql.ts';
import { type MemoryColumns, type MemoryRow, pickMemory, selectMemory } from '../memory/columns.ts';
import { fadingSql, filterConditions, type MemoryFilter } from '../memory/list.ts';
import { type UserRef, userIdSql } from '../user/refs.ts';

/** What is looked for, and where. */
export interface RecallQuery {
  /** Words in any order; a memory need not have them all. */
  query: string;
  companion: CompanionRef;
  user?: UserRef | null;
  filter: MemoryFilter;
}

export interface Recalled {
  memory: MemoryRow;
  score: number;
}

/** The one order recall lists in. */
export const RECALL_ORDER = 'SCORE DESC';

/** The query's lexemes, joined by or: a question seldom has all of its words in its answer. */
const anyWord = (query: string): SQL => sql`replace(plainto_tsquery('english', ${query})::text, ' & ', ' | ')::tsquery`;

/** The memories that have words of the query, best first: ts_rank over content and summary, length-normalised. */
export async function recallPage(
  scope: Scope,
  reading: Reading,
  { query, companion, user, filter }: RecallQuery,
  window: Window,
  columns: MemoryColumns,
): Promise<Page<Recalled>> {
  const { workspaceId } = scope;
  const then = reading.asOf(window.asOf);
  const part = keyset(window, { value: sql`score`, type: 'float8', id: sql`id`, direction: 'DESC' });
  const conditions = [
    sql`m.workspace_id = ${workspaceId}`,
    sql`m.companion_id = ${companionIdSql(companion, workspaceId)}`,
    ...(user ? [sql`m.user_id = ${userIdSql(user, workspaceId)}`] : []),
    sql`m.search @@ wanted.words`,
    ...filterConditions(filter, then),
  ];
  const rows = await scope.rows<Record<string, unknown>>(sql`
    ${fadingSql(filter, undefined, then)}
    select page.score, ${selectMemory(columns, sql`m`, reading, 'm.')}
    from (
      select *, row_number() over (order by ${part.orderBy}) as place from (
        select m.id, ts_rank(m.search, wanted.words, 1)::float8 as score
        from (select ${anyWord(query)} as words) wanted, ${then.from('memories')} m
        where ${all(conditions)}
      ) found where ${all(part.conditions)} order by ${part.orderBy} limit ${part.limit}
    ) page
    ${reading.lookUp('memories', sql`m`, sql`m.id = page.id`)}
    order by page.place`);
  const page = toPage(window, rows, (row) => ({ value: row.score as number, id: row['m.id'] as string }));
  const items = page.items.map(({ row, position }) => ({
    position,
    row: { score: row.score as number, memory: pickMemory(columns, row, 'm.') },
  }));
  return { ...page, items };
}
