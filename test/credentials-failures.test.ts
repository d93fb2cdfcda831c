import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../src/db/database.ts';
import type { Tenant } from '../src/db/transaction.ts';
import { write } from '../src/db/write.ts';
import { createKey } from '../src/domain/credential/api-keys.ts';
import { authenticateBy, type LookUp } from '../src/domain/credential/authenticate.ts';
import type { JwtSettings } from '../src/domain/credential/jwt.ts';
import { newApiKey } from '../src/domain/credential/secret.ts';
import type { Embeddings } from '../src/domain/embedding/embeddings.ts';
import { openWorkspace } from '../src/domain/workspace/workspaces.ts';
import { AuthFailures } from '../src/http/plugins/auth-failures.ts';
import { createService, listen } from '../src/http/server.ts';
import { newId } from '../src/kernel/ids.ts';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';

const SECRET = 'a secret of at least thirty-two characters';
const PER_MINUTE = 5;

let database: Database & { statements: string[] };
let embeddings: Embeddings;
let acme: Tenant;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  database = recordStatements(await openTestDatabase());
  embeddings = await localEmbeddings();
  acme = await openWorkspace(database, 'acme', 'operator', embeddings.model);
});
afterAll(async () => {
  for (const stop of stops) await stop();
  await database.close();
});

/** A server that takes credentials, behind a proxy whose address all of its clients have. */
async function serve(jwt?: JwtSettings, ttlMs?: number) {
  const authenticate = authenticateBy(database, jwt, ttlMs);
  const requests = { authFailuresPerMinute: PER_MINUTE };
  const service = createService({ database, authenticate, embeddings, graphiql: false, requests, log: () => {} });
  const { url, stop } = await listen(service, 0);
  stops.push(stop);
  const post = async (token?: string) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      body: '{"query": "{ viewer { workspace { name } } }"}',
    });
    const { errors } = (await response.json()) as { errors?: { message: string; extensions: { code: string } }[] };
    return { status: response.status, retryAfter: response.headers.get('retry-after'), error: errors?.[0] };
  };
  const statuses = async (count: number, tokenOf: (n: number) => string | undefined) =>
    (await Promise.all(Array.from({ length: count }, (_, n) => post(tokenOf(n))))).map(({ status }) => status);
  return { post, statuses };
}

const keyOf = async (): Promise<string> =>
  (await write(acme, (tx) => createKey(tx, { name: 'agent', scopes: ['READ'], expiresAt: null }))).token;
/** A key that looks like one, of a workspace that there is or is not. */
const madeUp = (workspaceId = newId()) => newApiKey(workspaceId, newId()).token;

describe('however many requests of an address fail,', () => {
  test.each([
    ['have no credential', () => undefined],
    ['have one that is none', () => 'pal_nothing'],
    ['have a key that there is not', () => madeUp()],
    ['have a key that this workspace does not have', () => madeUp(acme.workspaceId)],
  ])('a valid key from there passes, whether it was used before or not: where they %s', async (_what, token) => {
    const [used, fresh] = await Promise.all([keyOf(), keyOf()]);
    const { post, statuses } = await serve();
    expect((await post(used)).status).toBe(200);
    const failed = await statuses(12 * PER_MINUTE, token);
    expect(new Set(failed)).toEqual(new Set([401, 429]));
    expect(failed.filter((status) => status === 401)).toHaveLength(PER_MINUTE);
    expect(await statuses(10, (n) => (n % 2 ? used : fresh))).toEqual(Array(10).fill(200));
    expect((await post(token())).retryAfter).toMatch(/^[1-9]\d?$/);
  });

  test('a valid key passes in the middle of them, and again when it has to be looked up again', async () => {
    const fresh = await keyOf();
    const { statuses } = await serve(undefined, 1);
    for (let round = 0; round < 3; round++) {
      const mixed = await statuses(100, (n) => (n === 60 ? fresh : madeUp(acme.workspaceId)));
      expect(mixed[60]).toBe(200);
      expect(mixed.filter((status) => status === 200)).toHaveLength(1);
    }
  });

  test('credentials that have not the form of any are not looked up', async () => {
    const { statuses } = await serve();
    const before = database.statements.length;
    await statuses(50, (n) => ['pal_nothing', undefined, `${madeUp()}x`, madeUp().replace('pal_', 'pal_-')][n % 4]);
    expect(database.statements.length).toBe(before);
  });
});

test('the look-ups of an address that fails too often are done one at a time, and no more than 1,000 wait', async () => {
  const failures = new AuthFailures(1);
  const lookUp = failures.lookUpFor('203.0.113.9') as LookUp;
  let [running, most, done] = [0, 0, 0];
  const gate = Promise.withResolvers<void>();
  const run = async () => {
    most = Math.max(most, ++running);
    await gate.promise;
    running--;
    done++;
  };
  const asked = Array.from({ length: 1_010 }, () => lookUp(run).catch((error) => error.extensions.code));
  const refused = (await Promise.race([Promise.all(asked.slice(-5)), sleep(30_000)])) as string[];
  expect(refused).toEqual(Array(5).fill('RATE_LIMITED'));
  gate.resolve();
  await Promise.all(asked);
  // One that was within the limit, and those in turn.
  expect([most, done]).toEqual([2, 1_001]);
});

describe('a JWT', () => {
  const common = { issuer: 'https://issuer.test', audience: 'us', workspaceClaim: 'workspace', scopesClaim: 'scope' };
  const bySecret = { ...common, key: { secret: SECRET } };
  const signed = (claims: object) =>
    new SignJWT({ iss: common.issuer, aud: 'us', workspace: 'acme', scope: 'read', exp: 4e9, ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(SECRET));
  const nested = JSON.parse(`${'['.repeat(3_000)}${']'.repeat(3_000)}`);
  const odd = [
    null,
    true,
    0,
    -1,
    1e300,
    0.5,
    '',
    'text',
    '\u0000',
    '\ud800',
    'x'.repeat(3_000),
    [],
    [[]],
    [null, 1, { toString: 1 }],
    {},
    { toString: 1, valueOf: null },
    { length: 1, 0: 'read' },
    nested,
  ];

  test.each(['iss', 'aud', 'sub', 'exp', 'nbf', 'iat', 'jti', 'workspace', 'scope'])(
    'with any value of %s is 401 or taken, and no failure of the server',
    async (claim) => {
      const authenticate = authenticateBy(database, bySecret);
      const service = createService({ database, authenticate, embeddings, graphiql: false, log: () => {} });
      for (const value of odd) {
        const response = await service.fetch('http://test/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${await signed({ [claim]: value })}` },
          body: '{"query": "{ __typename }"}',
        });
        const answer = await response.text();
        expect([200, 401], `${JSON.stringify(value).slice(0, 50)}: ${answer}`).toContain(response.status);
        if (response.status === 401) expect(answer).toContain('UNAUTHENTICATED');
      }
    },
  );

  test('that is not even one is 401', async () => {
    const { post } = await serve(bySecret);
    const [head, body, signature] = (await signed({})).split('.');
    const base64 = (text: string) => Buffer.from(text).toString('base64url');
    const broken = [
      'a',
      'a.b',
      '..',
      `${head}.${body}.`,
      `${base64('{"alg":"HS256","crit":["exp"]}')}.${body}.${signature}`,
      `${base64('{"alg":{}}')}.${body}.${signature}`,
      `${base64('null')}.${body}.${signature}`,
      `${head}.${base64('[]')}.${signature}`,
      `${head}.${base64('\ufffd')}.${signature}`,
    ];
    for (const token of broken) expect([401, 429], token).toContain((await post(token)).status);
  });

  test('may come from an issuer whose clock is up to 5 seconds off', async () => {
    const now = Math.floor(Date.now() / 1_000);
    const { post } = await serve({ ...bySecret });
    const codeOf = async (claims: object) => (await post(await signed(claims))).status;
    expect(await codeOf({ exp: now - 2 })).toBe(200);
    expect(await codeOf({ nbf: now + 4 })).toBe(200);
    expect(await codeOf({ exp: now - 10 })).toBe(401);
    expect(await codeOf({ nbf: now + 60 })).toBe(401);
  });

  describe('by the keys of its issuer', () => {
    let issuer: Server;
    let port: number;
    let fetched = 0;
    let answer: (n: number) => { status: number; body: string };
    const pairs = new Map<string, Awaited<ReturnType<typeof generateKeyPair>>>();
    const jwkOf = async (kid: string): Promise<JWK> => {
      const pair = pairs.get(kid) ?? (await generateKeyPair('ES256', { extractable: true }));
      pairs.set(kid, pair);
      return { ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256', use: 'sig' };
    };
    const tokenOf = (kid: string, named: string | undefined = kid) =>
      new SignJWT({ workspace: 'acme', scope: 'read' })
        .setIssuer(common.issuer)
        .setAudience('us')
        .setExpirationTime('5m')
        .setJti(String(Math.random()))
        .setProtectedHeader({ alg: 'ES256', ...(named && { kid: named }) })
        .sign(pairs.get(kid)?.privateKey as CryptoKey);
    const keys = async (...kids: string[]) => ({
      status: 200,
      body: JSON.stringify({ keys: await Promise.all(kids.map(jwkOf)) }),
    });
    const byKeys = () => serve({ ...common, key: { jwksUrl: `http://127.0.0.1:${port}/jwks` } });

    beforeAll(async () => {
      issuer = createServer((_request, response) => {
        const { status, body } = answer(fetched++);
        if (status === 0) response.destroy();
        else response.writeHead(status, { 'content-type': 'application/json' }).end(body);
      });
      await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
      ({ port } = issuer.address() as AddressInfo);
      for (const kid of ['one', 'two', 'other']) await jwkOf(kid);
    });
    beforeEach(() => {
      fetched = 0;
    });
    afterAll(() => issuer.close());

    test.each([
      ['break off', { status: 0, body: '' }],
      ['are a failure', { status: 500, body: 'no' }],
      ['are no JSON', { status: 200, body: '<html>' }],
      ['are no keys', { status: 200, body: '{"keys": 7}' }],
    ])('is 503 where these %s, counts for nothing, and passes when they can be fetched', async (_what, failing) => {
      answer = () => failing;
      const { post, statuses } = await byKeys();
      const token = await tokenOf('one');
      const told = await post(token);
      expect([told.status, told.error?.extensions.code, told.retryAfter]).toEqual([503, 'UNAVAILABLE', '2']);
      expect(await statuses(3 * PER_MINUTE, () => token)).toEqual(Array(3 * PER_MINUTE).fill(503));
      // Neither does each of them ask the issuer again.
      expect(fetched).toBeLessThan(5);
      const good = await keys('one');
      answer = () => good;
      await expect.poll(async () => (await post(await tokenOf('one'))).status, { timeout: 5_000 }).toBe(200);
      expect((await post('a.b.c')).status).toBe(401);
    });

    test('is verified without fetching them each time; an unknown one fetches them no more than once in 30 seconds', async () => {
      const good = await keys('one');
      answer = () => good;
      const { post, statuses } = await byKeys();
      for (let time = 0; time < 5; time++) expect((await post(await tokenOf('one'))).status).toBe(200);
      expect(fetched).toBe(1);
      const forged = await Promise.all(Array.from({ length: 20 }, () => tokenOf('other')));
      await statuses(20, (n) => forged[n]);
      expect(fetched).toBe(1);
      expect((await post(await tokenOf('one'))).status).toBe(200);
    });

    test('is verified by any of them where it names none', async () => {
      const good = await keys('one', 'two');
      answer = () => good;
      const { post } = await byKeys();
      for (const kid of ['one', 'two']) expect((await post(await tokenOf(kid, ''))).status).toBe(200);
      expect((await post(await tokenOf('other', ''))).status).toBe(401);
    });
  });
});
