import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { connect } from '../src/client/connect.ts';
import { isRepeatable } from '../src/client/repeatable.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A server that answers each request in turn as it is told; the last way for all that come later. */
async function answering(...ways: RequestListener[]): Promise<{ url: string; asked: () => number }> {
  let asked = 0;
  const server = createServer((...of) => {
    const way = ways[Math.min(asked++, ways.length - 1)] as RequestListener;
    of[0].resume().once('end', () => way(...of));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`, asked: () => asked };
}

const json = { 'content-type': 'application/json' };
const done: RequestListener = (_, response) => response.writeHead(200, json).end('{"data":{"done":true}}');
const refused =
  (status: number, code: string, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response
      .writeHead(status, { ...json, 'x-request-id': 'r-1', ...headers })
      .end(JSON.stringify({ errors: [{ message: 'Not now.', extensions: { code } }] }));
const hangUp: RequestListener = ({ socket }) => socket.destroy();
const silent: RequestListener = () => {};

const QUERY = '{ done }';
const MUTATION = 'mutation ($input: CreateMemoryInput!) { createMemory(input: $input) { __typename } }';
const keyed = { input: { idempotencyKey: 'k' } };

describe('is asked again', () => {
  test.each<[said: string, ...ways: RequestListener[]]>([
    ['429', refused(429, 'RATE_LIMITED', { 'retry-after': '0' })],
    ['503', refused(503, 'UNAVAILABLE')],
    ['502 of a proxy', (_, response) => response.writeHead(502).end('<h1>Bad Gateway</h1>')],
    ['a connection that breaks', hangUp],
    ['what passes for now within an answer', refused(200, 'UNAVAILABLE')],
    ['several of these', hangUp, refused(503, 'UNAVAILABLE'), hangUp],
  ])('after %s', async (_said, ...ways) => {
    for (const [document, variables] of [[QUERY], [MUTATION, keyed]] as const) {
      const { url, asked } = await answering(...ways, done);
      expect(await connect({ url }).execute(document, variables)).toEqual({ done: true });
      expect(asked()).toBe(ways.length + 1);
    }
  });
});

describe('is asked once', () => {
  test.each<[said: string, way: RequestListener, error: object, document?: string, variables?: object]>([
    ['a mutation without a key', hangUp, { code: 'UNAVAILABLE' }, MUTATION, { input: {} }],
    ['what is wrong for good', refused(400, 'BAD_REQUEST'), { code: 'BAD_REQUEST', status: 400, requestId: 'r-1' }],
    ['who is not known', refused(401, 'UNAUTHENTICATED'), { code: 'UNAUTHENTICATED', status: 401 }],
    [
      'what is to come back much later',
      refused(429, 'RATE_LIMITED', { 'retry-after': '3600' }),
      { code: 'RATE_LIMITED', retryAfterSeconds: 3600 },
    ],
  ])('%s', async (_said, way, error, document = QUERY, variables = {}) => {
    const { url, asked } = await answering(way);
    await expect(connect({ url }).execute(document, variables)).rejects.toMatchObject(error);
    expect(asked()).toBe(1);
  });
});

test('it is asked so often as it may, and says then what was wrong', async () => {
  const { url, asked } = await answering(refused(503, 'UNAVAILABLE'));
  const error = { code: 'UNAVAILABLE', status: 503, requestId: 'r-1', details: {} };
  await expect(connect({ url, retries: 2 }).execute(QUERY)).rejects.toMatchObject(error);
  expect(asked()).toBe(3);
  await expect(connect({ url, retries: 0 }).execute(QUERY)).rejects.toMatchObject(error);
  expect(asked()).toBe(4);
});

test('who does not answer in time is given up', async () => {
  const { url } = await answering(silent);
  const error = { code: 'UNAVAILABLE', message: expect.stringContaining('within 50 ms') };
  await expect(connect({ url, timeoutMs: 50, retries: 0 }).execute(QUERY)).rejects.toMatchObject(error);
});

test('a signal ends the waiting, for an answer and for the next attempt', async () => {
  for (const way of [silent, refused(503, 'UNAVAILABLE', { 'retry-after': '60' })]) {
    const [{ url, asked }, ending] = [await answering(way), new AbortController()];
    const running = connect({ url }).execute(QUERY, {}, { signal: ending.signal });
    running.catch(() => {});
    await expect.poll(asked).toBe(1);
    ending.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
  }
  // In one's own process nothing listens to the signal.
  const ending = new AbortController();
  const { execute } = connect({ url: 'http://test/graphql', fetch: () => new Promise(() => {}) });
  const running = execute(QUERY, {}, { signal: ending.signal });
  ending.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
});

test('options that no request can have are refused at once', () => {
  const url = 'http://127.0.0.1/graphql';
  expect(() => connect({ url: 'graphql' })).toThrow(TypeError);
  expect(() => connect({ url, headers: { 'no header': 'x' } })).toThrow(TypeError);
  expect(() => connect({ url, key: 'two\nlines' })).toThrow(TypeError);
  for (const wrong of [{ timeoutMs: 0 }, { retries: -1 }, { retries: 1.5 }, { timeoutMs: 2 ** 31 }]) {
    expect(() => connect({ url, ...wrong })).toThrow(RangeError);
  }
});

test('headers say who asks, and for whom', async () => {
  const seen: Record<string, unknown>[] = [];
  const { url } = await answering((request, response) => {
    seen.push(request.headers);
    done(request, response);
  });
  const headers = { 'X-Palimpsest-Agent-Session': 's-1', Authorization: 'Basic x' };
  await connect({ url, key: 'pal_1', companion: 'köln, 日本', user: 'maya', headers }).execute(QUERY);
  expect(seen).toMatchObject([
    {
      authorization: 'Bearer pal_1',
      'palimpsest-companion': encodeURIComponent('köln, 日本'),
      'palimpsest-user': 'maya',
      'x-palimpsest-agent-session': 's-1',
    },
  ]);
});

describe('pages', () => {
  const page = (hasNextPage: boolean, endCursor: string | null): RequestListener => {
    return (_, response) => {
      response.writeHead(200, json).end(JSON.stringify({ data: { list: { pageInfo: { hasNextPage, endCursor } } } }));
    };
  };
  const LIST = 'query ($after: String) { list(after: $after) { pageInfo { hasNextPage endCursor } } }';
  interface Listed {
    list: { pageInfo: { hasNextPage: boolean; endCursor: string | null } };
  }
  const read = async (url: string, document = LIST) => {
    let count = 0;
    for await (const _ of connect({ url }).pages(document, {}, ({ list }: Listed) => list)) count++;
    return count;
  };

  test('end with the last one', async () => {
    const { url } = await answering(page(true, 'a'), page(true, 'b'), page(false, null));
    expect(await read(url)).toBe(3);
  });

  test('a document that would stay on a page is refused', async () => {
    await expect(read((await answering(page(true, 'a'))).url)).rejects.toThrow(/stays where it is/);
    await expect(read((await answering(page(true, null))).url)).rejects.toThrow(/pageInfo/);
    await expect(read('http://127.0.0.1/graphql', '{ list }')).rejects.toThrow(/\$after/);
  });
});

test.each<[document: string, variables: object, is: boolean]>([
  ['{ a b }', {}, true],
  ['query mutation { a }', {}, true],
  ['mutation { a }', {}, false],
  ['mutation ($input: A!) { a(input: $input) { x y { z } } }', keyed, true],
  ['mutation ($input: A!) { a(input: $input) { x } b { x } }', keyed, false],
  ['mutation ($input: A!) { a(input: $input) { x } ...more } fragment more on Mutation { b { x } }', keyed, false],
  ['mutation ($a: A!, $b: B!) { a(input: $a) { x } b: b(input: $b) { x } }', { a: keyed.input, b: keyed.input }, true],
  ['mutation ($a: A!, $b: B!) { a(input: $a) { x } b(input: $b) { x } }', { a: keyed.input, b: {} }, false],
  ['mutation ($k: String) { a(input: {idempotencyKey: $k, c: "}{"}) @include(if: true) { x } }', { k: 'key' }, true],
  ['mutation ($k: String) { a(input: {idempotencyKey: $k}) { x } }', {}, false],
  ['mutation { a(input: {idempotencyKey: "key", of: {list: [{b: 1}]}}) { x } }', {}, true],
  ['# query\nmutation run($input: A! = {c: """{ "x" }"""}) { a(input: $input) { x } }', { input: {} }, false],
  ['fragment f on A { mutation query } mutation ($input: A!) { a(input: $input) { ...f } }', { input: {} }, false],
])('%j with %j may be repeated: %j', (document, variables, is) => {
  expect(isRepeatable(document, variables)).toBe(is);
});
