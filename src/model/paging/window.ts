import { InvalidInput, LimitExceeded } from '../../kernel/errors.ts';
import type { PointInTime } from '../../kernel/point.ts';
import { decodeCursor, type Position } from './cursor.ts';

export const DEFAULT_PAGE = 20;
export const MAX_PAGE = 100;

/** The paging arguments of a connection field, as they came. */
export interface PageArgs {
  first?: number | null;
  after?: string | null;
  last?: number | null;
  before?: string | null;
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
  /** What else of the first page later ones need. */
  state?: string;
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
