import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { type Stream, subscribe } from './support/live.ts';
import { type TestServer, useServers } from './support/server.ts';

vi.setConfig({ testTimeout: patience(60_000) });
const open = useServers();
let server: TestServer;
beforeAll(async () => {
  server = await open();
});
const streams: Stream[] = [];
afterEach(() => {
  for (const stream of streams.splice(0)) stream.close();
});

const EVENTS = `subscription ($companion: CompanionRef, $user: UserRef, $kinds: [MemoryEventKind!], $after: String) {
  events(companion: $companion, user: $user, kinds: $kinds, after: $after) {
    cursor node { id kind memory { id content } } } }`;
const DISPUTES = `subscription ($companion: CompanionRef, $user: UserRef) { disputes(companion: $companion, user: $user) {
  __typename ... on Contradiction { id status resolution memory { content } by { content } }
  ... on Finding { id kind reason verdict memory { content } by { content } } } }`;

type Headers = Record<string, string>;
async function listen(query: string, variables: object = {}, headers: Headers = {}): Promise<Stream> {
  const stream = await subscribe(server.url, query, { variables, headers });
  streams.push(stream);
  return stream;
}
// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
async function run(query: string, variables: object = {}, headers: Headers = {}): Promise<any> {
  const answer = await (await server.post(query, headers, { variables })).json();
  expect(answer.errors, JSON.stringify(answer.errors)).toBeUndefined();
  return answer.data;
}
const CREATE = `mutation ($input: CreateMemoryInput!) { createMemory(input: $input) {
  ... on CreateMemoryPayload { memory { id } } ... on Error { message } } }`;
async function remember(content: string, more: object = {}, headers: Headers = {}): Promise<string> {
  const input = { companion: { key: 'iris' }, type: 'FACT', content, ...more };
  return (await run(CREATE, { input }, headers)).createMemory.memory.id;
}
// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
const contentsOf = (events: any[]) => events.map(({ data }) => data.events.node.memory.content);

test('what happens is delivered in its order, as it is then, with cursors of the feed', async () => {
  const stream = await listen(EVENTS);
  expect(stream.status).toBe(200);
  const first = await remember('Maya plays the cello.');
  await remember('Maya lives in Lyon.');
  await run(`mutation ($id: ID!) { updateMemory(input: {id: $id, summary: "A cellist"}) { __typename } }`, {
    id: first,
  });
  const events = await stream.count(3);
  expect(events.map(({ data }) => [data.events.node.kind, data.events.node.memory.content])).toEqual([
    ['RECORDED', 'Maya plays the cello.'],
    ['RECORDED', 'Maya lives in Lyon.'],
    ['UPDATED', 'Maya plays the cello.'],
  ]);
  const { events: feed } = await run(`{ events(first: 100) { edges { cursor node { id } } } }`);
  const last = feed.edges.slice(-3);
  expect(events.map(({ data }) => data.events.node.id)).toEqual(
    last.map(({ node }: { node: { id: string } }) => node.id),
  );
  const rest = await run(`query ($after: String) { events(after: $after) { nodes { id } } }`, {
    after: events[0].data.events.cursor,
  });
  expect(rest.events.nodes).toEqual(last.slice(1).map(({ node }: { node: object }) => node));
});

test('after a cursor it continues where that was, of a subscription or of the feed', async () => {
  const before = await run(`{ events(first: 1) { pageInfo { endCursor } } }`);
  const { events: all } = await run(`{ events(first: 100) { edges { cursor node { id } } } }`);
  const stream = await listen(EVENTS, { after: before.events.pageInfo.endCursor });
  const replayed = await stream.count(all.edges.length - 1);
  expect(replayed.map(({ data }) => data.events.node.id)).toEqual(
    all.edges.slice(1).map(({ node }: { node: { id: string } }) => node.id),
  );
  await remember('It goes on.');
  const events = await stream.count(all.edges.length);
  stream.close();
  const next = await listen(EVENTS, { after: events.at(-1).data.events.cursor });
  await remember('And on.');
  expect(contentsOf(await next.count(1))).toEqual(['And on.']);
});

test.each([
  ['no cursor', 'abc'],
  [
    'a cursor of another list',
    Buffer.from(
      JSON.stringify([
        'CREATED_AT DESC',
        '2026-01-01T00:00:00.000Z',
        '00000000-0000-7000-8000-000000000000',
        '2026-01-01T00:00:00.000Z',
        '',
      ]),
    ).toString('base64url'),
  ],
  [
    'a place that the feed has not come to',
    Buffer.from(
      JSON.stringify(['POSITION ASC', 1e9, '00000000-0000-7000-8000-000000000000', '2026-01-01T00:00:00.000Z', '']),
    ).toString('base64url'),
  ],
])('%s is refused', async (_what, after) => {
  const stream = await listen(EVENTS, { after });
  const { errors } = await stream.over();
  expect(errors[0].extensions.code).toBe('INVALID_INPUT');
  expect(errors[0].extensions.issues[0].path).toEqual(['after']);
  expect(stream.isComplete).toBe(true);
});

test('filters let through what the same filters of the feed do', async () => {
  const filters = [
    { companion: { key: 'otto' } },
    { user: { externalId: 'maya' } },
    { companion: { key: 'iris' }, user: { externalId: 'tom' } },
    { kinds: ['UPDATED'] },
    {},
  ];
  const opened = await Promise.all(filters.map((filter) => listen(EVENTS, filter)));
  const { events } = await run(`{ events(first: 100) { pageInfo { endCursor } } }`);
  const id = await remember('Otto knows Maya.', { companion: { key: 'otto' }, user: { externalId: 'maya' } });
  await remember('Iris knows Tom.', { user: { externalId: 'tom' } });
  await remember('Otto knows Tom.', { companion: { key: 'otto' }, user: { externalId: 'tom' } });
  await remember('Iris knows somebody.');
  await run(`mutation ($id: ID!) { updateMemory(input: {id: $id, summary: "Known"}) { __typename } }`, { id });
  for (const [index, filter] of filters.entries()) {
    const { events: fed } = await run(
      `query ($companion: CompanionRef, $user: UserRef, $kinds: [MemoryEventKind!], $after: String) {
        events(companion: $companion, user: $user, kinds: $kinds, after: $after) { nodes { id } } }`,
      { ...filter, after: events.pageInfo.endCursor },
    );
    const came = await (opened[index] as Stream).count(fed.nodes.length);
    expect(
      came.map(({ data }) => ({ id: data.events.node.id })),
      JSON.stringify(filter),
    ).toEqual(fed.nodes);
    expect(fed.nodes.length).toBeGreaterThan(0);
  }
});

test('disputes come when they are opened, decided and reopened, as they are then', async () => {
  const stream = await listen(DISPUTES, { user: { externalId: 'ada' } });
  const [one, other] = [
    await remember('Ada is vegan.', { user: { externalId: 'ada' } }),
    await remember('Ada eats fish.', { user: { externalId: 'ada' } }),
  ];
  await run(
    `mutation ($one: ID!, $other: ID!) { contradictMemory(input: {id: $one, by: {memoryId: $other}}) { __typename } }`,
    { one, other },
  );
  const [opened] = await stream.count(1);
  const { id } = opened.data.disputes;
  expect(opened.data.disputes).toMatchObject({ __typename: 'Contradiction', status: 'OPEN', resolution: null });
  await run(`mutation ($id: ID!) { resolveContradiction(input: {id: $id, resolution: KEEP_BY}) { __typename } }`, {
    id,
  });
  await stream.count(2);
  await run(`mutation ($id: ID!) { reopenContradiction(input: {id: $id}) { __typename } }`, { id });
  const came = await stream.count(3);
  expect(came.map(({ data }) => [data.disputes.status, data.disputes.resolution])).toEqual([
    ['OPEN', null],
    ['RESOLVED', 'KEEP_BY'],
    ['OPEN', null],
  ]);
});

test('findings come when they are found and judged, beside the contradictions that verdicts open and resolve', async () => {
  const stream = await listen(DISPUTES, { user: { externalId: 'eva' } });
  const user = { externalId: 'eva' };
  await remember('Eva lives in Berlin.', { user });
  await remember('Eva has moved to Lisbon.', { user });
  const [found] = await stream.count(1);
  const { id } = found.data.disputes;
  const sides = { memory: { content: 'Eva lives in Berlin.' }, by: { content: 'Eva has moved to Lisbon.' } };
  expect(found.data.disputes).toMatchObject({ __typename: 'Finding', kind: 'UPDATE', verdict: null, ...sides });
  const judge = (verdict: string) =>
    run(
      `mutation ($id: ID!, $verdict: Verdict!) { judgeFindings(input: {ids: [$id], verdict: $verdict}) { __typename } }`,
      {
        id,
        verdict,
      },
    );
  await judge('CONTRADICTS');
  await stream.count(3);
  await judge('SUCCEEDS');
  await stream.count(5);
  await judge('UNRELATED');
  const came = await stream.count(8);
  expect(
    came.map(({ data: { disputes } }) => disputes.verdict ?? disputes.resolution ?? disputes.status ?? null),
  ).toEqual([
    null,
    ...['OPEN', 'CONTRADICTS'],
    ...['SUCCEEDED', 'SUCCEEDS'],
    // Both are read as they are after the verdict.
    ...['DISMISSED', 'DISMISSED', 'UNRELATED'],
  ]);
});

test('findings come only to those who see both memories', async () => {
  const streams = {
    eva: await listen(DISPUTES, {}, { 'palimpsest-user': 'eva2' }),
    otto: await listen(DISPUTES, {}, { 'palimpsest-companion': 'otto' }),
    events: await listen(EVENTS, { kinds: ['FOUND'] }, { 'palimpsest-user': 'eva2' }),
  };
  const pair = async (whose: object, name: string) => {
    await remember(`${name} lives in Berlin.`, whose);
    await remember(`${name} has moved to Lisbon.`, whose);
  };
  await pair({ user: { externalId: 'tom2' } }, 'Tom');
  await pair({ user: { externalId: 'eva2' } }, 'Eva');
  await pair({ companion: { key: 'otto' } }, 'Otto');
  const of = (came: { data: { disputes: { by: { content: string } } } }[]) =>
    came.map(({ data }) => data.disputes.by.content);
  expect(of(await streams.eva.count(2))).toEqual(['Eva has moved to Lisbon.', 'Otto has moved to Lisbon.']);
  expect(of(await streams.otto.count(1))).toEqual(['Otto has moved to Lisbon.']);
  expect(contentsOf(await streams.events.count(2))).toEqual(['Eva lives in Berlin.', 'Otto lives in Berlin.']);
  expect([streams.eva, streams.otto].map(({ events }) => events.length)).toEqual([2, 1]);
});

test('a credential without READ is refused', async () => {
  const stream = await listen(EVENTS, {}, { 'x-test-scopes': 'WRITE ADMIN' });
  const { errors } = await stream.over();
  expect(errors[0].extensions).toMatchObject({ code: 'FORBIDDEN', requiredScope: 'READ' });
});

test('another workspace gets nothing', async () => {
  const other = await listen(EVENTS, {}, { 'x-test-credential': 'globex/one' });
  const own = await listen(EVENTS);
  await remember('Only acme knows.');
  await own.count(1);
  await remember('Only globex knows.', {}, { 'x-test-credential': 'globex/one' });
  expect(contentsOf(await other.count(1))).toEqual(['Only globex knows.']);
  expect(own.events).toHaveLength(1);
});

test('a request that is narrowed to a user who is not there yet gets what later becomes theirs, and no more', async () => {
  const headers = { 'palimpsest-user': 'newcomer' };
  const stream = await listen(EVENTS, {}, headers);
  await remember('Of somebody else.', { user: { externalId: 'elsewhere' } });
  await remember('Of the newcomer.', { user: { externalId: 'newcomer' } });
  await remember('Of nobody.');
  expect(contentsOf(await stream.count(2))).toEqual(['Of the newcomer.', 'Of nobody.']);
  expect(stream.events).toHaveLength(2);
});
