import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliasOf, under } from '../../db/typed-sql.ts';
import { confidenceSql } from '../../model/belief/confidence.ts';
import type { CompanionRef } from '../../model/companion/ref.ts';
import { companionIdSql } from '../../model/companion/ref.ts';
import { ofConversationSql } from '../../model/conversation/memories.ts';
import { importanceSql, withPolicies } from '../../model/decay/importance.ts';
import { mentionedSql } from '../../model/entity/ref.ts';
import { type MemoryColumns, type MemoryRow, pickMemory, selectMemory } from '../../model/memory/columns.ts';
import type { Position } from '../../model/paging/cursor.ts';
import { keyset, type OrderType, type Page, toPage } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { type UserRef, userIdSql } from '../../model/user/ref.ts';
import { mentions } from '../../tables/entity.ts';
import { memories } from '../../tables/memory.ts';
import { findCompanion } from '../companion/companions.ts';
import { filterConditions, type MemoryFilter } from './filter.ts';
import { isAtLeast, leastImportanceSql } from './least-importance.ts';

const chosen = under(memories, 'chosen');
const m = under(memories, 'm');
const page = under(memories, 'page');
const x = under(mentions, 'x');

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

/** The objects the lists belong to, one list each; `null`: one list, of the workspace. */
export type MemoryParents = { kind: 'companion' | 'user' | 'entity' | 'conversation'; ids: readonly string[] } | null;

/** What has a list of its memories. */
export type OwnerKind = NonNullable<MemoryParents>['kind'];

type Kind = { kind: NonNullable<MemoryParents>['kind'] | null } | null;

const WORKSPACE = 'workspace';

function orderSql({ field }: MemoryOrder, reading: Reading): { value: SQL; type: OrderType } {
  switch (field) {
    case 'RECORDED_AT':
      return { value: m.recordedAt, type: 'timestamptz' };
    case 'VALID_FROM':
      return { value: m.validFrom, type: 'timestamptz' };
    case 'IMPORTANCE':
      return { value: importanceSql(m, reading, 'policies'), type: 'float8' };
    case 'CONFIDENCE':
      return { value: confidenceSql(m, reading), type: 'float8' };
  }
}

/**
 * What a list chooses from, under the alias `m`: the memories of the workspace, or, looked up one by one, those that
 * mention the entity it belongs to. In the past in two parts.
 */
function sourcesSql(parents: Kind, reading: Reading): SQL[] {
  if (parents?.kind !== 'entity') return reading.branches(m);
  const mentioned = mentionedSql({ sql: sql`parent.given` }, reading);
  return [sql`(${mentioned}) ${aliasOf(x)} ${reading.lookUp(m, sql`${m.id} = ${x.memoryId}`)}`];
}

/** What a statement begins with where memories are chosen or ordered by importance. */
export const fadingSql = ({ minImportance }: MemoryFilter, order: MemoryOrder | undefined, reading: Reading): SQL =>
  minImportance != null || order?.field === 'IMPORTANCE' ? withPolicies(reading) : sql.empty();

/** Whose memories are listed. */
function ownersSql({ companion, user }: MemoryList, parents: Kind, { workspaceId }: Reading) {
  const companions = [
    ...(companion ? [sql`${m.companionId} = ${companionIdSql(companion, workspaceId)}`] : []),
    ...(parents?.kind === 'companion' ? [sql`${m.companionId} = parent.given`] : []),
  ];
  const users = [
    ...(user ? [sql`${m.userId} = ${userIdSql(user, workspaceId)}`] : []),
    ...(parents?.kind === 'user' ? [sql`${m.userId} = parent.given`] : []),
  ];
  return { companions, users };
}

/** Of the workspace, and recorded by the moment that is read. */
const knownConditions = ({ workspaceId, known }: Reading): SQL[] => [
  sql`${m.workspaceId} = ${workspaceId}`,
  // Nothing is known before it was recorded: said for the indexes by recordedAt.
  ...(known ? [sql`${m.recordedAt} <= ${known}`] : []),
];

function listConditions(list: MemoryList, parents: Kind, reading: Reading): SQL[] {
  const { companions, users } = ownersSql(list, parents, reading);
  const conditions = [...knownConditions(reading), ...companions, ...users];
  if (parents?.kind === 'conversation') {
    conditions.push(ofConversationSql(m.lineageId, sql`parent.given`, reading.workspaceId));
  }
  return [...conditions, ...filterConditions(list.filter, reading)];
}

/** {@link leastImportanceSql} where a list shows the most important first, and an index has its newest. */
function leastSql(parents: Kind, reading: Reading, list: MemoryList, conditions: readonly SQL[], limit: number) {
  const hasIndex = parents?.kind !== 'entity' && parents?.kind !== 'conversation';
  if (list.order.field !== 'IMPORTANCE' || !hasIndex || limit === 0) return undefined;
  const { companions, users } = ownersSql(list, parents, reading);
  // Of a companion and a user those of the user: the companion may have very many.
  const owner = [...knownConditions(reading), ...(users.length > 0 ? users : companions)];
  return leastImportanceSql({ reading, filter: list.filter, owner, conditions, limit });
}

/** One row a list: the parents, or the workspace itself. */
const parentsSql = (parents: MemoryParents): SQL =>
  parents ? sql`unnest(${uuids(parents.ids)}) with ordinality parent (given, nth)` : sql`(values (1)) parent (nth)`;

const parentKey = (parents: MemoryParents): SQL => (parents ? sql`parent.given` : sql`${WORKSPACE}::text`);

/**
 * Where no index gives the order, all rows of the companion are read, and the planner has to know whose: companions
 * differ in size by thousands. So one named by its key is looked up first.
 */
export async function withKnownCompanion(tx: Transaction, list: MemoryList): Promise<MemoryList> {
  const { companion } = list;
  if (!companion || 'id' in companion || !namesCompanionToFind(list)) return list;
  const id = await findCompanion(tx, companion);
  return id ? { ...list, companion: { id, given: companion.key } } : list;
}

/** Whether {@link withKnownCompanion} has one to look up. */
export const namesCompanionToFind = ({ companion, order }: MemoryList): boolean =>
  companion != null && !('id' in companion) && order.field !== 'RECORDED_AT' && order.field !== 'VALID_FROM';

/** What the lists of a statement belong to: rows under the alias `parent`, whose key is `given`, by `nth`. */
interface Parents {
  sql: SQL;
  kind: NonNullable<MemoryParents>['kind'] | null;
}

/** The workspace itself. */
export const theWorkspace: Parents = { sql: parentsSql(null), kind: null };

/** The one object that a statement has already. */
export const ownerSql = (kind: OwnerKind, id: SQL): Parents => ({
  sql: sql`(select ${id} as given, 1 as nth) parent`,
  kind,
});

/**
 * A page of memories of each of `parents`: `page` says their value and place, `m` is the memory. `more`: with one more
 * than the page has, where there is one.
 */
export function memoryPagesSql(
  parents: Parents,
  reading: Reading,
  list: MemoryList,
  window: Window,
  select: SQL,
  more = true,
): SQL {
  const then = reading.asOf(window.asOf);
  const { value, type } = orderSql(list.order, then);
  const { direction } = list.order;
  const part = keyset(window, { value, type, id: m.id, direction });
  // By the name that the select list gives: the planner would have to see that the same is computed twice.
  const { orderBy } = keyset(window, { value: sql`value`, type, id: m.id, direction });
  const placed = keyset(window, { value: sql`chosen.value`, type, id: chosen.id, direction });
  const limit = more ? part.limit : window.limit;
  const conditions = [...listConditions(list, parents, then), ...part.conditions];
  const readsDown = (direction === 'DESC') !== window.backward;
  const least = readsDown ? leastSql(parents, then, list, conditions, limit) : undefined;
  const candidates = sourcesSql(parents, then).map(
    (source) => sql`(
      select ${m.id}, ${value} as value from ${source}
      where ${all([...(least ? [isAtLeast] : []), ...conditions])}
      order by ${orderBy} limit ${limit})`,
  );
  return sql`
    ${fadingSql(list.filter, list.order, then)}
    select ${select}
    from ${parents.sql} ${least ? sql`cross join lateral (${least}) bound` : sql.empty()}
    cross join lateral (
      select ${chosen.id}, chosen.value, row_number() over (order by ${placed.orderBy}) as place
      from (${sql.join(candidates, sql` union all `)}) chosen order by ${placed.orderBy} limit ${limit}
    ) page
    ${reading.lookUp(m, sql`${m.id} = ${page.id}`)}
    order by parent.nth, page.place`;
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
  const select = sql`${parentKey(parents)} as "parent", page.value as "value", ${selectMemory(columns, m, reading, 'm.')}`;
  const rows = await tx.rows<Record<string, unknown>>(
    memoryPagesSql({ sql: parentsSql(parents), kind: parents?.kind ?? null }, reading, list, window, select),
  );
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

/** How many memories the list of each of `parents` has: (parent, count). */
export function countMemoriesSql(parents: Parents, reading: Reading, list: MemoryList): SQL {
  const counted = sourcesSql(parents, reading).map(
    (source) => sql`
      select count(*) from ${source}
      where ${all(listConditions(list, parents, reading))}`,
  );
  return sql`
    ${fadingSql(list.filter, undefined, reading)}
    select ${parents.kind ? sql`parent.given` : sql`${WORKSPACE}::text`} as "parent", counted.count
    from ${parents.sql}
    cross join lateral (
      select sum(part.count)::int as count from (${sql.join(counted, sql` union all `)}) part
    ) counted`;
}

/** How many memories each parent's whole list has, in one statement. */
export async function countMemories(
  tx: Transaction,
  reading: Reading,
  parents: MemoryParents,
  list: MemoryList,
): Promise<Map<string, number>> {
  const rows = await tx.rows<{ parent: string; count: number }>(
    countMemoriesSql({ sql: parentsSql(parents), kind: parents?.kind ?? null }, reading, list),
  );
  return new Map(rows.map(({ parent, count }) => [parent, count]));
}

/** The one page of a list of the workspace. */
export const ofWorkspace = <T>(pages: Map<string, T>): T => pages.get(WORKSPACE) as T;
