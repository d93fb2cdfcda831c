import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, fenced, json, keyRows, placeholder, prepared } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { type Under, under } from '../../db/typed-sql.ts';
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

/** The same of the one version that a statement has already. `held` is the version of its lineage that holds. */
export const parentSql = (one: Under<typeof memories>, reading: Reading): SQL => sql`
  (select ${one.id} as version, ${one.lineageId} as lineage, ${holding.id} as held, ${holding.id} is not null as holds
   from (select) one
   left join lateral (
     select ${holding.id} from ${reading.from(holding)} where ${holding.workspaceId} = ${reading.workspaceId}
       and ${holding.lineageId} = ${one.lineageId} and ${holdsSql(holding, reading.validAt)} limit 1) holding on true) parent`;

/** The direction in which an end of a relation is the neighbour. */
export const awayAt = { from: 'IN', to: 'OUT' } as const satisfies Record<'from' | 'to', Direction>;

/**
 * Joins the memory that a relation begins at or leads to, seen from {@link parentSql}: an alias of `memories`. Which one
 * is told by comparisons that no index can look for.
 */
export const endSql = (end: 'from' | 'to', as: Under<typeof memories>, reading: Reading): SQL => {
  const key = sql.raw(`${end}_key`);
  const away = sql.raw(`'${awayAt[end]}'`);
  const near = sql`case when ${r.type} = 'CORRECTS' then parent.version else parent.held end`;
  const which = fenced(sql`select case when page.direction = ${away} then page.neighbor else ${near} end as id`);
  return sql`cross join lateral ${which} ${key} ${reading.lookUp(as, sql`${as.id} = ${key}.id`)}`;
};

function countSql(reading: Reading, filter: RelationFilter): SQL {
  const branches = directions(filter).map((direction) => {
    const { from, conditions } = seenSql(direction, filter, reading);
    return sql`select ${r.id} from ${from} where ${all(conditions)}`;
  });
  return sql`select count(*)::int as count from (${sql.join(branches, sql` union all `)}) r`;
}

/** How many relations a version shows, seen from {@link parentSql}, as a value. */
export const relationCountSql = (parent: SQL, reading: Reading, filter: RelationFilter): SQL =>
  sql`(select counted.count from ${parent} cross join lateral (${countSql(reading, filter)}) counted)`;

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
  const select = sql`
    parent.version as parent, page.direction, ${selectRelation(extras)}, ${selectMemory(columns, m, reading, 'm.')}`;
  const parents = parentsSql(sql`${placeholder('ids')}::jsonb`, reading.asOf(window.asOf));
  const statement = prepared(
    key,
    tx.workspaceId,
    { ids: JSON.stringify(ids) },
    () => sql`
      select ${select} from ${relationPagesSql(parents, reading, filter, window)}
      order by parent.place, page.place`,
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

/**
 * What goes behind FROM for a page of relations of each of `parents`: `page` says their direction and place, `r` is the
 * relation and `m` the neighbour. `more`: with one more than the page has, where there is one.
 */
export function relationPagesSql(
  parents: SQL,
  reading: Reading,
  filter: RelationFilter,
  window: Window,
  more = true,
): SQL {
  const then = reading.asOf(window.asOf);
  const part = keyset(window, { value: r.strength, type: 'float8', id: r.id, direction: 'DESC' });
  const limit = sql.raw(String(more ? part.limit : window.limit));
  const branches = directions(filter).map((direction) => {
    const { from, conditions } = seenSql(direction, filter, then);
    return sql`(select ${r.id}, ${r.strength}, ${sql.raw(`'${direction}'`)} as direction, ${far.id} as neighbor
      from ${from} where ${all([...conditions, ...part.conditions])} order by ${part.orderBy} limit ${limit})`;
  });
  return sql`${parents}
    cross join lateral (
      select r.*, row_number() over (order by ${part.orderBy}) as place
      from (${sql.join(branches, sql` union all `)}) r order by ${part.orderBy} limit ${limit}
    ) page
    ${reading.lookUp(r, sql`${r.id} = ${page.id}`)}
    ${reading.lookUp(m, sql`${m.id} = page.neighbor`)}`;
}

/**
 * The same page of one parent where all relations point one way, and it is the first of its list or says where it begins:
 * what goes behind the select list, of `r` and `m`. What was found is not looked up again. The columns of the rows are
 * sorted with them; what costs more to compute is computed for the page alone.
 */
export function relationPageSql(
  direction: Direction,
  parent: SQL,
  reading: Reading,
  filter: RelationFilter,
  window: Window,
  more: boolean,
): SQL {
  const part = keyset(window, { value: r.strength, type: 'float8', id: r.id, direction: 'DESC' });
  const { from, conditions } = seenSql(direction, filter, reading, m);
  const limit = sql.raw(String(more ? part.limit : window.limit));
  return sql`from ${parent} cross join ${from} where ${all([...conditions, ...part.conditions])} order by ${part.orderBy} limit ${limit}`;
}

/** How many relations each version shows, in one statement. */
export async function countRelations(
  tx: Transaction,
  reading: Reading,
  ids: readonly string[],
  filter: RelationFilter,
): Promise<Map<string, number>> {
  const rows = await tx.rows<{ parent: string; count: number }>(sql`
    select parent.version as parent, counted.count
    from ${parentsSql(json(ids), reading)}
    cross join lateral (${countSql(reading, filter)}) counted`);
  return new Map(rows.map(({ parent, count }) => [parent, count]));
}
