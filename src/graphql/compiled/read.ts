import type { Asked } from '../../domain/nested/plan.ts';
import { encodeUuid } from '../../kernel/ids.ts';
import type { PointInTime } from '../../kernel/point.ts';
import { inTurns } from '../../kernel/turns.ts';
import { encodeCursor, type Position } from '../../model/paging/cursor.ts';
import { cut } from '../../model/paging/keyset.ts';

/** What one request's answer is made with, beside the rows. */
export interface Run {
  /** What ids have behind them, by list; at the end that of the root. */
  suffixes: readonly string[];
  points: readonly PointInTime[];
  asked: readonly Asked[];
  orders: readonly string[];
  /** The moment of the view; only where a cursor is asked for. */
  now: Date | undefined;
  /** What is still to be made, each in another turn of the event loop. */
  later: (() => void)[];
}

export type Row = readonly unknown[];
/** Makes an object of an answer of a row. */
export type ReadRow = (row: Row, run: Run) => unknown;

/** The same, where others may have a turn in between. */
export type ReadAll = (row: Row, run: Run) => unknown;

/** The source of an object of an answer, whose functions are kept in `made`: see {@link Code.reader}. */
export class Code {
  readonly #made: unknown[] = [];

  /** The name of a value within the code. */
  keep(value: unknown): string {
    return `made[${this.#made.push(value) - 1}]`;
  }

  /**
   * The function that an expression of `row` and `run` makes. Names come into it as JSON alone, and everything else is
   * the service's own.
   */
  reader(expression: string): ReadRow {
    return new Function('made', `return (row, run) => (${expression})`)(this.#made) as ReadRow;
  }

  /** The same of `page`, `count` and `run`. */
  pageReader(expression: string): (page: PageRead, count: unknown, run: Run) => unknown {
    return new Function('made', `return (page, count, run) => (${expression})`)(this.#made) as never;
  }
}

export const objectCode = (fields: readonly (readonly [string, string])[]): string =>
  `{${fields.map(([key, code]) => `${JSON.stringify(key)}: ${code}`).join(', ')}}`;

export const readDate = (value: unknown): Date | null => (value === null ? null : new Date(value as string));

export const readId =
  (prefix: string, list: number) =>
  (uuid: string, { suffixes }: Run): string =>
    `${prefix}_${encodeUuid(uuid)}${suffixes.at(list)}`;

/** An object of which some values are made later. */
export function madeLater(
  object: Record<string, unknown>,
  { later }: Run,
  parts: readonly [key: string, make: (...values: unknown[]) => unknown, values: unknown[]][],
): unknown {
  for (const [key, make, values] of parts) {
    later.push(() => {
      object[key] = make(...values);
    });
  }
  return object;
}

/** A page as the fields of its connection are read from it. */
export interface PageRead {
  rows: Row[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  /** What each of the readers makes of the rows. */
  items: unknown[][];
}

export function pageOf(rows: readonly Row[], list: number, run: Run, readers: readonly ReadRow[]): PageRead {
  const page = cut((run.asked[list] as Asked).window, rows);
  return { ...page, items: readers.map((read) => page.rows.map((row) => read(row, run))) };
}

/** The same; others have a turn in between. */
export async function pageInTurns(
  rows: readonly Row[],
  list: number,
  run: Run,
  readers: readonly ReadRow[],
): Promise<PageRead> {
  const page = cut((run.asked[list] as Asked).window, rows);
  const items: unknown[][] = [];
  for (const read of readers) items.push(await inTurns(page.rows, (row) => read(row, run)));
  return { ...page, items };
}

/** The cursor of a row that begins with its position. `isMoment`: it is ordered by a moment, if by a text. */
export function cursorOf(row: Row | undefined, list: number, isMoment: boolean, run: Run): string | null {
  if (!row) return null;
  const [value, id] = row as [string | number, string];
  const position: Position = {
    value: isMoment && typeof value === 'string' ? new Date(value).toISOString() : value,
    id,
  };
  const asOf = run.asked[list]?.window.asOf ?? (run.now as Date);
  return encodeCursor(run.orders[list] as string, position, asOf, run.points[list] as PointInTime);
}
