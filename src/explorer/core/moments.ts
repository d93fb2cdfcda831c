const DAY_MS = 86_400_000;
export const YEAR_MS = 365 * DAY_MS;

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
const month = new Intl.DateTimeFormat(undefined, { month: 'short', year: 'numeric' });

/** The day of a moment in words. */
export const dayText = (moment: string | number): string => day.format(new Date(moment));
/** The day and the time, with the time zone. */
export const minuteText = (moment: string | number): string => minute.format(new Date(moment));
/** The month and the year. */
export const monthText = (moment: string | number): string => month.format(new Date(moment));

/** A moment as an input of the type `datetime-local` has it: in the time zone of the browser. */
export function toInput(moment: string | number): string {
  const date = new Date(moment);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** What such an input says, as GraphQL takes it; undefined where it is empty or no moment. */
export function fromInput(text: string): string | undefined {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
