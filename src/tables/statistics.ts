import { getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import { inBackground } from '../db/background.ts';
import type { Database } from '../db/database.ts';
import * as tables from './all.ts';

const everyTable = Object.values(tables).filter((table) => is(table, PgTable)) as PgTable[];

/** PostgreSQL looks at 300 rows for each of these. Its default, 100, holds the one session of PGlite for a second. */
const TARGET = { embedded: 10, postgresql: 100 };

/**
 * Tells the planner how many rows there are by now, of some tables or all. PostgreSQL finds out by itself, but only a
 * minute or so later. The embedded database never does, and plans for tables that are nearly empty.
 */
export async function refreshStatistics(database: Database, of: readonly PgTable[] = everyTable): Promise<void> {
  for (const table of of) {
    // Each with a session of its own: others come in between.
    const session = await database.connect();
    try {
      await session.script(
        `begin; set local default_statistics_target = ${TARGET[database.kind]}; analyze "${getTableName(table)}"; commit`,
      );
    } finally {
      session.release();
    }
  }
}

const LOOK_EVERY_MS = 60_000;

/**
 * Refreshes the statistics of a database that never does so by itself, after each minute in which it was written to.
 */
export function keepStatistics(of: Database): { stop(): void } {
  const database = inBackground(of);
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
