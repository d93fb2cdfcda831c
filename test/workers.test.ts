import { createHash } from 'node:crypto';
import { Agent, request } from 'node:http';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { shareOf } from '../src/cli/workers/share.ts';
import { readConfig } from '../src/library/config.ts';
import { patience } from './support/calibration.ts';
import { childrenOf } from './support/child-processes.ts';
import { createTestDatabase } from './support/database.ts';
import { openSocket } from './support/server.ts';
import { type ServerProcess, send, useProcesses } from './support/server-process.ts';
import { type Answered, askAnew, askDocument, makeEmptyDatabase } from './support/workers.ts';

vi.setConfig({ testTimeout: patience(120_000) });

const postgresql = process.env.TEST_DATABASE_URL;
const launch = useProcesses();

/** A server of several processes, on a database of its own. */
async function start(settings: Record<string, string> = {}) {
  const { url, directUrl } = await createTestDatabase();
  const server = launch({ WORKERS: '2', DATABASE_URL: url, DIRECT_DATABASE_URL: directUrl, ...settings });
  return { server, url: await server.ready, directUrl };
}

const COUNT = '{ memories { totalCount } }';
const codesOf = ({ body }: Answered) => body.errors?.[0]?.extensions.code;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** What Prometheus reads: the value of each series. */
async function scrape(url: string): Promise<Record<string, number>> {
  const { body } = await send(new URL('/metrics', url), { headers: { connection: 'close' } });
  const lines = (body as string).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
}

describe('the settings', () => {
  const env = { DATABASE_URL: 'postgres://localhost/db', WORKERS: '3' };

  test('are refused with the embedded database, and with fewer connections than workers need', () => {
    expect(() => readConfig({ WORKERS: '2' })).toThrow(
      'WORKERS=2 needs DATABASE_URL: the embedded database is for one process. Set DATABASE_URL to a PostgreSQL, or WORKERS=1.',
    );
    expect(() => readConfig({ ...env, DATABASE_POOL_SIZE: '5' })).toThrow(
      'WORKERS=3 needs a DATABASE_POOL_SIZE of at least 6, not 5: each worker has 2 connections at least.',
    );
    expect(readConfig({ WORKERS: '1' }).workers).toBe(1);
    expect(readConfig({ ...env, DATABASE_POOL_SIZE: '6' }).workers).toBe(3);
  });

  test('that are the whole server’s are divided, so that the shares come to the whole', () => {
    const config = readConfig({
      ...env,
      DATABASE_POOL_SIZE: '17',
      MAX_CONNECTIONS: '100',
      MAX_CONNECTIONS_PER_ADDRESS: '8',
    });
    const shares = [1, 2, 3].map((number) => shareOf(config, number));
    expect(shares.map(({ poolSize }) => poolSize)).toEqual([6, 6, 5]);
    expect(shares.map(({ requests }) => requests.maxConnections)).toEqual([34, 33, 33]);
    expect(shares.map(({ requests }) => requests.maxConnectionsPerAddress)).toEqual([3, 3, 2]);
    expect(shareOf(readConfig(env), 1).requests.maxConnectionsPerAddress).toBeUndefined();
  });
});

describe.skipIf(!postgresql)('two workers', () => {
  let server: ServerProcess;
  let url: string;
  let directUrl: string;
  beforeAll(async () => {
    ({ server, url, directUrl } = await start({ LOG_LEVEL: 'info', DATABASE_POOL_SIZE: '9' }));
  });
  afterAll(async () => {
    server.child.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0 });
  });

  /** Who has answered, by the log. */
  const workersOf = (...ids: string[]) => {
    const lines = server.said().split('\n').filter(Boolean);
    const requests = lines.map((line) => JSON.parse(line) as { requestId?: string; worker?: number });
    return ids.map((id) => requests.find(({ requestId }) => requestId === id)?.worker);
  };

  test('answer in turn, and the log says which', async () => {
    const ids = ['first', 'second', 'third', 'fourth'];
    for (const id of ids) {
      const answer = await askAnew(url, { query: COUNT }, { 'x-request-id': id });
      expect(answer).toEqual({ status: 200, body: { data: { memories: { totalCount: 0 } } } });
    }
    await expect.poll(() => workersOf(...ids)).not.toContain(undefined);
    const [one, two, three, four] = workersOf(...ids);
    expect([one, two].sort()).toEqual([1, 2]);
    expect([three, four]).toEqual([one, two]);
    expect(childrenOf(server.child.pid as number)).toHaveLength(2);
  });

  test('are one server to those who scrape: counts are of all, and connections of all', async () => {
    const count = async () => {
      const series = await scrape(url);
      return series['palimpsest_requests_total{type="query",outcome="success"}'] ?? 0;
    };
    const before = await count();
    for (let n = 0; n < 6; n++) await askDocument(url, COUNT);
    // Each of them says the same.
    expect([await count(), await count()]).toEqual([before + 6, before + 6]);
    const series = await scrape(url);
    expect(series['palimpsest_request_duration_seconds_count{type="query"}']).toBe(before + 6);
    expect(series['palimpsest_request_duration_seconds_bucket{le="+Inf",type="query"}']).toBe(before + 6);
    expect(series.palimpsest_database_connections_max).toBe(9);
    // The scrape itself, and not one of each.
    expect(series.palimpsest_requests_in_flight).toBe(1);
    // Counted once, not by each.
    expect(series.palimpsest_embeddings_owed).toBe(0);
    expect(series.palimpsest_embedding_paused).toBe(0);
  });

  test('know the documents that a client has registered with either', async () => {
    const query = '{ memories(first: 7) { totalCount } }';
    const extensions = { persistedQuery: { version: 1, sha256Hash: sha256(query) } };
    for (let n = 0; n < 2; n++) expect(codesOf(await askAnew(url, { extensions }))).toBe('PERSISTED_QUERY_NOT_FOUND');
    expect((await askAnew(url, { query, extensions })).body.data).toBeDefined();
    const known = async () => [await askAnew(url, { extensions }), await askAnew(url, { extensions })].map(codesOf);
    await expect.poll(known).toEqual([undefined, undefined]);
  });

  test('know what sessions either has seen lately, before it is written down', async () => {
    const started = await askDocument(
      url,
      `mutation { startSession(input: {companion: {key: "iris"}, externalId: "tab", expiresAfter: 5}) {
        ... on StartSessionPayload { session { id } } } }`,
    );
    expect(started.body.data.startSession.session.id).toMatch(/^ses_/);
    const named = { 'x-palimpsest-agent-session': 'tab' };
    expect(await askAnew(url, { query: COUNT }, named)).toMatchObject({ status: 200 });
    // By what is written it is over now.
    const sql = postgres(directUrl, { max: 1, onnotice: () => {} });
    await sql`update palimpsest.sessions set expires_at = now() - interval '1 second'`;
    await sql.end();
    const both = async () => {
      const answers = [await askAnew(url, { query: COUNT }, named), await askAnew(url, { query: COUNT }, named)];
      return answers.map(({ status }) => status);
    };
    await expect.poll(both).toEqual([200, 200]);
  });
});

describe.skipIf(!postgresql)('limits hold for the workers together:', () => {
  const startHere = async (settings: Record<string, string>) => {
    const started = await start(settings);
    onTestFinished(() => void started.server.child.kill('SIGKILL'));
    return started;
  };

  /** How many of so many requests are answered with each status; each has a connection of its own. */
  async function statuses(url: string, count: number, headers: Record<string, string> = {}) {
    const found: Record<number, number> = {};
    for (let n = 0; n < count; n++) {
      const { status } = await askAnew(url, { query: COUNT }, headers);
      found[status] = (found[status] ?? 0) + 1;
    }
    return found;
  }

  test('requests a minute, wherever they come in', async () => {
    const { url } = await startHere({ RATE_LIMIT_PER_MINUTE: '10' });
    expect(await statuses(url, 14)).toEqual({ 200: 10, 429: 4 });
    const { body } = await askDocument(url, COUNT);
    expect(body.errors[0].message).toMatch(/may send 10 requests a minute/);
  });

  test('requests a minute on one connection, all of them', async () => {
    const { url } = await startHere({ RATE_LIMIT_PER_MINUTE: '90' });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const one = () =>
      new Promise<number | undefined>((resolve, reject) => {
        const headers = { 'content-type': 'application/json' };
        request(url, { method: 'POST', agent, headers }, (response) => {
          response.resume().once('end', () => resolve(response.statusCode));
        })
          .once('error', reject)
          .end(JSON.stringify({ query: COUNT }));
      });
    const found: (number | undefined)[] = [];
    for (let n = 0; n < 92; n++) found.push(await one());
    agent.destroy();
    expect(found.filter((status) => status === 200)).toHaveLength(90);
    expect(found.slice(90)).toEqual([429, 429]);
    // What one has taken, no other has left.
    expect(await statuses(url, 2)).toEqual({ 429: 2 });
  });

  test('failures of an address', async () => {
    const { url } = await startHere({ CREDENTIALS: 'required', AUTH_FAILURES_PER_MINUTE: '5' });
    expect(await statuses(url, 8)).toEqual({ 401: 5, 429: 3 });
  });

  test('connections; what is above is closed', async () => {
    const { server, url } = await startHere({ MAX_CONNECTIONS: '5' });
    const sockets = Array.from({ length: 30 }, () => openSocket(url));
    const open = () => sockets.filter(({ isClosed }) => !isClosed).length;
    await expect.poll(open).toBe(5);
    for (const { close } of sockets) close();
    await expect.poll(() => statuses(url, 1).catch(() => undefined)).toEqual({ 200: 1 });
    server.child.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0 });
  });
});

describe.skipIf(!postgresql)('on a database without tables', () => {
  test('the first worker makes them and loads the demo graph, once, before the others serve', async () => {
    const { settings, sql } = await makeEmptyDatabase('workers_demo');
    const server = launch({ ...settings, WORKERS: '3', DEMO: 'true' });
    const url = await server.ready;
    const counts = await Promise.all(Array.from({ length: 6 }, () => askDocument(url, COUNT)));
    const [{ loaded } = { loaded: 0 }] = await sql`select count(*)::int as loaded from palimpsest.memories`;
    expect(loaded).toBeGreaterThan(20);
    const [{ twice } = { twice: 1 }] = await sql`
      select count(*) - count(distinct content) as twice from palimpsest.memories`;
    expect(Number(twice)).toBe(0);
    expect(new Set(counts.map(({ body }) => body.data.memories.totalCount)).size).toBe(1);
    await sql.end();
    server.child.kill('SIGTERM');
    const { code, stdout, stderr } = await server.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('"level":"error"') });
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(0, 10).trimEnd());
    expect(lines).toEqual([
      'GraphQL',
      'GraphiQL',
      'Explorer',
      'MCP',
      'Database',
      'Access',
      'Workers',
      'Vectors',
      'Limits',
      'Metrics',
      'Traces',
    ]);
    expect(stdout).toContain(', with the demo graph\n');
    expect(stdout).toContain('Workers   3 processes, with 16 connections to the database together\n');
  });
});
