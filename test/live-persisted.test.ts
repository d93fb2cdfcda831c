import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { defaultLimits } from '../src/graphql/cost/limits.ts';
import { readPersistedOperations } from '../src/http/plugins/persisted-operations.ts';
import { patience } from './support/calibration.ts';
import { type TestServer, useServers } from './support/server.ts';

vi.setConfig({ testTimeout: patience(60_000) });
const start = useServers();
const folder = mkdtempSync(join(tmpdir(), 'palimpsest-persisted-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const EVENTS = `subscription Followed($after: String) { events(companion: {key: "iris"}, after: $after) {
  cursor node { memory { content } } } }`;
const COSTLY = `subscription Costly($n: Int!) { events { node { memory { relations(first: $n) { nodes { to {
  relations(first: $n) { nodes { to { relations(first: $n) { nodes { to { content } } } } } } } } } } } } }`;
const CREATE = `mutation ($content: String!) { createMemory(input: {companion: {key: "iris"}, type: FACT, content: $content}) {
  __typename } }`;

let open: TestServer;
let strict: TestServer;
beforeAll(async () => {
  const file = join(folder, 'operations.json');
  writeFileSync(file, JSON.stringify(Object.fromEntries([EVENTS, COSTLY, CREATE].map((text) => [sha256(text), text]))));
  const persist = (only: boolean) =>
    readPersistedOperations({ persistedOperations: { file, only }, limits: defaultLimits });
  open = await start({ persistedOperations: await persist(false) });
  strict = await start({ persistedOperations: await persist(true) });
});

const persisted = (text: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash: sha256(text) } } });
const EVENT_STREAM = { 'content-type': 'application/json', accept: 'text/event-stream' };

/** The first event of a subscription; `meanwhile` is done when it has been answered. */
async function firstEvent(response: Response, meanwhile: () => Promise<unknown> = async () => {}) {
  await meanwhile();
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const [, data] = /^data: (\{.*\})\n\n/m.exec(text) ?? [];
    if (data) return JSON.parse(data);
  }
  return text;
}
const post = ({ url }: TestServer, body: object) =>
  fetch(url, { method: 'POST', headers: EVENT_STREAM, body: JSON.stringify(body) });
const get = ({ url }: TestServer, text: string, variables: object) => {
  const { extensions } = persisted(text);
  const query = { variables: JSON.stringify(variables), extensions: JSON.stringify(extensions) };
  return fetch(`${url}?${new URLSearchParams(query)}`, { headers: EVENT_STREAM });
};
const remember = (content: string) => () =>
  open.post('', {}, { query: undefined, variables: { content }, ...persisted(CREATE) });

test('a subscription of the operator’s is called by its hash, by POST and by GET', async () => {
  for (const [at, server] of [open, strict].entries()) {
    const first = await firstEvent(
      await post(server, { variables: {}, ...persisted(EVENTS) }),
      remember(`By POST ${at}.`),
    );
    const { cursor, node } = first.data.events;
    expect(node.memory.content).toBe(`By POST ${at}.`);
    // It continues after a cursor, as a document that is sent does.
    await remember(`Meanwhile ${at}.`)();
    const second = await firstEvent(await get(server, EVENTS, { after: cursor }));
    expect(second.data.events.node.memory.content).toBe(`Meanwhile ${at}.`);
  }
});

test('another one is refused where only these are allowed, and an unknown hash everywhere', async () => {
  const codeOf = async (response: Response) => {
    const text = await response.text();
    return /"code":"([A-Z_]+)"/.exec(text)?.[1];
  };
  expect(await codeOf(await post(strict, { query: EVENTS.replace('iris', 'otto') }))).toBe(
    'PERSISTED_QUERY_ID_REQUIRED',
  );
  for (const server of [open, strict])
    expect(await codeOf(await post(server, persisted('{ nothing }')))).toBe('PERSISTED_QUERY_NOT_FOUND');
});

test('it costs what it costs with its variables', async () => {
  const refused = await firstEvent(await post(strict, { variables: { n: 100 }, ...persisted(COSTLY) }));
  expect(refused.errors[0].extensions.code).toBe('LIMIT_EXCEEDED');
});

test('one that a client has registered by its hash is called by that', async () => {
  const server = await start();
  const query = EVENTS.replace('Followed', 'Registered');
  const missing = await post(server, { variables: {}, ...persisted(query) });
  expect(await missing.text()).toContain('PersistedQueryNotFound');
  const sent = await firstEvent(await post(server, { query, variables: {}, ...persisted(query) }), remember('Sent.'));
  expect(sent.data.events.node.memory.content).toBe('Sent.');
  const called = await firstEvent(await post(server, { variables: {}, ...persisted(query) }), remember('Called.'));
  expect(called.data.events.node.memory.content).toBe('Called.');
});
