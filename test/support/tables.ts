import type { Database, Row, Session } from '../../src/db/database.ts';

/** Runs something as the superuser the tests connect as, whom no row-level security holds back. */
export async function asSuperuser<T>(database: Database, run: (connection: Session) => Promise<T>): Promise<T> {
  const connection = await database.connect();
  try {
    return await run(connection);
  } finally {
    connection.release();
  }
}

/** Runs statements that the application never would. The history trigger lets them pass. */
export const runAsSuperuser = (database: Database, statements: string): Promise<unknown> =>
  asSuperuser(database, (connection) =>
    connection.script(`set session_replication_role = replica; ${statements}; reset session_replication_role`),
  );

/** Every table there is, the `…_history` twins too. */
export async function tableNames(database: Database): Promise<string[]> {
  const rows = await asSuperuser(database, (connection) =>
    connection.script(`
      select relname as name from pg_class
      where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and relname <> '__drizzle_migrations' order by relname`),
  );
  return (rows as { name: string }[]).map(({ name }) => name);
}

/** What a statement answers for each table; `sql` is given its name. */
async function ofEachTable(database: Database, sql: (table: string) => string): Promise<Record<string, unknown>> {
  const names = await tableNames(database);
  const rows = await asSuperuser(database, (connection) =>
    connection.script(names.map((name) => `select '${name}' as name, (${sql(name)}) as answer`).join(' union all ')),
  );
  return Object.fromEntries((rows as Row[]).map(({ name, answer }) => [name, answer]));
}

/** How many rows each table has. */
export const countRows = (database: Database) =>
  ofEachTable(database, (table) => `select count(*)::int from ${table}`) as Promise<Record<string, number>>;

/** A digest of each table's rows that fulfil a condition: equal where nothing was changed. */
export const digestRows = (database: Database, where: (table: string) => string = () => 'true') =>
  ofEachTable(
    database,
    (table) =>
      `select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from ${table} t where ${where(table)}`,
  );

/**
 * The tables that hold a text anywhere in a row, case folded: in texts, JSON, arrays and names of terms, or in bytes.
 */
export async function tablesWith(database: Database, text: string): Promise<string[]> {
  const bytes = Buffer.from(text).toString('hex');
  const found = await ofEachTable(
    database,
    (table) =>
      `select count(*)::int from ${table} t where lower(t::text) like '%${text.toLowerCase()}%' or t::text like '%${bytes}%'`,
  );
  return Object.keys(found).filter((table) => found[table] !== 0);
}
