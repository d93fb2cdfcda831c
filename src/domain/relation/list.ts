import { type InferSelectModel, type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, json, placeholder, prepared, texts } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { fields, pick, under } from '../../db/typed-sql.ts';
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
import type { relationType } from '../../tables/all.ts';
import { memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';

const far = under(memories, 'far');
const m = under(memories, 'm');
const near = under(memories, 'near');
const r = under(relations, 'r');
const version = under(memories, 'version');

export type RelationType = (typeof relationType.enumValues)[number];
export type Direction = 'OUT' | 'IN';

/** Which relations of a memory are asked for; a part left out lets all through. */
export interface RelationFilter {
  direction?: Direction | null;
  types?: readonly RelationType[] | null;
  minStrength?: number | null;
}

export type RelationRow = Pick<InferSelectModel<typeof relations>, (typeof always)[number] | RelationExtra>;

/** A relation seen from one of its ends. */
export interface RelationSeen {
  relation: RelationRow;
  direction: Direction;
  /** The version that holds at the far end. */
  neighbor: MemoryRow;
}

/** The one order relations are listed in. */
export const RELATION_ORDER = 'STRENGTH DESC';

/** What is always read of a relation: its keys, those of the versions it was made between, and what it says. */
const always = ['id', 'fromLineageId', 'toLineageId', 'fromMemoryId', 'toMemoryId', 'type', 'strength'] as const;
/** What is read of a relation only where it is asked for. */
export const relationExtras = ['metadata', 'recordedAt', 'retractedAt'] as const;
export type RelationExtra = (typeof relationExtras)[number];

/** The select list for a relation. */
export const selectRelation = (extras: Iterable<RelationExtra> = relationExtras): SQL =>
  fields(pick(r, ...always, ...extras));

/** A relation's two ends, by the way it points: the near one is that it is seen from. */
export const ends = {
  OUT: {
    near: { lineageId: r.fromLineageId, memoryId: r.fromMemoryId },
    far: { lineageId: r.toLineageId, memoryId: r.toMemoryId },
  },
  IN: {
    near: { lineageId: r.toLineageId, memoryId: r.toMemoryId },
    far: { lineageId: r.fromLineageId, memoryId: r.fromMemoryId },
  },
};

/** What narrows {@link seenSql}. */
interface Narrowed {
  /** What the far end must fulfil beside; default: anything. */
  passes?: SQL;
  /** Where relations are read from, under the alias `r`; default: all there are at the reading's point. */
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
  { passes = sql`true`, source = reading.from(r) }: Narrowed = {},
): { from: SQL; conditions: SQL[] } {
  const end = ends[direction];
  const { workspaceId, validAt } = reading;
  const conditions = [
    sql`${r.workspaceId} = ${workspaceId}`,
    sql`${end.near.lineageId} = parent.lineage_id`,
    sql`${r.retractedAt} is null`,
    sql`case when ${r.type} = 'CORRECTS' then ${end.near.memoryId} = parent.id else parent.holds end`,
    ...filterConditions(filter),
  ];
  const farEnd = sql`${far.lineageId} = ${end.far.lineageId} and ${passes}
    and case when ${r.type} = 'CORRECTS' then ${far.id} = ${end.far.memoryId} else ${holdsSql(far, validAt)} end`;
  return { from: sql`${source} ${reading.lookUp(far, farEnd)}`, conditions };
}

/** The conditions that types and strength put on a relation, under the alias `r`. */
export function filterConditions({ types, minStrength }: RelationFilter): SQL[] {
  return [
    ...(types ? [sql`${r.type} = any(${texts(types)}::relation_type[])`] : []),
    ...(minStrength == null ? [] : [sql`${r.strength} >= ${String(minStrength)}::text::float8`]),
  ];
}

/**
 * The versions that relations are seen from, one row each, and whether their lineages hold at the reading's point. Their
 * keys travel as JSON: of an array the planner counts the elements, and would plan the statement anew each time.
 */
const parentsSql = (ids: SQL, reading: Reading): SQL => sql`
  (select ${version.id}, ${version.lineageId}, parent.position, ${near.id} is not null as holds
   from jsonb_array_elements_text(${ids}) with ordinality parent (id, position)
   ${reading.lookUp(version, sql`${version.id} = parent.id::uuid`)}
   left join lateral (
     select ${near.id} from ${reading.from(near)} where ${near.workspaceId} = ${reading.workspaceId}
       and ${near.lineageId} = ${version.lineageId} and ${holdsSql(near, reading.validAt)} limit 1) near on true) parent`;

/** The ways relations may point. */
export const directions = (filter: RelationFilter): Direction[] =>
  filter.direction ? [filter.direction] : ['OUT', 'IN'];

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
  const rows = await tx.rows<Record<string, unknown>>(statement);
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
  const part = keyset(window, { value: r.strength, type: 'float8', id: r.id, direction: 'DESC' });
  const branches = directions(filter).map((direction) => {
    const { from, conditions } = seenSql(direction, filter, then);
    return sql`(select ${r.id}, ${r.strength}, ${sql.raw(`'${direction}'`)} as direction, ${far.id} as far_id
      from ${from} where ${all([...conditions, ...part.conditions])} order by ${part.orderBy} limit ${sql.raw(String(part.limit))})`;
  });
  return sql`
    select parent.id as "parent", page.direction, ${selectRelation(extras)}, ${selectMemory(columns, m, reading, 'm.')}
    from ${parentsSql(sql`${placeholder('ids')}::jsonb`, then)}
    cross join lateral (
      select r.*, row_number() over (order by ${part.orderBy}) as place
      from (${sql.join(branches, sql` union all `)}) r order by ${part.orderBy} limit ${sql.raw(String(part.limit))}
    ) page
    ${reading.lookUp(r, sql`${r.id} = page.id`)}
    ${reading.lookUp(m, sql`${m.id} = page.far_id`)}
    order by parent.position, page.place`;
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
    select parent.id as "parent", counted.count
    from ${parentsSql(json(ids), reading)}
    cross join lateral (select count(*)::int as count from (${sql.join(branches, sql` union all `)}) r) counted`);
  return new Map(rows.map(({ parent, count }) => [parent, count]));
}
