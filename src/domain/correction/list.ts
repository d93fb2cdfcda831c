import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { type Under, under } from '../../db/typed-sql.ts';
import { type MemoryColumns, type MemoryRow, pickMemory, selectMemory } from '../../model/memory/columns.ts';
import { keyset, type Page, toPage } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { memories } from '../../tables/memory.ts';

const m = under(memories, 'm');

/** The one order versions are listed in: by validFrom, then recordedAt. */
export const VERSION_ORDER = 'VALID_FROM, RECORDED_AT ASC';

const digits = (moment: SQL<Date>) => sql`to_char(${moment} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS')`;
/** Both moments in one text that is ordered as they are. */
const value = sql`(${digits(m.validFrom)} || ' ' || ${digits(m.recordedAt)})`;

/**
 * What goes behind FROM for a page of versions of each of `parents`: `page` says their value and place, `m` is the
 * version. `more`: with one more than the page has, where there is one.
 */
export function versionPagesSql(parents: SQL, reading: Reading, window: Window, more = true): SQL {
  const then = reading.asOf(window.asOf);
  const part = keyset(window, { value, type: 'text', id: m.id, direction: 'ASC' });
  const conditions = [
    sql`${m.workspaceId} = ${reading.workspaceId}`,
    sql`${m.lineageId} = parent.lineage`,
    ...part.conditions,
  ];
  return sql`${parents}
    cross join lateral (
      select ${m.id} as found, ${value} as value, row_number() over (order by ${part.orderBy}) as place
      from ${then.from(m)}
      where ${all(conditions)}
      order by ${part.orderBy} limit ${more ? part.limit : window.limit}
    ) page
    ${reading.lookUp(m, sql`${m.id} = page.found`)}`;
}

/** The one lineage of a version that a statement has already. */
export const lineageSql = (one: Under<typeof memories>): SQL => sql`(select ${one.lineageId} as lineage) parent`;

/** How many versions a lineage has, as a value. */
export const versionCountSql = (one: Under<typeof memories>, reading: Reading): SQL => sql`
  (select count(*)::int from ${lineageSql(one)} join ${reading.from(m)}
   on ${m.workspaceId} = ${reading.workspaceId} and ${m.lineageId} = parent.lineage)`;

/**
 * A page of versions for each lineage, oldest first, in one statement: all that were recorded by the reading's point.
 */
export async function versionPages(
  tx: Transaction,
  reading: Reading,
  lineageIds: readonly string[],
  window: Window,
  columns: MemoryColumns,
): Promise<Map<string, Page<MemoryRow>>> {
  const parents = sql`unnest(${uuids(lineageIds)}) with ordinality parent (lineage, place)`;
  const rows = await tx.rows<Record<string, unknown>>(sql`
    select parent.lineage as parent, page.value, ${selectMemory(columns, m, reading, 'm.')}
    from ${versionPagesSql(parents, reading, window)}
    order by parent.place, page.place`);
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
  const rows = await tx.rows<{ lineage: string; count: number }>(sql`
    select ${m.lineageId} as lineage, count(*)::int as count from ${reading.from(m)}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.lineageId} = any(${uuids(lineageIds)}) group by 1`);
  return new Map(rows.map(({ lineage, count }) => [lineage, count]));
}
