import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openPostgresql } from '../src/db/postgresql.ts';
import { keepVectorsUp } from '../src/domain/embedding/upkeep-loop.ts';
import { patience } from './support/calibration.ts';
import { createTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { openProxy, type Way } from './support/proxy.ts';
import { ON_TABLES } from './support/search-path.ts';
import { post, type ServerProcess, send, useProcesses } from './support/server-process.ts';
import { serviceOn, type TestService } from './support/service.ts';

vi.setConfig({ testTimeout: patience(60_000) });

const UNAVAILABLE = 'The database is unavailable. Nothing was done: try again later.';
const COUNT = '{ memories { totalCount } }';
const CREATE = `mutation ($content: String!, $key: String) { createMemory(input: {
  companion: {key: "iris"}, content: $content, type: FACT, idempotencyKey: $key
}) { __typename ... on CreateMemoryPayload { memory { id } duplicate } } }`;

const launch = useProcesses();

describe.skipIf(!process.env.TEST_DATABASE_URL)('a server whose database', () => {
  let own: Awaited<ReturnType<typeof createTestDatabase>>;
  let way: Way;
  let server: ServerProcess;
  let url: string;
  let admin: postgres.Sql;
  beforeAll(async () => {
    own = await createTestDatabase();
    way = await openProxy(own.url);
    admin = postgres(own.directUrl, { max: 2, onnotice: () => {}, connection: ON_TABLES });
    server = launch({ DATABASE_URL: way.url });
    url = await server.ready;
  });
  afterAll(async () => {
    server.child.kill('SIGTERM');
    await server.ended;
    await way.cut();
    await admin.end();
  });

  const terminateAll = () =>
    admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
  const isReady = async () => (await send(new URL('/ready', url))).status;

  /** A mutation that waits for a lock that the test holds: in flight for as long as the test wants. */
  async function inFlight(content: string, key: string) {
    const lock = await admin.reserve();
    await lock`begin`;
    await lock`lock table memories in access exclusive mode`;
    const answered = post(url, CREATE, { content, key });
    const waiting = () => admin`select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    await expect.poll(waiting, { timeout: patience(10_000), interval: 20 }).not.toEqual([]);
    return {
      answered,
      async free() {
        await lock`rollback`;
        lock.release();
      },
    };
  }

  test('ends all sessions answers what was in flight with UNAVAILABLE, and goes on', async () => {
    const { answered, free } = await inFlight('Said while the sessions ended', 'ended');
    let isAnswered = false;
    const settled = answered.finally(() => {
      isAnswered = true;
    });
    // Upkeep waits for the lock too, and comes again; the lock's own session is the test's.
    while (!isAnswered) {
      await admin`select pg_sleep(0.02), pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`;
    }
    const { status, headers, body } = await settled;
    await free();
    expect([status, headers.get('retry-after')]).toEqual([503, '5']);
    expect(body).toEqual({ errors: [{ message: UNAVAILABLE, extensions: { code: 'UNAVAILABLE' } }] });
    await terminateAll();
    await expect.poll(isReady, { timeout: patience(10_000) }).toBe(200);
    const again = await post(url, CREATE, { content: 'Said while the sessions ended', key: 'ended' });
    expect(again.body.data.createMemory).toMatchObject({ duplicate: false });
    expect((await post(url, COUNT)).body).toEqual({ data: { memories: { totalCount: 1 } } });
  });

  test('is gone says so to each request, at once, and needs no restart when it is back', async () => {
    await way.cut();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => post(url, n % 2 ? COUNT : CREATE, { content: `${n}` })),
    );
    for (const { status, body } of answers) {
      expect([status, body.errors?.[0]?.extensions]).toEqual([503, { code: 'UNAVAILABLE' }]);
      expect(body.errors[0].message).toBe(UNAVAILABLE);
    }
    expect(await isReady()).toBe(503);
    expect((await send(new URL('/health', url))).status).toBe(200);
    await way.open();
    await expect.poll(isReady, { timeout: patience(10_000), interval: 20 }).toBe(200);
    const after = await Promise.all(Array.from({ length: 40 }, () => post(url, COUNT)));
    expect(after.map(({ body }) => body)).toEqual(Array(40).fill({ data: { memories: { totalCount: 1 } } }));
    expect(server.child.exitCode).toBeNull();
  });

  test('comes and goes is spoken of in the log, its rows are not', async () => {
    await way.cut();
    // Longer than the pause between two looks at what is pending.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await way.open();
    await expect.poll(isReady, { timeout: patience(10_000), interval: 20 }).toBe(200);
    await post(url, CREATE, { content: 'Maya has a secret garden' });
    expect(server.said()).not.toMatch(/secret|garden/);
    expect(server.said()).toMatch(/ECONNREFUSED|connection to the database was lost/);
  });
});

describe.skipIf(!process.env.TEST_DATABASE_URL)('upkeep of vectors', () => {
  test('survives a database that goes away and comes back, and complains once', async () => {
    const { url } = await createTestDatabase();
    const way = await openProxy(url);
    const database = recordStatements(await openPostgresql({ url: way.url, poolSize: 4 }));
    const embeddings = await localEmbeddings();
    const service: TestService = serviceOn(database, embeddings);
    const tenant = await service.tenant();
    const said: string[] = [];
    const upkeep = keepVectorsUp(
      async () => [tenant],
      embeddings,
      (text) => said.push(text),
    );
    try {
      await service.run(CREATE, { content: 'Maya likes rain' });
      await way.cut();
      await expect.poll(() => said.length, { timeout: patience(10_000) }).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      expect(said).toHaveLength(1);
      await way.open();
      const pending = async () => {
        const connection = await database.connect();
        const rows = await connection
          .script('select count(*)::int as n from pending_embeddings')
          .finally(connection.release);
        return (rows as { n: number }[])[0]?.n;
      };
      await expect
        .poll(() => service.send(CREATE, { content: 'Maya likes snow' }).then(({ errors }) => errors), {
          timeout: patience(10_000),
        })
        .toBeUndefined();
      const connection = await database.connect();
      await connection.script(`insert into pending_embeddings (workspace_id, memory_id, model, dimension, content_hash, due_at)
        select workspace_id, memory_id, model, dimension, content_hash, now() from memory_embeddings; delete from memory_embeddings`);
      connection.release();
      expect(await pending()).toBe(2);
      await expect.poll(pending, { timeout: patience(10_000) }).toBe(0);
      expect(said).toHaveLength(1);
    } finally {
      await upkeep.stop();
      await database.close();
      await way.cut();
    }
  });
});
