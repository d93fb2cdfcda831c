import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits } from '../src/graphql/cost/limits.ts';
import { readPersistedOperations } from '../src/http/plugins/persisted-operations.ts';
import { ConfigError } from '../src/library/config.ts';
import { type Refusal, type TestServer, useServers } from './support/server.ts';

const start = useServers();
const folder = mkdtempSync(join(tmpdir(), 'palimpsest-persisted-'));
afterAll(() => rmSync(folder, { recursive: true }));

const answerOf = async (response: Response) => {
  const { errors, data } = (await response.json()) as Refusal;
  return errors ? [response.status, errors[0]?.extensions.code, errors[0]?.message] : data;
};

describe('INTROSPECTION=false', () => {
  test('refuses what asks for the schema, and names nothing of it', async () => {
    const { post } = await start({ requests: { introspection: false } });
    for (const query of [
      '{ __schema { types { name } } }',
      '{ __type(name: "Memory") { name } }',
      getIntrospectionQuery(),
    ]) {
      const [status, code, message] = (await answerOf(await post(query))) as string[];
      expect([status, code]).toEqual([200, 'GRAPHQL_VALIDATION_FAILED']);
      expect(message).toContain('GraphQL introspection has been disabled');
    }
    expect(await answerOf(await post('{ vieweR { id } }'))).toEqual([
      200,
      'GRAPHQL_VALIDATION_FAILED',
      'Cannot query field "vieweR" on type "Query".',
    ]);
    expect(await answerOf(await post('{ __typename }'))).toEqual({ __typename: 'Query' });
  });

  test('is not what a server does without', async () => {
    const { post } = await start({});
    expect(await answerOf(await post('{ __type(name: "Memory") { name } }'))).toEqual({ __type: { name: 'Memory' } });
    const [, , message] = (await answerOf(await post('{ vieweR { id } }'))) as string[];
    expect(message).toContain('Did you mean "viewer"');
  });
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const byHash = (...documents: string[]) => Object.fromEntries(documents.map((text) => [sha256(text), text]));
const VIEWER = 'query Viewer { viewer { workspace { name } } }';
const USER =
  'query User($id: String!, $n: Int) { user(by: {externalId: $id}) { externalId } companions(first: $n) { nodes { key } } }';
const UPSERT = 'mutation Upsert($id: String!) { upsertUser(input: {externalId: $id}) { __typename } }';
const SCHEMA = '{ __schema { queryType { name } } }';

let files = 0;
const fileOf = (content: unknown) => {
  const file = join(folder, `${files++}.json`);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
};
const persist = (content: unknown, only = false) =>
  readPersistedOperations({ persistedOperations: { file: fileOf(content), only }, limits: defaultLimits });
const call = ({ url }: TestServer, hash: string, variables: object = {}, more: object = {}) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ variables, extensions: { persistedQuery: { version: 1, sha256Hash: hash } }, ...more }),
  });

describe('PERSISTED_OPERATIONS', () => {
  let open: TestServer;
  let strict: TestServer;
  const documents = byHash(VIEWER, USER, UPSERT, SCHEMA);
  beforeAll(async () => {
    open = await start({ persistedOperations: await persist(documents), requests: { introspection: false } });
    strict = await start({ persistedOperations: await persist(documents, true), requests: { introspection: false } });
  });

  test('are called by their hash, by POST and by GET, mutations by POST alone', async () => {
    for (const server of [open, strict]) {
      for (let time = 0; time < 2; time++) {
        expect(await answerOf(await call(server, sha256(VIEWER)))).toEqual({ viewer: { workspace: { name: 'acme' } } });
      }
      expect(await answerOf(await call(server, sha256(VIEWER).toUpperCase()))).toHaveProperty('viewer');
      expect(await answerOf(await call(server, sha256(UPSERT), { id: 'maya' }))).toHaveProperty('upsertUser');
      const variables = { id: 'maya', n: 1 };
      const found = { user: { externalId: 'maya' }, companions: { nodes: [] } };
      expect(await answerOf(await call(server, sha256(USER), variables))).toEqual(found);
      const get = (text: string) =>
        fetch(
          `${server.url}?${new URLSearchParams({
            variables: JSON.stringify(variables),
            extensions: JSON.stringify({ persistedQuery: { version: 1, sha256Hash: sha256(text) } }),
          })}`,
        );
      expect(await answerOf(await get(USER))).toEqual(found);
      expect((await get(UPSERT)).status).toBe(405);
    }
  });

  test('are bound by the limits of documents, and by INTROSPECTION', async () => {
    for (const server of [open, strict]) {
      const [status, code] = (await answerOf(
        await call(server, sha256(USER), { id: 'maya', n: 100_000_000 }),
      )) as string[];
      expect([status, code]).toEqual([200, 'LIMIT_EXCEEDED']);
      const refused = await answerOf(await call(server, sha256(SCHEMA)));
      expect(refused).toEqual([200, 'GRAPHQL_VALIDATION_FAILED', expect.stringContaining('introspection')]);
    }
    const told = await fetch(open.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-cost': '1' },
      body: JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: sha256(VIEWER) } } }),
    });
    expect(((await told.json()) as { extensions: { cost: object } }).extensions.cost).toMatchObject({ depth: 3 });
  });

  test('that are not there are asked for again in full, where that is allowed', async () => {
    const unknown = sha256('{ __typename }');
    expect(await answerOf(await call(open, unknown))).toEqual([
      200,
      'PERSISTED_QUERY_NOT_FOUND',
      'PersistedQueryNotFound',
    ]);
    expect(await answerOf(await call(open, unknown, {}, { query: '{ __typename }' }))).toEqual({ __typename: 'Query' });
    expect(await answerOf(await open.post('{ __typename }'))).toEqual({ __typename: 'Query' });
    // It is not kept.
    expect(await answerOf(await call(open, unknown))).toHaveLength(3);
    expect(await answerOf(await call(open, unknown, {}, { extensions: {} }))).toEqual([
      200,
      'BAD_REQUEST',
      'Must provide query string, or the hash of a persisted operation.',
    ]);
  });

  test('are all there is with PERSISTED_OPERATIONS_ONLY', async () => {
    expect(await answerOf(await call(strict, sha256('{ __typename }')))).toEqual([
      200,
      'PERSISTED_QUERY_NOT_FOUND',
      'No persisted operation has this hash: add it to the file of the server.',
    ]);
    const only = [200, 'PERSISTED_QUERY_ID_REQUIRED', expect.stringContaining('only persisted operations')];
    expect(await answerOf(await strict.post(VIEWER))).toEqual(only);
    expect(await answerOf(await call(strict, sha256(VIEWER), {}, { query: '{ __typename }' }))).toEqual(only);
    expect(await answerOf(await call(strict, '', {}, { extensions: {} }))).toEqual(only);
    expect(await answerOf(await fetch(`${strict.url}?query={__typename}`))).toEqual(only);
    const graphql = { method: 'POST', headers: { 'content-type': 'application/graphql' }, body: '{ __typename }' };
    expect(await answerOf(await fetch(strict.url, graphql))).toEqual(only);
    const [status] = (await answerOf(
      await strict.post(VIEWER, { accept: 'application/graphql-response+json' }),
    )) as number[];
    expect(status).toBe(400);
    const hashes = [{ a: 1 }, null, 7, '__proto__', 'constructor', sha256(VIEWER).slice(1)] as string[];
    for (const hash of hashes) {
      const [, code] = (await answerOf(await call(strict, hash))) as string[];
      expect(code).toMatch(/^PERSISTED_QUERY_(?:NOT_FOUND|ID_REQUIRED)$/);
    }
  });
});

describe('a file of PERSISTED_OPERATIONS is refused, in one sentence, that', () => {
  const wide = `{ ${Array.from({ length: 600 }, (_, n) => `a${n}: __typename`).join(' ')} }`;
  test.each<[string, unknown, string]>([
    ['is no JSON', '{', 'a JSON object is expected'],
    ['is no object', [VIEWER], 'a JSON object is expected'],
    ['has other keys', { viewer: VIEWER }, 'a JSON object is expected'],
    ['has what is no text', { [sha256(VIEWER)]: { text: VIEWER } }, 'a JSON object is expected'],
    [
      'has a hash of another document',
      { [sha256(VIEWER)]: USER },
      `the document under ${sha256(VIEWER)} has the SHA-256 ${sha256(USER)}`,
    ],
    [
      'has what is no document',
      byHash('{'),
      `the document ${sha256('{')} is refused: Syntax Error: Expected Name, found <EOF>`,
    ],
    ['has what does not validate', byHash(VIEWER, '{ nil }'), 'is refused: Cannot query field "nil" on type "Query"'],
    ['has what is over a limit', byHash(wide), 'at most 500'],
  ])('%s', async (_what, content, sentence) => {
    const error = await persist(content).catch((reason) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(/^PERSISTED_OPERATIONS=\S+\.json cannot be used: [^\n]+[^.]\.$/);
    expect(error.message).toContain(sentence);
  });

  test('is not there', async () => {
    const file = join(folder, 'none.json');
    await expect(
      readPersistedOperations({ persistedOperations: { file, only: true }, limits: defaultLimits }),
    ).rejects.toThrow(new ConfigError(`PERSISTED_OPERATIONS=${file} cannot be used: there is no such file.`));
  });
});
