import { getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import type { Database } from './database.ts';
import * as tables from './tables.ts';

const names = Object.values(tables)
  .filter((table) => is(table, PgTable))
  .map((table) => `"${getTableName(table as PgTable)}"`);

/**
 * Tells the planner how much there is by now. PostgreSQL finds out by itself, but only a minute or so later; the
 * embedded database never does, and plans for tables that are nearly empty.
 */
export async function refreshStatistics(database: Database): Promise<void> {
  const connection = await database.connect();
  try {
    await connection.script(`analyze ${names.join(', ')}`);
  } finally {
    connection.release();
  }
}
