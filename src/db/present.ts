/**
 * A clock may be set back, by hand, by a time server or by moving to another machine. What was written before then lies
 * ahead of it: a read at the clock's now would not find it, and the next mutation would be stamped before it. So the
 * present of a workspace is the database's clock, and never before the latest stamp in it: while the clock is behind,
 * the present stands still, and each mutation moves it on by a millisecond.
 *
 * Statements say `now()` and `clock_timestamp()`, which cost nothing. Only while the clock is behind they say what
 * follows in their place.
 */
const PRESENT = `current_setting('palimpsest.present')::timestamptz`;
const NEXT = `greatest(clock_timestamp(), ${PRESENT} + interval '1 millisecond')`;

/** What a transaction has read of the clock when it began. */
export interface Begin {
  /** The clock, and the present of the workspace: later where the clock is behind. */
  clock: Date;
  now: Date;
}

/** The select list that {@link Begin} is read from. It comes after the workspace has been entered: `workspace`, SQL. */
export const presentOf = (workspace: string): string =>
  `date_trunc('milliseconds', now()) as clock, present_of(${workspace}, now()) as now`;

/** The moment of a mutation: the clock's, or 1 ms after the latest stamp. */
export const momentAfter = (workspaceId: string): string =>
  `greatest(date_trunc('milliseconds', clock_timestamp()), present_of('${workspaceId}', clock_timestamp()) + interval '1 millisecond')`;

export const isBehind = ({ clock, now }: Begin): boolean => now > clock;

/** The same statement for a transaction whose clock is behind. */
export const atPresent = (text: string): string =>
  text.replace(/(?<![\w.])now\(\)/g, PRESENT).replaceAll('clock_timestamp()', NEXT);
