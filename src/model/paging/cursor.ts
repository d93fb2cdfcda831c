import { z } from 'zod';
import { InvalidInput } from '../../kernel/errors.ts';
import { formatPoint, type PointInTime, parseMoment, parsePoint } from '../../kernel/point.ts';

/** Where a row stands in an ordered list: the value it is ordered by, and its key, which breaks ties. */
export interface Position {
  value: string | number;
  id: string;
}

/** A moment as cursors write it. */
export const moment = z.string().transform((text, context) => {
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

export const notCursor = (name: 'after' | 'before') =>
  new InvalidInput([{ path: [name], message: 'This is not a cursor. Pass a cursor of the same list, unchanged.' }]);

/**
 * A cursor: the list's order, where the row stands in it, and the moment, point in time and state of the first page.
 */
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

/** What a cursor of a list in this order holds. Throws InvalidInput for any other text. */
export function decodeCursor(text: string, order: string, name: 'after' | 'before') {
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
