import { execFileSync } from 'node:child_process';
import dns from 'node:dns';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import type { LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Agents, isPublic, makeAgents } from '../src/domain/webhook/address.ts';
import { send } from '../src/domain/webhook/send.ts';
import { patience } from './support/calibration.ts';
import { type Receiver, startReceiver } from './support/receiver.ts';

const PRIVATE = 'Its address is one of this machine or of a private network: see WEBHOOK_PRIVATE_ADDRESSES.';
const lookup = dns.lookup;
let receiver: Receiver;
let agents: Agents | undefined;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.stop());
afterEach(() => {
  agents?.destroy();
  dns.lookup = lookup;
  syncBuiltinESMExports();
  receiver.received.length = 0;
});

/** What is sent to a URL. */
const sendTo = (url: string, privateAddresses = false) => {
  agents = makeAgents({ privateAddresses });
  const signal = new AbortController().signal;
  return send({ url, headers: {}, body: '{}' }, { agents, signal, timeoutMs: patience(1_000) });
};

/** From now on names are looked up as these addresses, the next time as the next of them. */
function resolveAs(...answers: string[][]): void {
  // biome-ignore lint/suspicious/noExplicitAny: the function has several forms
  dns.lookup = ((_name: string, options: { all?: boolean }, callback: (...of: any[]) => void) => {
    const [addresses = []] = answers.length > 1 ? answers.splice(0, 1) : answers;
    if (options.all)
      callback(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      );
    else callback(null, addresses[0], 4);
    // biome-ignore lint/suspicious/noExplicitAny: see above
  }) as any;
  syncBuiltinESMExports();
}

const at = (host: string) => Object.assign(new URL(receiver.url), { hostname: host }).href;

test.each([
  ['93.184.216.34', true],
  ['2606:2800:220:1::1', true],
  ['127.0.0.1', false],
  ['::1', false],
  ['::ffff:93.184.216.34', false],
  ['169.254.169.254', false],
  ['100.64.0.1', false],
  ['192.0.2.1', false],
  ['198.18.0.1', false],
  ['240.0.0.1', false],
  ['fec0::1', false],
  ['::5db8:d822', false],
  ['168.63.129.16', false],
  ['no address', false],
])('%s is public: %s', (address, is) => {
  expect(isPublic(address)).toBe(is);
});

describe('a connection', () => {
  test('goes to no private address, whether it is said or looked up', async () => {
    for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]', 'localhost']) {
      expect(await sendTo(at(host))).toEqual({ statusCode: null, error: PRIVATE, retryAfterMs: null });
    }
    resolveAs(['127.0.0.1']);
    expect((await sendTo(at('hooks.example'))).error).toBe(PRIVATE);
    resolveAs(['169.254.169.254']);
    expect((await sendTo(at('hooks.example'))).error).toBe(PRIVATE);
    expect(receiver.received).toEqual([]);
  });

  test('goes to none of several addresses where one is private', async () => {
    resolveAs(['93.184.216.34', '127.0.0.1']);
    expect((await sendTo(at('hooks.example'))).error).toBe(PRIVATE);
    expect(receiver.received).toEqual([]);
  });

  test('is checked each time: a name that has changed its address gains nothing', async () => {
    resolveAs(['93.184.216.34'], ['127.0.0.1']);
    agents = makeAgents({ privateAddresses: false });
    // What connects looks a name up by this. The first address is not connected to: it is somebody's.
    const { options } = agents.of(at('hooks.example')) as unknown as { options: { lookup: LookupFunction } };
    const checked = new Promise((resolve) =>
      options.lookup('hooks.example', { all: true }, (...answer) => resolve(answer)),
    );
    expect(await checked).toEqual([null, [{ address: '93.184.216.34', family: 4 }], undefined]);
    agents.destroy();
    expect((await sendTo(at('hooks.example'))).error).toBe(PRIVATE);
    expect(receiver.received).toEqual([]);
  });

  test('goes there where the operator allows it', async () => {
    expect(await sendTo(receiver.url, true)).toMatchObject({ statusCode: 204, error: null });
    resolveAs(['127.0.0.1']);
    expect(await sendTo(at('hooks.example'), true)).toMatchObject({ statusCode: 204, error: null });
    expect(receiver.received).toHaveLength(2);
  });
});

test('redirects are not followed, and what is answered is not read without end', async () => {
  receiver.reply = ({ path }) =>
    path === '/hook'
      ? { status: 302, headers: { location: receiver.url.replace('/hook', '/elsewhere') } }
      : { status: 200, body: 'x'.repeat(5_000_000) };
  expect(await sendTo(receiver.url, true)).toMatchObject({
    statusCode: 302,
    error: expect.stringMatching(/redirects/),
  });
  expect(receiver.received.map(({ path }) => path)).toEqual(['/hook']);
  expect(await sendTo(receiver.url.replace('/hook', '/long'), true)).toMatchObject({ statusCode: 200, error: null });
  receiver.reply = () => undefined;
});

test('a certificate that nobody vouches for is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'palimpsest-certificate-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject], {
    stdio: 'ignore',
  });
  const secured = await startReceiver((listener) =>
    createHttpsServer({ key: readFileSync(key), cert: readFileSync(cert) }, listener),
  );
  const answer = await sendTo(secured.url.replace('http:', 'https:'), true);
  expect(answer).toMatchObject({ statusCode: null, error: expect.stringMatching(/^Its certificate is not valid/) });
  expect(secured.received).toEqual([]);
  await secured.stop();
  rmSync(folder, { recursive: true, force: true });
});
