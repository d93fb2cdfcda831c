import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { useRateLimit } from '../src/http/plugins/use-rate-limit.ts';
import { addressOf } from '../src/http/requests/address.ts';
import type { RequestSettings } from '../src/http/requests/settings.ts';
import { patience } from './support/calibration.ts';
import { openSocket, postHead, refusalOf, useServers } from './support/server.ts';

const open = useServers();
const start = (requests: Partial<RequestSettings>) => open({ requests });

const TYPENAME = '{ __typename }';
const as = (credential: string, more: Record<string, string> = {}) => ({ 'x-test-credential': credential, ...more });

test('a body of more bytes than MAX_BODY_BYTES is refused', async () => {
  const { post } = await start({ maxBodyBytes: 1_000 });
  expect((await post(TYPENAME, {}, { variables: { a: 'x'.repeat(900) } })).status).toBe(200);
  const refused = await post(TYPENAME, {}, { variables: { a: 'x'.repeat(1_000) } });
  expect(await refusalOf(refused)).toEqual([413, 'REQUEST_ENTITY_TOO_LARGE', null]);
});

describe('a credential that sends more than RATE_LIMIT_PER_MINUTE', () => {
  test('is told when to ask again, and others are not', async () => {
    const { post } = await start({ ratePerMinute: 3 });
    const statuses = await Promise.all(Array.from({ length: 3 }, async () => (await post(TYPENAME)).status));
    expect(statuses).toEqual([200, 200, 200]);
    const refused = await post(TYPENAME);
    const [status, code, retryAfter] = await refusalOf(refused);
    expect([status, code]).toEqual([429, 'RATE_LIMITED']);
    expect(retryAfter).toMatch(/^[1-9]\d?$/);
    expect(Number(retryAfter)).toBeLessThanOrEqual(60);
    expect((await post(TYPENAME, as('acme/two'))).status).toBe(200);
    expect((await post(TYPENAME, as('globex/one'))).status).toBe(200);
  });

  test('is answered before it has sent the body, and its connection is closed', async () => {
    const { url, post } = await start({ ratePerMinute: 1 });
    await post(TYPENAME);
    const started = performance.now();
    const { write, closed } = openSocket(url);
    write(postHead(20_000_000));
    write('{"query": ');
    expect(await closed).toMatch(/^HTTP\/1\.1 429 .*connection: close/is);
    expect(performance.now() - started).toBeLessThan(patience(5_000));
  });

  test('is 6,000 where nothing is set, and none for callers of a server without credentials', async () => {
    const { url } = await start({ maxConcurrentRequests: 10_000 });
    // The first refusal closes the connection.
    expect(await sendMany(url, 'globex/one', 6_010)).toEqual({ 200: 6_000, 429: 1 });
    expect(await sendMany(url, 'local', 6_010)).toEqual({ 200: 6_010 });
  });

  test('may send as many as it likes where that is 0', () => {
    expect(useRateLimit(0)).toEqual({});
  });
});

describe('an address that asks without a credential that is known', () => {
  const stranger = as('nobody');

  test('more often than AUTH_FAILURES_PER_MINUTE is refused, and a known credential from there is not', async () => {
    const { post } = await start({ authFailuresPerMinute: 3 });
    for (let time = 0; time < 3; time++)
      expect(await refusalOf(await post(TYPENAME, stranger))).toEqual([401, 'UNAUTHENTICATED', null]);
    for (let time = 0; time < 3; time++) {
      const [status, code, retryAfter] = await refusalOf(await post(TYPENAME, stranger));
      expect([status, code]).toEqual([429, 'RATE_LIMITED']);
      expect(retryAfter).toMatch(/^[1-9]\d?$/);
      expect((await post(TYPENAME, as('acme/one'))).status).toBe(200);
    }
  });

  test('is not what X-Forwarded-For says, unless TRUST_PROXY does', async () => {
    const from = (address: string) => ({ ...stranger, 'x-forwarded-for': address });
    const direct = await start({ authFailuresPerMinute: 2 });
    for (const address of ['1.1.1.1', '2.2.2.2']) await direct.post(TYPENAME, from(address));
    expect((await direct.post(TYPENAME, from('3.3.3.3'))).status).toBe(429);

    const proxied = await start({ authFailuresPerMinute: 2, trustedProxies: 1 });
    const statuses: number[] = [];
    // A client may send the header, too: what it says stands before what the proxy adds.
    for (const address of ['9.9.9.9, 1.1.1.1', '8.8.8.8, 1.1.1.1', '7.7.7.7, 1.1.1.1', '1.1.1.1, 2.2.2.2']) {
      statuses.push((await proxied.post(TYPENAME, from(address))).status);
    }
    expect(statuses).toEqual([401, 401, 429, 401]);
  });

  test('may bring one that is known as often as it likes', async () => {
    const { post } = await start({ authFailuresPerMinute: 2 });
    for (let time = 0; time < 5; time++) expect((await post(TYPENAME)).status).toBe(200);
  });

  test.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff::1', '2001:db8:1:2::/64'],
    ['2001:DB8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::ffff:cb00:7109', '203.0.113.9'],
  ])('%s counts as %s', (remoteAddress, network) => {
    const request = { socket: { remoteAddress }, headers: {} } as unknown as IncomingMessage;
    expect(addressOf(request, 0)).toBe(network);
  });

  test.each([
    ['203.0.113.9', '203.0.113.9'],
    ['203.0.113.9:4711', '203.0.113.9'],
    ['[2001:db8:1:2::3]:4711', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::3]', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::3', '2001:db8:1:2::/64'],
    ['[::ffff:203.0.113.9]:4711', '203.0.113.9'],
    ['9.9.9.9:1, 203.0.113.9:4711', '203.0.113.9'],
    ['unknown', '198.51.100.1'],
    ['203.0.113.9:4711:1', '198.51.100.1'],
    ['[evil]:1', '198.51.100.1'],
    ['', '198.51.100.1'],
  ])('X-Forwarded-For %s counts as %s', (told, network) => {
    const headers = { 'x-forwarded-for': told };
    const request = { socket: { remoteAddress: '198.51.100.1' }, headers } as unknown as IncomingMessage;
    expect(addressOf(request, 1)).toBe(network);
  });

  test('behind a proxy that no setting names is told about once', async () => {
    const { post, logged } = await start({});
    await post(TYPENAME);
    expect(logged).toEqual([]);
    for (let time = 0; time < 3; time++) await post(TYPENAME, { 'x-forwarded-for': '203.0.113.9' });
    expect(logged).toEqual([expect.stringMatching(/X-Forwarded-For.*TRUST_PROXY/)]);
    const known = await start({ trustedProxies: 1 });
    await known.post(TYPENAME, { 'x-forwarded-for': '203.0.113.9' });
    expect(known.logged).toEqual([]);
  });
});

/** Bytes of a body that is counted before it is read. */
const LARGE = 100_000;

describe('a workspace with MAX_CONCURRENT_REQUESTS in flight', () => {
  /** Requests whose bodies are on the way. */
  const stall = async (url: string, credential: string, count: number) => {
    const sockets = Array.from({ length: count }, () => openSocket(url));
    for (const { write } of sockets) {
      write(postHead(LARGE, [`X-Test-Credential: ${credential}`]));
      write('{"query": ');
    }
    await sleep(200);
    return sockets;
  };

  test('is told to come again, and others are answered', async () => {
    const { url, post } = await start({ maxConcurrentRequests: 4 });
    const stalled = await stall(url, 'acme/one', 4);
    expect(await refusalOf(await post(TYPENAME, as('acme/two')))).toEqual([503, 'UNAVAILABLE', '1']);
    expect((await post(TYPENAME, as('globex/one'))).status).toBe(200);
    stalled[0]?.write(`"{ __typename }" }${' '.repeat(LARGE - 28)}`);
    await expect.poll(() => stalled[0]?.received).toContain('"data"');
    expect((await post(TYPENAME, as('acme/two'))).status).toBe(200);
    for (const { close } of stalled) close();
  });

  test('counts nobody who has gone', async () => {
    const { url, post } = await start({ maxConcurrentRequests: 4 });
    for (let round = 0; round < 3; round++) {
      const stalled = await stall(url, 'acme/one', 4);
      expect((await post(TYPENAME)).status).toBe(503);
      for (const { close } of stalled) close();
      await expect.poll(async () => (await post(TYPENAME)).status).toBe(200);
    }
  });

  test('is not counted twice where a request fails', async () => {
    const { url, post } = await start({ maxConcurrentRequests: 1, maxBodyBytes: 1_000 });
    const bodies = [
      '{',
      '{"query": "{"}',
      '[]',
      '{"query": "{ nil }"}',
      'x'.repeat(2_000),
      '{"query": "mutation { a }"}',
    ];
    for (const body of bodies) {
      await (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).text();
      await (await fetch(`${url}?query=${encodeURIComponent(body)}`, { method: 'PUT' })).text();
      expect((await post(TYPENAME)).status).toBe(200);
    }
  });
});

/** How often each status comes, of so many requests sent one behind the other on one connection. */
async function sendMany(url: string, credential: string, times: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const { socket, closed } = openSocket(url);
  const request = (more: string) =>
    `GET /graphql?query={__typename} HTTP/1.1\r\nHost: test\r\nX-Test-Credential: ${credential}\r\n${more}\r\n`;
  socket.write(request('').repeat(times - 1) + request('Connection: close\r\n'));
  for (const [, status = ''] of (await closed).matchAll(/HTTP\/1\.1 (\d+) /g))
    counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
