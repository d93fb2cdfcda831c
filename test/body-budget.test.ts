import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { BodyBudget } from '../src/http/requests/body-budget.ts';
import type { RequestSettings } from '../src/http/requests/settings.ts';
import { openSocket, postHead, refusalOf, useServers } from './support/server.ts';

const open = useServers();
const settings: Partial<RequestSettings> = { maxWorkspaceBytesInFlight: 1_000_000, maxBytesInFlight: 2_000_000 };
const TYPENAME = '{ __typename }';
const as = (credential: string) => ({ 'x-test-credential': credential });
const LARGE = 400_000;

/** Requests whose bodies are announced, begun and never ended. */
async function stall(url: string, credential: string, count: number, length = LARGE) {
  const sockets = Array.from({ length: count }, () => openSocket(url));
  for (const { write } of sockets) write(`${postHead(length, [`X-Test-Credential: ${credential}`])}{"query": `);
  await sleep(200);
  return sockets;
}

/** The same in chunks: each is held when it has come. */
async function stallInChunks(url: string, credential: string, count: number, length = LARGE) {
  const sockets = Array.from({ length: count }, () => openSocket(url));
  const head = [
    'POST /graphql HTTP/1.1',
    'Host: test',
    'Content-Type: application/json',
    `X-Test-Credential: ${credential}`,
  ];
  for (const { write } of sockets) {
    write(
      `${head.join('\r\n')}\r\nTransfer-Encoding: chunked\r\n\r\n${length.toString(16)}\r\n{"a": "${'x'.repeat(length - 7)}\r\n`,
    );
    await sleep(50);
  }
  await sleep(200);
  return sockets;
}

const large = (credential: string) => ({ headers: as(credential), more: { variables: { a: 'x'.repeat(LARGE) } } });

describe('bytes of requests in flight', () => {
  test.each([
    ['announced', stall],
    ['that have come in chunks', stallInChunks],
  ])('%s are bounded for a workspace: large bodies wait, small ones and others do not', async (_how, stalling) => {
    const { url, post } = await open({ requests: settings });
    const stalled = await stalling(url, 'acme/one', 3);
    // Two are held; the third was refused.
    await expect.poll(() => stalled.filter(({ received }) => /^HTTP\/1\.1 503 /.test(received))).toHaveLength(1);
    const refused = await post(TYPENAME, large('acme/two').headers, large('acme/two').more);
    const text = await refused.clone().text();
    expect(await refusalOf(refused)).toEqual([503, 'UNAVAILABLE', '1']);
    expect(text).toContain('This workspace already has requests of 1000000 bytes in progress');
    expect((await post(TYPENAME, as('acme/two'))).status).toBe(200);
    const { headers, more } = large('globex/one');
    expect((await post(TYPENAME, headers, more)).status).toBe(200);
    for (const { close } of stalled) close();
    await expect.poll(async () => (await post(TYPENAME, as('acme/two'), more)).status).toBe(200);
  });

  test('are bounded for the process', async () => {
    const { url, post } = await open({
      requests: { ...settings, maxBytesInFlight: 1_000_000, maxWorkspaceBytesInFlight: 900_000 },
    });
    const stalled = await stall(url, 'acme/one', 2);
    const { headers, more } = large('globex/one');
    const refused = await post(TYPENAME, headers, more);
    expect(await refused.text()).toContain('This server already has requests of 1000000 bytes in progress');
    expect((await post(TYPENAME, as('globex/one'))).status).toBe(200);
    for (const { close } of stalled) close();
    await expect.poll(async () => (await post(TYPENAME, headers, more)).status).toBe(200);
  });

  test('are counted unpacked', async () => {
    const { url } = await open({ requests: settings });
    const stalled = await stall(url, 'acme/one', 2);
    const body = gzipSync(JSON.stringify({ query: TYPENAME, variables: { a: 'x'.repeat(LARGE) } }));
    expect(body.length).toBeLessThan(2_000);
    const send = () =>
      fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' }, body });
    expect(await refusalOf(await send())).toEqual([503, 'UNAVAILABLE', '1']);
    for (const { close } of stalled) close();
    await expect.poll(async () => (await send()).status).toBe(200);
  });

  test('of a request that is alone are no reason to refuse it', async () => {
    const { post } = await open({ requests: { maxWorkspaceBytesInFlight: 1_000, maxBytesInFlight: 1_000 } });
    const { headers, more } = large('acme/one');
    for (let time = 0; time < 3; time++) expect((await post(TYPENAME, headers, more)).status).toBe(200);
  });

  test('are given back however a request ends', async () => {
    const { url, post } = await open({
      requests: {
        maxWorkspaceBytesInFlight: LARGE,
        maxBytesInFlight: LARGE,
        maxBodyBytes: 500_000,
        maxBulkBodyBytes: 500_000,
      },
    });
    const pad = 'x'.repeat(300_000);
    const bodies = [
      `{"a": "${pad}`,
      `{"query": "{", "a": "${pad}"}`,
      `["${pad}"]`,
      `{"query": "{ nil }", "a": "${pad}"}`,
      `"${pad}${pad}"`,
      '\xff'.repeat(300_000),
    ];
    for (const body of bodies) {
      await (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).text();
      const [gone] = await stall(url, 'acme/one', 1, 300_000);
      gone?.close();
      await expect.poll(async () => (await post(TYPENAME, {}, { a: pad })).status).toBe(200);
    }
  });
});

test('a budget gives back what was taken, in any order', () => {
  const budget = new BodyBudget({ process: 1_000_000, workspace: 600_000 });
  const [one, two, three] = [budget.open('acme'), budget.open('acme'), budget.open('globex')];
  one.take(300_000);
  two.take(200_000);
  expect(() => two.take(200_000)).toThrow(/^This workspace/);
  three.take(500_000);
  expect(() => two.take(1)).toThrow(/^This server/);
  budget.open('initech').take(60_000);
  expect(budget.held).toBe(1_060_000);
  one.release();
  two.take(200_000);
  two.release();
  three.release();
  one.release();
  expect(budget.held).toBe(60_000);
});
