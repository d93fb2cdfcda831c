import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, json, texts, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { under } from '../../db/typed-sql.ts';
import { confidenceSql } from '../../model/belief/confidence.ts';
import { suspectSql } from '../../model/belief/suspect.ts';
import type { CompanionRef } from '../../model/companion/ref.ts';
import { companionIdSql } from '../../model/companion/ref.ts';
import { importanceSql, withPolicies } from '../../model/decay/importance.ts';
import { type EntityRef, mentionedSql } from '../../model/entity/ref.ts';
import {
  type MemoryColumns,
  type MemoryRow,
  type MemoryStatus,
  pickMemory,
  presentSql,
  selectMemory,
  statusSql,
} from '../../model/memory/columns.ts';
import type { Position } from '../../model/paging/cursor.ts';
import { keyset, type OrderType, type Page, toPage } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { type UserRef, userIdSql } from '../../model/user/ref.ts';
import type { MemoryType } from '../../tables/memory.ts';
import { memories } from '../../tables/memory.ts';
import { findCompanion } from '../companion/companions.ts';

const m = under(memories, 'm');

/** Which memories a list shows; a part left out lets all through. */
export interface MemoryFilter {
  types?: readonly MemoryType[] | null;
  statuses: readonly MemoryStatus[];
  hasUser?: boolean | null;
  minImportance?: number | null;
  minConfidence?: number | null;
  entity?: EntityRef | null;
  /** Words, "phrases", -exclusions and OR, as a search engine's box takes them. */
  text?: string | null;
  validFrom?: DateRange | null;
  recordedAt?: DateRange | null;
  slots?: readonly string[] | null;
  /** True: those that rest on something disputed or no longer believed; false: the others. */
  suspect?: boolean | null;
  /** What the context must contain. */
  context?: Record<string, unknown> | null;
}

/** `[from, until)`, either end open. */
export interface DateRange {
  from?: Date | null;
  until?: Date | null;
}

export const memoryOrderFields = ['RECORDED_AT', 'VALID_FROM', 'IMPORTANCE', 'CONFIDENCE'] as const;
export interface MemoryOrder {
  field: (typeof memoryOrderFields)[number];
  direction: 'ASC' | 'DESC';
}
export const defaultOrder: MemoryOrder = { field: 'RECORDED_AT', direction: 'DESC' };
export const nameOrder = ({ field, direction }: MemoryOrder) => `${field} ${direction}`;

/** What a list of memories is of. */
export interface MemoryList {
  companion?: CompanionRef | null;
  user?: UserRef | null;
  filter: MemoryFilter;
  order: MemoryOrder;
}

/** The objects the lists hang on, one list each; `null`: one list, of the workspace. */
export type MemoryParents = { kind: 'companion' | 'user' | 'entity'; ids: readonly string[] } | null;

const WORKSPACE = 'workspace';

function orderSql({ field }: MemoryOrder, reading: Reading): { value: SQL; type: OrderType } {
  switch (field) {
    case 'RECORDED_AT':
      return { value: sql`${m.recordedAt}`, type: 'timestamptz' };
    case 'VALID_FROM':
      return { value: sql`${m.validFrom}`, type: 'timestamptz' };
    case 'IMPORTANCE':
      return { value: importanceSql(m, reading, 'policies'), type: 'float8' };
    case 'CONFIDENCE':
      return { value: confidenceSql(m, reading), type: 'float8' };
  }
}

const PRESENT = new Set<MemoryStatus>(['ACTIVE', 'DISPUTED']);

function statusCondition(statuses: readonly MemoryStatus[], reading: Reading): SQL {
  const wanted = new Set(statuses);
  if (wanted.size === PRESENT.size && PRESENT.isSubsetOf(wanted)) return presentSql(m, reading.validAt);
  return sql`${statusSql(m, reading)} = any(${texts([...wanted])})`;
}

function rangeConditions(column: SQL, range: DateRange | null | undefined): SQL[] {
  return [
    ...(range?.from ? [sql`${column} >= ${range.from.toISOString()}::timestamptz`] : []),
    ...(range?.until ? [sql`${column} < ${range.until.toISOString()}::timestamptz`] : []),
  ];
}

/** The conditions a filter puts on a row of `memories` under the alias `m`; see {@link fadingSql}. */
export function filterConditions(filter: MemoryFilter, reading: Reading): SQL[] {
  const conditions = [statusCondition(filter.statuses, reading)];
  const { types, hasUser, minImportance, minConfidence, entity, slots, suspect, text, context } = filter;
  if (types) conditions.push(sql`${m.type} = any(${texts(types)}::memory_type[])`);
  if (hasUser != null) conditions.push(hasUser ? sql`${m.userId} is not null` : sql`${m.userId} is null`);
  if (minImportance != null) {
    conditions.push(sql`${importanceSql(m, reading, 'policies')} >= ${String(minImportance)}::text::float8`);
  }
  if (minConfidence != null) {
    conditions.push(sql`${confidenceSql(m, reading)} >= ${String(minConfidence)}::text::float8`);
  }
  if (slots) conditions.push(sql`${m.slot} = any(${texts(slots)})`);
  if (suspect != null) {
    conditions.push(sql`${m.lineageId} ${suspect ? sql`in` : sql`not in`} (${suspectSql(reading)})`);
  }
  if (entity) conditions.push(sql`${m.id} in (${mentionedSql(entity, reading)})`);
  if (text != null) conditions.push(sql`ts_filter(${m.search}, '{a,b}') @@ websearch_to_tsquery(${text})`);
  if (context) conditions.push(sql`${m.context} @> ${json(context)}`);
  conditions.push(...rangeConditions(sql`${m.validFrom}`, filter.validFrom));
  conditions.push(...rangeConditions(sql`${m.recordedAt}`, filter.recordedAt));
  return conditions;
}

/**
 * What a list chooses from, under the alias `m`: the memories of the workspace, or, looked up one by one, those that
 * mention the entity it hangs on. In the past in two parts.
 */
function sourcesSql(parents: MemoryParents, reading: Reading): SQL[] {
  if (parents?.kind !== 'entity') return reading.branches(m);
  const mentioned = mentionedSql({ sql: sql`parent.id` }, reading);
  return [sql`(${mentioned}) x ${reading.lookUp(m, sql`${m.id} = x.memory_id`)}`];
}

/** What a statement begins with where memories are chosen or ordered by importance. */
export const fadingSql = ({ minImportance }: MemoryFilter, order: MemoryOrder | undefined, reading: Reading): SQL =>
  minImportance != null || order?.field === 'IMPORTANCE' ? withPolicies(reading) : sql.empty();

function listConditions(list: MemoryList, parents: MemoryParents, reading: Reading): SQL[] {
  const { workspaceId } = reading;
  const conditions = [sql`${m.workspaceId} = ${workspaceId}`];
  // Nothing is known before it was recorded: said for the indexes by recordedAt.
  if (reading.known) conditions.push(sql`${m.recordedAt} <= ${reading.known}`);
  if (list.companion) conditions.push(sql`${m.companionId} = ${companionIdSql(list.companion, workspaceId)}`);
  if (list.user) conditions.push(sql`${m.userId} = ${userIdSql(list.user, workspaceId)}`);
  if (parents?.kind === 'companion') conditions.push(sql`${m.companionId} = parent.id`);
  if (parents?.kind === 'user') conditions.push(sql`${m.userId} = parent.id`);
  return [...conditions, ...filterConditions(list.filter, reading)];
}

/** One row a list: the parents, or the workspace itself. */
const parentsSql = (parents: MemoryParents): SQL =>
  parents
    ? sql`unnest(${uuids(parents.ids)}) with ordinality parent (id, position)`
    : sql`(values (1)) parent (position)`;

const parentKey = (parents: MemoryParents): SQL => (parents ? sql`parent.id` : sql`${WORKSPACE}::text`);

/**
 * Where no index gives the order, all rows of the companion are read, and the planner has to know whose: companions
 * differ in size by thousands. So one named by its key is looked up first.
 */
async function withKnownCompanion(tx: Transaction, list: MemoryList): Promise<MemoryList> {
  const { companion, order } = list;
  if (!companion || 'id' in companion || order.field === 'RECORDED_AT' || order.field === 'VALID_FROM') return list;
  const id = await findCompanion(tx, companion);
  return id ? { ...list, companion: { id, given: companion.key } } : list;
}

/**
 * A page of memories for each parent, in one statement. Later pages choose and order their rows as the first page's
 * moment saw them; the rows themselves are read at the reading's point.
 */
export async function memoryPages(
  tx: Transaction,
  reading: Reading,
  parents: MemoryParents,
  given: MemoryList,
  window: Window,
  columns: MemoryColumns,
): Promise<Map<string, Page<MemoryRow>>> {
  const list = await withKnownCompanion(tx, given);
  const then = reading.asOf(window.asOf);
  const { value, type } = orderSql(list.order, then);
  const { direction } = list.order;
  const part = keyset(window, { value, type, id: sql`${m.id}`, direction });
  const placed = keyset(window, { value: sql`value`, type, id: sql`id`, direction });
  const chosen = sourcesSql(parents, then).map(
    (source) => sql`(
      select ${m.id}, ${value} as value from ${source}
      where ${all([...listConditions(list, parents, then), ...part.conditions])}
      order by ${part.orderBy} limit ${part.limit})`,
  );
  const rows = await tx.rows<Record<string, unknown>>(sql`
    ${fadingSql(list.filter, list.order, then)}
    select ${parentKey(parents)} as "parent", page.value as "value", ${selectMemory(columns, m, reading, 'm.')}
    from ${parentsSql(parents)}
    cross join lateral (
      select id, value, row_number() over (order by ${placed.orderBy}) as place
      from (${sql.join(chosen, sql` union all `)}) chosen order by ${placed.orderBy} limit ${part.limit}
    ) page
    ${reading.lookUp(m, sql`${m.id} = page.id`)}
    order by parent.position, page.place`);
  const byParent = Map.groupBy(rows, (row) => row.parent as string);
  const position = (row: Record<string, unknown>): Position => ({
    value: row.value instanceof Date ? row.value.toISOString() : (row.value as number),
    id: row['m.id'] as string,
  });
  return new Map(
    (parents?.ids ?? [WORKSPACE]).map((id) => {
      const page = toPage(window, byParent.get(id) ?? [], position);
      const items = page.items.map((item) => ({ ...item, row: pickMemory(columns, item.row, 'm.') }));
      return [id, { ...page, items }];
    }),
  );
}

/** How many memories each parent's whole list has, in one statement. */
export async function countMemories(
  tx: Transaction,
  reading: Reading,
  parents: MemoryParents,
  list: MemoryList,
): Promise<Map<string, number>> {
  const counted = sourcesSql(parents, reading).map(
    (source) => sql`
      select count(*) from ${source}
      where ${all(listConditions(list, parents, reading))}`,
  );
  const rows = await tx.rows<{ parent: string; count: number }>(sql`
    ${fadingSql(list.filter, undefined, reading)}
    select ${parentKey(parents)} as "parent", counted.count
    from ${parentsSql(parents)}
    cross join lateral (
      select sum(part.count)::int as count from (${sql.join(counted, sql` union all `)}) part
    ) counted`);
  return new Map(rows.map(({ parent, count }) => [parent, count]));
}

/** The one page of a list that hangs on the workspace. */
export const ofWorkspace = <T>(pages: Map<string, T>): T => pages.get(WORKSPACE) as T;
