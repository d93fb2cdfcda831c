import { importanceAt, type Policy } from '../../../core/importance.ts';
import { YEAR_MS } from '../../../core/moments.ts';

/** So many moments of the past are asked for. */
const PAST = 12;
const MONTHS = 12;

/** How much a memory matters at a moment, in milliseconds: as it is, and where it is reinforced now. */
export interface CurvePoint {
  at: number;
  /** 0–10. */
  asItIs: number;
  /** 0–10; null in the past. */
  reinforced: number | null;
}

/** Moments of the past to ask for, ascending: from when it was recorded, at most a year ago; and around its last access. */
export function pastMoments(recordedAt: string, lastAccessedAt: string | null, now: number): number[] {
  const from = Math.min(now, Math.max(Date.parse(recordedAt), now - YEAR_MS));
  const accessed = lastAccessedAt === null ? Number.NaN : Date.parse(lastAccessedAt);
  // At a reinforcement the curve may jump.
  const jump = accessed > from && accessed < now ? [accessed - 1, accessed] : [];
  const count = PAST - jump.length;
  const even = Array.from({ length: count }, (_, index) => Math.round(from + ((now - from) * index) / count));
  return [...even, ...jump].sort((a, b) => a - b);
}

/** The year from now on, month by month, computed from what it is now. */
export function future(policy: Policy, importance: number, accessCount: number, now: number): CurvePoint[] {
  return Array.from({ length: MONTHS + 1 }, (_, month) => {
    const at = Math.round(now + (YEAR_MS * month) / MONTHS);
    return {
      at,
      asItIs: importanceAt(policy, { importance, at: now, accessCount }, at),
      reinforced: importanceAt(policy, { importance, at: now, accessCount: accessCount + 1 }, at),
    };
  });
}

/** The size of the drawing, in its own units. */
export const WIDTH = 1000;
export const HEIGHT = 300;
const HIGHEST = 10;

/** Where a curve goes: what `points` of an SVG polyline has. */
export function polyline(points: readonly { at: number; value: number }[], from: number, until: number): string {
  const span = Math.max(1, until - from);
  const x = (at: number) => (((at - from) / span) * WIDTH).toFixed(1);
  const y = (value: number) => (HEIGHT - (value / HIGHEST) * HEIGHT).toFixed(1);
  return points.map(({ at, value }) => `${x(at)},${y(value)}`).join(' ');
}
