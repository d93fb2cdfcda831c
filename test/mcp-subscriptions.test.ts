import { fileURLToPath } from 'node:url';
import type { Client, McpSubscription } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { describe, expect, test, vi } from 'vitest';
import { OperationError } from '../src/client/operation-error.ts';
import { openWorkspace } from '../src/domain/workspace/workspaces.ts';
import { scopes } from '../src/graphql/core/context.ts';
import { Unauthenticated } from '../src/kernel/errors.ts';
import { Watch } from '../src/mcp/subscribing/watch.ts';
import { patience } from './support/calibration.ts';
import { openTestDatabase } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { callMcp, clientOf, connectMcp, type Era, eras } from './support/mcp.ts';
import { programEnv } from './support/program-env.ts';
import { openServer, type TestServer, useServers } from './support/server.ts';

// Clients that are told of what changes: by the revision 2026-07-28, and before it over stdio.

vi.setConfig({ testTimeout: patience(60_000) });

const TIMELINE = 'palimpsest://timeline';
const GRAPH = 'palimpsest://graph';
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const open = useServers();
const at = ({ url }: TestServer, query = '') => url.replace('/graphql', `/mcp${query}`);
const fact = (content: string) => ({ memories: [{ type: 'FACT', content }] });
const until = { timeout: patience(20_000), interval: 50 };

/** What a client has been told of. */
function toldTo(client: Client): string[] {
  const told: string[] = [];
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => void told.push(params.uri));
  return told;
}

/** The program, as a desktop program starts it, in front of a server that runs. */
async function connectByStdio({ url }: TestServer, companion: string, era: Era): Promise<Client> {
  const client = clientOf(era);
  const env = programEnv({ PALIMPSEST_URL: url, PALIMPSEST_COMPANION: companion });
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [main, 'mcp'], env }));
  return client;
}

const remember = async (client: Client, content: string): Promise<string> =>
  (await callMcp(client, 'remember', fact(content))).data.memories[0].id;

describe.each(['HTTP', 'stdio'] as const)('over %s, by the revision 2026-07-28', (way) => {
  const connect = async (server: TestServer, companion: string) =>
    way === 'HTTP' ? connectMcp(at(server, `?companion=${companion}`)) : connectByStdio(server, companion, eras[0]);

  test('a client is told of what changes, and of nothing else', async () => {
    const server = await open();
    const companion = `told-${way}`;
    const [client, writer, other] = await Promise.all([
      connect(server, companion),
      connectMcp(at(server, `?companion=${companion}`)),
      connectMcp(at(server, `?companion=other-${way}`)),
    ]);
    expect(client.getServerCapabilities()?.resources).toEqual({ subscribe: true });
    const id = await remember(writer, 'Maya lives in Lisbon.');
    const memory = `palimpsest://memory/${id}`;
    const told = toldTo(client);
    const subscription = await client.listen({ resourceSubscriptions: [TIMELINE, memory, 'file:///etc/passwd'] });
    // What is watched is said.
    expect(subscription.honoredFilter).toEqual({ resourceSubscriptions: [TIMELINE, memory] });
    await remember(other, 'Nobody here is to know of it.');
    await remember(writer, 'Maya plays the cello.');
    await expect.poll(() => told, until).toEqual([TIMELINE]);
    await callMcp(writer, 'correct', { id, content: 'Maya lives in Porto.' });
    await expect.poll(() => [...told].sort(), until).toEqual([memory, TIMELINE, TIMELINE]);
    await subscription.close();
    await Promise.all([client, writer, other].map((each) => each.close()));
  });

  test('several subscriptions are independent of each other', async () => {
    const server = await open();
    const companion = `several-${way}`;
    const [client, writer] = await Promise.all([
      connect(server, companion),
      connectMcp(at(server, `?companion=${companion}`)),
    ]);
    const told = toldTo(client);
    const first = await client.listen({ resourceSubscriptions: [TIMELINE] });
    await client.listen({ resourceSubscriptions: [GRAPH] });
    await first.close();
    await remember(writer, 'Maya plays the cello.');
    await expect.poll(() => told, until).toEqual([GRAPH]);
    await Promise.all([client, writer].map((each) => each.close()));
  });
});

test('over stdio, by a revision before, a client subscribes to each resource', async () => {
  const server = await open();
  const client = await connectByStdio(server, 'earlier', eras[1]);
  const writer = await connectMcp(at(server, '?companion=earlier'));
  expect(client.getServerCapabilities()?.resources).toEqual({ subscribe: true });
  const told = toldTo(client);
  await client.subscribeResource({ uri: TIMELINE });
  await client.subscribeResource({ uri: GRAPH });
  await client.unsubscribeResource({ uri: GRAPH });
  await expect(client.subscribeResource({ uri: 'file:///etc/passwd' })).rejects.toMatchObject({ code: -32602 });
  await remember(writer, 'Maya plays the cello.');
  await expect.poll(() => told, until).toEqual([TIMELINE]);
  await Promise.all([client, writer].map((each) => each.close()));
});

test('over HTTP a client of a revision before, or without READ, is not offered it', async () => {
  const server = await open();
  const earlier = await connectMcp(at(server, '?companion=none'), { era: eras[1] });
  expect(earlier.getServerCapabilities()?.resources).toEqual({});
  const writing = await connectMcp(at(server, '?companion=none'), { headers: { 'x-test-scopes': 'WRITE' } });
  expect(writing.getServerCapabilities()?.resources).toEqual({});
  const subscription = await writing.listen({ resourceSubscriptions: [TIMELINE] });
  expect(subscription.honoredFilter).toEqual({});
  expect(await subscription.closed).toBe('graceful');
  await Promise.all([earlier, writing].map((each) => each.close()));
});

describe('a stream', () => {
  test('outlives what answers may take, and ends with the server', async () => {
    const server = await open({ requests: { requestTimeoutMs: 1_000 } });
    const client = await connectMcp(at(server, '?companion=ends'));
    const told = toldTo(client);
    const subscription = await client.listen({ resourceSubscriptions: [TIMELINE] });
    const writer = await connectMcp(at(server, '?companion=ends'));
    await remember(writer, 'Maya plays the cello.');
    // Two looks are further apart than that.
    await expect.poll(() => told, until).toEqual([TIMELINE]);
    await server.stop();
    expect(await subscription.closed).toBe('graceful');
  });

  test('is one of 32 of its workspace, and makes room when it ends', async () => {
    const server = await open();
    const client = await connectMcp(at(server, '?companion=many'));
    const subscriptions: McpSubscription[] = [];
    for (let i = 0; i < 32; i++) subscriptions.push(await client.listen({ resourceSubscriptions: [TIMELINE] }));
    await expect(client.listen({ resourceSubscriptions: [TIMELINE] })).rejects.toThrow(/32 subscriptions/);
    const elsewhere = await connectMcp(at(server), { headers: { 'x-test-credential': 'globex/one' } });
    await (await elsewhere.listen({ resourceSubscriptions: [TIMELINE] })).close();
    await subscriptions.pop()?.close();
    await expect
      .poll(
        async () =>
          client.listen({ resourceSubscriptions: [TIMELINE] }).then(
            (one) => subscriptions.push(one),
            () => 0,
          ),
        until,
      )
      .toBe(32);
    await Promise.all(subscriptions.map((each) => each.close()));
  });
});

test('a stream ends when its credential is refused', async () => {
  const database = await openTestDatabase();
  const { workspaceId } = await openWorkspace(database, 'acme', 'operator', (await localEmbeddings()).model);
  let isGood = true;
  const server = await openServer(database, {
    authenticate() {
      if (!isGood) throw new Unauthenticated('This key has been revoked.');
      return { workspaceId, credential: 'key', actor: 'tester', scopes: new Set(scopes) };
    },
  });
  const client = await connectMcp(at(server));
  const subscription = await client.listen({ resourceSubscriptions: [TIMELINE] });
  isGood = false;
  expect(await subscription.closed).toBe('graceful');
  await server.stop();
  await database.close();
});

describe('what is watched', () => {
  const refused = (code: string) => new OperationError([{ code, message: 'No', path: [], details: {} }]);

  /** Watches a resource that is read so, one after the other; what is told, and how it ends. */
  async function watched(...reads: (string | undefined | Error)[]) {
    const stop = new AbortController();
    const told: string[] = [];
    const watch = new Watch(['x'], async () => {
      const now = reads.shift();
      if (reads.length === 0) stop.abort();
      if (now instanceof Error) throw now;
      return now;
    });
    await watch.begin(stop.signal);
    const end = await watch.run((uri) => void told.push(uri), stop.signal).catch((error) => error.code);
    return { told: told.length, end };
  }

  test('is told of when it comes and goes', async () => {
    expect(await watched(undefined, 'there', undefined, undefined, 'last')).toEqual({ told: 2, end: undefined });
  });

  test('is told of when it can be read again, though nobody knows what happened meanwhile', async () => {
    expect(await watched(refused('UNAVAILABLE'), refused('UNAVAILABLE'), 'there', 'there', 'last')).toEqual({
      told: 1,
      end: undefined,
    });
  });

  test('is told of no more when it may not be read', async () => {
    expect(await watched('one', refused('UNAUTHENTICATED'), 'two', 'last')).toEqual({
      told: 0,
      end: 'UNAUTHENTICATED',
    });
  });
});
