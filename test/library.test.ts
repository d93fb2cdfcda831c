import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../src/kernel/config-error.ts';
import { open, type Palimpsest } from '../src/library/open.ts';
import type { OpenOptions } from '../src/library/options.ts';
import { mcpHandler, memoryTools } from '../src/mcp/index.ts';
import { createTestDatabase } from './support/database.ts';
import { useVerbs } from './support/verbs.ts';

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-library-'));
const opened: Palimpsest[] = [];
afterAll(async () => {
  for (const each of opened) await each.close();
  rmSync(folder, { recursive: true, force: true });
});

let databases = 0;
/** A database that is nobody's yet. */
const place = async (): Promise<OpenOptions> =>
  process.env.TEST_DATABASE_URL
    ? { databaseUrl: (await createTestDatabase()).url }
    : { dataDir: join(folder, `data-${++databases}`) };

const spelling = { EMBEDDING_MODEL: 'hashing-1' };
async function openHere(options: OpenOptions): Promise<Palimpsest> {
  const service = await open({ ...options, settings: { ...spelling, ...options.settings } });
  opened.push(service);
  return service;
}

const COMPANIONS = '{ companions(first: 10) { nodes { key } } }';
interface Listed {
  result: { tools: { name: string }[] };
}
interface Remembered {
  createMemory: { memory: { id: string; content: string } };
}
const REMEMBER = `mutation ($input: CreateMemoryInput!) { createMemory(input: $input) {
  ... on CreateMemoryPayload { memory { id content } } } }`;
const MEMORIES = `query ($first: Int!, $after: String) { companion(by: {key: "iris"}) {
  memories(first: $first, after: $after, orderBy: {field: RECORDED_AT, direction: ASC}) {
    nodes { content } pageInfo { hasNextPage endCursor } } } }`;
interface Memories {
  companion: {
    memories: { nodes: { content: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
  } | null;
}
const said = (content: string) => ({ input: { companion: { key: 'iris' }, type: 'FACT', content } });
const asked = (url: string, headers: Record<string, string> = {}) =>
  new Request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: '{ __typename }' }),
  });

describe('a service in this process', () => {
  let options: OpenOptions;
  let service: Palimpsest;
  const lines: string[] = [];
  beforeAll(async () => {
    options = { ...(await place()), log: (line) => lines.push(line) };
    service = await openHere(options);
  });

  test('runs documents, and says nothing of what went well', async () => {
    const { createMemory } = await service.execute<Remembered>(REMEMBER, said('Ann lives in Porto.'));
    expect(createMemory.memory.content).toBe('Ann lives in Porto.');
    await service.execute(REMEMBER, said('Ann has a bakery.'));
    await service.execute(REMEMBER, said('Ann has a red bicycle.'));
    expect(lines).toEqual([]);
  });

  test('has no demo graph, and lists are read page by page', async () => {
    const pages: string[][] = [];
    for await (const { nodes } of service.pages(MEMORIES, { first: 2 }, (data: Memories) => data.companion?.memories)) {
      pages.push(nodes.map(({ content }) => content));
    }
    expect(pages).toEqual([['Ann lives in Porto.', 'Ann has a bakery.'], ['Ann has a red bicycle.']]);
  });

  test('refuses what the server refuses, by its codes', async () => {
    await expect(service.execute(REMEMBER, said(''))).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(service.execute('{ nothing }')).rejects.toMatchObject({
      code: 'GRAPHQL_VALIDATION_FAILED',
      status: 400,
    });
  });

  test('has verbs, whose memory is the companion and user that are named', async () => {
    await useVerbs(service.memory({ companion: 'verbs', user: 'maya', conversation: 'chat-1' }));
    expect(() => service.memory()).toThrow(TypeError);
  });

  test('sees no more than what it is narrowed to', async () => {
    const names = async ({ execute }: Pick<Palimpsest, 'execute'>) =>
      (await execute<{ companions: { nodes: { key: string }[] } }>(COMPANIONS)).companions.nodes.map(({ key }) => key);
    await service.memory({ companion: 'köln, 日本%' }).remember('It rains.');
    expect(await names(service)).toContain('iris');
    const narrowed = service.narrowed({ companion: 'köln, 日本%' });
    expect(await names(narrowed)).toEqual(['köln, 日本%']);
    expect(await narrowed.memory().recall('rain')).toMatchObject([{ content: 'It rains.' }]);
    expect(await names(narrowed.narrowed({ user: 'nobody' }))).toEqual(['köln, 日本%']);
    expect(() => narrowed.narrowed({ companion: 'iris' })).toThrow(TypeError);
  });

  test('answers the Model Context Protocol, and lends its tools to any model', async () => {
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const asking = { method: 'POST', headers, body: JSON.stringify(body) };
    const listed = (await (await service.fetch('http://localhost/mcp', asking)).json()) as Listed;
    const tools = memoryTools(service, { companion: 'iris' });
    expect(listed.result.tools.map(({ name }) => name)).toEqual(tools.map(({ name }) => name));
    const [recall] = memoryTools(service, { companion: 'iris', tools: ['recall'] });
    const answer = await recall?.call({ query: 'bakery' });
    expect(answer?.content[0]?.text).toContain('Ann has a bakery.');
    expect(await recall?.call({ question: 'bakery' })).toMatchObject({ isError: true });
    const handled = await mcpHandler(service, { companion: 'iris' })(new Request('http://memory.example/', asking));
    expect(await handled.text()).toContain('"name":"recall"');
  });

  test('answers requests to this machine, with the kind of Response that this process has', async () => {
    const answer = await service.fetch(asked('http://localhost/graphql'));
    expect(answer).toBeInstanceOf(Response);
    expect(await answer.json()).toEqual({ data: { __typename: 'Query' } });
    expect((await service.fetch('http://127.0.0.1:3000/ready')).status).toBe(200);
    expect((await service.fetch('http://localhost/graphql', { method: 'OPTIONS' })).status).toBe(405);
    expect((await service.fetch('http://localhost/metrics')).status).toBe(404);
  });

  test('delivers subscriptions, and continues after a cursor', async () => {
    const query = `subscription ($after: String) { events(companion: {key: "iris"}, after: $after) {
      cursor node { memory { content } } } }`;
    interface Event {
      cursor: string;
      node: { memory: { content: string } };
    }
    /** The next events, so many; then the subscription is ended. */
    async function take(count: number, after: string | null, meanwhile: () => Promise<unknown>): Promise<Event[]> {
      const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
      const body = JSON.stringify({ query, variables: { after } });
      const answer = await service.fetch('http://localhost/graphql', { method: 'POST', headers, body });
      expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
      await meanwhile();
      const found: Event[] = [];
      let text = '';
      const decoder = new TextDecoder();
      for await (const chunk of answer.body as ReadableStream<Uint8Array>) {
        text += decoder.decode(chunk, { stream: true });
        const data = [...text.matchAll(/^data: (\{.*\})\n\n/gm)].map(
          ([, json]) => JSON.parse(json as string).data.events,
        );
        found.splice(0, found.length, ...data);
        if (found.length >= count) break;
      }
      return found;
    }
    const contentsOf = (events: Event[]) => events.map(({ node }) => node.memory.content);
    const say = (content: string) => () => service.memory({ companion: 'iris' }).remember(content);
    const [first, ...rest] = await take(1, null, say('Ann sings in a choir.'));
    expect([first?.node.memory.content, rest]).toEqual(['Ann sings in a choir.', []]);
    // While nobody follows.
    await say('Ann sings alto.')();
    expect(contentsOf(await take(2, first?.cursor as string, say('Ann sings on Sundays.')))).toEqual([
      'Ann sings alto.',
      'Ann sings on Sundays.',
    ]);
  });

  test('answers nobody from elsewhere who has no credential', async () => {
    expect((await service.fetch(asked('https://memory.example/graphql'))).status).toBe(401);
    const rebound = await service.fetch(asked('http://localhost/graphql', { host: 'memory.example' }));
    expect(rebound.status).toBe(401);
    expect(await rebound.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });

  test.skipIf(process.env.TEST_DATABASE_URL)('has its folder alone', async () => {
    const error = {
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/^The data folder .* is open in this process already: /),
    };
    await expect(open(options)).rejects.toMatchObject(error);
  });

  test('answers what it was asked before it closes, and nothing later; what it kept is there again', async () => {
    const last = service.execute<Remembered>(REMEMBER, said('Ann moves to Ghent.'));
    await Promise.all([service.close(), service.close()]);
    expect((await last).createMemory.memory.content).toBe('Ann moves to Ghent.');
    await expect(service.execute('{ __typename }')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(service.fetch('http://localhost/ready')).rejects.toThrow('closed');
    const again = await openHere({ ...options, settings: { LOG_LEVEL: 'info' } });
    const { companion } = await again.execute<Memories>(MEMORIES, { first: 10 });
    expect(companion?.memories.nodes).toHaveLength(7);
    expect(JSON.parse(lines.at(-1) as string)).toMatchObject({ level: 'info', message: 'request', route: 'graphql' });
  });
});

test('with credentials, a plain handler of requests serves those who have one, and this process itself', async () => {
  const secret = 'a secret of thirty-two characters';
  const settings = { JWT_ISSUER: 'issuer', JWT_AUDIENCE: 'memory', JWT_SECRET: secret, WORKSPACE: 'acme' };
  const service = await openHere({ ...(await place()), settings });
  // What a platform of serverless functions is given.
  const handler: (request: Request) => Promise<Response> = (request) => service.fetch(request);
  const url = 'https://functions.example/graphql';
  expect((await handler(asked(url))).status).toBe(401);
  const token = await new SignJWT({ workspace: 'acme', scope: 'read' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('issuer')
    .setAudience('memory')
    .setSubject('ann')
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(secret));
  const answer = await handler(asked(url, { authorization: `Bearer ${token}` }));
  expect([answer.status, await answer.json()]).toEqual([200, { data: { __typename: 'Query' } }]);
  expect((await service.execute<Remembered>(REMEMBER, said('Ann is here.'))).createMemory.memory.id).toMatch(/^mem_/);
});

describe('options that are not allowed are refused with a sentence:', () => {
  test.each<[options: object | undefined, sentence: RegExp]>([
    [{}, /^Either dataDir, .* is needed\.$/],
    [{ dataDir: 'a', databaseUrl: 'postgres://localhost/a' }, /^Either dataDir/],
    [undefined, /^Options are needed, an object: Either dataDir, /],
    [{ dataDir: new URL('file:///a') }, /^dataDir must be a text\.$/],
    [{ dataDir: 'a', settings: 'METRICS' }, /^settings must be an object\.$/],
    [{ dataDir: 'a', log: true }, /^log must be a function /],
    [{ dataDir: '' }, /^dataDir is empty\.$/],
    [{ databaseUrl: 'mysql://localhost/a' }, /^Some settings are wrong: DATABASE_URL: /],
    [{ dataDir: 'a', workspace: 'acme' }, /^There is no option workspace: dataDir, databaseUrl, settings, /],
    [
      { dataDir: 'a', settings: { EMBEDING_MODEL: 'x' } },
      /^EMBEDING_MODEL is no setting .*: is EMBEDDING_MODEL meant\?$/,
    ],
    [{ dataDir: 'a', settings: { nothing: 1 } }, /^nothing is no setting: docs\/configuration\.md lists them\.$/],
    [{ dataDir: 'a', settings: { PORT: 80 } }, /^PORT is of a server that listens, which this is not: leave it out/],
    [{ dataDir: 'a', settings: { DATA_DIR: 'b' } }, /^DATA_DIR is the option dataDir: /],
    [{ dataDir: 'a', settings: { LIMIT_DEPTH: 0 } }, /^Some settings are wrong: LIMIT_DEPTH: a whole number from 1 /],
    [{ dataDir: 'a', settings: { LIMIT_DEPTH: {} } }, /^LIMIT_DEPTH: a text, a number, true or false is expected, /],
    [{ dataDir: 'a', settings: { METRICS: true } }, /^METRICS needs METRICS_TOKEN here: /],
    [{ dataDir: 'a', companion: '' }, /^companion must be /],
  ])('%o', async (options, sentence) => {
    const error = await open(options as OpenOptions).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).code).toBe('INVALID_CONFIGURATION');
    expect((error as Error).message).toMatch(sentence);
  });
});
