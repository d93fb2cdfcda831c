import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import type { Connection } from '../src/db/database.ts';
import { type EmbeddedDatabase, openEmbedded } from '../src/db/embedded.ts';
import { migrate } from '../src/db/migrate.ts';

// Roles belong to a whole server: what is done to one here must not befall other tests, so that each has a server of its own.
let database: EmbeddedDatabase;
beforeEach(async () => {
  const snapshot = inject('snapshot');
  database = await openEmbedded(snapshot ? { snapshot: readFileSync(snapshot) } : {});
  await migrate(database);
});
afterEach(() => database.close());

async function run(statements: string): Promise<unknown[]> {
  const connection: Connection = await database.connect();
  return connection.script(statements).finally(() => connection.release());
}

describe('a server does not start where the role of the application', () => {
  test.each([
    ['is a superuser', 'alter role palimpsest_app superuser'],
    ['passes row-level security', 'alter role palimpsest_app bypassrls'],
    ['owns a table', 'alter table mentions owner to palimpsest_app'],
  ])('%s', async (_how, statement) => {
    await run(statement);
    await expect(migrate(database)).rejects.toThrow(
      'The role palimpsest_app must own no tables and be neither superuser nor BYPASSRLS: have an administrator run ALTER ROLE palimpsest_app NOSUPERUSER NOBYPASSRLS;',
    );
  });

  test.each([
    ['cannot be taken on by whoever connects', ''],
    ['can be taken on: there it does', 'grant palimpsest_app to stranger;'],
  ])('%s', async (_how, grant) => {
    await run(`create role stranger;
      grant create on database ${await nameOfDatabase()} to stranger;
      grant usage, create on schema drizzle to stranger;
      grant select on all tables in schema drizzle to stranger;
      ${grant}
      set session authorization stranger`);
    const started = migrate(database);
    if (grant) await started;
    else await expect(started).rejects.toThrow('GRANT palimpsest_app TO this user;');
  });
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
    await run(statement);
    await expect(migrate(database)).rejects.toThrow('Row-level security does not keep workspaces apart in mentions:');
  });
});
