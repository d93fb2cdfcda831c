import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, json, keyRows, placeholder, prepared } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { under } from '../../db/typed-sql.ts';
import { holdsSql } from '../../model/belief/validity.ts';
import {
  columnsKey,
  type MemoryColumns,
  type MemoryRow,
  pickMemory,
  selectMemory,
} from '../../model/memory/columns.ts';
import { keyset, type Page, toPage } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import {
  type Direction,
  directions,
  type RelationExtra,
  type RelationFilter,
  type RelationRow,
  seenSql,
  selectRelation,
} from './seen.ts';

const far = under(memories, 'far');
const holding = under(memories, 'holding');
const m = under(memories, 'm');
const page = under(relations, 'page');
const r = under(relations, 'r');
const version = under(memories, 'version');

/** A relation seen from one of its ends. */
export interface RelationSeen {
  relation: RelationRow;
  direction: Direction;
  /** The version that holds at the far end. */
  neighbor: MemoryRow;
}

/** The one order relations are listed in. */
export const RELATION_ORDER = 'STRENGTH DESC';

/**
 * The versions that relations are seen from, one row each, and whether their lineages hold at the reading's point.
 * Their keys travel as JSON: of an array the planner counts the elements, and would plan the statement again each time.
 */
const parentsSql = (ids: SQL, reading: Reading): SQL => sql`
  (select ${version.id} as version, ${version.lineageId} as lineage, given.position as place, ${holding.id} is not null as holds
   from ${keyRows(ids)} given
   ${reading.lookUp(version, sql`${version.id} = given.id`)}
   left join lateral (
     select ${holding.id} from ${reading.from(holding)} where ${holding.workspaceId} = ${reading.workspaceId}
       and ${holding.lineageId} = ${version.lineageId} and ${holdsSql(holding, reading.validAt)} limit 1) holding on true) parent`;

interface SeenRow extends RelationRow, Record<string, unknown> {
  parent: string;
  direction: Direction;
}

/** A page of relations for each version, strongest first, with the neighbours, in one statement. */
export async function relationPages(
  tx: Transaction,
  reading: Reading,
  ids: readonly string[],
  filter: RelationFilter,
  window: Window,
  extras: ReadonlySet<RelationExtra>,
  columns: MemoryColumns,
): Promise<Map<string, Page<RelationSeen>>> {
  // Cursors differ from request to request.
  const isFirst = !window.after && !window.before && !window.asOf;
  const shape = [reading.key, filter, window.limit, window.backward, [...extras], columnsKey(columns)];
  const key = isFirst ? `relations ${JSON.stringify(shape)}` : null;
  const statement = prepared(key, tx.workspaceId, { ids: JSON.stringify(ids) }, () =>
    pagesSql(reading, filter, window, extras, columns),
  );
  const rows = await tx.rows<SeenRow>(statement);
  const byParent = Map.groupBy(rows, ({ parent }) => parent);
  return new Map(
    ids.map((id) => {
      const part = toPage(window, byParent.get(id) ?? [], (row) => ({ value: row.strength, id: row.id }));
      const items = part.items.map(({ row, position }) => ({
        position,
        row: { relation: row, direction: row.direction, neighbor: pickMemory(columns, row, 'm.') },
      }));
      return [id, { ...part, items }];
    }),
  );
}

/** The statement for {@link relationPages}; `ids` is a placeholder. */
function pagesSql(
  reading: Reading,
  filter: RelationFilter,
  window: Window,
  extras: ReadonlySet<RelationExtra>,
  columns: MemoryColumns,
): SQL {
  const then = reading.asOf(window.asOf);
  const part = keyset(window, { value: r.strength, type: 'float8', id: r.id, direction: 'DESC' });
  const branches = directions(filter).map((direction) => {
    const { from, conditions } = seenSql(direction, filter, then);
    return sql`(select ${r.id}, ${r.strength}, ${sql.raw(`'${direction}'`)} as direction, ${far.id} as neighbor
      from ${from} where ${all([...conditions, ...part.conditions])} order by ${part.orderBy} limit ${sql.raw(String(part.limit))})`;
  });
  return sql`
    select parent.version as parent, page.direction, ${selectRelation(extras)}, ${selectMemory(columns, m, reading, 'm.')}
    from ${parentsSql(sql`${placeholder('ids')}::jsonb`, then)}
    cross join lateral (
      select r.*, row_number() over (order by ${part.orderBy}) as place
      from (${sql.join(branches, sql` union all `)}) r order by ${part.orderBy} limit ${sql.raw(String(part.limit))}
    ) page
    ${reading.lookUp(r, sql`${r.id} = ${page.id}`)}
    ${reading.lookUp(m, sql`${m.id} = page.neighbor`)}
    order by parent.place, page.place`;
}

/** How many relations each version shows, in one statement. */
export async function countRelations(
  tx: Transaction,
  reading: Reading,
  ids: readonly string[],
  filter: RelationFilter,
): Promise<Map<string, number>> {
  const branches = directions(filter).map((direction) => {
    const { from, conditions } = seenSql(direction, filter, reading);
    return sql`select ${r.id} from ${from} where ${all(conditions)}`;
  });
  const rows = await tx.rows<{ parent: string; count: number }>(sql`
    select parent.version as parent, counted.count
    from ${parentsSql(json(ids), reading)}
    cross join lateral (select count(*)::int as count from (${sql.join(branches, sql` union all `)}) r) counted`);
  return new Map(rows.map(({ parent, count }) => [parent, count]));
}
