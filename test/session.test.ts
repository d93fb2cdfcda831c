import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noteSessionUses, type SessionUses } from '../src/domain/session/uses.ts';
import { type Principal, scopes } from '../src/graphql/core/context.ts';
import { createService, type Service } from '../src/http/server.ts';
import { decodeId, encodeId, newId } from '../src/kernel/ids.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { mutation } from './support/mutations.ts';
import { type Answer, useService } from './support/service.ts';
import { asSuperuser, runAsSuperuser, tablesWith } from './support/tables.ts';

const service = useService();
const SAYS = `id externalId companion { key } user { externalId } conversation { externalId } client { name version protocol }
  startedAt lastActivityAt expiresAt endedAt metadata`;
const start = mutation(service, 'startSession', `session { ${SAYS} }`);
const end = mutation(service, 'endSession', `session { ${SAYS} }`);
const purge = mutation(service, 'purgeExpiredSessions', 'purgedCount');
const iris = { companion: { key: 'iris' } };
const uuidOf = (id: string) => decodeId('Session', id, []).uuid;

const find = async (by: object) =>
  (await service.runUntyped(`query ($by: SessionRef!) { session(by: $by) { ${SAYS} } }`, { by })).session;

/** Lets time pass for a session: as if its activity had been so many minutes ago. */
const ago = async (id: string, minutes: number) =>
  runAsSuperuser(
    (await service.tenant()).database,
    `update sessions set last_activity_at = last_activity_at - interval '${minutes} minutes',
       expires_at = expires_at - interval '${minutes} minutes', started_at = started_at - interval '${minutes} minutes'
     where id = '${uuidOf(id)}'`,
  );

describe('startSession', () => {
  test('keeps what it is given', async () => {
    const client = { name: 'cursor', version: '1.2', protocol: 'MCP 2025-06-18' };
    const given = {
      ...iris,
      user: { externalId: 'maya' },
      externalId: 'tab 1',
      client,
      expiresAfter: 5,
      metadata: { a: 1 },
    };
    const { session } = await start({ ...given, conversation: { externalId: 'chat' } });
    expect(session).toMatchObject({
      externalId: 'tab 1',
      companion: { key: 'iris' },
      user: { externalId: 'maya' },
      conversation: { externalId: 'chat' },
      client,
      endedAt: null,
      metadata: { a: 1 },
      lastActivityAt: session.startedAt,
    });
    expect(Date.parse(session.expiresAt) - Date.parse(session.startedAt)).toBe(5 * 60_000);
    expect(await find({ id: session.id })).toEqual(session);
    expect(await find({ externalId: 'tab 1' })).toEqual(session);
    const { node } = await service.runUntyped('query ($id: ID!) { node(id: $id) { __typename id } }', {
      id: session.id,
    });
    expect(node).toEqual({ __typename: 'Session', id: session.id });
  });

  test('without an externalId is known by its id, without anything else by none', async () => {
    const { session } = await start(iris);
    expect(session).toMatchObject({
      externalId: session.id,
      user: null,
      conversation: null,
      client: null,
      metadata: {},
    });
    expect(Date.parse(session.expiresAt) - Date.parse(session.startedAt)).toBe(60 * 60_000);
  });

  test('of a known externalId returns the one that is open, and otherwise starts another', async () => {
    const given = { ...iris, externalId: 'again', user: { externalId: 'maya' } };
    const { session } = await start(given);
    expect((await start({ ...given, metadata: { other: true } })).session).toEqual(session);
    // Another user's, or nobody's, is another one.
    const { session: nobodys } = await start({ ...iris, externalId: 'again' });
    expect(nobodys).toMatchObject({ user: null });
    expect(nobodys.id).not.toBe(session.id);
    await end({ session: { id: nobodys.id } });
    await ago(session.id, 61);
    const { session: second } = await start(given);
    expect(second.id).not.toBe(session.id);
    expect((await find({ externalId: 'again' })).id).toBe(second.id);
    // The first one ended when it expired.
    const first = await find({ id: session.id });
    expect(first.endedAt).toBe(first.expiresAt);
    expect(Date.parse(first.endedAt)).toBeLessThan(Date.parse(second.startedAt));
    await end({ session: { externalId: 'again' } });
    expect((await start(given)).session.id).not.toBe(second.id);
  });

  test.each([
    [
      'of a session about another conversation',
      { ...iris, user: { externalId: 'maya' }, conversation: { externalId: 'another' }, externalId: 'taken' },
      ['input', 'externalId'],
    ],
    ['no time at all', { ...iris, expiresAfter: 0 }, ['input', 'expiresAfter']],
    ['more than a year', { ...iris, expiresAfter: 525_601 }, ['input', 'expiresAfter']],
    [
      'another user than the conversation’s',
      { ...iris, user: { externalId: 'noor' }, conversation: { externalId: 'hers' } },
      ['input', 'user'],
    ],
  ])('refuses %s', async (_what, input, path) => {
    await start({ ...iris, user: { externalId: 'maya' }, externalId: 'taken' });
    await start({ ...iris, user: { externalId: 'maya' }, conversation: { externalId: 'hers' } });
    expect(await start(input)).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path }] });
  });

  test('of one externalId by twenty at once is one session', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => start({ ...iris, externalId: 'race' })));
    expect(new Set(answers.map(({ session }) => session.id)).size).toBe(1);
  });
});

describe('what is over', () => {
  test('endSession ends it once', async () => {
    const { session } = await start({ ...iris, externalId: 'ends' });
    const { session: ended } = await end({ session: { id: session.id } });
    expect(Date.parse(ended.endedAt)).toBeGreaterThanOrEqual(Date.parse(session.startedAt));
    expect(ended.expiresAt).toBe(ended.endedAt);
    expect((await end({ session: { externalId: 'ends' } })).session).toEqual(ended);
    expect(await end({ session: { externalId: 'none' } })).toMatchObject({ code: 'NOT_FOUND', ids: ['none'] });
  });

  test('lists tell it apart, page by page', async () => {
    const companion = { key: 'lists' };
    const made: string[] = [];
    for (const externalId of ['one', 'two', 'three']) {
      made.unshift(
        (await start({ companion, externalId: `list ${externalId}`, user: { externalId: 'of list' } })).session.id,
      );
    }
    await end({ session: { externalId: 'list one' } });
    await ago(made[1] as string, 61);
    const LIST = `query ($isActive: Boolean, $first: Int, $after: String) {
      sessions(companion: {key: "lists"}, user: {externalId: "of list"}, isActive: $isActive, first: $first, after: $after) {
        totalCount nodes { id } pageInfo { endCursor hasNextPage } } }`;
    const list = async (variables: Record<string, unknown>) => (await service.runUntyped(LIST, variables)).sessions;
    const ids = ({ nodes }: { nodes: { id: string }[] }) => nodes.map(({ id }) => id);
    expect(ids(await list({ isActive: true }))).toEqual([made[0]]);
    expect(new Set(ids(await list({ isActive: false })))).toEqual(new Set([made[1], made[2]]));
    const first = await list({ first: 2 });
    const second = await list({ first: 2, after: first.pageInfo.endCursor });
    expect(new Set([...ids(first), ...ids(second)])).toEqual(new Set(made));
    expect([first.totalCount, first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([3, true, false]);
  });

  test('purgeExpiredSessions erases it, and what was answered to keys', async () => {
    const companion = { key: 'purges' };
    const kept = { companion, externalId: 'ended okapi77', idempotencyKey: 'okapi' };
    await start(kept);
    await end({ session: { externalId: 'ended okapi77' } });
    const { session } = await start({ companion, externalId: 'expired okapi77' });
    await ago(session.id, 61);
    const { session: active } = await start({ companion, externalId: 'active' });
    await start({ companion: { key: 'others' }, externalId: 'over of others' });
    await end({ session: { externalId: 'over of others' } });
    expect(await purge({ companion })).toMatchObject({ purgedCount: 2 });
    expect(await tablesWith((await service.tenant()).database, 'okapi77')).toEqual([]);
    expect(await find({ id: active.id })).not.toBeNull();
    expect(await find({ externalId: 'over of others' })).not.toBeNull();
    expect(await start(kept)).toMatchObject({ code: 'NOT_FOUND' });
  });

  test.each([
    ['deleteUser', { user: { externalId: 'leaves' } }],
    ['deleteCompanion', { companion: { key: 'leaves' } }],
  ])('%s takes sessions along', async (name, input) => {
    const kept = {
      companion: { key: 'leaves' },
      user: { externalId: 'leaves' },
      externalId: `zebra55 ${name}`,
      idempotencyKey: name,
    };
    await start(kept);
    await mutation(service, name, 'deletedId')(input);
    expect(await tablesWith((await service.tenant()).database, 'zebra55')).toEqual([]);
    expect(await start(kept)).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('the header x-palimpsest-agent-session', () => {
  let uses: SessionUses;
  let served: Service;
  const failures: string[] = [];
  let restriction: Principal['restriction'] = null;

  beforeAll(async () => {
    const { database, workspaceId } = await service.tenant();
    uses = noteSessionUses(database, (text) => failures.push(text), 3_600_000);
    const principal = { workspaceId, credential: 'tester', actor: 'tester', scopes: new Set(scopes) };
    served = createService({
      database,
      authenticate: () => ({ ...principal, restriction }),
      embeddings: await localEmbeddings(),
      graphiql: false,
      sessionUses: uses,
      log: (text) => failures.push(text),
    });
  });
  afterAll(async () => {
    await uses.stop();
    expect(failures).toEqual([]);
  });

  async function ask(named: string, query = '{ __typename }', variables = {}) {
    const response = await served.fetch('http://test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-palimpsest-agent-session': named },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, ...((await response.json()) as Answer) };
  }

  test('has events name the session, by its id or externalId', async () => {
    const { session } = await start({ ...iris, externalId: 'events', user: { externalId: 'maya' } });
    for (const named of [session.id, 'events']) {
      const { data } = await ask(
        named,
        `mutation ($content: String!) { createMemory(input: {companion: {key: "iris"}, content: $content, type: FACT}) {
          ... on CreateMemoryPayload { memory { history { nodes { kind session { id externalId } } } } } } }`,
        { content: `said in ${named}` },
      );
      const [event] = data.createMemory.memory.history.nodes;
      expect(event).toEqual({ kind: 'RECORDED', session: { id: session.id, externalId: 'events' } });
    }
    const { createMemory: made } = await service.runUntyped(
      `mutation { createMemory(input: {companion: {key: "iris"}, content: "said in none", type: FACT}) {
        ... on CreateMemoryPayload { memory { history { nodes { session { id } } } } } } }`,
    );
    expect(made.memory.history.nodes).toEqual([{ session: null }]);
    // Purged, it is named no more; the events stay.
    await end({ session: { id: session.id } });
    await purge({});
    const { events } = await service.runUntyped(
      '{ events(kinds: [RECORDED], first: 100) { nodes { session { id } } } }',
    );
    expect(events.nodes.length).toBeGreaterThan(1);
    expect(events.nodes.every((event: { session: unknown }) => event.session === null)).toBe(true);
  });

  test.each([
    ['unknown', async () => 'nobody', /There is no session nobody/],
    ['unknown by its id', async () => encodeId('Session', newId()), /There is no session ses_/],
    [
      'ended',
      async () => {
        const { session } = await start({ ...iris, externalId: 'was ended' });
        await end({ session: { id: session.id } });
        return session.id;
      },
      /was ended: start another one/,
    ],
    [
      'expired',
      async () => {
        const { session } = await start({ ...iris, externalId: 'has expired' });
        await ago(session.id, 61);
        return 'has expired';
      },
      /has expired: start another one/,
    ],
  ])('refuses one that is %s', async (_what, named, message) => {
    const { status, errors } = await ask(await named());
    expect(status).toBe(404);
    expect(errors).toMatchObject([{ message: expect.stringMatching(message), extensions: { code: 'NOT_FOUND' } }]);
  });

  test.each([
    ['deleteUser', { user: { externalId: 'unnamed' } }],
    ['deleteConversation', { companion: { key: 'iris' }, conversation: { externalId: 'unnamed' } }],
    ['purgeExpiredSessions', {}],
  ])('leaves nothing of it in events and messages of others after %s', async (name, input) => {
    const { database } = await service.tenant();
    const of = { ...iris, user: { externalId: 'unnamed' }, conversation: { externalId: 'unnamed' } };
    const { session } = await start({ ...of, externalId: `unnamed ${name}` });
    await ask(
      session.id,
      `mutation ($content: String!, $said: JSON!) {
        createMemory(input: {companion: {key: "iris"}, content: $content, type: FACT}) { __typename }
        appendMessages(input: {companion: {key: "iris"}, conversation: {externalId: "others"},
          messages: [{role: USER, content: $said}]}) { __typename } }`,
      { content: `of others, in ${name}`, said: `said to others, in ${name}` },
    );
    expect(await tablesWith(database, uuidOf(session.id))).toEqual(expect.arrayContaining(['events', 'messages']));
    if (name === 'purgeExpiredSessions') await end({ session: { id: session.id } });
    const { data } = await service.sendUntyped(
      `mutation ($input: ${name[0]?.toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { __typename } }`,
      { input },
    );
    expect(data[name].__typename).toMatch(/Payload$/);
    expect(await tablesWith(database, uuidOf(session.id))).toEqual([]);
  });

  test('refuses an empty or endless name', async () => {
    for (const named of ['', 'x'.repeat(501)]) {
      expect(await ask(named)).toMatchObject({ status: 400, errors: [{ extensions: { code: 'INVALID_INPUT' } }] });
    }
  });

  test('refuses a session that the credential does not see, and takes one that it does', async () => {
    const { session } = await start({ companion: { key: 'seen' }, externalId: 'of seen' });
    const { companion } = await service.runUntyped('{ companion(by: {key: "seen"}) { id } }');
    restriction = { companions: [newId()], users: null };
    expect(await ask(session.id)).toMatchObject({ status: 404 });
    restriction = { companions: [decodeId('Companion', companion.id, []).uuid], users: null };
    expect(await ask(session.id)).toMatchObject({ status: 200 });
    restriction = null;
  });

  test('writes activity down together, and lets a session go on by it', async () => {
    const { session } = await start({ ...iris, externalId: 'active ever', expiresAfter: 2 });
    await ago(session.id, 1);
    for (let time = 0; time < 5; time++) expect(await ask(session.id)).toMatchObject({ status: 200 });
    const before = await find({ id: session.id });
    // Not written yet; what has been noted counts all the same.
    expect(before.lastActivityAt).toBe(before.startedAt);
    await ago(session.id, 1);
    expect(Date.parse((await find({ id: session.id })).expiresAt)).toBeLessThanOrEqual(Date.now());
    expect(await ask(session.id)).toMatchObject({ status: 200 });
    await uses.flush();
    const after = await find({ id: session.id });
    expect(Date.parse(after.expiresAt) - Date.parse(after.lastActivityAt)).toBe(2 * 60_000);
    expect(Date.parse(after.lastActivityAt)).toBeGreaterThan(Date.parse(before.lastActivityAt));
    // Once more without news writes nothing.
    await uses.flush();
    expect(await find({ id: session.id })).toEqual(after);
  });

  test('what was ended stays ended, whatever was noted before', async () => {
    const { session } = await start({ ...iris, externalId: 'ended while used' });
    await ask(session.id);
    const { session: ended } = await end({ session: { id: session.id } });
    await uses.flush();
    expect(await find({ id: session.id })).toEqual(ended);
    expect(await ask(session.id)).toMatchObject({ status: 404 });
  });

  test('keeps no address', async () => {
    const { database } = await service.tenant();
    const columns = await asSuperuser(database, (connection) =>
      connection.script(`select column_name as name from information_schema.columns where table_name = 'sessions'`),
    );
    expect(
      (columns as { name: string }[]).filter(({ name }) => /ip|addr|agent|host/.test(name) && name !== 'client_name'),
    ).toEqual([]);
  });
});

test('a credential restricted to users starts sessions of its users, and sees those of its companions', async () => {
  const { upsertUser } = await service.runUntyped(
    'mutation { upsertUser(input: {externalId: "restricted"}) { ... on UpsertUserPayload { user { id } } } }',
  );
  const caller = { restriction: { companions: null, users: [decodeId('User', upsertUser.user.id, []).uuid] } };
  await start({ ...iris, externalId: 'without a user' });
  const { session: hidden } = await start({ ...iris, externalId: 'of another', user: { externalId: 'another' } });
  expect(await start({ ...iris }, caller)).toMatchObject({ code: 'FORBIDDEN' });
  expect(await start({ ...iris, user: { externalId: 'another' } }, caller)).toMatchObject({ code: 'FORBIDDEN' });
  // Whether another one has a session of the name plays no part.
  const { session: same } = await start(
    { ...iris, user: { externalId: 'restricted' }, externalId: 'of another' },
    caller,
  );
  expect(same).toMatchObject({ externalId: 'of another', user: { externalId: 'restricted' } });
  const { session } = await start({ ...iris, user: { externalId: 'restricted' }, externalId: 'own' }, caller);
  const seen = async (externalId: string) =>
    (
      await service.runUntyped(
        'query ($e: String!) { session(by: {externalId: $e}) { id } }',
        { e: externalId },
        caller,
      )
    ).session;
  expect(await seen('own')).toEqual({ id: session.id });
  expect(await seen('without a user')).not.toBeNull();
  expect(await seen('of another')).toEqual({ id: same.id });
  expect(await end({ session: { externalId: 'without a user' } }, caller)).toMatchObject({ code: 'FORBIDDEN' });
  expect(await end({ session: { id: hidden.id } }, caller)).toMatchObject({ code: 'NOT_FOUND' });
  await end({ session: { id: session.id } }, caller);
  await end({ session: { externalId: 'without a user' } });
  // Of what is over it purges its own alone.
  expect(await purge({}, caller)).toMatchObject({ purgedCount: 1 });
});
