import type { Database } from '../../db/database.ts';

/** The advisory lock of the process that consolidates. */
const LOCK = 7_227_003;

/**
 * Takes the turn of this process to consolidate, and returns what gives it back; null: another process has it. The embedded
 * database is one process's. Where a pooler keeps no sessions nothing can be held: then several may consolidate at once,
 * which makes nothing twice, but takes the time twice.
 */
export async function takeTurn(database: Database): Promise<(() => void) | null> {
  if (database.kind !== 'postgresql' || !database.keepsSessions) return () => {};
  const session = await database.connectDirect();
  try {
    const [lock] = (await session.query('select pg_try_advisory_lock($1) as mine', [LOCK])) as [{ mine: boolean }];
    // The session ends with it, and the lock with the session.
    if (lock.mine) return () => session.release();
  } catch (error) {
    session.release();
    throw error;
  }
  session.release();
  return null;
}
