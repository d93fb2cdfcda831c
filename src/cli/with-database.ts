import type { Database } from '../db/database.ts';
import type { Config } from '../library/config.ts';

/** Opens the database that is configured for as long as `run` takes; with `mustExist` none is made. */
export async function withDatabase(
  config: Config,
  run: (database: Database) => Promise<void>,
  { mustExist = false } = {},
): Promise<void> {
  const { openDatabase, whyFailed } = await import('../db/open.ts');
  const database = await openDatabase({ ...config, mustExist });
  try {
    await run(database);
  } catch (error) {
    throw whyFailed(error, config);
  } finally {
    await database.close();
  }
}
