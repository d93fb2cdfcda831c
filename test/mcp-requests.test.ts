import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { authenticateLocally } from '../src/domain/credential/authenticate.ts';
import { openWorkspace } from '../src/domain/workspace/workspaces.ts';
import { openTestDatabase } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { type Era, eras } from './support/mcp.ts';
import { openServer, type TestServer, useServers } from './support/server.ts';
import { MARKER, openTold, type Told } from './support/telemetry.ts';

// A request at /mcp passes what any other request passes.

const open = useServers();
let server: TestServer;
beforeAll(async () => {
  server = await open();
});

const at = ({ url }: { url: string }, query = '') => url.replace('/graphql', `/mcp${query}`);

/** A message, and the headers that its era wants. */
function messageOf(era: Era, method: string, params: Record<string, unknown> = {}) {
  const isModern = era === '2026-07-28';
  const name = params.name as string | undefined;
  const envelope = {
    'io.modelcontextprotocol/protocolVersion': era,
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return {
    body: { jsonrpc: '2.0', id: 1, method, params: { ...params, ...(isModern && { _meta: envelope }) } },
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(isModern && { 'mcp-protocol-version': era, 'mcp-method': method, ...(name && { 'mcp-name': name }) }),
    } as Record<string, string>,
  };
}

const RECALL = { name: 'recall', arguments: { query: 'anything' } };

const send = (
  to: string,
  method = 'tools/list',
  params = {},
  headers: Record<string, string> = {},
  era: Era = eras[0],
) => {
  const message = messageOf(era, method, params);
  return fetch(to, { method: 'POST', headers: { ...message.headers, ...headers }, body: JSON.stringify(message.body) });
};

const codeOf = async (response: Response) => {
  // biome-ignore lint/suspicious/noExplicitAny: of GraphQL or of JSON-RPC
  const { errors, error } = (await response.json()) as any;
  return [response.status, errors?.[0]?.extensions.code ?? error?.code];
};

describe.each(eras)('by the revision %s', (era) => {
  test('an unknown credential is refused before anything is read', async () => {
    for (const method of ['tools/list', 'tools/call', 'resources/read']) {
      const response = await send(at(server), method, RECALL, { 'x-test-credential': 'nobody/x' }, era);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await codeOf(response)).toEqual([401, 'UNAUTHENTICATED']);
    }
  });

  test('a call counts as one request of its credential', async () => {
    const limited = await open({ requests: { ratePerMinute: 3 } });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await send(at(limited), 'tools/call', RECALL, {}, era)).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
  });

  test('a call takes one place of those that a workspace has', async () => {
    const narrow = await open({ requests: { maxConcurrentRequests: 1 } });
    const { result } = (await (await send(at(narrow), 'tools/call', RECALL, {}, era)).json()) as {
      result: { isError?: boolean };
    };
    expect(result.isError ?? false).toBe(false);
  });
});

describe('a server without credentials', () => {
  let database: Database;
  let local: TestServer;
  beforeAll(async () => {
    database = await openTestDatabase();
    const { workspaceId } = await openWorkspace(database, 'acme', 'operator', (await localEmbeddings()).model);
    local = await openServer(database, { authenticate: authenticateLocally(workspaceId) });
  });
  afterAll(async () => {
    await local.stop();
    await database.close();
  });

  /** Sends a message as a page would whose name leads to this machine. */
  async function from(host: string, headers: Record<string, string> = {}, era: Era = eras[0]): Promise<number> {
    const message = messageOf(era, 'tools/call', RECALL);
    const asked = request(at(local), { method: 'POST', headers: { ...message.headers, ...headers, host } });
    asked.end(JSON.stringify(message.body));
    return new Promise((resolve, reject) => {
      asked.once('error', reject).once('response', async (response) => {
        await text(response);
        resolve(response.statusCode as number);
      });
    });
  }

  test.each(eras)('answers to its own names alone: %s', async (era) => {
    const { port } = new URL(local.url);
    expect(await from(`localhost:${port}`, {}, era)).toBe(200);
    expect(await from('evil.example.com', {}, era)).toBe(401);
    expect(await from('127.0.0.1.evil.example.com', {}, era)).toBe(401);
  });

  test('answers pages of this machine, and of origins that may', async () => {
    const { port } = new URL(local.url);
    const host = `127.0.0.1:${port}`;
    expect(await from(host, { origin: 'http://localhost:3000' })).toBe(200);
    expect(await from(host, { origin: 'http://[::1]:3000' })).toBe(200);
    expect(await from(host, { origin: 'https://evil.example.com' })).toBe(403);
    // What is no page of the web.
    expect(await from(host, { origin: 'vscode-file://vscode-app' })).toBe(200);
  });
});

describe('an address', () => {
  test.each([
    ['?compagnon=iris', /has the parameter "compagnon": known are companion, user, conversation, tools/],
    ['?companion=iris&companion=otto', /has the parameter companion twice/],
    ['?companion=', /The parameter companion of the address is empty/],
    ['?tools=recall,destroy', /names "destroy": known are context, recall, /],
    [`?companion=${'x'.repeat(501)}`, /palimpsest-companion must be one name of 1 to 500 characters/],
    ['?user=%00', /palimpsest-user must be one name/],
  ])('%s is refused, to who may ask', async (query, message) => {
    const response = await send(at(server, query));
    const { errors } = (await response.json()) as { errors: { message: string; extensions: { code: string } }[] };
    expect([response.status, errors[0]?.extensions.code]).toEqual([400, 'INVALID_INPUT']);
    expect(errors[0]?.message).toMatch(message);
    expect((await send(at(server, query), 'tools/list', {}, { 'x-test-credential': 'nobody/x' })).status).toBe(401);
  });

  test('and a header may name the same, and nothing else', async () => {
    const narrowed = (companion: string) =>
      send(at(server, '?companion=gr%C3%BCn'), 'tools/list', {}, { 'palimpsest-companion': companion });
    expect((await narrowed('gr%C3%BCn')).status).toBe(200);
    expect(await codeOf(await narrowed('otto'))).toEqual([400, 'INVALID_INPUT']);
  });

  test('is served by no other method', async () => {
    for (const method of ['GET', 'DELETE', 'PUT']) {
      expect((await fetch(at(server), { method })).status, method).toBe(405);
    }
  });

  test('is served where only documents of a file are', async () => {
    const only = await open({ persistedOperations: { documents: new Map(), only: true } });
    const response = await send(at(only), 'tools/call', RECALL);
    expect(((await response.json()) as { result: { isError?: boolean } }).result.isError ?? false).toBe(false);
    expect((await codeOf(await only.post('{ viewer { scopes } }')))[1]).toBe('PERSISTED_QUERY_ID_REQUIRED');
  });

  test('is none where a setting says so', async () => {
    expect((await send(at(await open({ mcp: false })))).status).toBe(404);
  });
});

describe('a body', () => {
  const post = (body: BodyInit, headers: Record<string, string> = {}, to = at(server)) =>
    fetch(to, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      body,
    });

  test('that is none of JSON-RPC is refused', async () => {
    expect(await codeOf(await post('{"jsonrpc":'))).toEqual([400, 'BAD_REQUEST']);
    expect(await codeOf(await post(''))).toEqual([400, 'BAD_REQUEST']);
    expect(await codeOf(await post(Buffer.from([0x22, 0xff, 0x22])))).toEqual([400, 'BAD_REQUEST']);
    expect(await codeOf(await post(`[${JSON.stringify(messageOf(eras[1], 'ping').body)}]`))).toEqual([
      400,
      'BAD_REQUEST',
    ]);
    expect((await post('{}', { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post('{}')).status).toBe(400);
  });

  test('is bounded, packed and unpacked, and in what it is made of', async () => {
    const small = await open({ requests: { maxBodyBytes: 2_000 } });
    const call = (content: string) =>
      JSON.stringify(
        messageOf(eras[1], 'tools/call', { name: 'remember', arguments: { memories: [{ type: 'FACT', content }] } })
          .body,
      );
    const to = at(small);
    expect((await post(call('fits'), {}, to)).status).toBe(200);
    expect((await post(gzipSync(call('fits, too')), { 'content-encoding': 'gzip' }, to)).status).toBe(200);
    expect((await post(call('x'.repeat(2_000)), {}, to)).status).toBe(413);
    expect((await post(gzipSync(call('x'.repeat(5_000))), { 'content-encoding': 'gzip' }, to)).status).toBe(413);
    const nested = `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":${'['.repeat(70_000)}${']'.repeat(70_000)}}}`;
    expect((await post(nested)).status).toBe(413);
  });

  test('of pages of other sites is read where they may', async () => {
    const cors = await open({ requests: { corsOrigins: ['https://app.example'] } });
    const asked = await fetch(at(cors), {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,mcp-protocol-version,mcp-method,mcp-name,palimpsest-user',
      },
    });
    expect(asked.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('mcp-protocol-version');
    const response = await send(at(cors), 'tools/list', {}, { origin: 'https://app.example' });
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example');
    const foreign = await send(at(cors), 'tools/list', {}, { origin: 'https://other.example' });
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
  });
});

test('an answer that is too much for a model is refused, and says how to ask for less', async () => {
  const to = at(await open(), '?companion=big');
  const call = async (name: string, given: object) => {
    const response = await send(to, 'tools/call', { name, arguments: given });
    const { result } = (await response.json()) as { result: { structuredContent: Record<string, unknown> } };
    const { code, message, nodes } = result.structuredContent as { code?: string; message?: string; nodes?: unknown[] };
    return { code, message, count: nodes?.length };
  };
  for (const letter of ['a', 'b']) {
    const memories = [1, 2, 3, 4, 5, 6].map((i) => ({ type: 'EXPERIENCE', content: `${letter}${i} `.repeat(30_000) }));
    expect((await call('remember', { memories })).code).toBeUndefined();
  }
  expect(await call('timeline', { first: 5 })).toEqual({ count: 5 });
  const { code, message } = await call('timeline', { first: 12 });
  expect(code).toBe('LIMIT_EXCEEDED');
  expect(message).toMatch(/less|fewer/);
});

describe('what is told of a call', () => {
  let database: Database;
  let told: Told;
  beforeAll(async () => {
    database = await openTestDatabase();
    told = await openTold(database, { LOG_LEVEL: 'info', METRICS: 'true' });
  });
  afterAll(async () => {
    await told.telemetry.stop();
    await database.close();
  });

  async function call(method: string, params: Record<string, unknown>, query = '') {
    const { headers, body } = messageOf(eras[0], method, params);
    const response = await told.service.fetch(`http://test/mcp${query}`, {
      method: 'POST',
      headers: { ...headers, 'x-request-id': 'from-the-client' },
      body: JSON.stringify(body),
    });
    return { response, answer: JSON.stringify(await response.json()), lines: told.logged() };
  }

  test('is two lines of one id, without anything that was said', async () => {
    const { response, lines } = await call(
      'tools/call',
      { name: 'remember', arguments: { memories: [{ type: 'FACT', content: MARKER }] } },
      `?companion=${MARKER}`,
    );
    expect(response.headers.get('x-request-id')).toBe('from-the-client');
    expect(lines).toMatchObject([
      { route: 'graphql', operationName: 'remember', operationType: 'mutation', requestId: 'from-the-client' },
      { route: 'mcp', operationName: 'tools/call remember', requestId: 'from-the-client', status: 200 },
    ]);
    expect(JSON.stringify(lines)).not.toContain(MARKER);
  });

  test('says the codes of failures, and no names that clients make up', async () => {
    const failed = await call('tools/call', { name: 'retract', arguments: { id: 'mem_00000000000000000000000000' } });
    expect(failed.lines.at(-1)).toMatchObject({ route: 'mcp', errors: ['NOT_FOUND'] });
    const unknown = await call('tools/call', { name: MARKER });
    expect(unknown.lines).toMatchObject([{ route: 'mcp', operationName: 'tools/call' }]);
    const made = await call(`${MARKER}/up`, {});
    const metrics = await told.telemetry.metrics?.text();
    expect(metrics).toMatch(/palimpsest_mcp_requests_total\{method="tools\/call",outcome="success"\} 1/);
    expect(metrics).toMatch(/palimpsest_mcp_requests_total\{method="tools\/call",outcome="refused"\} 2/);
    expect(metrics).toMatch(/palimpsest_mcp_requests_total\{method="other",outcome="refused"\} 1/);
    expect(metrics).not.toContain(MARKER);
    expect(made.response.status).toBe(404);
  });
});
