import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { RequestSettings } from '../src/http/requests/settings.ts';
import { patience } from './support/calibration.ts';
import { openSocket, postHead, useServers } from './support/server.ts';

const open = useServers();
const start = (requests: Partial<RequestSettings>) => open({ requests });

const BODY = '{"query": "{ __typename }"}';
const GET = 'GET /graphql?query={__typename} HTTP/1.1\r\nHost: test\r\n\r\n';

describe('a client that takes longer than REQUEST_TIMEOUT_MS', () => {
  const settings = { requestTimeoutMs: patience(600), maxConcurrentRequests: 1 };

  test.each([
    ['to say anything', [], patience(100)],
    ['to send its headers, a byte at a time', [...GET], patience(60)],
    ['to send its body, a byte at a time', [postHead(BODY.length), ...BODY], patience(60)],
    ['to send the rest of its body', [postHead(BODY.length), BODY.slice(0, 5)], patience(60)],
    [
      'to send a body in chunks',
      [
        'POST /graphql HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
        '5\r\n',
        '{"que\r\n',
      ],
      patience(60),
    ],
  ])('%s is cut off, and holds nothing', async (_what, pieces, everyMs) => {
    const { url, post } = await start(settings);
    const started = performance.now();
    const { write, closed } = openSocket(url);
    void (async () => {
      for (const piece of pieces) {
        write(piece);
        await sleep(everyMs);
      }
    })();
    expect(await closed).toMatch(/^(?:HTTP\/1\.1 408 Request Timeout\r\n.*)?$/s);
    expect(performance.now() - started).toBeGreaterThan(patience(600) - 50);
    expect(performance.now() - started).toBeLessThan(patience(5_000));
    await expect.poll(async () => (await post('{ __typename }')).status).toBe(200);
  });

  const page = 'GET /graphql HTTP/1.1\r\nHost: test\r\nAccept: text/html\r\n\r\n';
  test.each([
    ['its answer', page],
    ['what comes after its first answer', GET + page],
  ])('to take %s is cut off', async (_what, requests) => {
    const { url } = await start(settings);
    const { length } = await (await fetch(url, { headers: { accept: 'text/html' } })).text();
    const { socket, write, closed } = openSocket(url);
    socket.once('data', () => socket.pause());
    // More than the two sockets take in between them.
    write(requests + page + page.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    await sleep(patience(3_000));
    socket.resume();
    expect((await closed).length).toBeLessThan(3 * length);
  });

  test('but not for its answer is answered', async () => {
    const { url } = await start(settings);
    const { write, closed } = openSocket(url);
    const body = JSON.stringify({ query: '{ __typename }' });
    for (const piece of [postHead(body.length, ['Connection: close']), body.slice(0, 5), body.slice(5)]) {
      write(piece);
      await sleep(100);
    }
    expect(await closed).toMatch(/^HTTP\/1\.1 200 .*"__typename":"Query"/s);
  });
});

test('clients that send their bodies slowly keep nobody of their workspace waiting', async () => {
  const { url, post } = await start({ requestTimeoutMs: patience(5_000), maxConcurrentRequests: 2 });
  const slow = Array.from({ length: 4 }, () => openSocket(url));
  for (const { write } of slow) write(postHead(BODY.length, ['Connection: close']) + BODY.slice(0, 5));
  await sleep(200);
  expect((await post('{ __typename }')).status).toBe(200);
  for (const { write } of slow) write(BODY.slice(5));
  for (const { closed } of slow) expect(await closed).toMatch(/^HTTP\/1\.1 (?:200|503) /);
});

test('a client that goes away in the middle of its request, or breaks it off, is nothing to speak of', async () => {
  const { url, post, logged } = await start({});
  const chunked = postHead(0).replace(/Content-Length: 0/i, 'Transfer-Encoding: chunked');
  const broken = ['zz\r\n', '5\r\nab\r\n0\r\n\r\n', 'ffffffffffffffff\r\nx'].map((chunk) => chunked + chunk);
  const cut = ['POST /gra', postHead(BODY.length), postHead(BODY.length) + BODY.slice(0, 5)];
  for (const sent of [...cut, ...broken]) {
    const { write, close, closed } = openSocket(url);
    write(sent);
    await sleep(50);
    close();
    await closed;
  }
  await sleep(100);
  expect((await post('{ __typename }')).status).toBe(200);
  expect(logged).toEqual([]);
});

test('a client that reads only when it has sent far too much reads why it is refused', async () => {
  const { url } = await start({ maxBodyBytes: 1_000_000 });
  const { socket, write, closed } = openSocket(url);
  socket.pause();
  write('POST /graphql HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n');
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
  for (let sent = 0; sent < 300 && socket.writable; sent++) {
    if (!socket.write(chunk)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
  }
  socket.resume();
  expect(await closed).toMatch(/^HTTP\/1\.1 413 .*connection: close.*REQUEST_ENTITY_TOO_LARGE/is);
});

test('a connection is kept KEEP_ALIVE_TIMEOUT_MS for the next request', async () => {
  const { url } = await start({ keepAliveTimeoutMs: patience(1_000) });
  const started = performance.now();
  const connection = openSocket(url);
  connection.write(GET);
  await sleep(patience(500));
  connection.write(GET);
  const received = await connection.closed;
  expect(received.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  expect(performance.now() - started).toBeGreaterThan(patience(1_500) - 100);
  expect(performance.now() - started).toBeLessThan(patience(6_000));
});

test('a connection above MAX_CONNECTIONS is closed at once, unanswered, and there is room when others have gone', async () => {
  const { url } = await start({ maxConnections: 3 });
  const held = Array.from({ length: 3 }, () => openSocket(url));
  for (const { write } of held) write(GET);
  await expect.poll(() => held.every(({ received }) => received.includes('"Query"'))).toBe(true);
  const further = openSocket(url);
  further.write(GET);
  expect(await further.closed).toBe('');
  expect(held.some(({ isClosed }) => isClosed)).toBe(false);
  held[0]?.close();
  await expect
    .poll(async () => {
      const next = openSocket(url);
      next.write(GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
      return next.closed;
    })
    .toContain('"Query"');
  for (const { close } of held) close();
});

describe('one address', () => {
  const close = GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
  test('has MAX_CONNECTIONS_PER_ADDRESS, and leaves the others to others', async () => {
    const { url } = await start({ maxConnections: 10, maxConnectionsPerAddress: 3 });
    const held = Array.from({ length: 3 }, () => openSocket(url));
    for (const { write } of held) write(GET);
    await expect.poll(() => held.every(({ received }) => received.includes('"Query"'))).toBe(true);
    const further = openSocket(url);
    further.write(GET);
    expect(await further.closed).toBe('');
    const other = openSocket(url, '127.0.0.2');
    other.write(close);
    expect(await other.closed).toContain('"Query"');
    held[0]?.close();
    await expect
      .poll(() => {
        const next = openSocket(url);
        next.write(close);
        return next.closed;
      })
      .toContain('"Query"');
    for (const each of held) each.close();
  });

  test('behind a proxy has so many requests, whatever connections the proxy has', async () => {
    const { url } = await start({ maxConnectionsPerAddress: 2, trustedProxies: 1 });
    const from = (address: string) => [`X-Forwarded-For: ${address}`, 'Connection: close'];
    const stall = (address: string) => {
      const socket = openSocket(url);
      socket.write(postHead(BODY.length, from(address)) + BODY.slice(0, 5));
      return socket;
    };
    const held = [stall('203.0.113.9:1'), stall('203.0.113.9:2'), stall('[2001:db8::1]:1'), stall('[2001:db8::2]:1')];
    await sleep(200);
    const ask = (address: string) => {
      const socket = openSocket(url);
      socket.write(postHead(BODY.length, from(address)) + BODY);
      return socket.closed;
    };
    expect(await ask('203.0.113.9:3')).toMatch(/^HTTP\/1\.1 429 .*retry-after: 1.*RATE_LIMITED/is);
    expect(await ask('[2001:db8::3]:1')).toMatch(/^HTTP\/1\.1 429 /);
    expect(await ask('[2001:db8:0:1::3]:1')).toMatch(/^HTTP\/1\.1 200 /);
    held[0]?.write(BODY.slice(5));
    expect(await held[0]?.closed).toMatch(/^HTTP\/1\.1 200 /);
    await expect.poll(() => ask('203.0.113.9:3')).toMatch(/^HTTP\/1\.1 200 /);
    for (const each of held) each.close();
  });
});

describe('what makes no request is refused, and no answer holds a stack:', () => {
  test.each([
    ['a Host that is none', 'GET /graphql HTTP/1.1\r\nHost: ]bad[\r\n'],
    ['a Host with a port that is none', 'GET /graphql HTTP/1.1\r\nHost: test:99999\r\n'],
    [
      'a Host of spaces',
      'POST /graphql HTTP/1.1\r\nHost: a b\r\nContent-Type: application/json\r\nContent-Length: 2\r\n',
    ],
    ['no Host', 'GET /graphql HTTP/1.1\r\n'],
    ['a path that is none', 'GET graphql HTTP/1.1\r\nHost: test\r\n'],
    ['a URL as of a proxy', 'GET http://test:port/graphql HTTP/1.1\r\nHost: test\r\n'],
    ['a star', 'OPTIONS * HTTP/1.1\r\nHost: test\r\n'],
    ['a method that is none', 'NONE /graphql HTTP/1.1\r\nHost: test\r\n'],
    ['too many headers', `GET /graphql HTTP/1.1\r\nHost: test\r\nX: ${'x'.repeat(20_000)}\r\n`],
    ['two lengths', 'POST /graphql HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\nContent-Length: 2\r\n'],
    [
      'a length and chunks',
      'POST /graphql HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n',
    ],
    ['a URL that is wrongly escaped', 'GET /graphql?query=%E0%A4%A HTTP/1.1\r\nHost: test\r\n'],
    ['a path that is wrongly escaped', 'GET /%E0%A4%A/graphql HTTP/1.1\r\nHost: test\r\n'],
    ['what is accepted by none', 'GET /graphql?query={__typename} HTTP/1.1\r\nHost: test\r\nAccept: image/png\r\n'],
  ])('%s', async (_what, head) => {
    const { url, logged } = await start({});
    const { write, closed } = openSocket(url);
    write(`${head}Connection: close\r\n\r\n`);
    const received = await closed;
    expect(received).toMatch(/^HTTP\/1\.1 [24]\d\d /);
    expect(received).not.toMatch(/\bat .*[:/]\d|\.[jt]s:\d|node_modules|node:internal/);
    expect(logged).toEqual([]);
  });
});

test('a body of a gigabyte costs neither time nor memory', async () => {
  const { url } = await start({});
  const before = process.memoryUsage().rss;
  const started = performance.now();
  for (const credential of ['nobody', 'acme/one']) {
    const { write, closed } = openSocket(url);
    write(postHead(1_000_000_000, [`X-Test-Credential: ${credential}`]));
    for (let n = 0; n < 50; n++) write('x'.repeat(1_000_000));
    expect(await closed).toMatch(/^(?:HTTP\/1\.1 4(?:01|13) .*)?$/s);
  }
  expect(performance.now() - started).toBeLessThan(patience(5_000));
  expect(process.memoryUsage().rss - before).toBeLessThan(500_000_000);
});
