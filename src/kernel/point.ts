/**
 * A point on both clocks, as it was asked for. Left out, `knownAt` is now and `validAt` is `knownAt`; a point with
 * neither is the present, which moves on.
 */
export interface PointInTime {
  /** The moment of the world that is asked about. */
  readonly validAt?: Date;
  /** The moment whose knowledge answers. */
  readonly knownAt?: Date;
}

/** The present. */
export const theNow: PointInTime = {};

export const isNow = (point: PointInTime): boolean => !point.validAt && !point.knownAt;

/** The point as ids carry it: `VALID`, `VALID~` (as known now) or `VALID~KNOWN`; empty for the present. */
export function formatPoint({ validAt, knownAt }: PointInTime): string {
  if (validAt && knownAt && validAt.getTime() === knownAt.getTime()) return knownAt.toISOString();
  if (validAt) return `${validAt.toISOString()}~${knownAt?.toISOString() ?? ''}`;
  return knownAt?.toISOString() ?? '';
}

/** Reads what {@link formatPoint} wrote; undefined where it is nothing of the kind. */
export function parsePoint(text: string): PointInTime | undefined {
  const [first, second, ...rest] = text.split('~');
  if (rest.length > 0) return undefined;
  const start = parseMoment(first);
  if (!start) return undefined;
  if (second === undefined) return { knownAt: start };
  if (second === '') return { validAt: start };
  const known = parseMoment(second);
  return known && { validAt: start, knownAt: known };
}

/** Reads what `toISOString` wrote, of the years that ISO 8601 and PostgreSQL agree on: 0001 to 9999. */
export function parseMoment(text: string | undefined): Date | undefined {
  if (!text || !/^(?!0000)\d{4}-/.test(text)) return undefined;
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toISOString() === text ? date : undefined;
}
