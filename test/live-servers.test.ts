import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { openPostgresql } from '../src/db/postgresql.ts';
import type { Tenant } from '../src/db/transaction.ts';
import { write } from '../src/db/write.ts';
import { createKey } from '../src/domain/credential/api-keys.ts';
import { authenticateBy } from '../src/domain/credential/authenticate.ts';
import { feedPositions } from '../src/domain/live/feed.ts';
import { openWorkspace } from '../src/domain/workspace/workspaces.ts';
import { createService, listen } from '../src/http/server.ts';
import type { AccessScope } from '../src/kernel/principal.ts';
import { patience } from './support/calibration.ts';
import { createTestDatabase, directUrl, openTestDatabase } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { type Stream, subscribe } from './support/live.ts';
import { openProxy } from './support/proxy.ts';
import { openServer, type TestServer } from './support/server.ts';
import { useProcesses } from './support/server-process.ts';

vi.setConfig({ testTimeout: patience(90_000) });
const launch = useProcesses();
const closing: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const EVENTS = `subscription ($after: String) { events(after: $after) { cursor node { id memory { content } } } }`;
const CREATE = `mutation ($content: String!) { createMemory(input: {companion: {key: "iris"}, content: $content, type: FACT}) {
  __typename } }`;
// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
const contentOf = ({ data }: any): string => data.events.node.memory.content;
const post = (url: string, content: string, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: CREATE, variables: { content } }),
  });

/** Follows for as long as it takes, subscribing again after the last cursor whenever a stream ends; by turns. */
function followOn(urls: () => string[]) {
  const contents: string[] = [];
  let after: string | undefined;
  let stream: Stream | undefined;
  let isOver = false;
  const done = (async () => {
    for (let turn = 0; !isOver; turn++) {
      const url = urls()[turn % urls().length] as string;
      stream = await subscribe(url, EVENTS, { variables: { after } }).catch(() => undefined);
      let taken = 0;
      while (stream && !isOver) {
        const isEnding = stream.isOver;
        for (const event of stream.events.slice(taken)) {
          taken++;
          if (!event.data) continue;
          contents.push(contentOf(event));
          after = event.data.events.cursor;
        }
        if (isEnding) break;
        await sleep(10);
      }
      stream?.close();
      await sleep(20);
    }
  })();
  return {
    contents,
    drop: () => stream?.close(),
    async stop() {
      isOver = true;
      await done;
    },
  };
}

/** Writes until something of it has been delivered: what is written before somebody has subscribed is not. */
async function untilFollowing({ contents }: { contents: string[] }, url: string): Promise<void> {
  let before = 0;
  await vi.waitFor(
    async () => {
      await post(url, `Before ${before++}.`);
      expect(contents.length).toBeGreaterThan(0);
    },
    { timeout: patience(60_000), interval: 500 },
  );
}

test('the places of several feeds are asked for in one statement, of one workspace and another', async () => {
  const database = await openTestDatabase();
  closing.push(() => database.close());
  const server = await openServer(database);
  closing.push(() => server.stop());
  await post(server.url, 'One.');
  await post(server.url, 'Two.');
  const tenants: Tenant[] = [await openWorkspace(database, 'acme'), await openWorkspace(database, 'globex')];
  const [acme, globex] = tenants.map(({ workspaceId }) => workspaceId) as [string, string];
  const before = database.stats().sent;
  const positions = await feedPositions(database, [globex, acme]);
  expect(database.stats().sent - before).toBe(1);
  expect(positions.get(acme)).toBe(2);
  expect(positions.get(globex) ?? 0).toBe(0);
});

describe.skipIf(!directUrl)('on PostgreSQL', () => {
  /** Two servers on one database, by ways of their own. */
  async function two({ isPooled = false } = {}) {
    const { directUrl: url } = await createTestDatabase();
    const ways = [await openProxy(url, { greets: isPooled }), await openProxy(url, { greets: isPooled })];
    const servers: TestServer[] = [];
    for (const way of ways) {
      closing.push(() => way.cut());
      const database = await openPostgresql({ url: way.url, poolSize: 4 });
      closing.push(() => database.close());
      const server = await openServer(database);
      closing.push(() => server.stop());
      servers.push(server);
    }
    return { ways, servers, urls: servers.map((server) => server.url) as [string, string] };
  }

  test('what is written to one server is delivered by the other', async () => {
    const { urls } = await two();
    const stream = await subscribe(urls[1], EVENTS);
    await post(urls[0], 'By the other.');
    expect(contentOf((await stream.count(1))[0])).toBe('By the other.');
    stream.close();
  });

  test('behind a pooler it is delivered, too: counters are looked at', async () => {
    const { urls } = await two({ isPooled: true });
    const stream = await subscribe(urls[1], EVENTS);
    const since = performance.now();
    await post(urls[0], 'By the other.');
    expect(contentOf((await stream.count(1))[0])).toBe('By the other.');
    expect(performance.now() - since).toBeLessThan(patience(3_000));
    stream.close();
  });

  test('while the database is away keys are not checked, which is logged once a time, and streams go on afterwards', async () => {
    const { directUrl: url } = await createTestDatabase();
    const way = await openProxy(url);
    const database = await openPostgresql({ url: way.url, poolSize: 4 });
    const logged: string[] = [];
    const authenticate = authenticateBy(database, undefined);
    const service = createService({
      database,
      authenticate,
      embeddings: await localEmbeddings(),
      graphiql: false,
      log: (text) => logged.push(text),
    });
    const server = await listen(service, 0);
    closing.push(
      () => way.cut(),
      () => database.close(),
      async () => {
        await service.endStreams();
        await server.stop();
      },
    );
    const followed: { stream: Stream; headers: Record<string, string> }[] = [];
    for (let n = 0; n < 8; n++) {
      const tenant = await openWorkspace(database, `checked ${n}`);
      const made = { name: 'agent', scopes: ['READ', 'WRITE'] as AccessScope[], expiresAt: null };
      const { token } = await write(tenant, (tx) => createKey(tx, made));
      const headers = { authorization: `Bearer ${token}` };
      followed.push({ stream: await subscribe(server.url, EVENTS, { headers }), headers });
    }
    const since = performance.now();
    await way.cut();
    const checks = () => logged.filter((text) => text.startsWith('Credentials of subscriptions were not checked'));
    await vi.waitFor(() => expect(checks().length).toBeGreaterThan(1), { timeout: patience(30_000), interval: 50 });
    // Keys are looked up every two seconds, and not the sooner for that some could not be.
    expect(checks().length).toBeLessThanOrEqual(Math.ceil((performance.now() - since) / 2_000) + 1);
    await way.open();
    for (const { stream, headers } of followed) {
      expect(stream.isOver).toBe(false);
      const say = async () => expect((await post(server.url, 'Back again.', headers)).status).toBe(200);
      await vi.waitFor(say, { timeout: patience(30_000), interval: 200 });
      await stream.count(1);
      stream.close();
    }
  });

  test('nothing is missed and nothing comes twice, while clients and servers lose their connections', async () => {
    const { ways, urls } = await two();
    const follower = followOn(() => [...urls]);
    await untilFollowing(follower, urls[0]);
    const wanted: string[] = [];
    for (let index = 0; index < 60; index++) {
      if (index % 7 === 3) follower.drop();
      if (index % 20 === 10) {
        await ways[1]?.cut();
        await ways[1]?.open();
      }
      const response = await post(urls[0], `Number ${index}.`);
      expect(response.status).toBe(200);
      wanted.push(`Number ${index}.`);
    }
    const counted = () => follower.contents.filter((content) => content?.startsWith('Number '));
    await vi.waitFor(() => expect(counted().length).toBeGreaterThanOrEqual(60), { timeout: patience(60_000) });
    await follower.stop();
    expect(counted()).toEqual(wanted);
  });

  test('nothing is missed and nothing comes twice where a server is killed, and its commits are those of a client', async () => {
    const { url, directUrl: direct } = await createTestDatabase();
    const settings = { DATABASE_URL: url, DIRECT_DATABASE_URL: direct, EMBEDDING_PROVIDER: 'none' };
    const stays = launch(settings);
    let dies = launch(settings);
    const urls = [await stays.ready, await dies.ready];
    const follower = followOn(() => [...urls]);
    await untilFollowing(follower, urls[0] as string);
    for (let round = 0; round < 3; round++) {
      const writing = Array.from({ length: 10 }, (_, index) =>
        post(urls[1] as string, `Round ${round}, number ${index}.`).catch(() => undefined),
      );
      await sleep(15);
      dies.child.kill('SIGKILL');
      await Promise.all(writing);
      dies = launch(settings);
      urls[1] = await dies.ready;
    }
    await post(urls[0] as string, 'The last.');
    await vi.waitFor(() => expect(follower.contents).toContain('The last.'), { timeout: patience(60_000) });
    await follower.stop();
    const answer = await fetch(urls[0] as string, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ events(first: 100) { nodes { memory { content } } } }' }),
    });
    const { data } = (await answer.json()) as { data: { events: { nodes: { memory: { content: string } }[] } } };
    const feed = data.events.nodes.map(({ memory }) => memory.content);
    expect(follower.contents).toEqual(feed.slice(feed.indexOf(follower.contents[0] as string)));
  });
});
