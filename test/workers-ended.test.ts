import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { childrenOf, isAlive } from './support/child-processes.ts';
import { createTestDatabase } from './support/database.ts';
import { startOpenAiServer } from './support/openai-server.ts';
import { freePort, type ServerProcess, send, useProcesses } from './support/server-process.ts';
import { askDocument, beginRequest, makeEmptyDatabase } from './support/workers.ts';
import { killAgainAndAgain } from './trials/kill.ts';

vi.setConfig({ testTimeout: patience(120_000) });

const postgresql = process.env.TEST_DATABASE_URL;
const launch = useProcesses();
const POLL = { timeout: patience(30_000) };

async function databaseSettings() {
  const { url, directUrl } = await createTestDatabase();
  return { WORKERS: '2', DATABASE_URL: url, DIRECT_DATABASE_URL: directUrl };
}

/** A server of several processes, on a database of its own. */
async function start(settings: Record<string, string> = {}) {
  const server = launch({ ...(await databaseSettings()), ...settings });
  onTestFinished(() => void server.child.kill('SIGKILL'));
  const url = await server.ready;
  return { server, url, workers: workersOf(server) };
}

const workersOf = ({ child }: ServerProcess) => childrenOf(child.pid as number);
const COUNT = '{ memories { totalCount } }';
const remember = (content: string) =>
  `mutation { createMemory(input: {companion: {key: "iris"}, content: "${content}", type: FACT}) { __typename } }`;

/** The messages of the log, without those of requests. */
const toldBy = (server: ServerProcess) =>
  server
    .said()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => (JSON.parse(line) as { message: string }).message)
    .filter((message) => message !== 'request');

/** A port that somebody listens on, until the test is done. */
async function takenPort(): Promise<number> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  return (other.address() as AddressInfo).port;
}

/** Resolves when so many workers serve (again). */
const untilServing = (server: ServerProcess, times: number) =>
  expect.poll(() => toldBy(server).filter((message) => message.includes('serves again')).length, POLL).toBe(times);

describe.skipIf(!postgresql)('a worker that is killed', () => {
  test('under load, time after time: nothing lost, nothing half, nothing doubled', async () => {
    const report = await killAgainAndAgain({
      // Where both are dead for a moment, the port is to stay the same.
      settings: { PORT: String(await freePort()), DEMO: 'false', ...(await databaseSettings()) },
      rounds: 4,
      seed: 5,
      writers: 3,
      loadMs: 600,
      checkEvery: 2,
      async interrupt({ process: { pid } }, round) {
        const workers = childrenOf(pid as number);
        process.kill(workers[round % workers.length] as number, 'SIGKILL');
      },
    });
    expect(report.broken).toEqual([]);
    expect(report.checks).toBeGreaterThan(0);
    expect(report.acknowledged).toBeGreaterThan(3);
  });

  test('is started again while the other serves, and the log says so; what it has counted stays counted', async () => {
    const { server, url, workers } = await start();
    const success = 'palimpsest_requests_total{type="query",outcome="success"}';
    const counted = async () => {
      const { body } = await send(new URL('/metrics', url), { headers: { connection: 'close' } });
      return Number(new RegExp(`^${success.replace(/[{}]/g, '\\$&')} (\\d+)$`, 'm').exec(body)?.[1] ?? 0);
    };
    for (let n = 0; n < 4; n++) await askDocument(url, COUNT);
    expect(await counted()).toBe(4);
    const [killed, other] = workers as [number, number];
    process.kill(killed, 'SIGKILL');
    // Before it is known that it is dead: what is handed to it goes to the other.
    for (const answer of await Promise.all([1, 2, 3].map(() => askDocument(url, COUNT))))
      expect(answer).toMatchObject({ status: 200 });
    await expect.poll(() => toldBy(server)).toHaveLength(1);
    expect(toldBy(server)).toEqual([`Worker 1 (process ${killed}) was ended by SIGKILL: another is started in 0.1 s.`]);
    // On connections of their own.
    for (let n = 0; n < 6; n++) expect(await askDocument(url, COUNT)).toMatchObject({ status: 200 });
    expect(await counted()).toBe(13);
    await untilServing(server, 1);
    const now = workersOf(server);
    expect(now).toHaveLength(2);
    expect(now).toContain(other);
    expect(now).not.toContain(killed);
    for (let n = 0; n < 4; n++) expect(await askDocument(url, COUNT)).toMatchObject({ status: 200 });
    expect(await counted()).toBe(17);
    server.child.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0 });
  });

  test('leaves its work in the background to the other', async () => {
    const provider = await startOpenAiServer({ dimension: 64 });
    const { server, url, workers } = await start({
      EMBEDDING_PROVIDER: 'openai',
      OPENAI_BASE_URL: provider.url,
      EMBEDDING_DIMENSION: '64',
    });
    /** Makes one memory whose vector is left to the work in the background. */
    const leavePending = async (content: string) => {
      provider.misbehave('error');
      expect(await askDocument(url, remember(content))).toMatchObject({ status: 200 });
      provider.misbehave(null);
    };
    const embedded = async () => (await askDocument(url, '{ viewer { embedding { embedded } } }')).body.data.viewer;
    process.kill(workers[0] as number, 'SIGKILL');
    await leavePending('Maya lives in Roda');
    await expect.poll(embedded, POLL).toEqual({ embedding: { embedded: 1 } });
    await untilServing(server, 1);
    // And the other's work to the one that was started in place of the first.
    process.kill(workers[1] as number, 'SIGKILL');
    await leavePending('Maya moved to Lisbon');
    await expect.poll(embedded, POLL).toEqual({ embedding: { embedded: 2 } });
    server.child.kill('SIGTERM');
    await server.ended;
    await provider.stop();
  });
});

describe.skipIf(!postgresql)('workers that all are killed', () => {
  test('are all started again', async () => {
    const { server, url, workers } = await start({ PORT: String(await freePort()) });
    for (const pid of workers) process.kill(pid, 'SIGKILL');
    await untilServing(server, 2);
    expect(await askDocument(url, COUNT)).toMatchObject({ status: 200 });
    server.child.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0 });
  });

  test('and cannot start any more end the server, which says why', async () => {
    const { settings, sql } = await makeEmptyDatabase('workers_newer');
    const server = launch({ WORKERS: '2', ...settings });
    await server.ready;
    await sql`insert into palimpsest.__drizzle_migrations (hash, created_at, name) values ('x', 0, '29991231_later')`;
    await sql.end();
    process.kill(workersOf(server)[1] as number, 'SIGKILL');
    const { code, stderr } = await server.ended;
    expect(code).toBe(1);
    const newer =
      'The database has tables of a newer version of Palimpsest (29991231_later): start that version instead.';
    expect(stderr.split(newer)).toHaveLength(6);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      /^Worker 2 \(process \d+\) has ended with code 1 before it could serve, as 5 have in a row: the server ends\.$/,
    );
  });
});

describe.skipIf(!postgresql)('a server of several processes', () => {
  test('told to stop, has each answer the request it is at, and ends well', async () => {
    const { server, url, workers } = await start();
    const begun = [await beginRequest(url, remember('said to one')), await beginRequest(url, remember('to two'))];
    server.child.kill('SIGTERM');
    // Nobody takes connections any more.
    await expect.poll(() => askDocument(url, COUNT).catch(() => 'refused'), POLL).toBe('refused');
    for (const { finish } of begun) {
      expect(await finish()).toEqual({
        status: 200,
        body: { data: { createMemory: { __typename: 'CreateMemoryPayload' } } },
      });
    }
    expect(await server.ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining('Worker') });
    expect(workers.filter(isAlive)).toEqual([]);
  });

  test('told so twice, ends at once, with its workers', async () => {
    const { server, url, workers } = await start();
    const { answered } = await beginRequest(url, remember('never finished'));
    server.child.kill('SIGTERM');
    await sleep(200);
    server.child.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 1 });
    await expect(answered).rejects.toThrow();
    await expect.poll(() => workers.filter(isAlive), POLL).toEqual([]);
  });

  test('killed, leaves no worker behind', async () => {
    const { server, workers } = await start();
    server.child.kill('SIGKILL');
    await server.ended;
    await expect.poll(() => workers.filter(isAlive), POLL).toEqual([]);
  });

  test.each([
    [
      'a port that is taken',
      async () => ({ PORT: String(await takenPort()) }),
      /^Port \d+ is in use: stop the process/,
    ],
    [
      'a database that is not there',
      async () => ({ DATABASE_URL: Object.assign(new URL(postgresql as string), { pathname: 'nowhere' }).href }),
      /^PostgreSQL at \S+ has no such database: create it, or correct DATABASE_URL/,
    ],
  ])('started with %s says so once, and ends', async (_what, settings, sentence) => {
    const { code, stdout, stderr } = await launch({ ...(await databaseSettings()), ...(await settings()) }).ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(sentence)]);
  });
});

test('ends when idle only where it is one process', async () => {
  const settings = { WORKERS: '2', DATABASE_URL: 'postgres://localhost/nowhere' };
  const { code, stderr } = await launch(settings, ['serve', '--end-when-idle', '3']).ended;
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: '--end-when-idle is for a server of one process: set WORKERS=1, or leave it out.\n',
  });
});
