import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { bounds, freeText } from '../../kernel/input.ts';
import { moment, notCursor, type Position } from './cursor.ts';
import type { Window } from './window.ts';

/** One page of a list: its rows in the list's order, with where each stands. */
export interface Page<Row> {
  items: { row: Row; position: Position }[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
}

/** What rows can be ordered by, by SQL type: a cursor may be made up, and the database would choke on other values. */
const orderValues = {
  timestamptz: moment,
  float8: z.number(),
  int4: z.int32(),
  int8: z.int(),
  text: freeText(bounds.key),
};
export type OrderType = keyof typeof orderValues;

/** What a window asks of a statement over an ordered list. */
export interface Keyset {
  /** Conditions that leave what lies within the cursors. */
  conditions: SQL[];
  orderBy: SQL;
  /** One row more than the page has, to know whether there is more. */
  limit: number;
}

/**
 * Keyset pagination: `value` and `id` are what the list is ordered by, both in `direction`; `type` is the SQL type of
 * the value. Throws InvalidInput for a cursor whose value is none of that type.
 */
export function keyset(
  window: Window,
  { value, id, type, direction }: { value: SQL; id: SQL; type: OrderType; direction: 'ASC' | 'DESC' },
): Keyset {
  for (const name of ['after', 'before'] as const) {
    const position = window[name];
    if (position && !orderValues[type].safeParse(position.value).success) throw notCursor(name);
  }
  const row = (position: Position) => sql`(${String(position.value)}::text::${sql.raw(type)}, ${position.id}::uuid)`;
  const [later, earlier] = direction === 'DESC' ? [sql`<`, sql`>`] : [sql`>`, sql`<`];
  const conditions: SQL[] = [];
  if (window.after) conditions.push(sql`(${value}, ${id}) ${later} ${row(window.after)}`);
  if (window.before) conditions.push(sql`(${value}, ${id}) ${earlier} ${row(window.before)}`);
  const reading = sql.raw((direction === 'DESC') === window.backward ? 'asc' : 'desc');
  return { conditions, orderBy: sql`${value} ${reading}, ${id} ${reading}`, limit: window.limit + 1 };
}

/** What a keyset statement's rows show of a list, in the list's order again. */
export function cut<Row>(window: Window, rows: readonly Row[]) {
  const more = rows.length > window.limit;
  const kept = rows.slice(0, window.limit);
  if (window.backward) kept.reverse();
  return {
    rows: kept,
    hasNextPage: window.backward ? window.before !== undefined : more,
    hasPreviousPage: window.backward ? more : window.after !== undefined,
  };
}

/** The page that a keyset statement's rows make. */
export function toPage<Row>(window: Window, rows: Row[], position: (row: Row) => Position): Page<Row> {
  const { rows: kept, ...page } = cut(window, rows);
  return { items: kept.map((row) => ({ row, position: position(row) })), ...page };
}
