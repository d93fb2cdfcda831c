import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { migratedFolder } from './support/data-folder.ts';
import { useProcesses } from './support/server-process.ts';

vi.setConfig({ testTimeout: patience(60_000), hookTimeout: patience(60_000) });

const launch = useProcesses();
let server: ReturnType<typeof launch>;
let url: string;

/** A quarter of what one body of 24 MB took when all of it was parsed. */
const HEAP_MB = 192;
const BYTES = 24_000_000;

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-hostile-'));
const dataDir = migratedFolder(join(folder, 'data'));
beforeAll(async () => {
  server = launch({ DATA_DIR: dataDir, EMBEDDING_PROVIDER: 'none', NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` });
  url = await server.ready;
});

afterAll(async () => {
  server.child.kill('SIGKILL');
  await server.ended;
  rmSync(dataDir, { recursive: true });
});

const send = async (body: string) => {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  await response.text();
  return response.status;
};
const isServed = async () => (await send('{"query": "{ __typename }"}')) === 200;

const objects = `[${Array(BYTES / 3)
  .fill('{}')
  .join()}]`;
const bulk = JSON.stringify(
  'mutation { createMemories(input: { companion: { key: "a" }, memories: [] }) { __typename } }',
);

describe('a server with a small heap outlives', () => {
  test.each([
    ['a query, its variables behind', `{"query": "{ __typename }", "variables": {"a": ${objects}}}`],
    ['a query, its variables ahead', `{"variables": {"a": ${objects}}, "query": "{ __typename }"}`],
    ['a bulk mutation', `{"variables": {"a": ${objects}}, "query": ${bulk}}`],
    [
      'a bulk mutation, declared',
      `{"variables": {"a": ${objects}}, "query": "mutation ($a: JSONObject) { createMemories(input: {memories: [{context: $a}]}) { __typename } }"}`,
    ],
    ['what nobody reads', `{"a": ${objects}, "query": "{ __typename }"}`],
  ])('four bodies of 24 MB of objects: %s', async (_what, body) => {
    for (const status of await Promise.all([1, 2, 3, 4].map(() => send(body)))) expect([413, 503]).toContain(status);
    expect(await isServed()).toBe(true);
    expect(server.child.exitCode).toBeNull();
  });

  test('a dozen bodies of 24 MB that never end: most are refused, and small ones are answered meanwhile', async () => {
    const { port } = new URL(url);
    const chunk = Buffer.alloc(BYTES - 100_000, 'x');
    const sockets = Array.from({ length: 12 }, () => {
      const socket = connect(Number(port), '127.0.0.1');
      let received = '';
      socket.on('data', (data) => {
        received += data;
      });
      socket.on('error', () => {});
      socket.write(
        `POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${BYTES}\r\n\r\n{"a":"`,
      );
      socket.write(chunk);
      return { socket, status: () => received.slice(9, 12) };
    });
    await expect
      .poll(() => sockets.filter(({ status }) => status() === '503').length, { timeout: patience(30_000) })
      .toBe(10);
    expect(await isServed()).toBe(true);
    expect(await send(`{"query": "{ __typename }", "variables": {"a": "${'x'.repeat(50_000)}"}}`)).toBe(200);
    for (const { socket } of sockets) socket.destroy();
    const large = `{"query": "{ __typename }", "a": "${'x'.repeat(900_000)}"}`;
    await expect.poll(() => send(large), { timeout: patience(30_000) }).toBe(200);
  });
});
