import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { defineAdmin } from '../src/cli/admin.ts';
import { newProgram, parse } from '../src/cli/parser.ts';
import type { Database } from '../src/db/database.ts';
import type { Tenant } from '../src/db/transaction.ts';
import { write } from '../src/db/write.ts';
import { createKey } from '../src/domain/credential/api-keys.ts';
import { authenticateBy, authenticateLocally } from '../src/domain/credential/authenticate.ts';
import type { JwtSettings } from '../src/domain/credential/jwt.ts';
import { publicKeyId } from '../src/domain/credential/secret.ts';
import type { Embeddings } from '../src/domain/embedding/embeddings.ts';
import { openWorkspace } from '../src/domain/workspace/workspaces.ts';
import { schema } from '../src/graphql/schema.ts';
import { createService } from '../src/http/server.ts';
import type { AccessScope } from '../src/kernel/principal.ts';
import { readConfig } from '../src/library/config.ts';
import { patience } from './support/calibration.ts';
import { openTestDatabase } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import type { Answer } from './support/service.ts';
import { tablesWith } from './support/tables.ts';

/** How long a credential is taken for good in these tests, instead of seconds. */
const TTL_MS = 150;
const SECRET = 'a secret of at least thirty-two characters';

let database: Database;
let embeddings: Embeddings;
let acme: Tenant;
let globex: Tenant;

beforeAll(async () => {
  [database, embeddings] = await Promise.all([openTestDatabase(), localEmbeddings()]);
  acme = await openWorkspace(database, 'acme', 'operator', embeddings.model);
  globex = await openWorkspace(database, 'globex', 'operator', embeddings.model);
});
afterAll(() => database.close());

/** A service that takes API keys and JWTs, and what it answers to a document. */
function serviceWith(jwt?: JwtSettings) {
  const authenticate = authenticateBy(database, jwt, TTL_MS);
  const service = createService({ database, authenticate, embeddings, graphiql: true, log: () => {} });
  return async (authorization: string | undefined, query: string, variables = {}) => {
    const response = await service.fetch('http://test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as Answer;
    return { status: response.status, headers: response.headers, data, errors };
  };
}

const keyOf = (tenant: Tenant, scopes: AccessScope[], expiresAt: Date | null = null) =>
  write(tenant, (tx) => createKey(tx, { name: 'agent', scopes, expiresAt }));
const bearer = (token: string) => `Bearer ${token}`;
const WHO = '{ viewer { scopes workspace { name } } }';
const CREATE = `mutation ($content: String!) {
  createMemories(input: { companion: { key: "iris" }, memories: [{ content: $content, type: FACT }] }) {
    ... on CreateMemoriesPayload { memories { id } }
    ... on Error { code }
  }
}`;
const refusedFor = (message: RegExp) => ({
  status: 401,
  data: undefined,
  errors: [{ message: expect.stringMatching(message), extensions: { code: 'UNAUTHENTICATED' } }],
});

describe('an API key', () => {
  const send = (...asked: Parameters<ReturnType<typeof serviceWith>>) => serviceWith()(...asked);

  test('decides on the workspace and the scopes', async () => {
    const [one, other] = await Promise.all([keyOf(acme, ['READ', 'WRITE']), keyOf(globex, ['READ'])]);
    const viewer = async (token: string) => (await send(bearer(token), WHO)).data.viewer;
    expect(await viewer(one.token)).toEqual({ scopes: ['READ', 'WRITE'], workspace: { name: 'acme' } });
    expect(await viewer(other.token)).toEqual({ scopes: ['READ'], workspace: { name: 'globex' } });
    await send(bearer(one.token), CREATE, { content: 'told to acme alone' });
    const list = '{ memories { nodes { content } } }';
    expect((await send(bearer(one.token), list)).data.memories.nodes).toEqual([{ content: 'told to acme alone' }]);
    expect((await send(bearer(other.token), list)).data.memories.nodes).toEqual([]);
  });

  test('is kept as a hash alone, and what was done by it bears its name', async () => {
    const { token } = await keyOf(acme, ['READ', 'WRITE']);
    const secret = token.slice(token.lastIndexOf('_') + 1).toLowerCase();
    expect(await tablesWith(database, secret)).toEqual([]);
    const { data } = await send(bearer(token), CREATE, { content: 'by whom' });
    const [{ id }] = data.createMemories.memories;
    const history = await send(bearer(token), `{ memory(id: "${id}") { history(first: 1) { nodes { actor } } } }`);
    expect(history.data.memory.history.nodes).toEqual([{ actor: 'key:agent' }]);
  });

  test('is refused where it is not whole, not known, of another workspace, or said in another way', async () => {
    const [{ token }, { token: other }] = await Promise.all([keyOf(acme, ['READ']), keyOf(globex, ['READ'])]);
    const wrong = token.endsWith('A') ? `${token.slice(0, -1)}B` : `${token.slice(0, -1)}A`;
    const crossed = `${other.slice(0, 30)}${token.slice(30)}`;
    for (const text of [
      wrong,
      crossed,
      `${token}x`,
      token.slice(0, -1),
      'pal_',
      `pal_${'0'.repeat(52)}_${'a'.repeat(43)}`,
    ]) {
      expect(await send(bearer(text), WHO), text).toMatchObject(refusedFor(/^The API key is not known\.$/));
    }
    expect(await send(bearer('sesame'), WHO)).toMatchObject(refusedFor(/an API key, pal_…, is expected/));
    for (const header of [undefined, '', token, `Basic ${token}`, 'Bearer', `Bearer ${token} ${token}`]) {
      const answer = await send(header, WHO);
      expect(answer, header).toMatchObject(refusedFor(/send the header Authorization: Bearer/));
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  test('that has expired is refused, at the moment it does', async () => {
    const past = await keyOf(acme, ['READ'], new Date(Date.now() - 1_000));
    expect(await send(bearer(past.token), WHO)).toMatchObject(refusedFor(/^The API key key_\w+ has expired\.$/));
    const soon = await keyOf(acme, ['READ'], new Date(Date.now() + patience(1_000)));
    const ask = serviceWith();
    expect((await ask(bearer(soon.token), WHO)).status).toBe(200);
    await vi.waitFor(async () => expect((await ask(bearer(soon.token), WHO)).status).toBe(401), {
      timeout: patience(5_000),
    });
  });

  test('that is revoked is refused soon after, also where it is in use', async () => {
    const { token, key } = await keyOf(acme, ['READ']);
    const ask = serviceWith();
    expect((await ask(bearer(token), WHO)).status).toBe(200);
    await admin(['key', 'revoke', 'acme', publicKeyId(key.id)]);
    await vi.waitFor(
      async () =>
        expect(await ask(bearer(token), WHO)).toMatchObject(refusedFor(/^The API key key_\w+ has been revoked\.$/)),
      { timeout: patience(10) * TTL_MS },
    );
  });

  test('is asked for before the body is read, and not for GraphiQL’s page', async () => {
    const authenticate = authenticateBy(database);
    const service = createService({ database, authenticate, embeddings, graphiql: true, log: () => {} });
    const headers = { 'content-type': 'application/json' };
    const broken = await service.fetch('http://test/graphql', { method: 'POST', headers, body: '{ not json' });
    expect(broken.status).toBe(401);
    const page = await service.fetch('http://test/graphql', { headers: { accept: 'text/html' } });
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
  });
});

describe('a scope', () => {
  const send = (...asked: Parameters<ReturnType<typeof serviceWith>>) => serviceWith()(...asked);

  test('READ does not write', async () => {
    const { token } = await keyOf(acme, ['READ']);
    const { data } = await send(bearer(token), CREATE, { content: 'never' });
    expect(data).toEqual({ createMemories: { code: 'FORBIDDEN' } });
  });

  test('WRITE alone gets the ids of what it made, and reads nothing by way of them', async () => {
    const { token } = await keyOf(acme, ['WRITE']);
    const { data } = await send(bearer(token), CREATE, { content: 'written' });
    expect(data.createMemories.memories).toEqual([{ id: expect.stringMatching(/^mem_/) }]);
    const forbidden = (field: string) => ({
      data: undefined,
      errors: [{ extensions: { code: 'FORBIDDEN', requiredScope: 'READ', field } }],
    });
    const through = (selection: string) =>
      `mutation { createMemories(input: { companion: { key: "iris" }, memories: [{ content: "more", type: FACT }] }) { ...F } }
       fragment F on CreateMemoriesPayload { memories { ${selection} } }`;
    const before = await countMemories();
    expect(await send(bearer(token), through('content'))).toMatchObject(forbidden('Memory.content'));
    expect(await send(bearer(token), through('id companion { memories { nodes { id } } }'))).toMatchObject(
      forbidden('Memory.companion'),
    );
    expect(await countMemories(), 'refused as a whole').toBe(before);
    const { data: none, errors } = await send(bearer(token), '{ memories { totalCount } }');
    expect([none, errors?.[0]?.extensions.code]).toEqual([null, 'FORBIDDEN']);
  });

  const countMemories = async () => {
    const { token } = await keyOf(acme, ['READ']);
    return (await send(bearer(token), '{ memories { totalCount } }')).data.memories.totalCount as number;
  };

  test.each([
    'deleteCompanion(input: { companion: { key: "iris" } })',
    'deleteUser(input: { user: { externalId: "maya" } })',
    'setDecayPolicy(input: { type: FACT, halfLifeDays: 3 })',
  ])('ADMIN is needed by %s', async (mutation) => {
    const document = `mutation { it: ${mutation} { __typename ... on ForbiddenError { requiredScope } } }`;
    const [lesser, admins] = await Promise.all([keyOf(globex, ['READ', 'WRITE']), keyOf(globex, ['ADMIN'])]);
    expect((await send(bearer(lesser.token), document)).data.it).toEqual({
      __typename: 'ForbiddenError',
      requiredScope: 'ADMIN',
    });
    expect((await send(bearer(admins.token), document)).data.it.__typename).not.toBe('ForbiddenError');
  });

  test('is stated by every query and mutation', () => {
    const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
      Object.values(type?.getFields() ?? {}),
    );
    expect(fields.length).toBeGreaterThan(30);
    for (const { name, description, extensions } of fields) {
      expect(['READ', 'WRITE', 'ADMIN'], name).toContain(extensions.scope);
      expect(description, name).toContain(`Needs the scope ${extensions.scope}.`);
    }
  });
});

describe('a JWT', () => {
  let server: Server;
  let jwksUrl: string;
  let privateKey: CryptoKey;
  let publicPem: string;
  beforeAll(async () => {
    const pair = await generateKeyPair('RS256', { extractable: true });
    privateKey = pair.privateKey;
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
    publicPem = JSON.stringify(jwk);
    server = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  });
  afterAll(() => server.close());

  const common = {
    issuer: 'https://issuer.test',
    audience: 'palimpsest',
    workspaceClaim: 'workspace',
    scopesClaim: 'scope',
  };
  const secretKey = new TextEncoder().encode(SECRET);
  const claims = { workspace: 'acme', scope: 'openid read write' };
  const make = (given: object = claims) =>
    new SignJWT({ sub: 'ada', ...given }).setIssuer(common.issuer).setAudience('palimpsest').setExpirationTime('5m');
  const hs256 = (token: SignJWT) => token.setProtectedHeader({ alg: 'HS256' }).sign(secretKey);
  const rs256 = (token: SignJWT) => token.setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(privateKey);
  const bySecret = () => serviceWith({ ...common, key: { secret: SECRET } });
  const byKeys = () => serviceWith({ ...common, key: { jwksUrl } });

  test('decides on the workspace and the scopes, by a secret or by public keys', async () => {
    const viewer = { scopes: ['READ', 'WRITE'], workspace: { name: 'acme' } };
    expect((await bySecret()(bearer(await hs256(make())), WHO)).data.viewer).toEqual(viewer);
    expect((await byKeys()(bearer(await rs256(make())), WHO)).data.viewer).toEqual(viewer);
    const list = await hs256(make({ workspace: 'globex', scope: ['READ', 'palimpsest'] }));
    expect((await bySecret()(bearer(list), WHO)).data.viewer).toEqual({
      scopes: ['READ'],
      workspace: { name: 'globex' },
    });
    const key = await keyOf(globex, ['READ']);
    expect((await bySecret()(bearer(key.token), WHO)).status, 'API keys are still taken').toBe(200);
  });

  test('names its claims as configured', async () => {
    const ask = serviceWith({
      ...common,
      workspaceClaim: 'https://x.test/tenant',
      scopesClaim: 'permissions',
      key: { secret: SECRET },
    });
    const token = await hs256(make({ 'https://x.test/tenant': 'globex', permissions: ['read'] }));
    expect((await ask(bearer(token), WHO)).data.viewer).toEqual({ scopes: ['READ'], workspace: { name: 'globex' } });
  });

  test('may hold for longer than there are dates', async () => {
    const token = await hs256(make().setExpirationTime(1e300));
    expect((await bySecret()(bearer(token), WHO)).status).toBe(200);
  });

  test('without scopes may nothing', async () => {
    const { data, errors } = await bySecret()(bearer(await hs256(make({ workspace: 'acme' }))), WHO);
    expect([data, errors?.[0]?.extensions.code]).toEqual([null, 'FORBIDDEN']);
  });

  test('is refused for what is wrong with it', async () => {
    const ask = bySecret();
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await hs256(make())).split('.')[1]}.`;
    const cases: [string, RegExp][] = [
      [await hs256(make().setExpirationTime('-1m')), /has expired/],
      [await hs256(make().setIssuer('https://other.test')), /claim iss is not what is expected/],
      [await hs256(make().setAudience('other')), /claim aud is not what is expected/],
      [await hs256(make().setNotBefore('5m')), /claim nbf is not what is expected/],
      [await hs256(make({ scope: 'read' })), /claim workspace is missing/],
      [await hs256(make({ workspace: 7 })), /names no workspace/],
      [await hs256(make({ workspace: 'initech', scope: 'read' })), /does not exist/],
      [
        await new SignJWT(claims)
          .setIssuer(common.issuer)
          .setAudience('palimpsest')
          .setProtectedHeader({ alg: 'HS256' })
          .sign(secretKey),
        /claim exp is missing/,
      ],
      [
        await make()
          .setProtectedHeader({ alg: 'HS256' })
          .sign(new TextEncoder().encode('x'.repeat(40))),
        /signature does not fit/,
      ],
      [await hs256(make({ ...claims, sub: 7 })), /claim sub must have/],
      [await hs256(make({ ...claims, sub: '' })), /claim sub must have/],
      [await hs256(make({ ...claims, sub: 'a\u0000b' })), /claim sub must have/],
      [await hs256(make({ ...claims, sub: 'x'.repeat(201) })), /claim sub must have/],
      [unsigned, /not accepted/],
      ['a.b.c', /not accepted/],
    ];
    for (const [token, message] of cases)
      expect(await ask(bearer(token), WHO), `${message}`).toMatchObject(refusedFor(message));
  });

  test('signed with the public key as if it were a secret is refused', async () => {
    const forged = await make()
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(new TextEncoder().encode(publicPem));
    expect(await byKeys()(bearer(forged), WHO)).toMatchObject(refusedFor(/not accepted/));
  });
});

describe('without credentials', () => {
  test.each(['localhost', 'localhost:4000', '127.0.0.1:4000', '[::1]:4000', 'LocalHost:1'])(
    '%s is answered',
    (host) => {
      expect(authenticateLocally('w')({ headers: new Headers({ host }) })).toMatchObject({ workspaceId: 'w' });
    },
  );

  test.each(['evil.test', 'evil.test:4000', 'localhost.evil.test', '10.0.0.1', '127.0.0.1.evil.test'])(
    'a page that calls this machine %s is not',
    (host) => {
      expect(() => authenticateLocally('w')({ headers: new Headers({ host }) })).toThrow(/localhost/);
    },
  );

  test.each([
    { HOST: '0.0.0.0' },
    { HOST: '::' },
    { HOST: 'palimpsest.test' },
    { HOST: '10.0.0.1', CREDENTIALS: 'none' },
  ])('nothing but the loopback interface is listened on: %o', (env) => {
    expect(() => readConfig(env)).toThrow(/CREDENTIALS=required/);
    expect(readConfig({ ...env, CREDENTIALS: 'required' })).toMatchObject({ host: env.HOST, credentials: 'required' });
  });
});

describe('settings of JWTs', () => {
  const whole = { JWT_ISSUER: 'i', JWT_AUDIENCE: 'a', JWT_SECRET: SECRET };
  test('turn credentials on', () => {
    expect(readConfig(whole)).toMatchObject({ credentials: 'required', demo: false, jwt: { key: { secret: SECRET } } });
    expect(readConfig({})).toMatchObject({ credentials: 'none', host: '127.0.0.1', demo: true, jwt: undefined });
  });

  test.each<[Record<string, string>, RegExp]>([
    [{ ...whole, JWT_ISSUER: '' }, /need JWT_ISSUER/],
    [{ ...whole, JWT_AUDIENCE: '' }, /JWT_AUDIENCE/],
    [{ ...whole, JWT_SECRET: '' }, /either JWT_JWKS_URL or JWT_SECRET/],
    [{ ...whole, JWT_JWKS_URL: 'https://issuer.test/keys' }, /either JWT_JWKS_URL or JWT_SECRET/],
    [{ ...whole, JWT_SECRET: 'short' }, /at least 32 characters/],
    [{ ...whole, JWT_SECRET: '', JWT_JWKS_URL: 'file:///keys' }, /http:\/\/ or https:\/\//],
    [{ ...whole, CREDENTIALS: 'none' }, /leave out one of them/],
  ])('that do not fit together stop the start: %o', (env, message) => {
    expect(() => readConfig(env)).toThrow(message);
  });
});

/** Runs a command as the operator, and returns what it said. */
async function admin(args: string[]): Promise<string> {
  const said: string[] = [];
  const spies = [vi.spyOn(console, 'log'), vi.spyOn(console, 'error')];
  for (const spy of spies) spy.mockImplementation((text) => void said.push(text));
  try {
    const program = defineAdmin(newProgram('admin'), (asked) => asked({ database, embedding: embeddings.model }));
    await parse(program, args);
    return said.join('\n');
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

describe('npm run admin', () => {
  test('makes a workspace and a key to it, lists both, and revokes the key', async () => {
    expect(await admin(['workspace', 'create', 'hooli'])).toBe('Workspace hooli is created.');
    expect(await admin(['workspace', 'create', 'hooli'])).toMatch(/already/);
    expect(await admin(['workspace', 'list'])).toMatch(/ acme\n.* globex\n.* hooli$/);
    const made = await admin([
      'key',
      'create',
      'hooli',
      '--scopes',
      'write,read',
      '--name',
      'the agent',
      '--expires',
      '90d',
    ]);
    const token = made.split('\n').at(-1) as string;
    const { data } = await serviceWith()(bearer(token), WHO);
    expect(data.viewer).toEqual({ scopes: ['READ', 'WRITE'], workspace: { name: 'hooli' } });
    const listed = await admin(['key', 'list', 'hooli']);
    expect(listed).toMatch(/^key_\w{26} {2}read,write {2}expires \d{4}-\S+Z {2}the agent$/);
    expect(listed).not.toContain(token.slice(-43));
    expect(await admin(['key', 'list', 'globex'])).not.toContain('the agent');
    const id = listed.split(' ')[0] as string;
    await expect(admin(['key', 'revoke', 'globex', id]), 'in another workspace').rejects.toThrow(/has no key/);
    expect(await admin(['key', 'revoke', 'hooli', id])).toMatch(/revoked \d{4}-/);
    expect((await serviceWith()(bearer(token), WHO)).status).toBe(401);
  });

  test('deletes a workspace, whose keys are refused from then on', async () => {
    await admin(['workspace', 'create', 'initrode']);
    const token = (await admin(['key', 'create', 'initrode', '--scopes', 'read'])).split('\n').at(-1) as string;
    const ask = serviceWith();
    expect((await ask(bearer(token), WHO)).status).toBe(200);
    await expect(admin(['workspace', 'delete', 'initrode'])).rejects.toThrow(/confirm it with --yes/);
    expect(await admin(['workspace', 'delete', 'initrode', '--yes'])).toMatch(/is deleted/);
    expect(await admin(['workspace', 'list'])).not.toContain('initrode');
    await vi.waitFor(async () => expect((await ask(bearer(token), WHO)).status).toBe(401), {
      timeout: patience(10) * TTL_MS,
    });
    await expect(admin(['workspace', 'delete', 'initrode', '--yes'])).rejects.toThrow(/There is no workspace/);
  });

  test.each([
    [[], /^Usage/],
    [['key'], /^Usage/],
    [['key', 'create', 'acme'], /needs --scopes/],
    [['key', 'create', 'acme', '--scopes', 'read,fly'], /read, write and admin/],
    [['key', 'create', 'acme', '--scopes', 'read', '--expires', 'tomorrow'], /--expires is a number of days/],
    [['key', 'create', 'acme', '--scopes', 'read', '--expires', '2020-01-01'], /a date in the future/],
    [['key', 'create', 'acme', '--scopes', 'read', '--until', '1d'], /Unknown option/],
    [['key', 'create', 'nobody', '--scopes', 'read'], /There is no workspace nobody/],
    [['key', 'list', 'nobody'], /There is no workspace nobody/],
    [['key', 'revoke', 'acme', 'mem_1'], /named by its id, key_…/],
    [['key', 'revoke', 'acme', 'key_01890a5dac96774bbcceb30200'], /has no key|named by its id/],
    [['workspace', 'create', ' '], /1–200 characters/],
    [['workspace', 'create', 'a\nb'], /no line breaks/],
    [['workspace', 'list', 'acme'], /^Usage/],
  ])('says what is wrong with %j', async (args, message) => {
    await expect((async () => admin(args))()).rejects.toThrow(message);
  });
});
