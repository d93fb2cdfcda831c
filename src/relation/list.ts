import { type SQL, sql } from 'drizzle-orm';
import { keyset, type Page, toPage, type Window } from '../connection.ts';
import type { Reading } from '../db/history.ts';
import type { Scope } from '../db/scope.ts';
import { all, json, keyRows, prepared, slot, texts } from '../db/sql.ts';
import type { relationType } from '../db/tables.ts';
import { columnsKey, type MemoryColumns, type MemoryRow, pickMemory, selectMemory } from '../memory/columns.ts';
import { holdsSql } from '../memory/holds.ts';

export type RelationType = (typeof relationType.enumValues)[number];
export type Direction = 'OUT' | 'IN';

/** Which relations of a memory are asked for; a part left out lets all through. */
export interface RelationFilter {
  direction?: Direction | null;
  types?: readonly RelationType[] | null;
  minStrength?: number | null;
}

export interface RelationRow {
  id: string;
  fromLineageId: string;
  toLineageId: string;
  /** The versions it was made between. */
  fromMemoryId: string;
  toMemoryId: string;
  type: RelationType;
  strength: number;
  metadata: Record<string, unknown>;
  recordedAt: Date;
  retractedAt: Date | null;
}

/** A relation seen from one of its ends. */
export interface RelationSeen {
  relation: RelationRow;
  direction: Direction;
  /** The version that holds at the far end. */
  neighbor: MemoryRow;
}

/** The one order relations are listed in. */
export const RELATION_ORDER = 'STRENGTH DESC';

/** What is read of a relation only where it is asked for. */
export const relationExtras = ['metadata', 'recordedAt', 'retractedAt'] as const;
export type RelationExtra = (typeof relationExtras)[number];

const extraSql: Record<RelationExtra, SQL> = {
  metadata: sql.raw(', r.metadata'),
  recordedAt: sql.raw(', r.recorded_at as "recordedAt"'),
  retractedAt: sql.raw(', r.retracted_at as "retractedAt"'),
};

/** The select list for a row of `relations` under the alias `r`. */
export const selectRelation = (extras: Iterable<RelationExtra> = relationExtras): SQL =>
  sql.join([
    sql.raw(
      'r.id, r.from_lineage_id as "fromLineageId", r.to_lineage_id as "toLineageId", r.from_memory_id as "fromMemoryId", r.to_memory_id as "toMemoryId", r.type, r.strength',
    ),
    ...[...extras].map((extra) => extraSql[extra]),
  ]);

/** The columns of a relation's two ends, by the way it points. */
export const ends = {
  OUT: { near: sql.raw('from'), far: sql.raw('to') },
  IN: { near: sql.raw('to'), far: sql.raw('from') },
};

/** What narrows {@link seenSql}. */
interface Narrowed {
  /** What the far end must fulfil beside; default: anything. */
  far?: SQL;
  /** Where relations are read from; default: all there are at the reading's point. */
  source?: SQL;
}

/**
 * What a relation seen from version `parent.id` of lineage `parent.lineage_id` must fulfil, `far` being what is at its far
 * end: CORRECTS joins versions, and always shows; the others join lineages, and show where both have a version that holds.
 */
export function seenSql(
  direction: Direction,
  filter: RelationFilter,
  reading: Reading,
  { far = sql`true`, source = reading.from('relations') }: Narrowed = {},
): { from: SQL; conditions: SQL[] } {
  const end = ends[direction];
  const { workspaceId, validAt } = reading;
  const conditions = [
    sql`r.workspace_id = ${workspaceId}`,
    sql`r.${end.near}_lineage_id = parent.lineage_id`,
    sql`r.retracted_at is null`,
    sql`case when r.type = 'CORRECTS' then r.${end.near}_memory_id = parent.id else parent.holds end`,
    ...filterConditions(filter),
  ];
  const farEnd = sql`far.lineage_id = r.${end.far}_lineage_id and ${far}
    and case when r.type = 'CORRECTS' then far.id = r.${end.far}_memory_id else ${holdsSql(sql`far`, validAt)} end`;
  return { from: sql`${source} r ${reading.lookUp('memories', sql`far`, farEnd)}`, conditions };
}

/** The conditions that types and strength put on a row of `relations` under the alias `r`. */
export function filterConditions({ types, minStrength }: RelationFilter, r: SQL = sql`r`): SQL[] {
  return [
    ...(types ? [sql`${r}.type = any(${texts(types)}::relation_type[])`] : []),
    ...(minStrength == null ? [] : [sql`${r}.strength >= ${String(minStrength)}::text::float8`]),
  ];
}

/**
 * The versions that relations are seen from, one row each, and whether their lineages hold at the reading's point. Their
 * keys travel as JSON: of an array the planner counts the elements, and would plan the statement anew each time.
 */
const parentsSql = (ids: SQL, reading: Reading): SQL => sql`
  (select version.id, version.lineage_id, parent.position, near.id is not null as holds
   from ${keyRows(ids)} parent
   ${reading.lookUp('memories', sql`version`, sql`version.id = parent.id`)}
   left join lateral (
     select near.id from ${reading.from('memories')} near where near.workspace_id = ${reading.workspaceId}
       and near.lineage_id = version.lineage_id and ${holdsSql(sql`near`, reading.validAt)} limit 1) near on true) parent`;

/** The ways relations may point. */
export const directions = (filter: RelationFilter): Direction[] =>
  filter.direction ? [filter.direction] : ['OUT', 'IN'];

/** A page of relations for each version, strongest first, with the neighbours, in one statement. */
export async function relationPages(
  scope: Scope,
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
  const statement = prepared(key, scope.workspaceId, { ids: JSON.stringify(ids) }, () =>
    pagesSql(reading, filter, window, extras, columns),
  );
  const rows = await scope.rows<Record<string, unknown>>(statement);
  const byParent = Map.groupBy(rows, (row) => row.parent as string);
  return new Map(
    ids.map((id) => {
      const page = toPage(window, byParent.get(id) ?? [], (row) => ({
        value: row.strength as number,
        id: row.id as string,
      }));
      const items = page.items.map(({ row, position }) => ({
        position,
        row: {
          relation: row as unknown as RelationRow,
          direction: row.direction as Direction,
          neighbor: pickMemory(columns, row, 'm.'),
        },
      }));
      return [id, { ...page, items }];
    }),
  );
}

/** The statement for {@link relationPages}; `ids` is a slot. */
function pagesSql(
  reading: Reading,
  filter: RelationFilter,
  window: Window,
  extras: ReadonlySet<RelationExtra>,
  columns: MemoryColumns,
): SQL {
  const then = reading.asOf(window.asOf);
  const part = keyset(window, { value: sql`r.strength`, type: 'float8', id: sql`r.id`, direction: 'DESC' });
  const branches = directions(filter).map((direction) => {
    const { from, conditions } = seenSql(direction, filter, then);
    return sql`(select r.id, r.strength, ${sql.raw(`'${direction}'`)} as direction, far.id as far_id
      from ${from} where ${all([...conditions, ...part.conditions])} order by ${part.orderBy} limit ${sql.raw(String(part.limit))})`;
  });
  return sql`
    select parent.id as "parent", page.direction, ${selectRelation(extras)}, ${selectMemory(columns, sql`m`, reading, 'm.')}
    from ${parentsSql(sql`${slot('ids')}::jsonb`, then)}
    cross join lateral (
      select r.*, row_number() over (order by ${part.orderBy}) as place
      from (${sql.join(branches, sql` union all `)}) r order by ${part.orderBy} limit ${sql.raw(String(part.limit))}
    ) page
    ${reading.lookUp('relations', sql`r`, sql`r.id = page.id`)}
    ${reading.lookUp('memories', sql`m`, sql`m.id = page.far_id`)}
    order by parent.position, page.place`;
}

/** How many relations each version shows, in one statement. */
export async function countRelations(
  scope: Scope,
  reading: Reading,
  ids: readonly string[],
  filter: RelationFilter,
): Promise<Map<string, number>> {
  const branches = directions(filter).map((direction) => {
    const { from, conditions } = seenSql(direction, filter, reading);
    return sql`select r.id from ${from} where ${all(conditions)}`;
  });
  const rows = await scope.rows<{ parent: string; count: number }>(sql`
    select parent.id as "parent", counted.count
    from ${parentsSql(json(ids), reading)}
    cross join lateral (select count(*)::int as count from (${sql.join(branches, sql` union all `)}) r) counted`);
  return new Map(rows.map(({ parent, count }) => [parent, count]));
}
