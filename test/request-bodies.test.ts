import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { bulkMutations } from '../src/graphql/core/bulk-mutations.ts';
import { schema } from '../src/graphql/schema.ts';
import { openSocket, postHead, type Refusal, refusalOf, type TestServer, useServers } from './support/server.ts';

const start = useServers();
const JSON_TYPE = { 'content-type': 'application/json' };
const send = ({ url }: TestServer, body: BodyInit, headers: Record<string, string> = JSON_TYPE) =>
  fetch(url, { method: 'POST', headers, body, duplex: 'half' } as RequestInit);
const inChunks = (chunks: readonly Uint8Array<ArrayBuffer>[]) =>
  Readable.toWeb(Readable.from(chunks)) as unknown as BodyInit;
const bytes = (text: string) => new TextEncoder().encode(text);
const TYPENAME = '{ __typename }';
const messageOf = async (response: Response) => ((await response.json()) as Refusal).errors[0]?.message;

const CREATE = `mutation ($input: CreateMemoriesInput!) {
  createMemories(input: $input) { ... on CreateMemoriesPayload { memories { content } } ... on Error { message } }
}`;
const memories = (count: number, length: number, key = 'iris') => ({
  input: {
    companion: { key },
    memories: Array.from({ length: count }, (_, at) => ({
      type: 'EXPERIENCE',
      content: `${at} ${'é'.repeat(length)}`,
    })),
  },
});
/** More than a body may have that is no bulk mutation's. */
const LARGE = 1_200_000;

describe('the body of', () => {
  test('a bulk mutation may be large, in any order of its members, whole, in chunks and packed', async () => {
    const server = await start();
    const variables = memories(14, 45_000);
    const contents = variables.input.memories.map(({ content }) => ({ content }));
    const created = { data: { createMemories: { memories: contents } } };
    const bodies = [
      JSON.stringify({ query: CREATE, variables }),
      JSON.stringify({ variables, operationName: null, extensions: {}, query: CREATE }),
    ];
    for (const body of bodies) {
      expect(body.length * 2).toBeGreaterThan(LARGE);
      expect(await (await send(server, body)).json()).toEqual(created);
    }
    const [body = ''] = bodies;
    const chunk = bytes(body);
    expect(await (await send(server, inChunks([chunk.slice(0, 1_000_001), chunk.slice(1_000_001)]))).json()).toEqual(
      created,
    );
    // So much of the same would be refused for its ratio.
    const various = body.replaceAll('ééé', () => Math.random().toString(36).slice(2, 8));
    const packed = await send(server, gzipSync(various), { ...JSON_TYPE, 'content-encoding': 'gzip' });
    expect(await packed.text()).toContain('"data":{"createMemories":{"memories"');
  });

  test.each([
    ['a query', { query: TYPENAME }],
    [
      'a mutation that is none',
      { query: 'mutation ($a: String!) { upsertUser(input: {externalId: $a}) { __typename } }' },
    ],
    ['a document that only names one', { query: '{ __typename } # createMemories' }],
    [
      'another operation of a document that has one',
      { query: `query A { __typename } ${CREATE.replace('mutation', 'mutation B')}`, operationName: 'A' },
    ],
  ])('%s may not, wherever its variables stand', async (_what, asked) => {
    const server = await start();
    const variables = { a: 'x'.repeat(LARGE) };
    for (const body of [JSON.stringify({ ...asked, variables }), JSON.stringify({ variables, ...asked })]) {
      expect(await refusalOf(await send(server, body))).toEqual([413, 'REQUEST_ENTITY_TOO_LARGE', null]);
      expect(await refusalOf(await send(server, inChunks([bytes(body)])))).toEqual([
        413,
        'REQUEST_ENTITY_TOO_LARGE',
        null,
      ]);
    }
  });

  test('a credential that may not write is refused before it is sent', async () => {
    const server = await start();
    const { write, closed } = openSocket(server.url);
    write(postHead(LARGE, ['X-Test-Credential: acme/reader', 'X-Test-Scopes: READ']));
    expect(await closed).toMatch(/^HTTP\/1\.1 413 .*connection: close.*at most 1048576 bytes/is);
  });
});

test('the largest memory there may be fits into a body, however its characters are escaped', async () => {
  const server = await start();
  const escaped = (length: number) => '\\u00e9'.repeat(length);
  const context = `{"a": "${'x'.repeat(65_000)}"}`;
  const input = `{"companion": {"key": "iris"}, "type": "FACT", "content": "${escaped(100_000)}", "summary": "${escaped(10_000)}", "context": ${context}}`;
  const query = 'mutation ($input: CreateMemoryInput!) { createMemory(input: $input) { __typename } }';
  const response = await send(server, `{"query": ${JSON.stringify(query)}, "variables": {"input": ${input}}}`);
  expect(await response.json()).toEqual({ data: { createMemory: { __typename: 'CreateMemoryPayload' } } });
});

test('every bulk mutation is one', () => {
  const fields = schema.getMutationType()?.getFields() ?? {};
  for (const name of bulkMutations) expect(Object.keys(fields)).toContain(name);
});

describe('what the JSON of a request is made of', () => {
  const variables = (text: string) => `{"query": "query ($a: [Int]) { __typename }", "variables": {${text}}}`;
  const many = (value: string, count: number) => `[${Array(count).fill(value).join()}]`;

  test.each([
    ['values in one list', variables(`"b": ${many('1', 60_000)}`), 'at most 50,000 values in one list or object'],
    [
      'values in one list that is declared',
      variables(`"a": ${many('1', 60_000)}`),
      'at most 50,000 values in one list or object',
    ],
    ['objects in one list', variables(`"b": ${many('{}', 9_000)}`), 'at most 8,000 objects and lists in one list'],
    ['objects', `{"b": ${many(many('{}', 1_000), 260)}}`, 'at most 250,000 objects and lists'],
    ['values', `{"b": ${many(many('0', 2_000), 510)}}`, 'at most 1,000,000 values'],
    [
      'lists in each other',
      `{"b": ${'['.repeat(70_000)}${']'.repeat(70_000)}}`,
      'at most 60,000 objects and lists in each other',
    ],
    ['text', `{"b": "${'x'.repeat(4_200_000)}"}`, 'at most 4,194,304 bytes in one text'],
    ['variables', variables(Array.from({ length: 6_000 }, (_, at) => `"v${at}": 1`).join()), 'at most 5,000 variables'],
  ])('is counted before it is parsed: %s', async (_what, body, message) => {
    const server = await start({ requests: { maxBodyBytes: 5_000_000 } });
    for (const sent of [body, inChunks([bytes(body)])]) {
      const response = await send(server, sent);
      expect([response.status, await messageOf(response)]).toEqual([
        413,
        `The body is too large: ${message} are allowed.`,
      ]);
    }
  });

  test('is counted in a URL, too', async () => {
    const server = await start();
    const deep = '['.repeat(7_000);
    const response = await fetch(`${server.url}?query=${TYPENAME}&variables={"a":${deep}}`);
    expect([response.status, await messageOf(response)]).toEqual([
      400,
      'The JSON of the variables in the URL is not JSON: line 1, column 7006.',
    ]);
  });

  test('may be more for a bulk mutation alone', async () => {
    const server = await start();
    const some = Array.from({ length: 3 }, () => many('1', 40_000)).join();
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';
    const response = await send(server, `{"variables": {"ids": [${some}]}, "query": ${JSON.stringify(query)}}`);
    expect(await refusalOf(response)).toEqual([413, 'LIMIT_EXCEEDED', null]);
  });
});

describe('of variables', () => {
  test('only those are parsed that the operation declares; what they are does not matter otherwise', async () => {
    const server = await start();
    const query = 'query ($id: ID!) { memory(id: $id) { id } }';
    const id = 'mem_01h455vb4pex5vsknk084sn02q';
    const parse = JSON.parse;
    const parsed: string[] = [];
    JSON.parse = (text, ...more) => {
      parsed.push(text);
      return parse(text, ...more);
    };
    try {
      const response = await server.post(query, {}, { variables: { id, other: { marker: 'undeclared' } } });
      expect(await response.text()).toBe('{"data":{"memory":null}}');
    } finally {
      JSON.parse = parse;
    }
    expect(parsed).toContain(JSON.stringify(id));
    expect(parsed.filter((text) => text.includes('undeclared'))).toEqual([]);
  });

  test('a large one is the same in pieces', async () => {
    const server = await start();
    const context = {
      __proto__: null,
      list: Array.from({ length: 900 }, (_, at) => ({ at, text: '\\"\u2028😀'.repeat(3) })),
      empty: [{}, [], null],
    };
    const given = Array.from({ length: 30 }, (_, at) => ({
      type: 'EXPERIENCE',
      content: `piece ${at}`,
      context: { ...context, at },
    }));
    const query = CREATE.replace('memories { content }', 'memories { content context }');
    const response = await server.post(
      query,
      {},
      { variables: { input: { companion: { key: 'pieces' }, memories: given } } },
    );
    const expected = given.map(({ content, context }) => ({ content, context }));
    expect(await response.json()).toEqual({ data: { createMemories: { memories: expected } } });
  });
});
