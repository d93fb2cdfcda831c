import { fileURLToPath } from 'node:url';
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle } from 'drizzle-orm/pg-proxy';
import { migrate } from 'drizzle-orm/pg-proxy/migrator';
import { DatabaseUnavailable, type Row, type Session } from './database.ts';
import { defaultPlace, type Place } from './place.ts';

const migrationsFolder = fileURLToPath(new URL('../../drizzle', import.meta.url));

/** The table that says which migrations have been run, in the schema of the tables. */
export const JOURNAL = '__drizzle_migrations';
/** The schema in which earlier versions kept it, and where other applications may keep theirs. */
const FORMER_SCHEMA = 'drizzle';

/** This version's migrations, in order. */
export const migrationFiles = (): MigrationMeta[] => readMigrationFiles({ migrationsFolder });

/** The names of this version's migrations. */
export const knownMigrations = (): ReadonlySet<string> => new Set(migrationFiles().map(({ name }) => name));

/** The names of all tables that the migrations make, those too that were renamed later. */
export const knownTables = (): string[] =>
  migrationFiles().flatMap(({ sql }) =>
    sql.flatMap((statement) =>
      [...statement.matchAll(/^(?:CREATE TABLE|ALTER TABLE "\w+" RENAME TO) "(\w+)"/gm)].map(([, name]) =>
        String(name),
      ),
    ),
  );

const ROLE = new RegExp(`(["']?)\\b${defaultPlace.role}(_restricted)?\\b\\1`, 'g');

/**
 * A statement of a migration with the names of an installation: the migrations' text says `public` where it needs a
 * schema, and the default names of the roles. Other names it does not qualify.
 */
export const inPlace = (statement: string, { schema, role }: Place): string =>
  statement
    .replace(ROLE, (_, quote, suffix = '') => (quote === "'" ? `'${role}${suffix}'` : `"${role}${suffix}"`))
    .replaceAll(`'public'::regnamespace`, `'${schema}'::regnamespace`)
    .replace(/\bSCHEMA public\b/g, `SCHEMA "${schema}"`);

/** Runs the migrations that have not been run yet. The schema and the roles are there. */
export async function runMigrations(session: Session, place: Place): Promise<void> {
  const proxy = async (text: string, params: unknown[], method: string): Promise<{ rows: unknown[] }> => {
    // The right to make schemas is asked for even where there is one.
    if (text.startsWith('CREATE SCHEMA IF NOT EXISTS')) return { rows: [] };
    return { rows: await session.query(text, params, method === 'all' ? 'arrays' : 'objects') };
  };
  const runAll = async (statements: string[]) => {
    for (const statement of statements) await session.script(inPlace(statement, place));
  };
  const settings = { migrationsFolder, migrationsSchema: place.schema, migrationsTable: JOURNAL };
  await migrate(drizzle(proxy), runAll, settings);
}

/**
 * The names of the migrations that a database has been brought up by, in order; none: it is new. Where its tables have
 * not been moved to their schema yet, what earlier versions noted counts.
 */
export async function appliedMigrations(session: Session, { schema }: Place): Promise<string[]> {
  for (const holder of [schema, FORMER_SCHEMA]) {
    const journal = `"${holder}".${JOURNAL}`;
    const [found] = (await session.script(`select to_regclass('${journal}') is not null as "isThere"`)) as Row[];
    if (!found?.isThere) continue;
    const rows = (await session.script(`select name from ${journal} order by name`)) as Row[];
    return rows.map(({ name }) => String(name));
  }
  return [];
}

/** Throws {@link DatabaseUnavailable} where some of the migrations that were run are not of this version. */
export function refuseUnknown(applied: string[]): void {
  const known = knownMigrations();
  const unknown = applied.filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  const newest = [...known].sort().at(-1) as string;
  const which = unknown.join(', ');
  throw new DatabaseUnavailable(
    unknown.some((name) => name > newest)
      ? `The database has tables of a newer version of Palimpsest (${which}): start that version instead.`
      : `The database was made by a state of Palimpsest that was never released (${which}), which this version cannot ` +
          `bring up to date: export from it with the code that made it, and import that into a new database.`,
  );
}
