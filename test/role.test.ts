import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import type { Session } from '../src/db/database.ts';
import { type EmbeddedDatabase, openEmbedded } from '../src/db/embedded.ts';
import { migrate } from '../src/db/migrate.ts';

// Roles belong to a whole server. What is done to one here must not affect other tests: each has a server of its own.
let database: EmbeddedDatabase;
beforeEach(async () => {
  const dump = inject('dump');
  database = await openEmbedded(dump ? { dump: readFileSync(dump) } : {});
  await migrate(database);
});
afterEach(() => database.close());

async function run(statements: string): Promise<unknown[]> {
  const connection: Session = await database.connect();
  return connection.script(statements).finally(() => connection.release());
}

/** What keeps a server from starting. */
const refusal = () =>
  migrate(database).then(
    () => expect.fail('it starts'),
    (error: Error) => error.message,
  );

/** What a sentence asks an administrator to run, as it stands. */
const sqlIn = (sentence: string) =>
  sentence.slice(sentence.indexOf('administrator run ') + 'administrator run '.length);

async function asAdministrator(statements: string, user: string): Promise<void> {
  await run('set session authorization postgres');
  await run(statements);
  await run(`set session authorization ${user}`);
}

describe('a server does not start where the role of the application', () => {
  test.each([
    ['is a superuser', 'alter role palimpsest_app superuser'],
    ['passes row-level security', 'alter role palimpsest_app bypassrls'],
    ['owns a table', 'alter table mentions owner to palimpsest_app'],
  ])('%s', async (_how, statement) => {
    await run(statement);
    const said = await refusal();
    expect(said).toMatch(/^The role palimpsest_app must own no tables and be neither superuser nor BYPASSRLS: /);
    await run(sqlIn(said));
    await migrate(database);
  });

  test('is the one that connects, who makes the tables: another has to', async () => {
    await run(`alter table mentions owner to palimpsest_app; grant create on database ${await nameOfDatabase()} to palimpsest_app;
      grant usage, create on schema palimpsest to palimpsest_app;
      grant select on __drizzle_migrations to palimpsest_app; set session authorization palimpsest_app`);
    const said = await refusal();
    await run('set session authorization postgres');
    expect(said).toMatch(/, but it would own the tables it creates: let DATABASE_URL name another user, one who may /);
  });

  test.each([
    ['cannot be taken on by the user who connects', ''],
    ['can be taken on: there it does', 'grant palimpsest_app, palimpsest_app_restricted to stranger;'],
  ])('%s', async (_how, grant) => {
    await run(`create role stranger;
      grant create on database ${await nameOfDatabase()} to stranger;
      grant usage, create on schema palimpsest to stranger;
      grant select on __drizzle_migrations to stranger;
      ${grant}
      set session authorization stranger`);
    if (!grant) {
      const said = await refusal();
      expect(said).toMatch(/^The database user may not take on the role palimpsest_app \(/);
      await asAdministrator(sqlIn(said), 'stranger');
    }
    await migrate(database);
  });
});

test('a user who connects and may not make the role reads what to run, all at once', async () => {
  await run(`drop schema palimpsest cascade;
    drop owned by palimpsest_app, palimpsest_app_restricted; drop role palimpsest_app, palimpsest_app_restricted;
    create role "a stranger"; grant all on schema public to "a stranger";
    grant create on database ${await nameOfDatabase()} to "a stranger"; set session authorization "a stranger"`);
  const said = await refusal();
  expect(said).toMatch(
    /^The database user may not create the role palimpsest_app \(permission denied to create role\): have an administrator run CREATE ROLE /,
  );
  await asAdministrator(sqlIn(said), '"a stranger"');
  await migrate(database);
});

async function nameOfDatabase(): Promise<string> {
  const [row] = (await run('select quote_ident(current_database()) as name')) as [{ name: string }];
  return row.name;
}

describe('a server does not start where a table', () => {
  test.each([
    ['has no row-level security', 'alter table mentions disable row level security'],
    ['lets its owner pass', 'alter table mentions no force row level security'],
    ['has no policy', 'drop policy tenant on mentions'],
    ['has one that lets others in', 'create policy other on mentions for select to palimpsest_app using (true)'],
  ])('%s', async (_how, statement) => {
    const policies =
      'select polname, pg_get_expr(polqual, polrelid) as "using", pg_get_expr(polwithcheck, polrelid) as "check", polroles from pg_policy order by polrelid, polname';
    const before = await run(policies);
    await run(statement);
    const said = await refusal();
    expect(said).toMatch(/^Row-level security does not keep workspaces apart in palimpsest\.mentions: /);
    await run(sqlIn(said));
    await migrate(database);
    expect(await run(policies)).toEqual(before);
  });
});
