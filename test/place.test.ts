import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Database, Row } from '../src/db/database.ts';
import { openEmbedded } from '../src/db/embedded.ts';
import { migrate } from '../src/db/migrate.ts';
import { knownMigrations } from '../src/db/migrations.ts';
import { defaultPlace, type Place } from '../src/db/place.ts';
import { openPostgresql } from '../src/db/postgresql.ts';
import { readOnce } from '../src/db/read-transaction.ts';
import { toQuery } from '../src/db/sql.ts';
import { hasCode } from '../src/db/transaction.ts';
import { write } from '../src/db/write.ts';
import { listWorkspaces, openWorkspace, workspaceExists } from '../src/domain/workspace/workspaces.ts';
import {
  createTestDatabase,
  directUrl,
  openEmptyDatabase,
  openTestDatabase,
  withDatabase,
} from './support/database.ts';
import { migrateAsBefore } from './support/earlier.ts';
import { openProxy } from './support/proxy.ts';

const opened: Database[] = [];
const kept = <T extends Database>(database: T): T => {
  opened.push(database);
  return database;
};
afterAll(() => Promise.all(opened.map((database) => database.close())));

async function run(database: Database, statements: string): Promise<Row[]> {
  const session = await database.connect();
  return (session.script(statements) as Promise<Row[]>).finally(() => session.release());
}
const namesIn = async (database: Database, select: string) =>
  (await run(database, `select name from (${select}) found (name) order by name`)).map(({ name }) => name);
const refusal = (database: Database) =>
  migrate(database).then(
    () => expect.fail('it starts'),
    (error: Error) => error.message,
  );

/** What is in a schema, of no extension. */
const thingsIn = (schema: string) => `
  select 'relation ' || relname from pg_class where relnamespace = '${schema}'::regnamespace
  union all select 'type ' || typname from pg_type where typnamespace = '${schema}'::regnamespace and typtype = 'e'
  union all select 'function ' || proname from pg_proc f where pronamespace = '${schema}'::regnamespace
    and not exists (select from pg_depend where objid = f.oid and deptype = 'e')`;

/** Tables of another application, whose names and columns are ours, in `public` and in a journal of its own there. */
const FOREIGN = `
  create table public.invoices (id int primary key, workspace_id uuid, users text);
  insert into public.invoices values (1, '00000000-0000-7000-8000-000000000001', 'theirs')`;

test('the tables that an earlier version made in public move to their schema with all that is theirs', async () => {
  const database = kept(await openEmptyDatabase());
  const session = await database.connect();
  await session.script(FOREIGN);
  await migrateAsBefore(session, '_schema');
  await session.script(`begin; set local search_path = public;
    insert into workspaces (id, name) values ('00000000-0000-7000-8000-000000000001', 'w');
    insert into companions (workspace_id, id, key, name, created_at, updated_at)
      select id, id, 'c', 'c', now(), now() from workspaces;
    insert into entities (workspace_id, id, companion_id, type, name, folded_name, recorded_at, known_from)
      select id, id, id, 'place', 'Lisbon', 'lisbon', '2026-01-01', '2026-01-01' from workspaces;
    insert into drizzle.__drizzle_migrations (hash, created_at, name) values ('x', 0, '20250101000000_invoices');
    commit`);
  session.release();
  await migrate(database);

  const fresh = kept(await openTestDatabase());
  // Names of constraints that PostgreSQL 18 gives by itself aside, it is like a new one.
  expect(await namesIn(database, thingsIn('palimpsest'))).toEqual(await namesIn(fresh, thingsIn('palimpsest')));
  expect(await namesIn(database, thingsIn('public'))).toEqual(['relation invoices', 'relation invoices_pkey']);
  const changed = await run(
    database,
    `set palimpsest.stamp = '2026-02-01'; update entities set name = 'Lissabon'; reset palimpsest.stamp;
     select name, (select name from entities_history) as before from entities`,
  );
  expect(changed).toEqual([{ name: 'Lissabon', before: 'Lisbon' }]);
  expect(await run(database, 'select users from public.invoices')).toEqual([{ users: 'theirs' }]);
  // Tables made later in public do not concern the role.
  await run(database, 'create table public.later (id int)');
  expect(
    await run(
      database,
      `select has_table_privilege('palimpsest_app', 'public.later', 'select') as reads,
         has_table_privilege('palimpsest_app', 'palimpsest.memories', 'select, insert') as works`,
    ),
  ).toEqual([{ reads: false, works: true }]);

  const journal = await namesIn(database, 'select name from palimpsest.__drizzle_migrations');
  expect(journal).toEqual([...knownMigrations()].sort());
  // An earlier version would make empty tables in public, if it knew all that it finds there.
  const [theirs, note, ...more] = await namesIn(database, 'select name from drizzle.__drizzle_migrations');
  expect([theirs, more]).toEqual(['20250101000000_invoices', []]);
  expect(journal).not.toContain(note);
  await migrate(database);
  expect((await listWorkspaces(database)).map(({ name }) => name)).toEqual(['w']);
});

test('an embedded database of an earlier version, or a backup of one, is moved when it is opened', async () => {
  const before = await openEmbedded();
  const session = await before.connect();
  await migrateAsBefore(session, '_schema');
  await session.script(
    `insert into public.workspaces (id, name) values ('00000000-0000-7000-8000-000000000001', 'kept')`,
  );
  session.release();
  const dump = await before.dump();
  await before.close();
  const after = kept(await openEmbedded({ dump }));
  await migrate(after);
  expect(await namesIn(after, thingsIn('public'))).toEqual([]);
  expect((await listWorkspaces(after)).map(({ name }) => name)).toEqual(['kept']);
});

test('a database that a state made which was never released is called so', async () => {
  const database = kept(await openEmptyDatabase());
  const session = await database.connect();
  await migrateAsBefore(session, '_schema');
  await session.script(
    `update drizzle.__drizzle_migrations set name = '20261120234758_tables' where name like '%_tables'`,
  );
  session.release();
  expect(await refusal(database)).toBe(
    'The database was made by a state of Palimpsest that was never released (20261120234758_tables), which this ' +
      'version cannot bring up to date: export from it with the code that made it, and import that into a new database.',
  );
  expect(await namesIn(database, thingsIn('public'))).toContain('relation memories');
});

test.each([
  ['a table', 'create schema palimpsest; create table palimpsest.users (id int)', 'relation "users" already exists'],
  [
    'a type',
    `create schema palimpsest; create type palimpsest.memory_type as enum ('a')`,
    'type "memory_type" already exists',
  ],
])('%s of another application in the schema: another one is asked for', async (_what, made, why) => {
  const database = kept(await openEmptyDatabase());
  await run(database, made);
  expect(await refusal(database)).toBe(
    `The schema palimpsest holds what is not Palimpsest's (${why}): set DATABASE_SCHEMA to a name of its own.`,
  );
});

test('tables of another application in public with our names and columns are left alone', async () => {
  const database = kept(await openEmptyDatabase());
  await run(
    database,
    `${FOREIGN}; create table public.users (id int); create type public.memory_type as enum ('theirs');
    create table public.memories (workspace_id uuid, content text);
    create schema drizzle; create table drizzle.__drizzle_migrations (id serial primary key, hash text, created_at bigint, name text);
    insert into drizzle.__drizzle_migrations (hash, created_at, name) values ('x', 0, '29991231000000_tables')`,
  );
  const before = await namesIn(database, thingsIn('public'));
  await migrate(database);
  await openWorkspace(database, 'ours');
  await migrate(database);
  expect(await namesIn(database, thingsIn('public'))).toEqual(before);
  expect(
    await run(database, `select relrowsecurity as secured from pg_class where oid = 'public.memories'::regclass`),
  ).toEqual([{ secured: false }]);
});

test('a table of another application in our schema is not judged', async () => {
  const database = kept(await openTestDatabase());
  await run(database, 'create table invoices (id int primary key, workspace_id uuid)');
  await migrate(database);
});

test('every policy is for named roles, and every function looks in our schema alone', async () => {
  const database = kept(await openTestDatabase());
  const policies = await run(
    database,
    `select polname from pg_policy p join pg_class c on c.oid = p.polrelid
     where c.relnamespace = 'palimpsest'::regnamespace and 0 = any(polroles)`,
  );
  expect(policies).toEqual([]);
  const functions = await run(
    database,
    `select proname, proconfig::text as settings from pg_proc f join pg_language l on l.oid = prolang
     where pronamespace = 'palimpsest'::regnamespace and (lanname = 'plpgsql' or prosecdef)`,
  );
  expect(functions.length).toBeGreaterThanOrEqual(3);
  for (const { proname, settings } of functions) {
    expect([proname, settings]).toEqual([proname, expect.stringMatching(/"search_path=palimpsest, pg_temp"/)]);
  }
});

test('a role of the database that is not ours sees no workspaces, even where it may read the table', async () => {
  const database = kept(await openEmbedded());
  await migrate(database);
  await openWorkspace(database, 'secret');
  await run(database, 'create role anon; grant usage on schema palimpsest to anon; grant select on workspaces to anon');
  expect(await run(database, 'begin; set local role anon; select name from workspaces')).toEqual([]);
  await run(database, 'rollback; create role operator; grant palimpsest_app to operator');
  expect(await run(database, 'begin; set local role operator; select name from workspaces')).toEqual([
    { name: 'secret' },
  ]);
  await run(database, 'rollback');
  expect(await run(database, 'begin; set local role palimpsest_app; select name from workspaces')).toEqual([]);
  await run(database, 'rollback');
});

/** What a server, a database or a user may have set otherwise, and what answers depend on. */
const ODD = {
  search_path: '"$user", other, public',
  datestyle: 'SQL, DMY',
  intervalstyle: 'sql_standard',
  timezone: 'Asia/Tokyo',
  extra_float_digits: '-12',
};

/** A new, empty database, which `prepare` has been run on; and the way to it, as through a pooler where `pooled`. */
async function openPrepared(prepare: string, { pooled = false, place = defaultPlace } = {}): Promise<Database> {
  if (!inject('template')) {
    const before = await openEmbedded();
    await run(before, prepare.replaceAll('DATABASE', (await nameOf(before)) as string));
    const dump = await before.dump();
    await before.close();
    return kept(await openEmbedded({ dump }));
  }
  const own = await createTestDatabase('template1');
  const before = await openPostgresql({ url: own.directUrl, poolSize: 1 });
  await run(before, prepare.replaceAll('DATABASE', (await nameOf(before)) as string));
  await before.close();
  const way = pooled ? await openProxy(own.directUrl, { greets: true }) : undefined;
  if (way) ways.push(way);
  return kept(await openPostgresql({ url: way?.url ?? own.url, directUrl: own.directUrl, poolSize: 2, place }));
}
const nameOf = async (database: Database) => (await run(database, 'select current_database() as name'))[0]?.name;
const ways: { cut(): Promise<void> }[] = [];
afterAll(() => Promise.all(ways.map((way) => way.cut())));

describe.each(inject('template') ? [[false], [true]] : [[false]])(
  'on a database with settings of its own (pooled: %s)',
  (pooled) => {
    const prepare = `create schema other; create table other.memories (id int); create schema postgres; ${Object.entries(
      ODD,
    )
      .map(([name, value]) => `alter database DATABASE set ${name} = ${name === 'search_path' ? value : `'${value}'`}`)
      .join('; ')}`;
    let database: Database;
    beforeAll(async () => {
      database = await openPrepared(prepare, { pooled });
      await migrate(database);
    });

    test('the tables are where they belong', async () => {
      expect(await namesIn(database, thingsIn('postgres'))).toEqual([]);
      expect(await namesIn(database, thingsIn('other'))).toEqual(['relation memories']);
      expect(await namesIn(database, thingsIn('palimpsest'))).toContain('relation memories');
      const forced = `select relname from pg_class where relnamespace = 'palimpsest'::regnamespace and relkind = 'r' and not relforcerowsecurity`;
      expect(await namesIn(database, forced)).toEqual(['__drizzle_migrations']);
    });

    test('moments and numbers are read as they are, in a workspace and outside of one', async () => {
      const tenant = await openWorkspace(database, 'w');
      const [listed] = await listWorkspaces(database);
      expect(Math.abs(Date.now() - Number(listed?.createdAt))).toBeLessThan(3_600_000);
      const read = sql`select '2026-03-04 05:06:07+00'::timestamptz as at, 0.1::float8 + 0.2::float8 as sum,
      '1 day 02:03:04'::interval::text as span, current_schema() as schema`;
      const right = {
        at: new Date('2026-03-04T05:06:07Z'),
        sum: 0.1 + 0.2,
        span: '1 day 02:03:04',
        schema: 'palimpsest',
      };
      expect(await readOnce(tenant, (tx) => tx.rows(read))).toEqual([right]);
      expect(await write(tenant, (tx) => tx.rows(read))).toEqual([right]);
      const session = await database.connect();
      const outside = await session.query(toQuery(read).sql, []).finally(() => session.release());
      expect(outside).toEqual([right]);
    });
  },
);

test('pgvector in a schema of its own is found there, and the role may use it', async () => {
  const database = await openPrepared('create schema extensions; create extension vector schema extensions');
  await migrate(database);
  const tenant = await openWorkspace(database, 'w');
  const distance = sql`select ('[1,2]'::vector <=> '[1,2]')::float8 as distance`;
  expect(await readOnce(tenant, (tx) => tx.rows(distance))).toEqual([{ distance: 0 }]);
  expect(
    await namesIn(
      database,
      `select nspname from pg_extension e join pg_namespace n on n.oid = extnamespace where extname = 'vector'`,
    ),
  ).toEqual(['extensions']);
});

test('where a database has no schema public, pgvector is made where the tables are', async () => {
  const database = await openPrepared('drop schema public');
  await migrate(database);
  await migrate(database);
  expect(await workspaceExists(await openWorkspace(database, 'w'))).toBe(true);
});

test('a role of another name takes over from the one before, which has no rights left', async () => {
  const database = kept(await openEmbedded());
  await migrate(database);
  await openWorkspace(database, 'w');
  const renamed: Database = { ...database, place: { ...defaultPlace, role: 'iris_app' } };
  await migrate(renamed);
  await migrate(renamed);
  expect((await listWorkspaces(renamed)).map(({ name }) => name)).toEqual(['w']);
  expect(await workspaceExists(await openWorkspace(renamed, 'w'))).toBe(true);
  await expect(openWorkspace(database, 'w')).rejects.toSatisfy((error) => hasCode(error, new Set(['42P01'])));
  const rest = `select polname from pg_policy where (select oid from pg_roles where rolname = 'palimpsest_app') = any(polroles)
    union all select relname from pg_class where relacl::text ~ 'palimpsest_app'`;
  expect(await namesIn(database, rest)).toEqual([]);
  const [iris] = await run(database, 'begin; set local role iris_app; select count(*)::int as seen from workspaces');
  await run(database, 'rollback');
  expect(iris).toEqual({ seen: 0 });
});

describe.skipIf(!inject('template'))('on one PostgreSQL database', () => {
  test('two installations keep to their own schemas, and their roles to their own', async () => {
    const { url, directUrl } = await createTestDatabase('template1');
    const role = `${inject('template')}_two`;
    const places: Place[] = [defaultPlace, { schema: 'second', role }];
    const [first, second] = (await Promise.all(
      places.map(async (place) => kept(await openPostgresql({ url, directUrl, poolSize: 2, place }))),
    )) as [Database, Database];
    await Promise.all([migrate(first), migrate(second)]);
    await openWorkspace(first, 'of the first');
    await openWorkspace(second, 'of the second');
    expect((await listWorkspaces(first)).map(({ name }) => name)).toEqual(['of the first']);
    expect((await listWorkspaces(second)).map(({ name }) => name)).toEqual(['of the second']);
    expect(await namesIn(first, thingsIn('second'))).toEqual(await namesIn(first, thingsIn('palimpsest')));
    expect(await namesIn(first, thingsIn('public'))).toEqual([]);
    const denied = run(first, `begin; set local role ${role}; select from palimpsest.workspaces`);
    await expect(denied).rejects.toThrow('permission denied');
    const roles = `select distinct r.rolname from pg_policy p join pg_class c on c.oid = polrelid
      join pg_roles r on r.oid = any(polroles) where relnamespace = 'second'::regnamespace and r.rolname not like '%restricted'`;
    expect(await namesIn(second, roles)).toEqual([role]);
    await run(
      second,
      `drop schema second cascade; drop owned by ${role}, ${role}_restricted; drop role ${role}, ${role}_restricted`,
    );
  });

  test('that is not encoded in UTF-8, one is asked for that is', async () => {
    const name = `${inject('template')}_latin`;
    const admin = kept(await openPostgresql({ url: directUrl as string, poolSize: 1 }));
    await run(admin, `create database ${name} encoding 'LATIN1' template template0 locale 'C'`);
    const database = await openPostgresql({ url: withDatabase(directUrl as string, name), poolSize: 1 });
    const said = await refusal(database);
    await database.close();
    expect(said).toBe(
      `The database ${name} is encoded in LATIN1, which cannot hold all text: make another with ` +
        `CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8'; and let DATABASE_URL name that.`,
    );
  });

  test('that may only be read, it says so, and what to do', async () => {
    const database = await openPrepared('alter database DATABASE set default_transaction_read_only = on');
    const name = await nameOf(database);
    expect(await refusal(database)).toBe(
      `The database ${name} can only be read, as default_transaction_read_only is on: have an administrator run ` +
        `ALTER ROLE postgres IN DATABASE ${name} SET default_transaction_read_only = off;`,
    );
  });
});
