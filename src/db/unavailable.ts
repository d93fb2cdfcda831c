import { DatabaseUnavailable } from './database.ts';

/** Codes of what Node says where a server is not there, and of postgres.js where a connection has ended. */
const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
]);

/** PostgreSQL shuts down, starts up, has crashed, or ends what is idle; PgBouncer says all it has to say with class 08. */
const SQLSTATES_GONE = /^(?:08|57P0)/;
/** It has no connection, memory or room on its disk left, cannot read or write it, or is a replica by now. */
const SQLSTATES_UNABLE = /^(?:53...|58030|25006)$/;
/** A pooler sent a prepared statement to a session that does not know it. */
export const UNPREPARED = '26000';

/** True where an error, or what caused it, says that the database is not there: it will be again, and a retry may succeed. */
export const isDatabaseGone = (error: unknown): boolean => hasCause(error, SQLSTATES_GONE);

/** True where a server could not be reached, or was not ready for anybody: one that starts up may be there soon. */
export const isServerMissing = (error: unknown): boolean =>
  error instanceof DatabaseUnavailable ? isDatabaseGone(error.cause) : isDatabaseGone(error);

/** True where the database is not there, or cannot do now what it could do later. */
export const isDatabaseUnable = (error: unknown): boolean =>
  hasCause(error, SQLSTATES_GONE) || hasCause(error, SQLSTATES_UNABLE) || hasCause(error, new RegExp(UNPREPARED));

function hasCause(error: unknown, sqlStates: RegExp): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = deeper(cause)) {
    if (cause instanceof DatabaseUnavailable) return true;
    const { code } = cause as { code?: unknown };
    if (typeof code === 'string' && (CONNECTION_CODES.has(code) || (code.length === 5 && sqlStates.test(code)))) {
      return true;
    }
  }
  return false;
}

const deeper = (error: Error): unknown => (error as { originalError?: unknown }).originalError ?? error.cause;
