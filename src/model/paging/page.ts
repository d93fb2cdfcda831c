import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { InvalidInput, LimitExceeded } from '../../kernel/errors.ts';
import { bounds, freeText } from '../../kernel/input.ts';
import { formatPoint, type PointInTime, parseMoment, parsePoint } from '../../kernel/point.ts';

export const DEFAULT_PAGE = 20;
export const MAX_PAGE = 100;

/** The paging arguments of a connection field, as they came. */
export interface PageArgs {
  first?: number | null;
  after?: string | null;
  last?: number | null;
  before?: string | null;
}

/** Where a row stands in an ordered list: the value it is ordered by, and its key, which breaks ties. */
export interface Position {
  value: string | number;
  id: string;
}

/** The part of an ordered list that is asked for. */
export interface Window {
  /** The most rows of it. */
  limit: number;
  /** Counted from its end. */
  backward: boolean;
  after?: Position;
  before?: Position;
  /** The moment the first page was read at; none on a first page. */
  asOf?: Date;
  /** The point in time the first page was read at. */
  point?: PointInTime;
  /** What else of the first page later ones hold on to. */
  state?: string;
}

/** One page of a list: its rows in the list's order, with where each stands. */
export interface Page<Row> {
  items: { row: Row; position: Position }[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
}

const moment = z.string().transform((text, context) => {
  const date = parseMoment(text);
  if (!date) context.addIssue({ code: 'custom', message: 'no moment' });
  return date ?? z.NEVER;
});
const cursorForm = z.tuple([
  z.string(),
  z.union([z.string(), z.number()]),
  z.uuid(),
  moment,
  z.string(),
  z.string().optional(),
]);

/** What rows can be ordered by, by SQL type: a cursor may be made up, and the database would choke on other values. */
const orderValues = {
  timestamptz: moment,
  float8: z.number(),
  int4: z.int32(),
  int8: z.int(),
  text: freeText(bounds.key),
};
export type OrderType = keyof typeof orderValues;

export const notCursor = (name: 'after' | 'before') =>
  new InvalidInput([{ path: [name], message: 'This is not a cursor. Pass a cursor of the same list, unchanged.' }]);

/** A cursor: the list's order, where the row stands in it, and the moment, point in time and state of the first page. */
export function encodeCursor(
  order: string,
  { value, id }: Position,
  asOf: Date,
  point: PointInTime,
  state?: string,
): string {
  const parts = [order, value, id, asOf.toISOString(), formatPoint(point), ...(state === undefined ? [] : [state])];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

function decodeCursor(text: string, order: string, name: 'after' | 'before') {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    parts = undefined;
  }
  const cursor = cursorForm.safeParse(parts);
  const point = cursor.success ? (cursor.data[4] === '' ? {} : parsePoint(cursor.data[4])) : undefined;
  if (!cursor.success || !point) throw notCursor(name);
  const [made, value, id, asOf, , state] = cursor.data;
  if (made !== order) {
    const message = `This cursor belongs to a list ordered by ${made}, but this list is ordered by ${order}. Start from the first page.`;
    throw new InvalidInput([{ path: [name], message }]);
  }
  return { position: { value, id }, asOf, point, ...(state !== undefined && { state }) };
}

/**
 * Reads a connection's arguments. `order` names the list's order: a cursor of another is refused.
 * Throws InvalidInput, and LimitExceeded over {@link MAX_PAGE}: never clamps.
 */
export function readWindow(args: PageArgs, order: string): Window {
  const { first, last } = args;
  if (first != null && last != null) {
    throw new InvalidInput([{ path: ['last'], message: 'first and last cannot be used together: give one of them.' }]);
  }
  for (const [name, size] of Object.entries({ first, last })) {
    if (size == null) continue;
    if (size < 0)
      throw new InvalidInput([{ path: [name], message: `A page has 0 to ${MAX_PAGE} items, not ${size}.` }]);
    if (size > MAX_PAGE) throw new LimitExceeded(`Items of a page (${name})`, MAX_PAGE, size);
  }
  const after = args.after == null ? undefined : decodeCursor(args.after, order, 'after');
  const before = args.before == null ? undefined : decodeCursor(args.before, order, 'before');
  const origin = after ?? before;
  return {
    limit: first ?? last ?? DEFAULT_PAGE,
    backward: last != null || (first == null && before !== undefined && after === undefined),
    ...(after && { after: after.position }),
    ...(before && { before: before.position }),
    ...(origin && { asOf: origin.asOf, point: origin.point }),
    ...(origin?.state !== undefined && { state: origin.state }),
  };
}

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

/** The page that a keyset statement's rows make, in the list's order again. */
export function toPage<Row>(window: Window, rows: Row[], position: (row: Row) => Position): Page<Row> {
  const more = rows.length > window.limit;
  const kept = rows.slice(0, window.limit);
  if (window.backward) kept.reverse();
  return {
    items: kept.map((row) => ({ row, position: position(row) })),
    hasNextPage: window.backward ? window.before !== undefined : more,
    hasPreviousPage: window.backward ? more : window.after !== undefined,
  };
}
