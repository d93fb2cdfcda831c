import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits } from '../src/graphql/cost/limits.ts';
import { readPersistedOperations } from '../src/http/plugins/persisted-operations.ts';
import { openSocket, type Refusal, refusalOf, type TestServer, useServers } from './support/server.ts';

const start = useServers();
let server: TestServer;
beforeAll(async () => {
  server = await start();
});

const JSON_TYPE = { 'content-type': 'application/json' };
const send = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
  fetch(server.url, { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body: body as BodyInit });
const inChunks = (body: Uint8Array, headers: Record<string, string> = {}) =>
  fetch(server.url, {
    method: 'POST',
    headers: { ...JSON_TYPE, ...headers },
    body: Readable.toWeb(Readable.from([body.subarray(0, 9), body.subarray(9)])),
    duplex: 'half',
  } as unknown as RequestInit);

const ANSWER = { data: { __typename: 'Query' } };
const BODY = '{"query": "{ __typename }"}';

/** All contents of the memories there are. */
async function contents(): Promise<string[]> {
  const answer = await (await server.post('{ memories(first: 50) { nodes { content } } }')).json();
  return (answer as { data: { memories: { nodes: { content: string }[] } } }).data.memories.nodes.map(
    ({ content }) => content,
  );
}

describe('a body that is not UTF-8', () => {
  const create = (content: string) =>
    JSON.stringify({
      query: `mutation { createMemory(input: { companion: { key: "x" }, type: FACT, content: "${content}" }) { __typename } }`,
    });
  const latin1 = Buffer.from(create('Tomás likes Café'), 'latin1');
  const cut = Buffer.from(create('Café')).filter((byte) => byte !== 0xa9);

  test.each([
    ['Latin 1', latin1],
    ['half of a character', cut],
    ['UTF-16', Buffer.from(`\ufeff${create('Café')}`, 'utf16le')],
    [
      'a surrogate in three bytes',
      Buffer.concat([Buffer.from('{"query":"{__typename}","a":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]),
    ],
  ])('but %s is refused, and nothing is stored', async (_what, body) => {
    for (const sent of [send, inChunks]) {
      expect(await refusalOf(await sent(body))).toEqual([400, 'BAD_REQUEST', null]);
      expect(await refusalOf(await sent(body, { 'content-type': 'application/graphql' }))).toEqual([
        400,
        'BAD_REQUEST',
        null,
      ]);
      expect(await refusalOf(await sent(gzipSync(body), { 'content-encoding': 'gzip' }))).toEqual([
        400,
        'BAD_REQUEST',
        null,
      ]);
    }
    expect(await contents()).toEqual([]);
  });

  test.each(['iso-8859-1', 'utf-16', '"windows-1252"', 'utf-7'])(
    'as the charset %s says is refused',
    async (charset) => {
      const response = await send(latin1, { 'content-type': `application/json; charset=${charset}` });
      expect(await refusalOf(response)).toEqual([415, 'INVALID_INPUT', null]);
      expect(await contents()).toEqual([]);
    },
  );

  test.each(['; charset=utf-8', ';CHARSET="UTF-8"', '; charset=utf8', '; boundary=x'])(
    'but said to be it by "%s" is read',
    async (more) => {
      expect(await (await send(BODY, { 'content-type': `application/json${more}` })).json()).toEqual(ANSWER);
    },
  );
});

describe('a body that is not JSON', () => {
  test.each([
    ['{"query": "x", bad secret}', 'line 1, column 16'],
    ['{\n  "query": "é",\n  "é": tru\n}', 'line 3, column 11'],
    [`{"query": "x", "a": [1,], "b": "${'secret '.repeat(1_000_000)}"}`, 'line 1, column 24'],
    ['{"query": "secret', 'it ends too early'],
    ['{"a": "\\x"}', 'line 1, column 8'],
    ['{"a": 01}', 'line 1, column 8'],
    ['{"a": 1.}', 'line 1, column 9'],
    ['{"a": "secret\n"}', 'line 1, column 14'],
    ['{"a": 1} secret', 'line 1, column 10'],
    ['{"variables": {"a": {"secret"}}}', 'line 1, column 30'],
    ["{'a': 1}", 'line 1, column 2'],
    ['{"a": 1,}', 'line 1, column 9'],
    ['{"a" 1}', 'line 1, column 6'],
    ['{"a": [1}', 'line 1, column 9'],
  ])('%.40s is refused with its place, and not echoed', async (body, place) => {
    const response = await send(body);
    const text = await response.text();
    expect(response.status).toBe(400);
    expect(JSON.parse(text)).toEqual({
      errors: [{ message: `The body is not JSON: ${place}.`, extensions: { code: 'BAD_REQUEST' } }],
    });
  });

  test('is told so in a URL, too', async () => {
    const get = async (more: string) => {
      const response = await fetch(`${server.url}?query={__typename}&${more}`);
      expect(response.status).toBe(400);
      return ((await response.json()) as Refusal).errors[0]?.message;
    };
    const what = 'The JSON of the variables in the URL is not JSON';
    expect(await get('variables={"a":secret}')).toBe(`${what}: line 1, column 6.`);
    expect(await get('variables={"a":')).toMatch(what);
    expect(await get('variables={},"variables":{}')).toMatch(what);
    expect(await get('variables={},"query":"x"')).toMatch(what);
    expect(await get('variables=[]')).toBe('The member variables of a request is a list: an object is expected.');
    expect(await get('extensions={"a":secret}')).toBe('The extensions in the URL are not JSON.');
  });
});

describe('a body that is packed', () => {
  const packers = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync, ' GZIP ': gzipSync };

  test.each(Object.entries(packers))('by %s is read', async (encoding, pack) => {
    for (const sent of [send, inChunks]) {
      expect(await (await sent(pack(BODY), { 'content-encoding': encoding })).json()).toEqual(ANSWER);
    }
  });

  test('by deflate without its frame, and not at all, is read', async () => {
    expect(await (await send(deflateRawSync(BODY), { 'content-encoding': 'deflate' })).json()).toEqual(ANSWER);
    expect(await (await send(BODY, { 'content-encoding': 'identity' })).json()).toEqual(ANSWER);
  });

  test.each(['zstd', 'compress', 'gzip, br', 'x'])('by %s is refused, and told what is read', async (encoding) => {
    const response = await send(BODY, { 'content-encoding': encoding });
    expect(response.headers.get('accept-encoding')).toBe('gzip, br, deflate');
    expect(await refusalOf(response)).toEqual([415, 'INVALID_INPUT', null]);
  });

  test.each(Object.entries(packers))(
    'by %s is refused where it is not what was said, or cut off',
    async (encoding, pack) => {
      for (const body of [Buffer.from(BODY), pack(BODY).subarray(0, -6), Buffer.alloc(0)]) {
        expect((await send(body, { 'content-encoding': encoding })).status).toBe(400);
      }
    },
  );

  const blanks = Buffer.alloc(60_000_000, ' ');
  test.each([
    ['gzip', gzipSync(blanks)],
    ['br', brotliCompressSync(blanks.subarray(0, 30_000_000))],
    ['deflate', deflateSync(blanks)],
  ])('by %s, and far too large unpacked, is refused', async (encoding, body) => {
    expect(body.length).toBeLessThan(100_000);
    for (const credential of ['acme/one', 'acme/reader']) {
      const scopes = credential === 'acme/reader' ? 'READ' : 'READ WRITE';
      const headers = { 'content-encoding': encoding, 'x-test-credential': credential, 'x-test-scopes': scopes };
      expect(await refusalOf(await send(body, headers))).toEqual([413, 'REQUEST_ENTITY_TOO_LARGE', null]);
    }
  });

  test('is bounded packed, too', async () => {
    const random = gzipSync(
      Buffer.from(
        `{"query": "{ __typename }", "a": "${Array.from({ length: 160_000 }, () => Math.random().toString(36)).join('')}"}`,
      ),
    );
    expect(random.length).toBeGreaterThan(1_048_576);
    const headers = { 'content-encoding': 'gzip', 'x-test-scopes': 'READ' };
    expect(await refusalOf(await send(random, headers))).toEqual([413, 'REQUEST_ENTITY_TOO_LARGE', null]);
  });
});

describe('of the members of a body', () => {
  const answerTo = async (body: unknown) => {
    const response = await send(typeof body === 'string' ? body : JSON.stringify(body));
    return (await response.json()) as { data?: object; errors?: { message: string; extensions: { code: string } }[] };
  };

  test('those that are not known are passed over', async () => {
    const body = {
      id: 'MyQuery',
      query: 'query A { __typename }',
      variables: {},
      doc_id: [{ a: 1 }],
      extensions: null,
    };
    expect(await answerTo(body)).toEqual(ANSWER);
  });

  test('the last of several counts, however it is written', async () => {
    expect(await answerTo('{"query": "{ nil }", "qu\\u0065ry": "{ __typename }"}')).toEqual(ANSWER);
    const query = 'query ($a: Boolean!) { __typename @skip(if: $a) }';
    expect(
      await answerTo(
        `{"variables": {"a": true}, "query": "${query}", "vari\\u0061bles": {"a": true, "\\u0061": false}}`,
      ),
    ).toEqual(ANSWER);
  });

  test('an operationName that is empty or null is none', async () => {
    for (const operationName of ['', null]) {
      expect(await answerTo({ operationName, query: 'query A { __typename }' })).toEqual(ANSWER);
    }
    const get = await fetch(`${server.url}?operationName=&query=query A {__typename}`);
    expect(await get.json()).toEqual(ANSWER);
  });

  test('an operationName that the document does not have is named', async () => {
    const messages = {
      'The document has no operation named "B". It has "A".': { operationName: 'B', query: 'query A { __typename }' },
      'The document has no operation named "B". It has one without a name.': {
        operationName: 'B',
        query: '{ __typename }',
      },
      'The document has 2 operations: say by operationName which of them is meant: "A", "B".': {
        query: 'query A { __typename } query B { __typename }',
      },
    };
    for (const [message, body] of Object.entries(messages)) {
      expect(await answerTo(body)).toEqual({
        errors: [{ message, extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } }],
      });
      const get = await fetch(`${server.url}?${new URLSearchParams(body as Record<string, string>)}`);
      expect([get.status, ((await get.json()) as Refusal).errors[0]?.message]).toEqual([400, message]);
    }
  });

  test.each([
    [{ query: 7 }, 'query of a request is a number: a string'],
    [{ query: ['{'] }, 'query of a request is a list: a string'],
    [{ query: '{ __typename }', operationName: {} }, 'operationName of a request is a object: a string'],
    [{ query: '{ __typename }', variables: [] }, 'variables of a request is a list: an object'],
    [{ query: '{ __typename }', variables: 'x' }, 'variables of a request is a string: an object'],
    [{ query: '{ __typename }', variables: 7 }, 'variables of a request is no object: an object'],
    [{ query: '{ __typename }', extensions: 'x' }, 'extensions of a request is a string: an object'],
    [[{ query: '{ __typename }' }], 'The body is a list: send one operation at a time, as an object'],
    [{ qeury: '{ __typename }' }, 'Must provide query string: the body has "qeury" and no "query"'],
  ])('%j is refused', async (body, message) => {
    const { errors } = await answerTo(body);
    expect([errors?.[0]?.extensions.code, errors?.[0]?.message]).toEqual([
      'BAD_REQUEST',
      expect.stringContaining(message),
    ]);
  });
});

test('a byte order mark is skipped', async () => {
  const body = Buffer.from(`\ufeff${BODY}`);
  for (const sent of [send, inChunks]) {
    expect(await (await sent(body)).json()).toEqual(ANSWER);
    expect(await (await sent(gzipSync(body), { 'content-encoding': 'gzip' })).json()).toEqual(ANSWER);
    const document = Buffer.from('\ufeff{ __typename }');
    expect(await (await sent(document, { 'content-type': 'application/graphql' })).json()).toEqual(ANSWER);
  }
});

test('a byte order mark is skipped in a file of PERSISTED_OPERATIONS, too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'palimpsest-bom-'));
  const file = join(folder, 'operations.json');
  const document = '{ __typename }';
  const hash = createHash('sha256').update(document).digest('hex');
  writeFileSync(file, `\ufeff${JSON.stringify({ [hash]: document })}`);
  const read = await readPersistedOperations({ persistedOperations: { file, only: true }, limits: defaultLimits });
  rmSync(folder, { recursive: true });
  expect(read?.documents.get(hash)).toBe(document);
});

test('a body in chunks of one byte each takes no more than its bytes', async () => {
  const { write, closed } = openSocket(server.url);
  const head = [
    'POST /graphql HTTP/1.1',
    'Host: test',
    'Content-Type: application/json',
    'Transfer-Encoding: chunked',
    'Connection: close',
  ];
  write(`${head.join('\r\n')}\r\n\r\n`);
  const body = `{"query": "{ __typename }", "a": "${'x'.repeat(300_000)}"}`;
  write(`${[...body].map((byte) => `1\r\n${byte}\r\n`).join('')}0\r\n\r\n`);
  expect(await closed).toMatch(/^HTTP\/1\.1 200 .*"__typename":"Query"/s);
});
