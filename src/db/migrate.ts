import { fileURLToPath } from 'node:url';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle } from 'drizzle-orm/pg-proxy';
import { migrate as runMigrations } from 'drizzle-orm/pg-proxy/migrator';
import { appRole, restrictedRole, tenantCondition } from './columns.ts';
import { type Database, DatabaseUnavailable, type Row, type Session } from './database.ts';

const migrationsFolder = fileURLToPath(new URL('../../drizzle', import.meta.url));
const LOCK = 7_227_001;

/**
 * Brings the tables up to this version, all of it or nothing; of several servers that start at once, one does it and
 * the others wait. Throws {@link DatabaseUnavailable} where pgvector is missing, rights are, or the tables are newer.
 */
export async function migrate(database: Database): Promise<void> {
  const session = await database.connectDirect();
  let start: Start | undefined;
  try {
    start = await stateOf(session);
    await session.script('begin');
    await session.script(`select pg_advisory_xact_lock(${LOCK})`);
    await refuseNewer(session);
    await runMigrations(drizzle(proxy(session)), (statements) => runAll(session, statements), {
      migrationsFolder,
    });
    await refuseUnsafeRole(session, start);
    await refuseUnsafeTables(session);
    // The user who connects must be able to take it on, in each transaction.
    await session.script(`set local role ${appRole.name}; set local role ${restrictedRole.name}; reset role`);
    await session.script('commit');
  } catch (error) {
    await session.script('rollback').catch(() => {});
    throw error instanceof DatabaseUnavailable
      ? error
      : new DatabaseUnavailable(whyNot(error, start), { cause: error });
  } finally {
    session.release();
  }
}

/** The roles that statements of requests run as. */
const roles = [appRole.name, restrictedRole.name] as const;

/** Who connects, as SQL names them, and which of the roles were there before. */
interface Start {
  user: string;
  roles: readonly string[];
}

async function stateOf(session: Session): Promise<Start> {
  const [found] = (await session.script(
    `select quote_ident(current_user) as user,
       (select string_agg(rolname, ',') from pg_roles where rolname in ('${roles.join("', '")}')) as roles`,
  )) as [{ user: string; roles: string | null }];
  return { user: found.user, roles: found.roles?.split(',') ?? [] };
}

const proxy =
  (session: Session) =>
  async (text: string, params: unknown[], method: string): Promise<{ rows: unknown[] }> => ({
    rows: await session.query(text, params, method === 'all' ? 'arrays' : 'objects'),
  });

async function runAll(session: Session, statements: string[]): Promise<void> {
  for (const statement of statements) await session.script(statement);
}

/** The names of this version's migrations. */
export const knownMigrations = (): ReadonlySet<string> =>
  new Set(readMigrationFiles({ migrationsFolder }).map(({ name }) => name));

/** The names of the migrations that a database has been brought up by, in order; none: it is new. */
export async function appliedMigrations(session: Session): Promise<string[]> {
  const [found] = (await session.script(
    `select to_regclass('drizzle.__drizzle_migrations') is not null as migrated`,
  )) as Row[];
  if (!found?.migrated) return [];
  const rows = (await session.script('select name from drizzle.__drizzle_migrations order by name')) as Row[];
  return rows.map(({ name }) => String(name));
}

async function refuseNewer(session: Session): Promise<void> {
  const known = knownMigrations();
  const unknown = (await appliedMigrations(session)).filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new DatabaseUnavailable(
      `The database has tables of a newer version of Palimpsest (${unknown.join(', ')}): start that version instead.`,
    );
  }
}

/** Row-level security does not protect from a role that can bypass it, or that owns the tables. */
async function refuseUnsafeRole(session: Session, { user }: Start): Promise<void> {
  const found = (await session.script(
    `select rolname as name, rolsuper or rolbypassrls as "isAbove",
       exists (select from pg_class where relowner = r.oid and relnamespace = 'public'::regnamespace) as "isOwner"
     from pg_roles r where rolname in ('${roles.join("', '")}') order by rolname`,
  )) as { name: string; isAbove: boolean; isOwner: boolean }[];
  const role = found.find(({ isAbove, isOwner }) => isAbove || isOwner);
  if (!role) return;
  const rule = `The role ${role.name} must own no tables and be neither superuser nor BYPASSRLS`;
  if (role.isOwner && user === role.name) {
    throw new DatabaseUnavailable(
      `${rule}, but it would own the tables it creates: let DATABASE_URL name another user, one who may switch to that role.`,
    );
  }
  const statements = [
    ...(role.isAbove ? [`ALTER ROLE ${role.name} NOSUPERUSER NOBYPASSRLS;`] : []),
    ...(role.isOwner ? [`REASSIGN OWNED BY ${role.name} TO ${user};`] : []),
  ];
  throw new DatabaseUnavailable(`${rule}: have an administrator run ${statements.join(' ')}`);
}

/** True of a policy for restricted credentials alone, as SQL: it cannot let anybody else in. */
const IS_RESTRICTED = `(starts_with(polname, 'restricted_')
  and polroles = array(select oid from pg_roles where rolname = '${restrictedRole.name}'))`;

/** Every table has one policy, the tenant's, beside those of the restricted role, and it is forced for its owner too. */
async function refuseUnsafeTables(session: Session): Promise<void> {
  const rows = (await session.script(
    `select quote_ident(relname) as name,
       exists (select from pg_policy where polrelid = c.oid and polname = 'tenant') as "hasTenant",
       (select json_agg(quote_ident(polname)) from pg_policy where polrelid = c.oid and polname <> 'tenant'
         and not ${IS_RESTRICTED})::text as others
     from pg_class c
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not (relrowsecurity and relforcerowsecurity
       and (select string_agg(polname, ' ') from pg_policy where polrelid = c.oid and not ${IS_RESTRICTED}) is not distinct from 'tenant')
       and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped)
     order by relname`,
  )) as { name: string; hasTenant: boolean; others: string | null }[];
  if (rows.length === 0) return;
  const own = `(${tenantCondition('workspace_id')})`;
  const statements = rows.flatMap(({ name, hasTenant, others }) => [
    `ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;`,
    ...(JSON.parse(others ?? '[]') as string[]).map((policy) => `DROP POLICY ${policy} ON ${name};`),
    ...(hasTenant ? [] : [`CREATE POLICY tenant ON ${name} TO ${appRole.name} USING ${own} WITH CHECK ${own};`]),
  ]);
  throw new DatabaseUnavailable(
    `Row-level security does not keep workspaces apart in ` +
      `${rows.map(({ name }) => name).join(', ')}: have an administrator run ${statements.join(' ')}`,
  );
}

function whyNot(error: unknown, start: Start | undefined): string {
  const { code, message } = innermost(error) as { code?: string; message: string };
  if (/extension "vector"|vector\.control/.test(message)) {
    return code === '42501'
      ? `The database user may not create the extension pgvector (${message}): have an administrator run CREATE EXTENSION vector;`
      : `The database server lacks the extension pgvector: install it there (package ` +
          `postgresql-…-pgvector), then start again (${message}).`;
  }
  if (code === '42501' && start && /role/.test(message)) {
    const missing = roles.filter((role) => !start.roles.includes(role));
    const verb = /create role/.test(message) ? 'create' : 'take on';
    const create = missing.map((role) => `CREATE ROLE ${role} NOLOGIN; `).join('');
    const role = roles.find((name) => message.includes(`"${name}"`)) ?? missing[0] ?? appRole.name;
    return (
      `The database user may not ${verb} the role ${role} (${message}): have an administrator ` +
      `run ${create}GRANT ${roles.join(', ')} TO ${start.user};`
    );
  }
  if (code === '42501') {
    return `The database user lacks a right that the migrations need: ${message}.`;
  }
  return `The migrations could not be run: ${message}.`;
}

function innermost(error: unknown): unknown {
  return error instanceof Error && error.cause ? innermost(error.cause) : error;
}
