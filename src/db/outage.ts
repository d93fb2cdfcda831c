import { Unavailable } from '../kernel/errors.ts';
import { type Database, DatabaseUnavailable, type Session } from './database.ts';
import { type Holder, WaitedTooLong } from './session-queue.ts';

/** When to ask again, in seconds: a session is free soon, a database that has gone is back when it is. */
const BUSY_RETRY_S = 1;
const GONE_RETRY_S = 5;

/**
 * SQLSTATEs that say nothing of the statement: the session is lost (08) or was ended for having been open or idle for
 * too long (25P), the server stops or starts (57P), lacks memory, disk or sessions (53), cannot read its files (58), or
 * has become a replica.
 */
const OUTAGE_STATE = /^(?:08|53|57P|58)|^25006$|^25P0[34]$/;
/** How postgres.js and Node's sockets call the same. */
const OUTAGE_CODE = /^CONNECTION_|^CONNECT_TIMEOUT$|^E(?:CONN|PIPE|TIMEDOUT|HOST|NET|NOTFOUND|AI_)/;

/** Whether a failure says that the database cannot be used for now, rather than anything of what was asked of it. */
export function isOutage(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof DatabaseGone || cause instanceof WaitedTooLong) return true;
    const { code } = cause as { code?: unknown };
    if (typeof code !== 'string') continue;
    if (code.length === 5 && OUTAGE_STATE.test(code)) return true;
    if (OUTAGE_CODE.test(code)) return true;
  }
  return false;
}

/**
 * SQLSTATEs of what was broken off so that others could go on: a serialisation failure, which is also what a replica
 * calls a conflict with what it has to replay, a deadlock, and a lock that was not available in time.
 */
const BROKEN_OFF_STATES: ReadonlySet<unknown> = new Set(['40001', '40P01', '55P03']);

/** Whether the same, asked again, may well succeed. */
export function isBrokenOff(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (BROKEN_OFF_STATES.has((cause as { code?: unknown }).code)) return true;
  }
  return false;
}

/** What the caller reads of a transaction that the database has broken off each time it was tried. */
export class BrokenOff extends Unavailable {
  constructor(cause: unknown) {
    super(
      'The database broke this off for other work that was in its way. Nothing was done: try again.',
      BUSY_RETRY_S,
      { cause },
    );
  }
}

/** SQLSTATE of a pooler that sent a prepared statement to a session that does not know it. */
export const UNPREPARED = '26000';
export const isUnprepared = (error: unknown): boolean => (error as { code?: string }).code === UNPREPARED;

/** True where a server could not be reached, or was not ready for anybody: one that starts up may be there soon. */
export const isServerMissing = (error: unknown): boolean =>
  isOutage(error instanceof DatabaseUnavailable ? error.cause : error);

/** What the caller reads of an outage before which nothing was done. It names no hosts. */
export function unavailable(cause: unknown): Unavailable {
  if (cause instanceof Unavailable) return cause;
  return cause instanceof WaitedTooLong
    ? new Unavailable(
        `All connections to the database were in use for ${cause.waitMs} ms. Nothing was done: try again.`,
        BUSY_RETRY_S,
        { cause },
      )
    : new Unavailable('The database is unavailable. Nothing was done: try again later.', GONE_RETRY_S, {
        cause,
      });
}

/** What the caller reads where the database went away during a commit. */
export const outcomeUnknown = (cause: unknown): Unavailable =>
  new Unavailable(
    'The connection to the database was lost during the commit, so this may or may not be done: send ' +
      'it again with the same idempotencyKey, or read the data to find out.',
    GONE_RETRY_S,
    { cause, isUncertain: true },
  );

/** A session for a workspace. Throws {@link Unavailable}. */
export async function acquire(database: Database, holder: Holder): Promise<Session> {
  try {
    return await database.connect(holder);
  } catch (error) {
    throw unavailable(error);
  }
}

/** The session of the database has ended. */
export class DatabaseGone extends Error {
  override name = 'DatabaseGone';
}
