import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DatabaseUnavailable } from '../src/db/database.ts';
import { openEmbedded } from '../src/db/embedded.ts';
import { createService, listen } from '../src/http/server.ts';
import { patience } from './support/calibration.ts';
import { localEmbeddings } from './support/embeddings.ts';

vi.setConfig({ testTimeout: patience(120_000) });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'palimpsest-embedded-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a long statement does not keep the server from answering', async () => {
  const database = await openEmbedded();
  const authenticate = () => {
    throw new Error('nobody asks for data');
  };
  const embeddings = await localEmbeddings();
  const service = createService({ database, authenticate, embeddings, graphiql: false, log: () => {} });
  const { url, stop } = await listen(service, 0);
  const connection = await database.connect();
  let isDone = false;
  const long = connection.query('select count(*) from generate_series(1, 10000000)', []).finally(() => {
    isDone = true;
  });
  for (let i = 0; i < 10; i++) expect((await fetch(new URL('/health', url))).status).toBe(200);
  expect(isDone).toBe(false);
  expect(await long).toEqual([{ count: 10000000 }]);
  connection.release();
  await stop();
  await database.close();
});

test('each caller waits until the one before has finished', async () => {
  const database = await openEmbedded();
  const order: string[] = [];
  const take = async (name: string) => {
    const connection = await database.connect();
    order.push(`${name} begins`);
    await connection.script('select 1');
    order.push(`${name} ends`);
    connection.release();
  };
  await Promise.all([take('a'), take('b')]);
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  await database.close();
});

test('a folder keeps its rows, and is free again when closed', async () => {
  for (const rows of [[], [{ n: 1 }]]) {
    const database = await openEmbedded({ folder });
    const connection = await database.connect();
    await connection.script('create table if not exists kept (n int)');
    expect(await connection.script('select n from kept')).toEqual(rows);
    await connection.query('insert into kept values ($1)', [1]);
    connection.release();
    await database.close();
    expect(readdirSync(folder)).toEqual(['data']);
  }
});

test('a folder that holds no database is given back, and refused in one sentence', async () => {
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data', 'PG_VERSION'), '9');
  const refused = openEmbedded({ folder });
  await expect(refused).rejects.toThrow(DatabaseUnavailable);
  await expect(refused).rejects.toThrow(/^The embedded database in \S+ cannot be opened: [^\n]+\.$/);
  expect(readdirSync(folder)).toEqual(['data']);
});
