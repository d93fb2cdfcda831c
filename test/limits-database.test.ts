import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Database, Session } from '../src/db/database.ts';
import { patience } from './support/calibration.ts';
import { openTestDatabase } from './support/database.ts';
import { openServer, refusalOf } from './support/server.ts';

const isPostgresql = process.env.TEST_DATABASE_URL !== undefined;
const opened: { stop(): Promise<void>; database: Database }[] = [];
afterEach(async () => {
  for (const { stop, database } of opened.splice(0)) {
    await stop();
    // One test has closed it.
    await database.close().catch(() => {});
  }
});

async function start(pool: { poolSize?: number; poolWaitMs?: number } = {}, statementTimeoutMs = 30_000) {
  const database = await openTestDatabase(pool);
  const server = await openServer(database, { requests: { statementTimeoutMs } });
  opened.push({ database, stop: server.stop });
  return { database, ...server };
}

const READ = '{ viewer { workspace { name } } }';
const name = (data: string) => ({ data: { viewer: { workspace: { name: data } } } });
const upsert = (id: string) =>
  `upsertUser(input: {externalId: "${id}"}) { __typename ... on UpsertUserPayload { user { id } } ... on Error { code } }`;
const userOf = (id: string) => `{ user(by: {externalId: "${id}"}) { externalId } }`;
const globex = { 'x-test-credential': 'globex/one' };

/** All the sessions that one workspace can have, taken. */
async function takeAll(database: Database, workspaceId: string, count: number): Promise<Session[]> {
  return Promise.all(Array.from({ length: count }, () => database.connect(workspaceId)));
}

async function workspaceOf(database: Database, name: string): Promise<string> {
  const connection = await database.connect();
  try {
    const [row] = (await connection.script(`select id from workspaces where name = '${name}'`)) as [{ id: string }];
    return row.id;
  } finally {
    connection.release();
  }
}

describe('where no connection becomes free within DATABASE_POOL_WAIT_MS', () => {
  test('reads and mutations are answered 503, nothing was done, and afterwards all is as before', async () => {
    const { database, post } = await start({ poolSize: 2, poolWaitMs: 1_000 });
    const taken = [await database.connect(), ...(isPostgresql ? [await database.connect()] : [])];
    for (const query of [READ, `mutation { ${upsert('a')} b: ${upsert('b')} }`]) {
      const response = await post(query);
      expect(response.headers.get('retry-after')).toBe('1');
      expect([response.status, await response.json()]).toEqual([
        503,
        {
          errors: [
            {
              message: 'All connections to the database were in use for 1000 ms. Nothing was done: try again.',
              extensions: { code: 'UNAVAILABLE' },
            },
          ],
        },
      ]);
    }
    for (const { release } of taken) release();
    for (const id of ['a', 'b']) expect(await (await post(userOf(id))).json()).toEqual({ data: { user: null } });
    for (let time = 0; time < 10; time++) expect(await (await post(READ)).json()).toEqual(name('acme'));
  });

  test('a request that gets one before is answered', async () => {
    const { database, post } = await start({ poolSize: 2, poolWaitMs: patience(20_000) });
    const taken = await takeAll(database, await workspaceOf(database, 'acme'), 1);
    const answers = Promise.all([post(READ), post(READ)]);
    await sleep(patience(300));
    for (const { release } of taken) release();
    expect(await Promise.all((await answers).map((each) => each.json()))).toEqual([name('acme'), name('acme')]);
  });

  test('a mutation after one that was done is no refusal: the answer says which was not', async () => {
    const { database, post } = await start({ poolSize: 2, poolWaitMs: 100 });
    const acme = await workspaceOf(database, 'acme');
    // Before the second mutation, everything is taken.
    const connect = database.connect.bind(database);
    let calls = 0;
    const hold: Session[] = [];
    const spy = vi.spyOn(database, 'connect').mockImplementation(async (holder) => {
      calls++;
      if (calls === 2) hold.push(...(await takeAll({ ...database, connect } as Database, acme, 1)));
      return connect(holder);
    });
    const response = await post(`mutation { a: ${upsert('a')} b: ${upsert('b')} }`);
    spy.mockRestore();
    for (const { release } of hold) release();
    expect(response.status).toBe(200);
    const { errors } = (await response.json()) as { errors: { path: unknown; extensions: { code: string } }[] };
    expect(errors.map(({ path, extensions }) => [path, extensions.code])).toEqual([[['b'], 'UNAVAILABLE']]);
    expect(await (await post(userOf('a'))).json()).toEqual({ data: { user: { externalId: 'a' } } });
    expect(await (await post(userOf('b'))).json()).toEqual({ data: { user: null } });
  });
});

test.skipIf(!isPostgresql)('a workspace that has all the connections it may have leaves some to others', async () => {
  const { database, post } = await start({ poolSize: 4, poolWaitMs: 200 });
  const taken = await takeAll(database, await workspaceOf(database, 'acme'), 3);
  expect(await refusalOf(await post(READ))).toEqual([503, 'UNAVAILABLE', '1']);
  expect(await (await post(READ, globex)).json()).toEqual(name('globex'));
  for (const { release } of taken) release();
});

test('a workspace with a crowd in line does not keep others waiting', async () => {
  const { database, post } = await start({ poolSize: 2, poolWaitMs: patience(60_000) });
  const all = [await database.connect(), ...(isPostgresql ? [await database.connect()] : [])];
  let answered = 0;
  const crowd = Array.from({ length: 40 }, async () => {
    await (await post(READ)).json();
    answered++;
  });
  await sleep(patience(500));
  const quiet = post(READ, globex).then((response) => response.json());
  await sleep(patience(300));
  for (const { release } of all) release();
  expect(await quiet).toEqual(name('globex'));
  expect(answered).toBeLessThan(20);
  await Promise.all(crowd);
});

test('a database that has gone is UNAVAILABLE, and nothing is said of where it is', async () => {
  const { database, post, logged } = await start();
  await database.close();
  for (const query of [READ, `mutation { ${upsert('a')} }`]) {
    const response = await post(query, { accept: 'application/graphql-response+json' });
    expect([response.status, response.headers.get('retry-after'), await response.json()]).toEqual([
      503,
      '5',
      {
        errors: [
          {
            message: 'The database is unavailable. Nothing was done: try again later.',
            extensions: { code: 'UNAVAILABLE' },
          },
        ],
      },
    ]);
  }
  expect(logged).toEqual([
    expect.stringMatching(/^Requests cannot be answered: DatabaseGone: The database has been closed\./),
  ]);
});

describe.skipIf(!isPostgresql)('a statement of a read that takes longer than STATEMENT_TIMEOUT_MS', () => {
  test('is cancelled, and said to be too much; the connection is as good as before', async () => {
    const { database, post } = await start({ poolSize: 2 }, 300);
    const blocker = await database.connect();
    await blocker.script('begin; lock table users in access exclusive mode');
    const started = performance.now();
    const response = await post(
      `{ a: ${userOf('a').slice(1, -1)} b: ${userOf('b').slice(1, -1)} viewer { workspace { name } } }`,
    );
    expect(performance.now() - started).toBeLessThan(patience(5_000));
    const { errors } = (await response.json()) as { errors: { message: string; extensions: object }[] };
    expect(response.status).toBe(200);
    expect(new Set(errors.map(({ message }) => message))).toEqual(
      new Set([
        'Milliseconds that a statement may take: request less at once, or try again later: at most 300, given 300.',
      ]),
    );
    expect(new Set(errors.map(({ extensions }) => JSON.stringify(extensions)))).toEqual(
      new Set([JSON.stringify({ code: 'LIMIT_EXCEEDED', limit: 300, given: 300 })]),
    );
    await blocker.script('rollback');
    blocker.release();
    expect(await (await post(userOf('a'))).json()).toEqual({ data: { user: null } });
  });
});
