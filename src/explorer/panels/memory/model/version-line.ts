import type { Version } from './types.ts';

/** How a version came to be. */
export type VersionKind = 'FIRST' | 'CHANGE' | 'MISTAKE';

/** In place of a version that is no longer believed: MISTAKE; where one ends: CHANGE. */
export function kindOf(version: Version, versions: readonly Version[]): VersionKind {
  const others = versions.filter(({ id }) => id !== version.id);
  if (others.some(({ retractedAt }) => retractedAt === version.recordedAt)) return 'MISTAKE';
  if (others.some(({ validUntil }) => validUntil === version.validFrom)) return 'CHANGE';
  return 'FIRST';
}

/** Places of moments on a line, 0–100 %. */
export interface Line {
  place(moment: string | number): number;
  /** Where the moment that is looked at is. */
  now: number;
  /** Moments that are written below it, in milliseconds. */
  ticks: readonly number[];
}

const TICKS = 4;

/** A line from the first moment of the versions to now, or to the last of their moments. */
export function lineOf(versions: readonly Version[], now: number): Line {
  const moments = versions.flatMap(({ validFrom, validUntil, recordedAt, retractedAt }) =>
    [validFrom, validUntil, recordedAt, retractedAt].flatMap((each) => (each === null ? [] : [Date.parse(each)])),
  );
  const from = Math.min(now, ...moments);
  const until = Math.max(now, ...moments);
  const span = Math.max(1, until - from);
  const place = (moment: string | number) => {
    const at = typeof moment === 'number' ? moment : Date.parse(moment);
    return Math.min(100, Math.max(0, ((at - from) / span) * 100));
  };
  return {
    place,
    now: place(now),
    ticks: Array.from({ length: TICKS }, (_, index) => from + (span * index) / (TICKS - 1)),
  };
}
