import { DatabaseUnavailable } from './database.ts';
import { isOutage } from './outage.ts';

/** A pooler sent a prepared statement to a session that does not know it. */
export const UNPREPARED = '26000';

/** True where a server could not be reached, or was not ready for anybody: one that starts up may be there soon. */
export const isServerMissing = (error: unknown): boolean =>
  isOutage(error instanceof DatabaseUnavailable ? error.cause : error);
