import { sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { under } from '../../db/typed-sql.ts';
import { type MemoryColumns, type MemoryRow, pickMemory, selectMemory } from '../../model/memory/columns.ts';
import { keyset, type Page, toPage } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { memories } from '../../tables/memory.ts';

const m = under(memories, 'm');

/** The one order versions are listed in: by validFrom, then recordedAt. */
export const VERSION_ORDER = 'VALID_FROM, RECORDED_AT ASC';

const day = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS')`;
/** Both moments in one text, in which all digits have their place. */
const value = sql.raw(`(${day('m.valid_from')} || ' ' || ${day('m.recorded_at')})`);

/** A page of versions for each lineage, oldest first, in one statement; whatever was recorded by the reading's point. */
export async function versionPages(
  tx: Transaction,
  reading: Reading,
  lineageIds: readonly string[],
  window: Window,
  columns: MemoryColumns,
): Promise<Map<string, Page<MemoryRow>>> {
  const then = reading.asOf(window.asOf);
  const { workspaceId } = tx;
  const part = keyset(window, { value, type: 'text', id: sql`${m.id}`, direction: 'ASC' });
  const rows = await tx.rows<Record<string, unknown>>(sql`
    select parent.id as "parent", page.value, ${selectMemory(columns, m, reading, 'm.')}
    from unnest(${uuids(lineageIds)}) with ordinality parent (id, position)
    cross join lateral (
      select ${m.id}, ${value} as value, row_number() over (order by ${part.orderBy}) as place
      from ${then.from(m)}
      where ${all([sql`${m.workspaceId} = ${workspaceId}`, sql`${m.lineageId} = parent.id`, ...part.conditions])}
      order by ${part.orderBy} limit ${part.limit}
    ) page
    ${reading.lookUp(m, sql`${m.id} = page.id`)}
    order by parent.position, page.place`);
  const byParent = Map.groupBy(rows, (row) => row.parent as string);
  return new Map(
    lineageIds.map((id) => {
      const page = toPage(window, byParent.get(id) ?? [], (row) => ({
        value: row.value as string,
        id: row['m.id'] as string,
      }));
      const items = page.items.map((item) => ({ ...item, row: pickMemory(columns, item.row, 'm.') }));
      return [id, { ...page, items }];
    }),
  );
}

/** How many versions each lineage has, in one statement. */
export async function countVersions(
  tx: Transaction,
  reading: Reading,
  lineageIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await tx.rows<{ id: string; count: number }>(sql`
    select ${m.lineageId} as id, count(*)::int as count from ${reading.from(m)}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.lineageId} = any(${uuids(lineageIds)}) group by 1`);
  return new Map(rows.map(({ id, count }) => [id, count]));
}
