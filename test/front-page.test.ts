import { expect, test } from 'vitest';
import { useServers } from './support/server.ts';

const start = useServers();
/** What browsers send. */
const html = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

test('/ leads browsers to GraphiQL', async () => {
  const { url } = await start();
  const root = new URL('/', url);
  const told = await fetch(root, { headers: { accept: html }, redirect: 'manual' });
  expect([told.status, told.headers.get('location'), told.headers.get('vary')]).toEqual([
    302,
    'graphql',
    expect.stringMatching(/\baccept\b/i),
  ]);
  const followed = await fetch(root, { headers: { accept: html } });
  expect(followed.url).toBe(url);
  expect(await followed.text()).toMatch(/<title>Palimpsest/);
});

const sentence = 'Palimpsest answers GraphQL at /graphql: send a POST with JSON.\n';

test('/ tells other clients where GraphQL is', async () => {
  const { url } = await start();
  for (const accept of ['*/*', 'application/json']) {
    const response = await fetch(new URL('/', url), { headers: { accept } });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(await response.text()).toBe(sentence);
  }
  expect((await fetch(new URL('/', url), { method: 'HEAD' })).status).toBe(200);
});

test('/ does so for browsers where GraphiQL is off, and is nothing that could be sent to', async () => {
  const { url } = await start({ graphiql: false });
  const response = await fetch(new URL('/', url), { headers: { accept: html }, redirect: 'manual' });
  expect([response.status, await response.text()]).toEqual([200, sentence]);
  const body = JSON.stringify({ query: '{ __typename }' });
  const sent = await fetch(new URL('/', url), {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  expect(sent.status).toBe(404);
});
