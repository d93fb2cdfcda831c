const DAY_MS = 86_400_000;
export const YEAR_MS = 365 * DAY_MS;

/** As GraphQL takes a moment. */
const EXACT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;

/** The time zone that moments are shown in, e.g. `Europe/Lisbon`. */
export const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const minute = new Intl.DateTimeFormat(undefined, {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZoneName: 'short',
});

/** The day of a moment in words. */
export const dayText = (moment: string | number): string => day.format(new Date(moment));
/** The day and the time, with the time zone. */
export const minuteText = (moment: string | number): string => minute.format(new Date(moment));

/** A moment as an input of the type `datetime-local` has it: in the time zone of the browser, to the minute. Empty: it is none. */
export function toInput(moment: string | number): string {
  const date = new Date(moment);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return Number.isNaN(local.getTime()) ? '' : local.toISOString().slice(0, 16);
}

/** A moment that an address names; undefined where it is none. One as GraphQL takes it stays as it is. */
export function momentIn(text: string | undefined): string | undefined {
  const time = text ? Date.parse(text) : Number.NaN;
  if (text === undefined || Number.isNaN(time)) return undefined;
  return EXACT.test(text) ? text : new Date(time).toISOString();
}

/** What such an input says, as GraphQL takes it; undefined where it is empty or no moment. */
export function fromInput(text: string): string | undefined {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
