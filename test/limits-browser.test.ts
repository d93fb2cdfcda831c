import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { openTestDatabase } from './support/database.ts';
import { openServer, refusalOf, type TestServer } from './support/server.ts';

let database: Database;
let server: TestServer;
const running: TestServer[] = [];
const start = async (corsOrigins: string[], more = {}) => {
  const started = await openServer(database, { requests: { corsOrigins, ...more } });
  running.push(started);
  return started;
};
beforeAll(async () => {
  database = await openTestDatabase();
  server = await start([]);
});
afterAll(async () => {
  for (const { stop } of running) await stop();
  await database.close();
});

const ORIGIN = 'https://app.example';
const users = async () => {
  const answer = await server.post('{ users { nodes { externalId } } }');
  return ((await answer.json()) as { data: { users: { nodes: unknown[] } } }).data.users.nodes;
};

describe('a page of another site can change nothing without the browser asking for leave:', () => {
  const mutation = 'mutation { upsertUser(input: {externalId: "forged"}) { __typename } }';
  const json = JSON.stringify({ query: mutation });
  const form = new URLSearchParams({ query: mutation }).toString();
  const multipart = `--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${json}\r\n--x\r\nContent-Disposition: form-data; name="map"\r\n\r\n{}\r\n--x--\r\n`;
  // Every path that Yoga answers at, or might.
  const paths = [
    '/graphql',
    '/graphql/',
    '/any/graphql',
    '/graphql?x=/graphql',
    '/?/graphql',
    '//graphql',
    '/graphql/%2e',
  ];
  const types: [type: string | undefined, body: string][] = [
    ['application/x-www-form-urlencoded', form],
    ['application/x-www-form-urlencoded;charset=UTF-8', form],
    ['application/x-www-form-urlencoded; a=application/json', form],
    ['APPLICATION/X-WWW-FORM-URLENCODED', form],
    ['multipart/form-data; boundary=x', multipart],
    ['text/plain', json],
    ['text/plain;charset=UTF-8', form],
    ['text/plain; application/json', json],
    ['text/plain, application/json', json],
    ['', json],
    [undefined, json],
    [undefined, form],
  ];

  test.each(types)('a POST of the content type %s', async (type, body) => {
    const statuses: number[] = [];
    for (const path of paths) {
      const response = await fetch(new URL(server.url).origin + path, {
        method: 'POST',
        headers: { origin: 'https://elsewhere.example', ...(type !== undefined && { 'content-type': type }) },
        body: new TextEncoder().encode(body),
      });
      statuses.push(response.status);
      await response.text();
    }
    expect(await users()).toEqual([]);
    expect(statuses[0]).toBe(415);
    expect(statuses.filter((status) => status !== 415 && status !== 404)).toEqual([]);
  });

  test.each(['GET', 'HEAD', 'POST'])('a %s whose URL has the mutation', async (method) => {
    for (const path of paths) {
      const url = `${new URL(server.url).origin}${path}${path.includes('?') ? '&' : '?'}${form}`;
      const response = await fetch(url, { method, headers: { accept: 'application/json' } });
      expect([path, response.status]).toEqual([path, expect.toBeOneOf([400, 404, 405, 415])]);
      await response.text();
    }
    expect(await users()).toEqual([]);
  });

  test('what they try does change something where it is sent as the browser asks leave for', async () => {
    expect((await server.post(mutation)).status).toBe(200);
    expect(await users()).toEqual([{ externalId: 'forged' }]);
  });
});

test('variables of a URL that are no JSON are refused as such', async () => {
  for (const name of ['variables', 'extensions']) {
    const response = await fetch(`${server.url}?query={__typename}&${name}={secret`);
    expect(await refusalOf(response)).toEqual([400, 'BAD_REQUEST', null]);
  }
  expect(server.logged).toEqual([]);
});

const cors = (response: Response) =>
  Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary'));
const ask = (url: string, origin: string) =>
  fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  });

describe('CORS_ORIGINS', () => {
  test('lets the pages of an origin in, also where they are refused something', async () => {
    const { url, post } = await start([ORIGIN, 'http://localhost:3000'], { maxBodyBytes: 1_000 });
    for (const origin of [ORIGIN, 'http://localhost:3000']) {
      const preflight = await ask(url, origin);
      expect(preflight.status).toBe(204);
      const allowed = {
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': expect.stringMatching(/^Authorization, Content-Type, X-Cost\b/),
        'access-control-expose-headers': expect.stringMatching(/^Retry-After\b/),
        'access-control-max-age': '86400',
        vary: 'Origin',
      };
      expect(cors(preflight)).toEqual(allowed);
      for (const [headers, query] of [
        [{}, '{ __typename }'],
        [{ 'x-test-credential': 'nobody' }, '{ __typename }'],
        [{}, 'x'.repeat(2_000)],
      ] as const) {
        expect(cors(await post(query, { origin, ...headers }))).toEqual(allowed);
      }
    }
  });

  test.each(['https://app.example.evil', 'http://app.example', 'https://app.example:8443', 'null', ''])(
    'tells another, such as "%s", nothing',
    async (origin) => {
      const { url, post } = await start([ORIGIN]);
      expect(cors(await ask(url, origin))).toEqual({ vary: 'Origin' });
      expect(cors(await post('{ __typename }', { origin }))).toEqual({ vary: 'Origin' });
      expect(cors(await post('{ __typename }'))).toEqual({ vary: 'Origin' });
    },
  );

  test('* lets every page in, but never with what a browser keeps for the site', async () => {
    const { url, post } = await start(['*']);
    for (const response of [await ask(url, ORIGIN), await post('{ __typename }', { origin: ORIGIN })]) {
      expect(['*', ORIGIN]).toContain(response.headers.get('access-control-allow-origin'));
      expect(response.headers.get('access-control-allow-credentials')).toBeNull();
      expect(response.headers.get('vary')).toContain('Origin');
    }
  });

  test('lets a page change something only by what it needs leave for', async () => {
    const { url } = await start([ORIGIN]);
    const body = new URLSearchParams({ query: 'mutation { upsertUser(input: {externalId: "b"}) { __typename } }' });
    expect((await fetch(url, { method: 'POST', headers: { origin: ORIGIN }, body })).status).toBe(415);
  });
});
