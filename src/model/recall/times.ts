import { daysIn, monthsIn } from '../text/dates.ts';

/**
 * Reads times in English questions: which span of time a question names, and whether it asks for the present. Days are
 * in UTC, weeks begin on Monday. In questions of other languages only dates are read: see {@link daysIn}.
 */

/** A span of time: `from` is included, `until` is not; undefined: open. */
export interface Span {
  from: Date | undefined;
  until: Date | undefined;
}

const DAY_MS = 86_400_000;
/** How many characters of a question are read. */
const LOOKED_AT = 1_000;

const year = String.raw`(?<year>(?:19|20)\d\d)`;
const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const counts = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
];
const count = String.raw`(?<count>\d{1,3}|an?|${counts.slice(1).join('|')}|a couple of|a few)`;
const unit = '(?<unit>day|week|month|year)s?';
/** Words required before a month without a day or year: some months are also words. */
const beforeMonth = /\b(?:in|during|since|until|till|before|after|by|of|early|late|mid|last|this|next|im|en|em) $/;

type Groups = Record<string, string | undefined>;

/** Patterns of spans other than dates, the more exact ones first, and how each is read at a moment. */
const patterns: [RegExp, (groups: Groups, at: Date) => Span | undefined][] = [
  [/\bday before yesterday\b/, (_, at) => daysFrom(at, -2, 1)],
  [
    /\b(?<name>yesterday|last night|today|tonight|tomorrow)\b/,
    ({ name }, at) => daysFrom(at, nearDays[name ?? ''] ?? 0, 1),
  ],
  [RegExp(`\\b${count} ${unit} ago\\b`), (groups, at) => ago(groups, at)],
  [RegExp(`\\b(?:last|past|previous) ${count} ${unit}\\b`), (groups, at) => lately(groups, at)],
  [
    /\b(?<which>last|this|next) (?<unit>week|month|year)\b/,
    ({ which, unit }, at) => whole(which ?? '', unit ?? '', at),
  ],
  [RegExp(`\\b(?:last|on|this) (?<name>${weekdays.join('|')})\\b`), ({ name }, at) => weekday(name ?? '', at)],
  [RegExp(`\\b(?:in|during|since|until|till|before|after|by|of) ${year}\\b`), ({ year }) => years(Number(year), 1)],
];

const nearDays: Record<string, number> = { yesterday: -1, 'last night': -1, today: 0, tonight: 0, tomorrow: 1 };

/**
 * The span of time that a question names, seen from a moment: "in March" is the last March that has begun. Undefined if
 * it names none. Months have their names in English and in the language of the text search configuration.
 */
export function spanIn(question: string, at: Date, textSearchConfig = 'english'): Span | undefined {
  const text = question.slice(0, LOOKED_AT).normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ');
  for (const [start, span] of spansIn(text, at, textSearchConfig)) {
    if (span) return bounded(span, text.slice(0, start), text.slice(start));
  }
  return undefined;
}

/** The spans in a text, and where they begin: days, then months, then other times. */
function* spansIn(text: string, at: Date, textSearchConfig: string): Generator<[number, Span | undefined]> {
  for (const { start, year, days } of daysIn(text, textSearchConfig)) {
    const [one, another] = days;
    // 03/04/2026 can be read in two ways.
    if (one && !another) yield [start, lastThatBegan(year, at, (of) => dayOf(of, one.month - 1, one.day))];
  }
  for (const { start, year, month } of monthsIn(text, textSearchConfig)) {
    if (year !== null || beforeMonth.test(text.slice(0, start))) {
      yield [start, lastThatBegan(year, at, (of) => monthOf(of, month - 1))];
    }
  }
  for (const [pattern, read] of patterns) {
    const found = pattern.exec(text);
    if (found) yield [found.index, read(found.groups ?? {}, at)];
  }
}

/** With "before", "after", "since" or "until" before it, or at its beginning, a span is open on one side. */
function bounded({ from, until }: Span, before: string, own: string): Span {
  const bound = boundBefore.exec(before) ?? boundFirst.exec(own);
  switch (bound?.[1]) {
    case undefined:
      return { from, until };
    case 'after':
      return { from: until, until: undefined };
    case 'since':
      return { from, until: undefined };
    default:
      return { from: undefined, until: from };
  }
}
const boundBefore = /\b(before|until|till|after|since)(?: (?:the|early|mid|late))? $/;
const boundFirst = /^(before|until|till|after|since)\b/;

function dayOf(year: number, month: number, day: number): Span | undefined {
  const from = new Date(Date.UTC(year, month, day));
  const isReal = from.getUTCFullYear() === year && from.getUTCMonth() === month && from.getUTCDate() === day;
  return isReal ? daysFrom(from, 0, 1) : undefined;
}

const monthOf = (year: number, month: number): Span => ({
  from: new Date(Date.UTC(year, month)),
  until: new Date(Date.UTC(year, month + 1)),
});

/** The span in the year named, or in the last year in which it had begun. */
function lastThatBegan(year: number | null, at: Date, of: (year: number) => Span | undefined): Span | undefined {
  if (year !== null) return of(year);
  const thisYear = of(at.getUTCFullYear());
  return thisYear?.from && thisYear.from <= at ? thisYear : of(at.getUTCFullYear() - 1);
}

/** `length` days, from `after` days after the day of a moment. */
function daysFrom(at: Date, after: number, length: number): Span {
  const from = Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate() + after);
  return { from: new Date(from), until: new Date(from + length * DAY_MS) };
}

const years = (year: number, length: number): Span => ({
  from: new Date(Date.UTC(year, 0)),
  until: new Date(Date.UTC(year + length, 0)),
});

function numberOf(count: string): number {
  if (/^\d/.test(count)) return Number(count);
  if (count === 'a couple of') return 2;
  if (count === 'a few') return 3;
  return Math.max(1, counts.indexOf(count));
}

const unitDays: Record<string, number> = { day: 1, week: 7, month: 30, year: 365 };

/** About so long ago: half a unit more or less; exact for days. */
function ago({ count, unit }: Groups, at: Date): Span {
  const length = unitDays[unit as string] as number;
  const back = numberOf(count as string) * length;
  const around = Math.floor(length / 2);
  return daysFrom(at, -back - around, 2 * around + 1);
}

/** From so long ago until now. */
function lately({ count, unit }: Groups, at: Date): Span {
  const back = numberOf(count as string) * (unitDays[unit as string] as number);
  return daysFrom(at, -back, back + 1);
}

/** A week, month or year as a whole. */
function whole(which: string, unit: string, at: Date): Span {
  const step = which === 'last' ? -1 : which === 'next' ? 1 : 0;
  if (unit === 'year') return years(at.getUTCFullYear() + step, 1);
  if (unit === 'week') return daysFrom(at, step * 7 - ((at.getUTCDay() + 6) % 7), 7);
  return monthOf(at.getUTCFullYear(), at.getUTCMonth() + step);
}

/** The last day with this name, today included. */
const weekday = (name: string, at: Date): Span => daysFrom(at, -((at.getUTCDay() - weekdays.indexOf(name) + 7) % 7), 1);

/** An event by which a question names a time: `before the move`. */
export interface NamedEvent {
  side: 'before' | 'after';
  /** Its words, in lower case: at most three. */
  words: string[];
}

const event =
  /\b(before|until|till|after|since) (?:the|my|our|your|his|her|their|\p{L}+['’]s) (\p{L}+(?: \p{L}+){0,2})/u;
/** Words that end the name of an event. */
const afterEvent = new Set(
  `did do does was were is are has have had will would could should can i we you he she they it
  to in on at of with and or for from by what who where that which`.split(/\s+/),
);

/** The event by which an English question names a time; undefined if there is none. */
export function eventIn(question: string): NamedEvent | undefined {
  const text = question.slice(0, LOOKED_AT).normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ');
  const [, bound, following = ''] = event.exec(text) ?? [];
  const all = following.split(' ');
  const end = all.findIndex((word) => afterEvent.has(word));
  const words = end < 0 ? all : all.slice(0, end);
  if (bound === undefined || words.join('') === '') return undefined;
  return { side: bound === 'after' || bound === 'since' ? 'after' : 'before', words };
}

/** If memories of an event became true within more time than this, its time is not known. */
const ONE_EVENT_MS = 31 * DAY_MS;

/** The span before an event, or from it on; `moments`: when memories of it became true. Undefined: not known. */
export function spanOfEvent(side: NamedEvent['side'], moments: readonly Date[]): Span | undefined {
  const times = moments.map(Number);
  const first = Math.min(...times);
  if (times.length === 0 || Math.max(...times) - first > ONE_EVENT_MS) return undefined;
  const at = new Date(first);
  return side === 'before' ? { from: undefined, until: at } : { from: at, until: undefined };
}

/** True of a question that asks for the present state. */
export const asksForNow = (question: string): boolean =>
  /\b(currently|current|latest|newest|most recent|still|nowadays|these days|right now|now|at the moment|up to date)\b/i.test(
    question,
  );
