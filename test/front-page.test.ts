import { expect, test } from 'vitest';
import { useServers } from './support/server.ts';

const start = useServers();
/** What browsers send. */
const html = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

test('/ shows browsers what there is to look at', async () => {
  const { url } = await start({ explorer: true });
  const response = await fetch(new URL('/', url), { headers: { accept: html } });
  expect([response.status, response.headers.get('content-type'), response.headers.get('vary')]).toEqual([
    200,
    'text/html; charset=utf-8',
    expect.stringMatching(/\baccept\b/i),
  ]);
  expect(response.headers.get('content-security-policy')).not.toMatch(/unsafe|\*/);
  const page = await response.text();
  // Relative addresses, for a proxy that serves all of this below a path of its own.
  expect([...page.matchAll(/href="([^"]*)"/g)].map(([, href]) => href)).toEqual(['explore', 'graphql']);
  expect(page).toContain('data-address="mcp"');
});

test('/ leads to nothing that is off', async () => {
  const { url } = await start({ explorer: false, mcp: false });
  const page = await (await fetch(new URL('/', url), { headers: { accept: html } })).text();
  expect([...page.matchAll(/href="([^"]*)"/g)].map(([, href]) => href)).toEqual(['graphql']);
  expect(page).not.toContain('mcp"');
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

test('/ does so for browsers where there is nothing to look at, and is nothing that could be sent to', async () => {
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
