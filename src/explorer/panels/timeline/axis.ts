import type { Range } from './lanes.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** Ticks are at least so far apart, in pixels: those with a time farther. */
const APART = 92;
const TIMES_APART = 132;

interface Step {
  /** About how long it is. */
  ms: number;
  /** The beginning of the step that a moment is in. */
  floor(moment: Date): Date;
  next(moment: Date): Date;
  format: Intl.DateTimeFormat;
}

const time = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });
const month = new Intl.DateTimeFormat(undefined, { month: 'short', year: 'numeric' });
const year = new Intl.DateTimeFormat(undefined, { year: 'numeric' });

const midnight = (moment: Date, days = 0) => new Date(moment.getFullYear(), moment.getMonth(), moment.getDate() + days);

const byMinutes = (minutes: number): Step => ({
  ms: minutes * MINUTE,
  floor: (moment) => new Date(Math.floor(moment.getTime() / (minutes * MINUTE)) * minutes * MINUTE),
  next: (moment) => new Date(moment.getTime() + minutes * MINUTE),
  format: time,
});
const byDays = (days: number): Step => ({
  ms: days * DAY,
  floor: (moment) => midnight(moment),
  next: (moment) => midnight(moment, days),
  format: day,
});
const byMonths = (months: number): Step => ({
  ms: months * 30.4 * DAY,
  floor: (moment) => new Date(moment.getFullYear(), Math.floor(moment.getMonth() / months) * months),
  next: (moment) => new Date(moment.getFullYear(), moment.getMonth() + months),
  format: month,
});
const byYears = (years: number): Step => ({
  ms: years * 365.25 * DAY,
  floor: (moment) => new Date(Math.floor(moment.getFullYear() / years) * years, 0),
  next: (moment) => new Date(moment.getFullYear() + years, 0),
  format: year,
});

const steps = [
  ...[1, 5, 15, 60, 180, 720].map(byMinutes),
  ...[1, 2, 7].map(byDays),
  ...[1, 3, 6].map(byMonths),
  ...[1, 5, 20, 100].map(byYears),
];

/** The moments that are named on an axis of so many pixels, in the time zone of the browser. */
export function ticks({ from, until }: Range, width: number): { at: number; text: string }[] {
  const most = ({ format }: Step) => Math.max(2, Math.floor(width / (format === time ? TIMES_APART : APART)));
  const step = steps.find((each) => (until - from) / each.ms <= most(each)) ?? steps[steps.length - 1];
  const found: { at: number; text: string }[] = [];
  if (!step) return found;
  for (
    let moment = step.floor(new Date(from));
    moment.getTime() < until && found.length < 60;
    moment = step.next(moment)
  ) {
    if (moment.getTime() >= from) found.push({ at: moment.getTime(), text: step.format.format(moment) });
  }
  return found;
}
