import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, DatabaseUnavailable, type Row, type Session } from './database.ts';
import { isInUse } from './embedded-folder.ts';
import type { Place } from './place.ts';
import type { PostgresqlOptions } from './postgresql.ts';
import { orFull } from './room.ts';
import type { ReachSettings } from './settings.ts';

export interface DatabaseSettings extends ReachSettings {
  databaseUrl: string | undefined;
  poolSize: number;
  poolWaitMs?: number | undefined;
  /** With `none` one workspace alone is served. */
  credentials?: 'none' | 'required';
  dataDir: string;
  textSearchConfig: string;
  /** Make none where there is none. */
  mustExist?: boolean;
}

/** How often a server that is not there is tried again. */
const TRY_EVERY_MS = 500;

/** Opens the database that is configured and brings its tables up to date. Throws DatabaseUnavailable. */
export async function openDatabase(settings: DatabaseSettings): Promise<Database> {
  // The embedded database starts in a thread of its own: loading the rest of the code meanwhile halves the wait.
  const [database, { migrate }, { appliedMigrations }] = await Promise.all([
    open(settings),
    import('./migrate.ts'),
    import('./migrations.ts'),
  ]);
  try {
    if (settings.mustExist) await refuseEmpty(database, appliedMigrations);
    await migrate(database);
    if (settings.directDatabaseUrl) await refuseTwoDatabases(database);
    await refuseUnknownLanguage(database);
    return database;
  } catch (error) {
    await database.close().catch(() => {});
    throw whyFailed(error, settings);
  }
}

/** The same failure, or that the disk is full, where the embedded database is used. */
export const whyFailed = (
  error: unknown,
  { databaseUrl, dataDir }: Pick<DatabaseSettings, 'databaseUrl' | 'dataDir'>,
) => (databaseUrl ? error : orFull(error, dataDir));

async function open(settings: DatabaseSettings): Promise<Database> {
  const { databaseUrl, dataDir, poolWaitMs, textSearchConfig } = settings;
  if (!databaseUrl) {
    if (settings.mustExist && !isInUse(dataDir)) {
      throw new DatabaseUnavailable(`There is no database in ${dataDir}: check DATA_DIR and DATABASE_URL.`);
    }
    const { openEmbedded } = await import('./embedded.ts');
    return openEmbedded({ folder: dataDir, poolWaitMs, textSearchConfig });
  }
  const {
    directDatabaseUrl: directUrl,
    databasePrepare: prepare = true,
    databaseWaitMs = 0,
    poolSize,
    place,
  } = settings;
  const isShared = settings.credentials !== 'none';
  const options = {
    url: databaseUrl,
    directUrl,
    prepare,
    poolSize,
    isShared,
    poolWaitMs,
    textSearchConfig,
    ...(place && { place }),
  };
  return openWhenThere(options, databaseWaitMs);
}

/** Tries until the server is there, or the time is over. What cannot change by itself is not waited for. */
async function openWhenThere(options: PostgresqlOptions, waitMs: number): Promise<Database> {
  const [{ openPostgresql }, { isServerMissing }] = await Promise.all([
    import('./postgresql.ts'),
    import('./outage.ts'),
  ]);
  for (const until = performance.now() + waitMs; ; ) {
    try {
      return await openPostgresql(options);
    } catch (error) {
      if (performance.now() + TRY_EVERY_MS > until || !isServerMissing(error)) throw error;
      await sleep(TRY_EVERY_MS);
    }
  }
}

/** Words are read with a configuration that the database must have. */
async function refuseUnknownLanguage({ textSearchConfig, connect }: Database): Promise<void> {
  const session = await connect();
  try {
    const rows = (await session.script(
      'select cfgname as name from pg_ts_config where pg_ts_config_is_visible(oid) order by cfgname',
    )) as { name: string }[];
    const names = rows.map(({ name }) => name);
    if (names.includes(textSearchConfig)) return;
    throw new DatabaseUnavailable(
      `The database has no text search configuration ${textSearchConfig}: set TEXT_SEARCH_CONFIG to one of ${names.join(', ')}.`,
    );
  } finally {
    session.release();
  }
}

/** What only reads makes no tables in a database that is somebody else's, or nobody's yet. */
async function refuseEmpty(
  database: Database,
  appliedMigrations: (session: Session, place: Place) => Promise<readonly string[]>,
): Promise<void> {
  const session = await database.connectDirect();
  const applied = await appliedMigrations(session, database.place).finally(() => session.release());
  if (applied.length > 0) return;
  throw new DatabaseUnavailable('The database has no tables of Palimpsest: check DATABASE_URL.');
}

/** What is migrated must be what is read. */
async function refuseTwoDatabases(database: Database): Promise<void> {
  const sessions = await Promise.all([database.connect(), database.connectDirect()]);
  const which = async (session: Session) => {
    const [row] = (await session.script(
      'select current_database() as name, pg_postmaster_start_time()::text as start',
    )) as Row[];
    return `${row?.name} ${row?.start}`;
  };
  try {
    const [pooled, direct] = await Promise.all(sessions.map(which));
    if (pooled === direct) return;
    throw new DatabaseUnavailable(
      'DATABASE_URL and DIRECT_DATABASE_URL lead to different databases: both must lead to the same one, with or without a pooler.',
    );
  } finally {
    for (const session of sessions) session.release();
  }
}
