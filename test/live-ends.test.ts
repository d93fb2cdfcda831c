import { createClient } from 'graphql-sse';
import { SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Database } from '../src/db/database.ts';
import type { Tenant } from '../src/db/transaction.ts';
import { write } from '../src/db/write.ts';
import { createKey, revokeKey, rotateKey } from '../src/domain/credential/api-keys.ts';
import { authenticateBy } from '../src/domain/credential/authenticate.ts';
import { deleteWorkspace, openWorkspace } from '../src/domain/workspace/workspaces.ts';
import { createService, type Listening, listen, type Service, type ServiceOptions } from '../src/http/server.ts';
import type { AccessScope, Restriction } from '../src/kernel/principal.ts';
import { patience } from './support/calibration.ts';
import { openTestDatabase } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { type Stream, subscribe } from './support/live.ts';

vi.setConfig({ testTimeout: patience(60_000) });
const SECRET = 'a secret of at least thirty-two characters';
const jwt = {
  issuer: 'https://issuer.example',
  audience: 'palimpsest',
  key: { secret: SECRET },
  workspaceClaim: 'workspace',
  scopesClaim: 'scope',
  usersClaim: 'users',
};

let database: Database;
let acme: Tenant;
beforeAll(async () => {
  database = await openTestDatabase();
  acme = await openWorkspace(database, 'acme', 'operator');
});
const running: { service: Service; server: Listening }[] = [];
const streams: Stream[] = [];
const stop = async ({ service, server }: { service: Service; server: Listening }) => {
  await service.endStreams();
  await server.stop();
};
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.close();
  for (const each of running.splice(0)) await stop(each);
});
afterAll(() => database.close());

async function serve(requests: ServiceOptions['requests'] = {}) {
  const service = createService({
    database,
    authenticate: authenticateBy(database, jwt),
    embeddings: await localEmbeddings(),
    graphiql: false,
    log: () => {},
    requests,
  });
  const server = await listen(service, 0);
  running.push({ service, server });
  return { service, server, url: server.url };
}

const EVENTS = `subscription ($after: String, $companion: CompanionRef) { events(after: $after, companion: $companion) {
  cursor node { memory { content user { externalId } } } } }`;
const all: AccessScope[] = ['READ', 'WRITE', 'ADMIN'];
const keyOf = (more: { expiresAt?: Date; restriction?: Restriction } = {}, tenant = acme) =>
  write(tenant, (tx) => createKey(tx, { name: 'agent', scopes: all, expiresAt: null, ...more }));
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
async function follow(url: string, headers: Record<string, string>, more: object = {}): Promise<Stream> {
  const stream = await subscribe(url, EVENTS, { headers, ...more });
  streams.push(stream);
  return stream;
}
async function remember(url: string, headers: Record<string, string>, content: string, user?: string): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({
      query: `mutation ($input: CreateMemoryInput!) { createMemory(input: $input) { ... on Error { message } __typename } }`,
      variables: {
        input: { companion: { key: 'iris' }, content, type: 'FACT', ...(user && { user: { externalId: user } }) },
      },
    }),
  });
  const { data, errors } = (await response.json()) as {
    data: { createMemory: { __typename: string } };
    errors?: unknown;
  };
  expect(errors).toBeUndefined();
  expect(data.createMemory).toMatchObject({ __typename: 'CreateMemoryPayload' });
}
const codeOf = async (stream: Stream) => (await stream.over())?.errors?.[0].extensions.code;

test('a key that is revoked, or whose secret is replaced, ends its streams within five seconds', async () => {
  const { url } = await serve();
  const [revoked, rotated, kept] = await Promise.all([keyOf(), keyOf(), keyOf()]);
  const opened = await Promise.all([revoked, rotated, kept].map(({ token }) => follow(url, bearer(token))));
  const since = performance.now();
  await write(acme, (tx) => revokeKey(tx, revoked.key.id));
  await write(acme, (tx) => rotateKey(tx, rotated.key.id, 0));
  const [first, second, third] = opened as [Stream, Stream, Stream];
  expect(await codeOf(first)).toBe('UNAUTHENTICATED');
  expect(await codeOf(second)).toBe('UNAUTHENTICATED');
  expect(performance.now() - since).toBeLessThan(patience(5_000));
  expect([first.isComplete, second.isComplete, third.isOver]).toEqual([true, true, false]);
  await remember(url, bearer(kept.token), 'Of the key that is left.');
  await third.count(1);
});

test('a key or a token that expires ends its streams, and says where to go on', async () => {
  const { url } = await serve();
  const { token } = await keyOf({ expiresAt: new Date(Date.now() + 3_000) });
  const signed = await new SignJWT({ workspace: 'acme', scope: 'read write' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(jwt.issuer)
    .setAudience(jwt.audience)
    .setExpirationTime('3s')
    .sign(new TextEncoder().encode(SECRET));
  const opened = await Promise.all([follow(url, bearer(token)), follow(url, bearer(signed))]);
  for (const stream of opened) {
    const { errors } = await stream.over();
    expect(errors[0].extensions).toMatchObject({ code: 'UNAUTHENTICATED', after: expect.any(String) });
  }
  const { token: another } = await keyOf();
  await remember(url, bearer(another), 'Meanwhile.');
  const { after } = opened[0].events.at(-1).errors[0].extensions;
  const next = await follow(url, bearer(another), { variables: { after } });
  const [event] = await next.count(1);
  expect(event.data.events.node.memory.content).toBe('Meanwhile.');
});

test('a workspace that is deleted ends its streams', async () => {
  const { url } = await serve();
  const tenant = await openWorkspace(database, 'short-lived', 'operator');
  const stream = await follow(url, bearer((await keyOf({}, tenant)).token));
  await deleteWorkspace(tenant);
  expect(await codeOf(stream)).toBe('UNAUTHENTICATED');
});

test('a restricted credential gets what it sees, also of those who are not there yet', async () => {
  const { url } = await serve();
  const { token } = await keyOf();
  await remember(url, bearer(token), 'Ada is there.', 'ada');
  const rows = await write(acme, async (tx) => {
    const { users } = await (await import('../src/domain/credential/restrict.ts'))
      .resolveRestriction(tx, {
        companions: null,
        users: ['ada'],
      })
      .then(({ restriction }) => restriction as Restriction);
    return users;
  });
  const ada = await follow(url, bearer((await keyOf({ restriction: { companions: null, users: rows } })).token));
  const signed = await new SignJWT({ workspace: 'acme', scope: 'read', users: 'bea' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(jwt.issuer)
    .setAudience(jwt.audience)
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(SECRET));
  const bea = await follow(url, bearer(signed));
  await remember(url, bearer(token), 'Of Ada.', 'ada');
  await remember(url, bearer(token), 'Of Bea.', 'bea');
  await remember(url, bearer(token), 'Of both.');
  const contents = async (stream: Stream) => (await stream.count(2)).map(({ data }) => data.events.node.memory.content);
  expect(await contents(ada)).toEqual(['Of Ada.', 'Of both.']);
  expect(await contents(bea)).toEqual(['Of Bea.', 'Of both.']);
});

test('a client that takes nothing is cut off with a last event that says where to go on', async () => {
  const { url, service } = await serve({ slowSubscriberMs: patience(1_000) });
  const { token } = await keyOf();
  const slow = await follow(url, bearer(token), { isPaused: true });
  const content = 'x'.repeat(90_000);
  let written = 0;
  await vi.waitFor(
    async () => {
      for (let i = 0; i < 8; i++) await remember(url, bearer(token), `${written++} ${content}`);
      expect(service.streams().cut).toBe(1);
    },
    { timeout: patience(50_000), interval: 100 },
  );
  expect(service.streams().open).toBe(0);
  slow.read();
  const { errors } = await slow.over();
  expect(errors[0].extensions.code).toBe('SUBSCRIBER_TOO_SLOW');
  const seen = slow.events.flatMap(({ data }) => (data ? [Number(data.events.node.memory.content.split(' ')[0])] : []));
  expect(seen).toEqual(seen.map((_, index) => index));
  const next = await follow(url, bearer(token), { variables: { after: errors[0].extensions.after } });
  const rest = await next.count(written - seen.length);
  expect(rest.map(({ data }) => Number(data.events.node.memory.content.split(' ')[0]))).toEqual(
    Array.from({ length: written - seen.length }, (_, index) => seen.length + index),
  );
});

test('one that does not even take its last event is cut off altogether', async () => {
  const { url, service } = await serve({ slowSubscriberMs: 500 });
  const { token } = await keyOf();
  const slow = await follow(url, bearer(token), { isPaused: true });
  const content = 'x'.repeat(90_000);
  for (let i = 0; service.streams().cut === 0; i++) await remember(url, bearer(token), `${i} ${content}`);
  await vi.waitFor(() => expect(service.streams().leaving).toBe(0), { timeout: patience(20_000) });
  slow.read();
  await slow.over();
  expect(slow.isComplete).toBe(false);
});

test('more than so many are refused, by the process and by the workspace', async () => {
  const few = await serve({ maxWorkspaceStreams: 2, maxStreams: 3 });
  const { token } = await keyOf();
  const globex = await openWorkspace(database, 'globex', 'operator');
  const other = (await keyOf({}, globex)).token;
  await Promise.all([follow(few.url, bearer(token)), follow(few.url, bearer(token))]);
  const third = await follow(few.url, bearer(token));
  expect([third.status, await codeOf(third)]).toEqual([503, 'UNAVAILABLE']);
  const elsewhere = await follow(few.url, bearer(other));
  const fourth = await follow(few.url, bearer(other));
  expect([fourth.status, await codeOf(fourth)]).toEqual([503, 'UNAVAILABLE']);
  expect((await fourth.over()).errors[0].message).toMatch(/3 subscriptions open/);
  elsewhere.close();
  await vi.waitFor(() => expect(few.service.streams().open).toBe(2), { timeout: patience(20_000) });
  const again = await follow(few.url, bearer(other));
  expect(again.status).toBe(200);
});

test('what costs too much, and variables that are too large, are refused before anything is followed', async () => {
  const { url, service } = await serve();
  const { token } = await keyOf();
  const nested = (depth: number): string =>
    depth === 0 ? 'id' : `relations(first: 100) { nodes { to { ${nested(depth - 1)} } } }`;
  const costly = await subscribe(url, `subscription { events { node { memory { ${nested(4)} } } } }`, {
    headers: bearer(token),
  });
  expect(await codeOf(costly)).toBe('LIMIT_EXCEEDED');
  const large = await subscribe(url, EVENTS, {
    headers: bearer(token),
    variables: { companion: { key: 'x'.repeat(20_000) } },
  });
  expect(await codeOf(large)).toBe('LIMIT_EXCEEDED');
  expect(service.streams().open).toBe(0);
});

test('a server that stops ends its streams, and what was missed comes from the next', async () => {
  const first = await serve();
  const { token } = await keyOf();
  const stream = await follow(first.url, bearer(token));
  await remember(first.url, bearer(token), 'Before.');
  const [event] = await stream.count(1);
  running.splice(0);
  await stop(first);
  await stream.over();
  expect([stream.isComplete, stream.events.length]).toEqual([true, 1]);
  const second = await serve();
  await remember(second.url, bearer(token), 'While nobody was there.');
  const next = await follow(second.url, bearer(token), { variables: { after: event.data.events.cursor } });
  expect((await next.count(1))[0].data.events.node.memory.content).toBe('While nobody was there.');
});

test('the client of graphql-sse gets events, and GET does as well as POST', async () => {
  const { url } = await serve();
  const { token } = await keyOf();
  const client = createClient({ url, headers: bearer(token), retryAttempts: 0 });
  const events = client.iterate<{ events: { node: { memory: { content: string } } } }>({ query: EVENTS });
  const next = events.next();
  const got = await fetch(`${url}?${new URLSearchParams({ query: EVENTS })}`, {
    headers: { ...bearer(token), accept: 'text/event-stream' },
  });
  expect([got.status, got.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  const reader = got.body?.getReader();
  const write = setInterval(() => void remember(url, bearer(token), 'By graphql-sse.').catch(() => {}), 200);
  const { value } = await next;
  expect(value?.data?.events.node.memory.content).toBe('By graphql-sse.');
  let text = '';
  while (!text.includes('event: next')) text += new TextDecoder().decode((await reader?.read())?.value);
  expect(text).toContain('"content":"By graphql-sse."');
  clearInterval(write);
  await events.return?.();
  client.dispose();
  await reader?.cancel();
});

test('who does not take server-sent events gets 406, and why', async () => {
  const { url } = await serve();
  const { token } = await keyOf();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...bearer(token) },
    body: JSON.stringify({ query: EVENTS }),
  });
  expect(response.status).toBe(406);
  const { errors } = (await response.json()) as { errors: { message: string; extensions: object }[] };
  expect(errors[0]?.extensions).toEqual({ code: 'NOT_ACCEPTABLE' });
  expect(errors[0]?.message).toMatch(/text\/event-stream/);
});
