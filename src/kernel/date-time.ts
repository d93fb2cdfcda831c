const DAY = '\\d{4}-\\d\\d-\\d\\d';
const whole = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/i;

/** What is wrong with the forms that come most often, in words, and what the form should be. */
const known: readonly (readonly [form: RegExp, sentence: string])[] = [
  [/^[+-]?\d+(?:\.\d+)?$/, 'it is a number: a date and a time are expected'],
  [new RegExp(`^${DAY}$`), 'the time is missing: add one with a time zone, such as T00:00:00Z'],
  [
    new RegExp(`^${DAY}(?:Z|[+-]\\d\\d:?\\d\\d)$`, 'i'),
    'the time is missing: add one, such as T00:00:00, before the time zone',
  ],
  [new RegExp(`^${DAY}\\s+\\d`), 'a T is expected between date and time, not a blank'],
  [
    new RegExp(`^${DAY}T\\d\\d:\\d\\d(?:Z|[+-].*)?$`, 'i'),
    'the seconds are missing: hours, minutes and seconds are expected, such as 09:30:00',
  ],
  [
    new RegExp(`^${DAY}T\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?$`, 'i'),
    'the time zone is missing: add Z, or an offset such as +01:00',
  ],
  [
    new RegExp(`^${DAY}T\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?[+-]\\d{3,4}$`, 'i'),
    'the offset of the time zone needs a colon, such as +01:00',
  ],
  [
    new RegExp(`^${DAY}T\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?[+-]\\d{1,2}$`, 'i'),
    'the offset of the time zone needs minutes, such as +01:00',
  ],
  [
    new RegExp(`^${DAY}T\\d\\d:\\d\\d:\\d\\d,\\d+`, 'i'),
    'fractions of a second stand behind a point, such as 09:30:00.5',
  ],
  [/^\d{8}T?/i, 'the date needs hyphens and the time colons'],
  [/^[+-]?\d{5,}-/, 'the year needs four digits'],
];

const EXAMPLE = '2026-03-01T09:30:00Z';
const MOST_SHOWN = 60;

/** A text that is no moment. */
export class NoDateTime extends Error {
  /** Which part is missing or wrong, and what to send. */
  readonly why: string;

  constructor(given: string, why: string) {
    const shown = given.length > MOST_SHOWN ? `${given.slice(0, MOST_SHOWN)}…` : given;
    super(`DateTime cannot represent ${JSON.stringify(shown)}: ${why}. Send e.g. ${EXAMPLE}.`);
    this.why = why;
  }
}

/** How many minutes the clocks were before UTC where a moment was told. */
const offsets = new WeakMap<Date, number>();

/** By how many minutes a moment's offset was before UTC, as it was given; 0 where that is not known any more. */
export const offsetOf = (moment: Date): number => offsets.get(moment) ?? 0;

/** The moment that a text of RFC 3339 names, to the millisecond; {@link offsetOf} knows its offset. Throws NoDateTime. */
export function readDateTime(given: string): Date {
  const parts = whole.exec(given);
  if (!parts) {
    const sentence = known.find(([form]) => form.test(given))?.[1];
    throw new NoDateTime(given, sentence ?? 'a date, a T, a time and a time zone are expected');
  }
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = '', sign, hours, minutes] =
    parts;
  const last = new Date(Date.UTC(2000 + (Number(year) % 400), Number(month), 0)).getUTCDate();
  if (Number(month) < 1 || Number(month) > 12) throw new NoDateTime(given, `there is no month ${month}`);
  if (Number(day) < 1 || Number(day) > last) throw new NoDateTime(given, `${year}-${month} has the days 01 to ${last}`);
  if (Number(hour) > 23) throw new NoDateTime(given, `there is no hour ${hour}: 00 to 23 are expected`);
  if (Number(minute) > 59) throw new NoDateTime(given, `there is no minute ${minute}: 00 to 59 are expected`);
  if (Number(hours ?? 0) > 23 || Number(minutes ?? 0) > 59) {
    throw new NoDateTime(given, `there is no time zone ${sign}${hours}:${minutes}`);
  }
  const isLeap = second === '60';
  if (Number(second) > 60) throw new NoDateTime(given, `there is no second ${second}: 00 to 59 are expected`);
  const zone = sign ? `${sign}${hours}:${minutes}` : 'Z';
  const milliseconds = fraction.slice(0, 3).padEnd(3, '0');
  const moment = new Date(`${year}-${month}-${day}T${hour}:${minute}:${isLeap ? '59' : second}.${milliseconds}${zone}`);
  if (sign) offsets.set(moment, (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)));
  if (!isLeap) return moment;
  // What every clock but that of astronomers shows next: the first second of the day after.
  const after = new Date(moment.getTime() + 1_000);
  if (after.getTime() % 86_400_000 >= 1_000 || after.getUTCDate() !== 1) {
    throw new NoDateTime(given, 'there is a second 60 only at the end of a month, at 23:59:60Z');
  }
  return after;
}
