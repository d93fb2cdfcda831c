import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database, Session } from '../src/db/database.ts';
import { openPostgresql } from '../src/db/postgresql.ts';
import { readOnce } from '../src/db/read-transaction.ts';
import type { Tenant } from '../src/db/transaction.ts';
import { write } from '../src/db/write.ts';
import { openWorkspace } from '../src/domain/workspace/workspaces.ts';
import { patience } from './support/calibration.ts';
import { createTestDatabase, openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { createMemories } from './support/memories.ts';
import { ON_TABLES } from './support/search-path.ts';
import { serviceOn, type TestService } from './support/service.ts';
import { asSuperuser, runAsSuperuser } from './support/tables.ts';

const RAISE = `create function broken_off(state text) returns void language plpgsql as $$
  begin raise exception 'canceling statement due to conflict with recovery' using errcode = state; end $$`;
const BROKEN_OFF = 'The database broke this off for other work that was in its way. Nothing was done: try again.';
const CREATE = `mutation { createMemory(input: { companion: { key: "iris" }, content: "Maya plays chess", type: FACT }) {
  __typename ... on CreateMemoryPayload { memory { content entities(first: 1) { totalCount } } }
} }`;
const LIST = '{ memories(first: 5) { totalCount nodes { content entities(first: 5) { nodes { name } } } } }';

/** Which statements the database itself breaks off, by their text, and with which SQLSTATE. */
let breaks: { state: string; times: number; isDue: (text: string, isView: boolean) => boolean } | undefined;

/** The same database, which raises a failure in place of some statements. */
const breaking = (database: Database): Database => ({
  ...database,
  async connect(holder): Promise<Session> {
    const session = await database.connect(holder);
    let isView = false;
    return {
      ...session,
      script(text) {
        if (text.startsWith('begin')) isView = text.includes('read only');
        return session.script(text);
      },
      query(text, params, mode) {
        if (!breaks || breaks.times === 0 || !breaks.isDue(text, isView)) return session.query(text, params, mode);
        breaks.times--;
        return session.query('select broken_off($1)', [breaks.state]);
      },
      release: () => session.release(),
    };
  },
});

let database: Database;
let service: TestService;
beforeAll(async () => {
  database = await openTestDatabase();
  service = serviceOn(recordStatements(breaking(database)), await localEmbeddings());
  await runAsSuperuser(database, RAISE);
  await createMemories(service, {
    memories: [{ content: 'Maya lives in Oslo', type: 'FACT', entities: [{ name: 'Oslo', type: 'place' }] }],
  });
});
beforeEach(() => {
  breaks = undefined;
});
afterAll(() => database.close());

const entitiesOnly = (text: string) => text.includes('entities');
const anything = () => true;

/** How the service answers over HTTP. */
async function post(query: string) {
  const response = await service.service.fetch('http://test/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return { status: response.status, retry: response.headers.get('retry-after'), body: await response.json() };
}

describe.each(['40001', '40P01', '55P03'])('a read that the database breaks off with %s', (state) => {
  test.each([
    ['its first statement, once', anything, 1],
    ['its first statement, twice', anything, 2],
    ['a later one', entitiesOnly, 1],
    ['a later one, twice', entitiesOnly, 2],
  ])('is read again: %s', async (_when, isDue, times) => {
    const expected = await service.run(LIST);
    breaks = { state, times, isDue };
    expect(await service.run(LIST)).toEqual(expected);
    expect(breaks.times).toBe(0);
  });

  test('each time is UNAVAILABLE, and says when to ask again', async () => {
    breaks = { state, times: 1_000, isDue: entitiesOnly };
    expect(await post(LIST)).toEqual({
      status: 503,
      retry: '1',
      body: { errors: [{ message: BROKEN_OFF, extensions: { code: 'UNAVAILABLE' } }] },
    });
    // Nobody asks for ever.
    expect(breaks.times).toBeGreaterThan(900);
  });

  test('outside of a request is read again, too', async () => {
    const tenant = { ...(await service.tenant()), database: breaking(database) };
    let times = 0;
    const read = () =>
      readOnce(tenant, async (tx) => {
        times++;
        await tx.rows(sql`select 1 as first`);
        return tx.rows(sql`select 2 as second`);
      });
    breaks = { state, times: 1, isDue: (text) => text.includes('second') };
    expect(await read()).toEqual([{ second: 2 }]);
    expect(times).toBe(2);
    breaks = { state, times: 1_000, isDue: (text) => text.includes('second') };
    await expect(read()).rejects.toThrow(BROKEN_OFF);
  });

  test('is no failure of the mutation whose answer it is', async () => {
    breaks = { state, times: 2, isDue: (_text, isView) => isView };
    expect(await service.run(CREATE)).toMatchObject({ createMemory: { memory: { content: 'Maya plays chess' } } });
    expect(breaks.times).toBe(0);
    breaks = { state, times: 1_000, isDue: (text, isView) => isView && entitiesOnly(text) };
    const { status, body } = await post(CREATE);
    expect([status, body.errors[0].extensions]).toEqual([200, { code: 'UNAVAILABLE' }]);
    expect(body.errors[0].message).toMatch(/^The mutation was done, but not all of its answer could be read/);
  });

  test('is UNAVAILABLE where it is a mutation that is broken off each time, and nothing is done', async () => {
    const count = async () => (await service.run('{ memories { totalCount } }')).memories.totalCount;
    const before = await count();
    breaks = { state, times: 1_000, isDue: (text) => text.includes('insert into') };
    const create = CREATE.replace('chess', `the flute, ${state}`);
    expect(await post(create)).toMatchObject({
      status: 503,
      retry: '1',
      body: { errors: [{ message: BROKEN_OFF, extensions: { code: 'UNAVAILABLE' } }] },
    });
    breaks = undefined;
    expect(await count()).toBe(before);
    breaks = { state, times: 2, isDue: (text) => text.includes('insert into') };
    expect(await service.run(create)).toMatchObject({ createMemory: { __typename: 'CreateMemoryPayload' } });
    expect(await count()).toBe(before + 1);
  });
});

test.each(['57P04', '57P01', '25P03', '25P04', '53100'])('%s is an outage, and UNAVAILABLE at once', async (state) => {
  breaks = { state, times: 1, isDue: entitiesOnly };
  expect(await post(LIST)).toMatchObject({
    status: 503,
    retry: '5',
    body: { errors: [{ extensions: { code: 'UNAVAILABLE' } }] },
  });
});

describe.skipIf(!process.env.TEST_DATABASE_URL)('on PostgreSQL', () => {
  test(
    'a read that is the victim of a deadlock is read again, and answered',
    async () => {
      const { url, directUrl } = await createTestDatabase();
      const admin = postgres(directUrl, { max: 1, onnotice: () => {}, connection: ON_TABLES });
      // The server's session finds the deadlock, since the other one never looks for it.
      await admin.unsafe(`alter database ${new URL(directUrl).pathname.slice(1)} set deadlock_timeout = '2s'`);
      const own = await openPostgresql({ url, poolSize: 2 });
      const reader = serviceOn(recordStatements(own), await localEmbeddings());
      await createMemories(reader, {
        memories: [{ content: 'Maya lives in Oslo', type: 'FACT', entities: [{ name: 'Oslo', type: 'place' }] }],
      });
      const waiting = (text: string) => async () => {
        const rows = await asSuperuser(database, ({ query }) =>
          query(`select from pg_stat_activity where datname = $1 and wait_event_type = 'Lock' and query ~ $2`, [
            new URL(directUrl).pathname.slice(1),
            text,
          ]),
        );
        return rows.length;
      };
      const lock = await admin.reserve();
      try {
        await lock.unsafe(`begin; set local deadlock_timeout = '1h'; lock table entities in access exclusive mode`);
        const answer = reader.run(LIST);
        await expect.poll(waiting('entities'), { timeout: patience(10_000), interval: 20 }).toBe(1);
        // It waits for what the reader has read, and the reader for this.
        await lock.unsafe('lock table memories in access exclusive mode');
        await lock.unsafe('rollback');
        // They are counted a little later.
        const deadlocks = async () =>
          (await lock`select deadlocks::int from pg_stat_database where datname = current_database()`)[0]?.deadlocks;
        await expect.poll(deadlocks, { timeout: patience(10_000) }).toBe(1);
        expect(await answer).toMatchObject({ memories: { nodes: [{ entities: { nodes: [{ name: 'Oslo' }] } }] } });
      } finally {
        lock.release();
        await admin.end();
        await own.close();
      }
    },
    patience(60_000),
  );

  const LIMITS = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout'];
  const SLOW = sql`select 1 as done from (select pg_sleep(0.6)) slow`;

  /** A read and a mutation that take longer than what the session came with. */
  async function expectNoLimit(tenant: Tenant): Promise<void> {
    expect(await readOnce(tenant, (tx) => tx.rows(SLOW))).toEqual([{ done: 1 }]);
    expect(await write(tenant, (tx) => tx.rows(SLOW))).toEqual([{ done: 1 }]);
    const pause = async (
      tx: Parameters<Parameters<typeof readOnce>[1]>[0] | Parameters<Parameters<typeof write>[1]>[0],
    ) => {
      await tx.rows(sql`select 1 as one`);
      await sleep(600);
      return tx.rows(sql`select 1 as done`);
    };
    expect(await readOnce(tenant, pause)).toEqual([{ done: 1 }]);
    expect(await write(tenant, pause)).toEqual([{ done: 1 }]);
  }

  test('no transaction has a time limit that was left over in its session', async () => {
    const tenant = await service.tenant();
    const leftOver = async (holder?: string): Promise<Session> => {
      const session = await database.connect(holder);
      const has17 = (await session.query(`select current_setting('transaction_timeout', true) as it`, [])) as [
        { it: string },
      ];
      for (const limit of LIMITS.slice(0, has17[0].it === null ? 3 : 4)) await session.script(`set ${limit} = '300ms'`);
      const release = async () => {
        for (const limit of LIMITS.slice(0, has17[0].it === null ? 3 : 4)) await session.script(`reset ${limit}`);
        session.release();
      };
      return {
        ...session,
        release: () => void release(),
        finish: () => void session.script('commit').then(release, release),
      };
    };
    await expectNoLimit({ ...tenant, database: { ...database, connect: leftOver } });
  });

  test('nor one that the database gives each session', async () => {
    const { url, directUrl } = await createTestDatabase();
    const admin = postgres(directUrl, { max: 1, onnotice: () => {}, connection: ON_TABLES });
    for (const limit of LIMITS) {
      const set = `alter database ${new URL(directUrl).pathname.slice(1)} set ${limit} = '300ms'`;
      await admin.unsafe(set).catch((error) => {
        if (limit !== 'transaction_timeout') throw error;
      });
    }
    await admin.end();
    const own = await openPostgresql({ url, poolSize: 2 });
    try {
      await expectNoLimit(await openWorkspace(own, 'acme'));
    } finally {
      await own.close();
    }
  });
});
