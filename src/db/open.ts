import type { Database } from './database.ts';
import { openEmbedded } from './embedded.ts';
import { migrate } from './migrate.ts';
import { openPostgresql } from './postgresql.ts';

export interface DatabaseSettings {
  databaseUrl: string | undefined;
  poolSize: number;
  dataDir: string;
}

/** Opens the database that is configured and brings its tables up to date. Throws DatabaseUnavailable. */
export async function openDatabase({ databaseUrl, poolSize, dataDir }: DatabaseSettings): Promise<Database> {
  const database = databaseUrl ? await openPostgresql({ url: databaseUrl, poolSize }) : await openEmbedded(dataDir);
  try {
    await migrate(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
