import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { createTestDatabase, directUrl, withDatabase } from './support/database.ts';
import { openProxy } from './support/proxy.ts';
import { freePort, post, send, useProcesses } from './support/server-process.ts';

vi.setConfig({ testTimeout: patience(60_000) });

const launch = useProcesses();
const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Something that takes connections and says nothing, until it hangs up. */
async function silentServer() {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hangUp = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  closing.push(hangUp);
  return { port: (server.address() as { port: number }).port, hangUp };
}

const answersAt = (address: string) =>
  expect.poll(
    () =>
      send(address).then(
        ({ status }) => status,
        () => 0,
      ),
    { timeout: patience(30_000), interval: 100 },
  );

/** What a server answers that has not started yet. */
async function expectStarting(address: string): Promise<void> {
  await answersAt(`${address}/health`).toBe(200);
  const ready = await send(`${address}/ready`);
  expect([ready.status, ready.body, ready.headers.get('retry-after')]).toEqual([503, '', '1']);
  const { status, headers, body } = await post(`${address}/graphql`, '{ __typename }');
  expect([status, headers.get('retry-after')]).toEqual([503, '1']);
  expect(body).toEqual({
    errors: [
      {
        message: 'The service is starting: try again in a moment, or when /ready answers 200.',
        extensions: { code: 'UNAVAILABLE' },
      },
    ],
  });
}

test('a server whose database does not answer yet listens, and says that it is not ready', async () => {
  const [database, port] = [await silentServer(), await freePort()];
  const server = launch({ PORT: `${port}`, DATABASE_URL: `postgres://iris@127.0.0.1:${database.port}/db` });
  await expectStarting(`http://127.0.0.1:${port}`);
  database.hangUp();
  const { code, stdout, stderr } = await server.ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.trimEnd()).toMatch(/^PostgreSQL at 127\.0\.0\.1:\d+\/db cannot be reached: [^\n]+\.$/);
});

test('told to stop while it starts, a server ends', async () => {
  const [database, port] = [await silentServer(), await freePort()];
  const server = launch({ PORT: `${port}`, DATABASE_URL: `postgres://iris@127.0.0.1:${database.port}/db` });
  await answersAt(`http://127.0.0.1:${port}/health`).toBe(200);
  server.child.kill('SIGTERM');
  await answersAt(`http://127.0.0.1:${port}/health`).toBe(0);
  database.hangUp();
  expect(await server.ended).toMatchObject({ stdout: '' });
});

test.each([
  [{ DIRECT_DATABASE_URL: 'postgres://127.0.0.1/db' }, /^DIRECT_DATABASE_URL needs DATABASE_URL, /],
  [{ DATABASE_WAIT_MS: '-1' }, /^The environment has wrong settings: DATABASE_WAIT_MS: /],
  [{ DATABASE_PREPARE: 'sometimes' }, /^The environment has wrong settings: DATABASE_PREPARE: /],
])('a setting that is not allowed is named: %o', async (settings, sentence) => {
  const { code, stderr } = await launch(settings).ended;
  expect([code, stderr.trimEnd()]).toEqual([1, expect.stringMatching(sentence)]);
});

describe.skipIf(!directUrl)('on PostgreSQL,', () => {
  test('a server waits for a database that is not there yet, so long as it may', async () => {
    const { url: own } = await createTestDatabase();
    const [way, port] = [await openProxy(own, { isCut: true }), await freePort()];
    closing.push(() => way.cut());
    const patient = { DATABASE_WAIT_MS: '60000', LOG_LEVEL: 'warn' };
    const server = launch({ PORT: `${port}`, DATABASE_URL: way.url, ...patient });
    await expectStarting(`http://127.0.0.1:${port}`);
    await way.open();
    const url = await server.ready;
    expect((await send(new URL('/ready', url))).status).toBe(200);
    expect((await post(url, '{ __typename }')).body).toEqual({ data: { __typename: 'Query' } });
    server.child.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('what waiting does not mend ends it at once', async () => {
    const nowhere = withDatabase(directUrl as string, 'nowhere');
    const { code, stderr } = await launch({ DATABASE_URL: nowhere, DATABASE_WAIT_MS: '3600000' }).ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining('has no such database: create it')]);
  });
});
