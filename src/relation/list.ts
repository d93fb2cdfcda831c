import { type SQL, sql } from 'drizzle-orm';
import { keyset, type Page, toPage, type Window } from '../connection.ts';
import type { Reading } from '../db/history.ts';
import type { Scope } from '../db/scope.ts';
import { all, texts, uuids } from '../db/sql.ts';
import type { relationType } from '../db/tables.ts';
import { holdsSql, type MemoryColumns, type MemoryRow, pickMemory, selectMemory } from '../memory/columns.ts';

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

/** The select list for a row of `relations` under the alias `r`. */
export const selectRelation = sql.raw(
  'r.id, r.from_lineage_id as "fromLineageId", r.to_lineage_id as "toLineageId", r.type, r.strength, r.metadata, r.recorded_at as "recordedAt", r.retracted_at as "retractedAt"',
);

const ends = {
  OUT: { near: sql`r.from_lineage_id`, far: sql`r.to_lineage_id` },
  IN: { near: sql`r.to_lineage_id`, far: sql`r.from_lineage_id` },
};

/** What a relation of lineage `parent.id` must fulfil, `far` being the version that holds at its far end. */
function seenSql(direction: Direction, filter: RelationFilter, reading: Reading): { from: SQL; conditions: SQL[] } {
  const { near, far } = ends[direction];
  const { workspaceId } = reading;
  const conditions = [sql`r.workspace_id = ${workspaceId}`, sql`${near} = parent.id`, sql`r.retracted_at is null`];
  if (filter.types) conditions.push(sql`r.type = any(${texts(filter.types)}::relation_type[])`);
  if (filter.minStrength != null) conditions.push(sql`r.strength >= ${String(filter.minStrength)}::text::float8`);
  return {
    from: sql`${reading.from('relations')} r
      ${reading.lookUp('memories', sql`far`, sql`far.lineage_id = ${far} and ${holdsSql(sql`far`, reading.validAt)}`)}`,
    conditions,
  };
}

/** The lineages, one row each, that hold at the reading's point: others show no relations. */
const parentsSql = (lineageIds: readonly string[], reading: Reading): SQL => sql`
  (select lineage.* from unnest(${uuids(lineageIds)}) with ordinality lineage (id, position)
   ${reading.lookUp('memories', sql`near`, sql`near.lineage_id = lineage.id and ${holdsSql(sql`near`, reading.validAt)}`)}) parent`;

const directions = (filter: RelationFilter): Direction[] => (filter.direction ? [filter.direction] : ['OUT', 'IN']);

/** A page of relations for each lineage, strongest first, with the neighbours, in one statement. */
export async function relationPages(
  scope: Scope,
  reading: Reading,
  lineageIds: readonly string[],
  filter: RelationFilter,
  window: Window,
  columns: MemoryColumns,
): Promise<Map<string, Page<RelationSeen>>> {
  const then = reading.asOf(window.asOf);
  const part = keyset(window, { value: sql`r.strength`, type: 'float8', id: sql`r.id`, direction: 'DESC' });
  const branches = directions(filter).map((direction) => {
    const { from, conditions } = seenSql(direction, filter, then);
    return sql`(select r.id, r.strength, ${sql.raw(`'${direction}'`)} as direction, far.id as far_id
      from ${from} where ${all([...conditions, ...part.conditions])} order by ${part.orderBy} limit ${part.limit})`;
  });
  const rows = await scope.rows<Record<string, unknown>>(sql`
    select parent.id as "parent", page.direction, ${selectRelation}, ${selectMemory(columns, sql`m`, reading, 'm.')}
    from ${parentsSql(lineageIds, then)}
    cross join lateral (
      select r.*, row_number() over (order by ${part.orderBy}) as place
      from (${sql.join(branches, sql` union all `)}) r order by ${part.orderBy} limit ${part.limit}
    ) page
    ${reading.lookUp('relations', sql`r`, sql`r.id = page.id`)}
    ${reading.lookUp('memories', sql`m`, sql`m.id = page.far_id`)}
    order by parent.position, page.place`);
  const byParent = Map.groupBy(rows, (row) => row.parent as string);
  return new Map(
    lineageIds.map((id) => {
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

/** How many relations each lineage shows, in one statement. */
export async function countRelations(
  scope: Scope,
  reading: Reading,
  lineageIds: readonly string[],
  filter: RelationFilter,
): Promise<Map<string, number>> {
  const branches = directions(filter).map((direction) => {
    const { from, conditions } = seenSql(direction, filter, reading);
    return sql`select r.id from ${from} where ${all(conditions)}`;
  });
  const rows = await scope.rows<{ parent: string; count: number }>(sql`
    select parent.id as "parent", counted.count
    from ${parentsSql(lineageIds, reading)}
    cross join lateral (select count(*)::int as count from (${sql.join(branches, sql` union all `)}) r) counted`);
  return new Map(rows.map(({ parent, count }) => [parent, count]));
}
