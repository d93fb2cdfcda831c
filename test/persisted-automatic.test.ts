import { createHash } from 'node:crypto';
import { Client, createRequest, fetchExchange, gql } from '@urql/core';
import { describe, expect, test } from 'vitest';
import { DocumentStore } from '../src/http/plugins/document-store.ts';
import { type TestServer, useServers } from './support/server.ts';

const start = useServers();
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hashOf = (sha256Hash: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash } } });

async function call({ url }: TestServer, body: object, credential = 'acme/one', method = 'POST'): Promise<unknown> {
  const headers = { 'content-type': 'application/json', 'x-test-credential': credential };
  const query = new URLSearchParams(
    Object.entries(body).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
  const response = await (method === 'POST'
    ? fetch(url, { method, headers, body: JSON.stringify(body) })
    : fetch(`${url}?${query}`, { headers }));
  const { data, errors } = (await response.json()) as {
    data?: unknown;
    errors?: { message: string; extensions: { code: string } }[];
  };
  return data ?? [errors?.[0]?.message, errors?.[0]?.extensions.code];
}

const QUERY = 'query A { viewer { workspace { name } } }';
const NOT_FOUND = ['PersistedQueryNotFound', 'PERSISTED_QUERY_NOT_FOUND'];
const NOT_SUPPORTED = ['PersistedQueryNotSupported', 'PERSISTED_QUERY_NOT_SUPPORTED'];

describe('a document that a client has sent with its hash', () => {
  test.each(['POST', 'GET'])('is called by it then, first by %s, by its own workspace alone', async (method) => {
    const server = await start();
    const answer = { viewer: { workspace: { name: 'acme' } } };
    expect(await call(server, hashOf(sha256(QUERY)))).toEqual(NOT_FOUND);
    expect(await call(server, { query: QUERY, ...hashOf(sha256(QUERY)) }, 'acme/one', method)).toEqual(answer);
    for (const how of ['POST', 'GET']) {
      expect(await call(server, hashOf(sha256(QUERY)), 'acme/two', how)).toEqual(answer);
      expect(await call(server, hashOf(sha256(QUERY).toUpperCase()), 'acme/two', how)).toEqual(answer);
      expect(await call(server, hashOf(sha256(QUERY)), 'globex/one', how)).toEqual(NOT_FOUND);
    }
  });

  test('is refused with the hash of another, and not kept', async () => {
    const server = await start();
    const other = sha256('{ __typename }');
    for (const hash of [other, 'x', sha256(QUERY).slice(1)]) {
      expect(await call(server, { query: QUERY, ...hashOf(hash) })).toEqual([
        expect.stringMatching(/^provided sha does not match query/),
        'BAD_REQUEST',
      ]);
      expect(await call(server, hashOf(hash))).toEqual(NOT_FOUND);
    }
    expect(await call(server, hashOf(sha256(QUERY)))).toEqual(NOT_FOUND);
  });

  test('is bound by what binds every document', async () => {
    const server = await start();
    const mutation = 'mutation { upsertUser(input: { externalId: "maya" }) { __typename } }';
    expect(await call(server, { query: mutation, ...hashOf(sha256(mutation)) })).toHaveProperty('upsertUser');
    expect(await call(server, hashOf(sha256(mutation)), 'acme/one', 'GET')).toEqual([expect.anything(), 'BAD_REQUEST']);
  });

  test('is not asked for where that is switched off: clients are told so, and send the whole', async () => {
    const server = await start({ requests: { automaticPersistedQueries: false } });
    expect(await call(server, hashOf(sha256(QUERY)))).toEqual(NOT_SUPPORTED);
    expect(await call(server, { query: QUERY, ...hashOf(sha256(QUERY)) })).toHaveProperty('viewer');
    expect(await call(server, hashOf(sha256(QUERY)), 'acme/one', 'GET')).toEqual(NOT_SUPPORTED);
  });

  test('is no part of a request without either', async () => {
    const server = await start();
    expect(await call(server, { extensions: {} })).toEqual(['Must provide query string.', 'BAD_REQUEST']);
    expect(await call(server, { extensions: { persistedQuery: { version: 2, sha256Hash: 'x' } } })).toEqual([
      'Must provide query string.',
      'BAD_REQUEST',
    ]);
  });
});

describe('the store of documents', () => {
  test('keeps those asked for lately, up to so many bytes of each workspace', () => {
    const store = new DocumentStore();
    const long = 'x'.repeat(40_000);
    store.set('globex', 'theirs', '{ a }');
    store.set('acme', 'first', '{ a }');
    for (let at = 0; at < 20; at++) store.set('acme', `${at}`, long);
    expect(store.get('acme', 'first')).toBeUndefined();
    expect(store.get('acme', '0')).toBeUndefined();
    expect(store.get('acme', '19')).toBe(long);
    expect(store.get('globex', 'theirs')).toBe('{ a }');
    store.set('acme', 'too long', 'x'.repeat(600_000));
    expect(store.get('acme', 'too long')).toBeUndefined();
    expect(store.get('acme', '19')).toBe(long);
  });

  test('keeps so many documents, of so many workspaces', () => {
    const store = new DocumentStore();
    for (let at = 0; at < 1_001; at++) store.set('acme', `${at}`, '{ a }');
    expect([store.get('acme', '0'), store.get('acme', '1000')]).toEqual([undefined, '{ a }']);
    for (let at = 0; at < 64; at++) store.set(`${at}`, 'a', '{ a }');
    expect([store.get('acme', '1000'), store.get('63', 'a')]).toEqual([undefined, '{ a }']);
  });
});

test('urql is told that a document is missing by its own sign of it', async () => {
  const server = await start();
  const client = new Client({ url: server.url, exchanges: [fetchExchange], preferGetMethod: false });
  const request = createRequest(gql`query A { viewer { workspace { name } } }`, {});
  const ask = (more: object) =>
    client
      .executeQuery({
        ...request,
        extensions: { persistedQuery: { version: 1, sha256Hash: sha256('{ nothing }'), ...more } },
      } as never)
      .toPromise();
  expect((await ask({ miss: false })).error?.graphQLErrors[0]?.message).toBe('PersistedQueryNotFound');
});
