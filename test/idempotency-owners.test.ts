import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../src/db/database.ts';
import type { Tenant } from '../src/db/transaction.ts';
import { write } from '../src/db/write.ts';
import { createKey } from '../src/domain/credential/api-keys.ts';
import { authenticateBy } from '../src/domain/credential/authenticate.ts';
import type { Embeddings } from '../src/domain/embedding/embeddings.ts';
import { openWorkspace } from '../src/domain/workspace/workspaces.ts';
import { createService } from '../src/http/server.ts';
import type { AccessScope } from '../src/kernel/principal.ts';
import { openTestDatabase } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { tablesWith } from './support/tables.ts';

// An idempotency key belongs to the credential that used it.

const SECRET = 'a secret of at least thirty-two characters';
let database: Database;
let embeddings: Embeddings;
let acme: Tenant;
let minted = 0;

beforeAll(async () => {
  [database, embeddings] = await Promise.all([openTestDatabase(), localEmbeddings()]);
  acme = await openWorkspace(database, 'acme', 'system:operator', embeddings.model);
});
afterAll(() => database.close());

const keyOf = async (name = 'agent', scopes: AccessScope[] = ['READ', 'WRITE']) =>
  (await write(acme, (tx) => createKey(tx, { name, scopes, expiresAt: null }))).token;

const tokenOf = (sub: string | undefined, { issuer = 'https://issuer.test', scope = 'read write' } = {}) =>
  new SignJWT({ workspace: 'acme', scope, jti: `${minted++}`, ...(sub && { sub }) })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(issuer)
    .setAudience('palimpsest')
    .setExpirationTime(`${5 + minted}m`)
    .sign(new TextEncoder().encode(SECRET));

/** Makes an experience, which may repeat; answers its id, or the code of the failure. */
async function make(token: string, content: string, idempotencyKey: string, issuer = 'https://issuer.test') {
  const jwt = {
    issuer,
    audience: 'palimpsest',
    key: { secret: SECRET },
    workspaceClaim: 'workspace',
    scopesClaim: 'scope',
  };
  const authenticate = authenticateBy(database, jwt);
  const service = createService({ database, authenticate, embeddings, graphiql: false, log: () => {} });
  const response = await service.fetch('http://test/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({
      query: `mutation ($input: CreateMemoryInput!) { createMemory(input: $input) {
        ... on CreateMemoryPayload { memory { id } } ... on Error { code } } }`,
      variables: { input: { companion: { key: 'iris' }, type: 'EXPERIENCE', content, idempotencyKey } },
    }),
  });
  const { createMemory } = (
    (await response.json()) as { data: { createMemory: { memory?: { id: string }; code?: string } } }
  ).data;
  return createMemory.memory?.id ?? createMemory.code;
}

test('the same key of another API key is another key: no conflict, no answer, also where both have one name', async () => {
  const [one, other] = [await keyOf(), await keyOf()];
  const first = await make(one, 'Once', 'shared');
  expect(await make(one, 'Once', 'shared')).toBe(first);
  const second = await make(other, 'Once', 'shared');
  expect(second).toMatch(/^mem_/);
  expect(second).not.toBe(first);
  expect(await make(other, 'Something else', 'only of one')).toMatch(/^mem_/);
  expect(await make(one, 'Another thing', 'only of one'), 'no conflict').toMatch(/^mem_/);
  expect(await make(one, 'A third thing', 'only of one')).toBe('IDEMPOTENCY_CONFLICT');
});

test('a refreshed JWT goes on with the keys of its subject; another subject, or one of another issuer, does not', async () => {
  const first = await make(await tokenOf('ada'), 'By a token', 'of a token');
  expect(await make(await tokenOf('ada'), 'By a token', 'of a token')).toBe(first);
  expect(await make(await tokenOf('ada'), 'By another', 'of a token')).toBe('IDEMPOTENCY_CONFLICT');
  const others = [
    await make(await tokenOf('bob'), 'By a token', 'of a token'),
    await make(await tokenOf(undefined), 'By a token', 'of a token'),
    await make(await keyOf('ada'), 'By a token', 'of a token'),
    await make(
      await tokenOf('ada', { issuer: 'https://other.test' }),
      'By a token',
      'of a token',
      'https://other.test',
    ),
    await make(await tokenOf('ada', { scope: 'write' }), 'By a token', 'of a token'),
  ];
  for (const other of others) expect(other).toMatch(/^mem_/);
  expect(new Set([first, ...others]).size).toBe(others.length + 1);
});

test('who used a key is kept as a digest: the subject of a JWT stands nowhere but in events', async () => {
  await make(await tokenOf('zebra61@issuer.test'), 'Whose is it?', 'of zebra61');
  expect(await tablesWith(database, 'zebra61')).toEqual(['events']);
});

test('concurrent uses of one key by two credentials have one effect each', async () => {
  const [one, other] = [await keyOf(), await keyOf()];
  const made = await Promise.all(
    [one, other, one, other, one, other].map((token) => make(token, 'At once', 'at once')),
  );
  expect(new Set(made).size).toBe(2);
});
