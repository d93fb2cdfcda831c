/** The range of a clock, in steps: so that a step of the keyboard is a step of the clock. */
export interface ClockRange {
  /** The first moment, in milliseconds since 1970. */
  first: number;
  /** The last one: now. */
  now: number;
  /** Between two steps, in milliseconds. */
  stepMs: number;
  /** The position of now; the first moment is 0. */
  last: number;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const steps = [MINUTE, 10 * MINUTE, 60 * MINUTE, 6 * 60 * MINUTE, DAY, 7 * DAY, 30 * DAY];
/** Steps of a clock, at most, where the largest allows it. */
const MOST_STEPS = 500;

export function rangeOf(first: number, now: number): ClockRange {
  const span = Math.max(0, now - first);
  const stepMs = steps.find((step) => span / step <= MOST_STEPS) ?? (steps.at(-1) as number);
  return { first, now, stepMs, last: Math.max(1, Math.ceil(span / stepMs)) };
}

/** The moment of a position; undefined: now. */
export function momentAt({ first, stepMs, last }: ClockRange, position: number): string | undefined {
  return position >= last ? undefined : new Date(first + position * stepMs).toISOString();
}

/** The position that is nearest to a moment. */
export function positionOf({ first, stepMs, last }: ClockRange, moment: string | undefined): number {
  if (moment === undefined) return last;
  const position = Math.round((Date.parse(moment) - first) / stepMs);
  return Math.min(last, Math.max(0, position));
}

const format = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'short',
});
const zone = (date: Date): string =>
  new Intl.DateTimeFormat(undefined, { timeZoneName: 'short' })
    .formatToParts(date)
    .find(({ type }) => type === 'timeZoneName')?.value ?? '';

/** A moment with its time zone. */
export function describeMoment(moment: string): string {
  const date = new Date(moment);
  return `${format.format(date)} ${zone(date)}`;
}
