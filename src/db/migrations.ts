import { fileURLToPath } from 'node:url';
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle } from 'drizzle-orm/pg-proxy';
import { migrate } from 'drizzle-orm/pg-proxy/migrator';
import { DatabaseUnavailable, type Row, type Session } from './database.ts';
import { defaultPlace, type Place } from './place.ts';

const migrationsFolder = fileURLToPath(new URL('../../drizzle', import.meta.url));

/** The table that says which migrations have been run, in the schema of the tables. */
export const JOURNAL = '__drizzle_migrations';
/** Where earlier versions kept it, maybe together with another application's. */
export const FORMER_JOURNAL = `drizzle.${JOURNAL}`;

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
  const journal = `"${schema}".${JOURNAL}`;
  return (await isThere(session, journal)) ? namesIn(session, journal) : formerMigrations(session);
}

/**
 * Which of the migrations noted where earlier versions did so are ours. Another application's have other names: what
 * sets ours apart, though a state that was never released may have had others, is the word that follows the moment.
 */
export async function formerMigrations(session: Session): Promise<string[]> {
  if (!(await isThere(session, FORMER_JOURNAL))) return [];
  const ours = await session.script(
    `select from pg_policy where polrelid = to_regclass('public.workspaces') and polname = 'tenant'`,
  );
  if (ours.length === 0) return [];
  const words = new Set([...knownMigrations()].map((name) => name.slice(name.indexOf('_'))));
  const names = await namesIn(session, FORMER_JOURNAL);
  return names.filter((name) => /^\d{14}_/.test(name) && words.has(name.slice(14)));
}

export async function isThere(session: Session, table: string): Promise<boolean> {
  const [found] = (await session.script(`select to_regclass('${table}') is not null as "isThere"`)) as Row[];
  return found?.isThere === true;
}

async function namesIn(session: Session, journal: string): Promise<string[]> {
  const rows = (await session.script(`select name from ${journal} order by name`)) as Row[];
  return rows.map(({ name }) => String(name));
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
