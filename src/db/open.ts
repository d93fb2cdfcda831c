import type { Database } from './database.ts';

export interface DatabaseSettings {
  databaseUrl: string | undefined;
  poolSize: number;
  poolWaitMs?: number | undefined;
  dataDir: string;
  textSearchConfig: string;
}

/** Opens the database that is configured and brings its tables up to date. Throws DatabaseUnavailable. */
export async function openDatabase(settings: DatabaseSettings): Promise<Database> {
  // The embedded database starts in a thread of its own: loading the rest of the code meanwhile halves the wait.
  const [database, { migrate }] = await Promise.all([open(settings), import('./migrate.ts')]);
  try {
    await migrate(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function open({
  databaseUrl,
  poolSize,
  poolWaitMs,
  dataDir,
  textSearchConfig,
}: DatabaseSettings): Promise<Database> {
  if (databaseUrl) {
    const { openPostgresql } = await import('./postgresql.ts');
    return openPostgresql({ url: databaseUrl, poolSize, poolWaitMs, textSearchConfig });
  }
  const { openEmbedded } = await import('./embedded.ts');
  return openEmbedded({ folder: dataDir, poolWaitMs, textSearchConfig });
}
