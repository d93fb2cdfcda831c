import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { openWorkspace } from '../src/domain/workspace/workspaces.ts';
import { scopes } from '../src/graphql/core/context.ts';
import { createService, type Listening, listen, type Service, type ServiceOptions } from '../src/http/server.ts';
import { openTestDatabase } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';

let database: Database;
let url: string;
const logged: string[] = [];
const running: Listening[] = [];

/** A server of its own on the file's database. */
async function start(options: Partial<ServiceOptions> = {}): Promise<{ url: string; service: Service }> {
  const embeddings = await localEmbeddings();
  const { workspaceId } = await openWorkspace(options.database ?? database, 'acme', 'operator', embeddings.model);
  const principal = { workspaceId, credential: 'tester', actor: 'tester', scopes: new Set(scopes) };
  const log = (text: string) => logged.push(text);
  const service = createService({
    database,
    authenticate: () => principal,
    embeddings,
    graphiql: true,
    log,
    ...options,
  });
  const listening = await listen(service, 0);
  running.push(listening);
  return { url: listening.url, service };
}

beforeAll(async () => {
  database = await openTestDatabase();
  ({ url } = await start());
});
afterAll(async () => {
  for (const { stop } of running) await stop();
  await database.close();
});

const get = (path: string, headers: Record<string, string> = {}) => fetch(new URL(path, url), { headers });

const post = (body: string, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });

const document = JSON.stringify({ query: '{ viewer { workspace { name } } }' });
const answer = { data: { viewer: { workspace: { name: 'acme' } } } };

test('a document is answered', async () => {
  expect(await (await post(document)).json()).toEqual(answer);
});

describe('GraphQL over HTTP, audited:', () => {
  const audits = serverAudits({ url: () => url });

  test('61 audits', () => {
    expect(audits).toHaveLength(61);
  });

  test.each(audits)('$name', async ({ fn }) => {
    const result = await fn();
    expect(result.status, 'reason' in result ? result.reason : '').toBe('ok');
  });
});

describe('health', () => {
  test('/health says that the server answers, /ready that the database does', async () => {
    expect((await get('/health')).status).toBe(200);
    expect((await get('/ready')).status).toBe(200);
  });

  test('/ready says no before the server stops, /health does not', async () => {
    const draining = await start();
    draining.service.drain();
    expect((await fetch(new URL('/ready', draining.url))).status).toBe(503);
    expect((await fetch(new URL('/health', draining.url))).status).toBe(200);
    expect((await fetch(draining.url, { method: 'POST', headers: json, body: document })).status).toBe(200);
  });

  test('/ready says no when the database has gone', async () => {
    const gone = await openTestDatabase();
    const cut = await start({ database: gone });
    await gone.close();
    expect((await fetch(new URL('/ready', cut.url))).status).toBe(503);
  });

  test('/ready says no when the database does not answer', async () => {
    const stuck = await start();
    const connect = vi.spyOn(database, 'connect').mockImplementation(() => new Promise(() => {}));
    expect((await fetch(new URL('/ready', stuck.url))).status).toBe(503);
    connect.mockRestore();
  });
});

describe('GraphiQL', () => {
  const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

  test('is served to browsers, whole: it loads nothing from elsewhere', async () => {
    const response = await get('/graphql', browser);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const page = await response.text();
    expect(page).toContain('<title>Palimpsest</title>');
    expect(loadedFromElsewhere(page)).toEqual([]);
  });

  test.each([
    '<script src="https://cdn.example/graphiql.js"></script>',
    '<link rel="stylesheet" href=//cdn.example/graphiql.css>',
    "<style>@import 'https://cdn.example/a.css'</style>",
    '<style>@font-face { src: url(https://cdn.example/a.woff2) }</style>',
    '<script type="module">const a = await import("https://cdn.example/a.mjs")</script>',
  ])('would not be whole with %s', (part) => {
    expect(loadedFromElsewhere(`<html><link rel="icon" href="data:image/png;base64,AA=="/>${part}`)).toHaveLength(1);
  });

  test('is not served when switched off', async () => {
    const off = await start({ graphiql: false });
    const response = await fetch(off.url, { headers: browser });
    expect(response.headers.get('content-type')).not.toContain('text/html');
  });
});

/** Every place of a page that makes a browser fetch something from another host. */
function loadedFromElsewhere(page: string): string[] {
  const tags = /<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=["']?(?:https?:)?\/\/[^\s"'>]*/g;
  const styles = /(?:@import\s*|url\()["']?(?:https?:)?\/\/[^\s"')]*/g;
  const scripts = /\b(?:import|importScripts|Worker)\(["'`](?:https?:)?\/\/[^"'`]*/g;
  return [tags, styles, scripts].flatMap((form) => page.match(form) ?? []);
}

describe('a page of another site', () => {
  const origin = { origin: 'https://elsewhere.example' };
  const corsOf = (response: Response) => [...response.headers.keys()].filter((name) => name.startsWith('access-'));

  test('is not let through by the browser: no answer has CORS headers', async () => {
    expect(corsOf(await post(document, origin))).toEqual([]);
    const asked = {
      ...origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    };
    expect(corsOf(await fetch(url, { method: 'OPTIONS', headers: asked }))).toEqual([]);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ''])(
    'cannot send the content type "%s", which needs no leave of the browser',
    async (type) => {
      // A browser names no type for a body of bytes.
      const response = await fetch(url, {
        method: 'POST',
        headers: type ? { 'content-type': type } : {},
        body: new TextEncoder().encode(document),
      });
      expect(response.status).toBe(415);
      const { errors } = (await response.json()) as Refusal;
      expect(errors[0]?.extensions.code).toBe('INVALID_INPUT');
    },
  );

  test('cannot change anything by a link', async () => {
    const mutation = 'mutation { upsertUser(input: {externalId: "link"}) { __typename } }';
    expect((await get(`/graphql?query=${encodeURIComponent(mutation)}`, origin)).status).toBe(405);
    expect(await (await post('{"query": "{ user(by: {externalId: \\"link\\"}) { id } }"}')).json()).toEqual({
      data: { user: null },
    });
  });
});

const json = { 'content-type': 'application/json' };
interface Refusal {
  errors: { message: string; extensions: { code: string } }[];
}

describe('what is wrong is said with a code:', () => {
  const memory = (id: unknown) => ({ query: 'query ($id: ID!) { memory(id: $id) { id } }', variables: { id } });

  test.each([
    ['malformed JSON', '{"query": ', 400, 'BAD_REQUEST', 'The body is not JSON: it ends too early.'],
    ['an empty body', '', 400, 'BAD_REQUEST', 'The body is empty: send {"query": "…"} as JSON.'],
    ['no object', '3', 400, 'BAD_REQUEST', 'The body is not an object: send {"query": "…"}.'],
    ['no document', '{}', 200, 'BAD_REQUEST', 'Must provide query string.'],
    [
      'a syntax error',
      { query: '{ viewer {' },
      200,
      'GRAPHQL_PARSE_FAILED',
      'Syntax Error: Expected Name, found <EOF>.',
    ],
    [
      'an unknown field',
      { query: '{ nil }' },
      200,
      'GRAPHQL_VALIDATION_FAILED',
      'Cannot query field "nil" on type "Query".',
    ],
    [
      'a variable of the wrong type',
      memory({ a: 1 }),
      400,
      'INVALID_INPUT',
      'Variable "$id" got invalid value { a: 1 }; ID cannot represent value: { a: 1 }',
    ],
    [
      'a variable left out',
      memory(undefined),
      400,
      'INVALID_INPUT',
      'Variable "$id" of required type "ID!" was not provided.',
    ],
    [
      'what is no id',
      memory('three'),
      200,
      'INVALID_INPUT',
      'id: "three" is not an id. Ids are opaque: pass one unchanged, e.g. mem_01h455vb4pex5vsknk084sn02q.',
    ],
  ])('%s', async (_what, body, status, code, message) => {
    const response = await post(typeof body === 'string' ? body : JSON.stringify(body));
    const text = await response.text();
    const { errors } = JSON.parse(text) as Refusal;
    expect([response.status, errors[0]?.extensions.code, errors[0]?.message]).toEqual([status, code, message]);
    expect(text).not.toMatch(/"stack"|\.ts:\d|node_modules/);
  });

  const inChunks = (chunks: readonly string[]) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new ReadableStream({
        pull(controller) {
          for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
          controller.close();
        },
      }),
      duplex: 'half',
    } as RequestInit);

  test('a body in chunks is read', async () => {
    const middle = document.length / 2;
    const response = await inChunks([document.slice(0, middle), document.slice(middle)]);
    expect(await response.json()).toEqual(answer);
  });

  test('a body of more than 25 MB in chunks', async () => {
    const response = await inChunks([
      '{"query": "{ __typename }", "a": "',
      ...Array<string>(26).fill('x'.repeat(1_000_000)),
      '"}',
    ]);
    const { errors } = (await response.json()) as Refusal;
    expect([response.status, errors[0]?.extensions.code]).toEqual([413, 'REQUEST_ENTITY_TOO_LARGE']);
    expect(await (await post(document)).json()).toEqual(answer);
  });

  test('a body of more than 25 MB, after which the connection is closed', async () => {
    const response = await post(
      JSON.stringify({ query: '{ __typename }', variables: { text: 'x'.repeat(25_000_000) } }),
    );
    const { errors } = (await response.json()) as Refusal;
    expect([response.status, errors[0]?.extensions.code]).toEqual([413, 'REQUEST_ENTITY_TOO_LARGE']);
    expect(response.headers.get('connection')).toBe('close');
    expect(await (await post(document)).json()).toEqual(answer);
  });
});

test('an unexpected error is masked, and neither the answer nor the log holds values of rows', async () => {
  const broken = await openTestDatabase();
  const connection = await broken.connect();
  await connection.script(`alter table memories add constraint no_secrets check (content not like '%secret%')`);
  connection.release();
  const own = await start({ database: broken });
  logged.length = 0;
  const query = `mutation { createMemory(input: {
    companion: {key: "iris"}, content: "Maya has a secret", type: FACT }) { __typename } }`;
  const response = await fetch(own.url, { method: 'POST', headers: json, body: JSON.stringify({ query }) });
  await broken.close();

  const text = await response.text();
  const { errors } = JSON.parse(text) as Refusal;
  expect(errors).toEqual([
    expect.objectContaining({ message: 'Unexpected error.', extensions: { code: 'INTERNAL_SERVER_ERROR' } }),
  ]);
  expect(logged.join('\n')).toContain('database error 23514 (no_secrets)');
  expect(`${text} ${logged.join('\n')}`).not.toMatch(/Maya|has a secret/);
});
