import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { openPostgresql } from '../src/db/postgresql.ts';
import { patience } from './support/calibration.ts';
import { createTestDatabase } from './support/database.ts';
import { startProxy, type TrialProxy } from './trials/proxy.ts';

describe.skipIf(!process.env.TEST_DATABASE_URL)('a database that says nothing any more', () => {
  let proxy: TrialProxy;
  let database: Database;
  beforeAll(async () => {
    proxy = await startProxy((await createTestDatabase()).url);
    database = await openPostgresql({ url: proxy.url, poolSize: 3 });
  });
  afterAll(async () => {
    await database.close();
    proxy.close();
  });

  test('counts as lost a little after a statement would have been cancelled, and is waited for where none would be', async () => {
    const [limited, unlimited] = [await database.connect(), await database.connect()];
    await limited.script('begin; set local statement_timeout = 500');
    await unlimited.script('begin');
    proxy.freeze();
    const started = performance.now();
    const patient = unlimited.query('select 1 as one', []);
    await expect(limited.query('select 1', [])).rejects.toThrow('The database has not answered in time.');
    expect(performance.now() - started).toBeGreaterThan(5_400);
    expect(performance.now() - started).toBeLessThan(patience(9_000));
    await expect(limited.script('commit')).rejects.toThrow('The database has not answered in time.');
    proxy.restore();
    expect(await patient).toEqual([{ one: 1 }]);
    await unlimited.script('commit');
    for (const connection of [limited, unlimited]) connection.release();
  });

  test('is found again', async () => {
    const others = [await database.connect(), await database.connect(), await database.connect()];
    for (const other of others) expect(await other.query('select 1 as one', [])).toEqual([{ one: 1 }]);
    for (const other of others) other.release();
  });

  test(
    'is waited for as long as it answers one statement after the other',
    async () => {
      const connection = await database.connect();
      await connection.script('begin; set local statement_timeout = 500');
      const asked = Array.from({ length: 20 }, () => connection.query('select pg_sleep(0.3)', []));
      expect((await Promise.all(asked)).length).toBe(20);
      await connection.script('commit');
      connection.release();
    },
    patience(20_000),
  );

  test(
    'is waited for once the transaction with the limit has ended, however it ended',
    async () => {
      const begin = 'begin; set local statement_timeout = 100';
      const [committed, undone, finished] = [
        await database.connect(),
        await database.connect(),
        await database.connect(),
      ];
      for (const connection of [committed, undone, finished]) await connection.script(begin);
      await committed.script('commit');
      await undone.script('rollback');
      finished.finish();
      const again = await database.connect();
      const patient = [committed, undone, again].map((connection) =>
        connection.script('select 1 as one from pg_sleep(5.5)'),
      );
      for (const rows of await Promise.all(patient)) expect(rows).toEqual([{ one: 1 }]);
      for (const connection of [committed, undone, again]) connection.release();
    },
    patience(20_000),
  );
});
