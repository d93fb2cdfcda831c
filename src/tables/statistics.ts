import { getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import type { Database } from '../db/database.ts';
import * as tables from './all.ts';

const names = Object.values(tables)
  .filter((table) => is(table, PgTable))
  .map((table) => `"${getTableName(table as PgTable)}"`);

/**
 * Tells the planner how many rows there are by now. PostgreSQL finds out by itself, but only a minute or so later. The
 * embedded database never does, and plans for tables that are nearly empty.
 */
export async function refreshStatistics(database: Database): Promise<void> {
  const session = await database.connect();
  try {
    await session.script(`analyze ${names.join(', ')}`);
  } finally {
    session.release();
  }
}

const LOOK_EVERY_MS = 60_000;

/**
 * Refreshes the statistics of a database that never does so by itself, after each minute in which it was written to.
 */
export function keepStatistics(database: Database): { stop(): void } {
  let seen: string | undefined;
  const written = async () => {
    const session = await database.connect();
    try {
      const [row] = (await session.script('select pg_current_wal_lsn()::text as lsn')) as [{ lsn: string }];
      return row.lsn;
    } finally {
      session.release();
    }
  };
  const look = async () => {
    if ((await written()) === seen) return;
    await refreshStatistics(database);
    seen = await written();
  };
  // Where a look fails, the next one does it.
  const timer = setInterval(() => look().catch(() => {}), LOOK_EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
