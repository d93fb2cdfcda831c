import { beforeAll, describe, expect, test } from 'vitest';
import { decodeId } from '../src/kernel/ids.ts';
import { type Answer, type Caller, useService } from './support/service.ts';

// The headers Palimpsest-Companion and Palimpsest-User narrow a credential to what they name.

const service = useService();
const ids: Record<string, string> = {};

interface Asked extends Caller {
  companion?: string;
  user?: string;
}

/** Sends a document, narrowed by headers. */
async function ask(query: string, variables: object, { companion, user, ...caller }: Asked = {}) {
  const response = await service.service.fetch('http://test/graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-test-workspace': caller.workspace ?? 'acme',
      ...(caller.scopes && { 'x-test-scopes': caller.scopes.join(' ') }),
      ...(caller.restriction && { 'x-test-restriction': JSON.stringify(caller.restriction) }),
      ...(companion !== undefined && { 'palimpsest-companion': companion }),
      ...(user !== undefined && { 'palimpsest-user': user }),
    },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, ...((await response.json()) as Answer) };
}

const REMEMBER = `mutation ($input: CreateMemoryInput!) { createMemory(input: $input) {
  ... on CreateMemoryPayload { memory { id content companion { key } user { externalId } } }
  ... on Error { code message } } }`;

async function remember(
  of: { companion: string; user?: string | undefined },
  content: string,
  asked: Asked = {},
  idempotencyKey?: string,
) {
  const input = {
    companion: { key: of.companion },
    ...(of.user && { user: { externalId: of.user } }),
    content,
    type: 'FACT',
    ...(idempotencyKey && { idempotencyKey }),
  };
  const answer = await ask(REMEMBER, { input }, asked);
  expect(answer.errors, JSON.stringify(answer.errors)).toBeUndefined();
  return answer.data.createMemory;
}

const contents = async (asked: Asked): Promise<string[]> => {
  const { data, errors } = await ask('{ memories(first: 100) { nodes { content } totalCount } }', {}, asked);
  expect(errors).toBeUndefined();
  const found = data.memories.nodes.map(({ content }: { content: string }) => content).toSorted();
  expect(data.memories.totalCount).toBe(found.length);
  return found;
};

beforeAll(async () => {
  for (const workspace of ['acme', 'globex']) {
    for (const [companion, user] of [
      ['iris', 'maya'],
      ['iris', 'noor'],
      ['otto', 'maya'],
      ['iris', undefined],
    ] as const) {
      const { memory } = await remember({ companion, user }, `${workspace}: ${companion} of ${user}`, { workspace });
      ids[`${workspace} ${companion} ${user}`] = memory.id;
    }
    const { data } = await ask(
      '{ companions { nodes { id key } } users { nodes { id externalId } } }',
      {},
      { workspace },
    );
    for (const { id, key } of data.companions.nodes) ids[`${workspace} ${key}`] = id;
    for (const { id, externalId } of data.users.nodes) ids[`${workspace} ${externalId}`] = id;
  }
});

describe('a companion or user that is named', () => {
  test.each<[Asked, string[]]>([
    [{}, ['iris of maya', 'iris of noor', 'iris of undefined', 'otto of maya']],
    [{ companion: 'iris' }, ['iris of maya', 'iris of noor', 'iris of undefined']],
    [{ user: 'maya' }, ['iris of maya', 'iris of undefined', 'otto of maya']],
    [{ companion: 'iris', user: 'noor' }, ['iris of noor', 'iris of undefined']],
    [{ companion: 'otto', user: 'noor' }, []],
    [{ companion: 'nobody' }, []],
    [{ companion: 'iris', user: 'nobody' }, ['iris of undefined']],
  ])('%j is all that is seen', async (asked, seen) => {
    for (const workspace of ['acme', 'globex']) {
      expect(await contents({ ...asked, workspace })).toEqual(seen.map((each) => `${workspace}: ${each}`));
    }
  });

  test('hides the ids of others as if there were none', async () => {
    const node = async (id: string, asked: Asked) =>
      (await ask('query ($id: ID!) { node(id: $id) { id } }', { id }, asked)).data.node;
    const hidden = ids['acme otto maya'] as string;
    expect(await node(hidden, {})).toEqual({ id: hidden });
    expect(await node(hidden, { companion: 'iris' })).toBeNull();
    expect(await node(ids['acme otto'] as string, { companion: 'iris' })).toBeNull();
    expect(await node(ids['globex iris maya'] as string, { companion: 'iris' })).toBeNull();
    const retract = 'mutation ($id: ID!) { retractMemory(input: { id: $id }) { ... on Error { code } } }';
    for (const id of [hidden, ids['globex iris maya']]) {
      expect((await ask(retract, { id }, { companion: 'iris', user: 'maya' })).data.retractMemory).toEqual({
        code: 'NOT_FOUND',
      });
    }
    expect((await remember({ companion: 'otto' }, 'Not here', { companion: 'iris' })).code).toBe('FORBIDDEN');
    expect((await remember({ companion: 'iris', user: 'noor' }, 'No', { user: 'maya' })).code).toBe('FORBIDDEN');
  });

  test('may not do what is of the whole workspace', async () => {
    const { data } = await ask(
      'mutation { deleteUser(input: { user: { externalId: "maya" } }) { ... on ForbiddenError { code requiredScope } } }',
      {},
      { user: 'maya' },
    );
    expect(data.deleteUser).toEqual({ code: 'FORBIDDEN', requiredScope: 'UNRESTRICTED' });
  });
});

describe('a restricted credential', () => {
  const uuid = (name: string, type: 'Companion' | 'User') => decodeId(type, ids[`acme ${name}`] as string, []).uuid;
  const toIris = () => ({ companions: [uuid('iris', 'Companion')], users: null });
  const toMaya = () => ({ companions: null, users: [uuid('maya', 'User')] });

  test('is only narrowed', async () => {
    expect(await contents({ restriction: toIris(), user: 'noor' })).toEqual([
      'acme: iris of noor',
      'acme: iris of undefined',
    ]);
    expect(await contents({ restriction: toMaya(), companion: 'otto' })).toEqual(['acme: otto of maya']);
    // What it does not see is not there, and another name takes away what is.
    expect(await contents({ restriction: toIris(), companion: 'otto' })).toEqual([]);
    expect(await contents({ restriction: toMaya(), user: 'noor' })).toEqual(['acme: iris of undefined']);
  });

  test('makes no more than without the header', async () => {
    const refused = async (of: { companion: string; user?: string }, asked: Asked) =>
      (await remember(of, 'Refused', asked)).code;
    expect(await refused({ companion: 'made' }, { restriction: toIris(), companion: 'made' })).toBe('FORBIDDEN');
    expect(await refused({ companion: 'otto' }, { restriction: toIris(), companion: 'otto' })).toBe('FORBIDDEN');
    expect(await refused({ companion: 'iris', user: 'made' }, { restriction: toMaya(), user: 'made' })).toBe(
      'FORBIDDEN',
    );
    const names = 'query { companion(by: { key: "made" }) { id } user(by: { externalId: "made" }) { id } }';
    expect((await ask(names, {})).data).toEqual({ companion: null, user: null });
    // Restricted to companions it makes users, and sees the one that it is narrowed to.
    const { memory } = await remember({ companion: 'iris', user: 'iris only' }, 'Made', {
      restriction: toIris(),
      user: 'iris%20only',
    });
    expect(memory.user).toEqual({ externalId: 'iris only' });
  });
});

describe('what there is not yet', () => {
  test('is made by the first write that names it, and seen from then on', async () => {
    const asked = { companion: 'new', user: 'newcomer' };
    expect(await contents(asked)).toEqual([]);
    const { memory } = await remember(asked, 'The first', asked);
    expect(memory).toMatchObject({ content: 'The first', companion: { key: 'new' }, user: { externalId: 'newcomer' } });
    expect(await contents(asked)).toEqual(['The first']);
    const { data } = await ask('{ companions { nodes { key } } users { nodes { externalId } } }', {}, asked);
    expect(data).toEqual({
      companions: { nodes: [{ key: 'new' }] },
      users: { nodes: [{ externalId: 'newcomer' }] },
    });
  });

  test('is not made by what names another, or fails', async () => {
    const asked = { companion: 'never', user: 'nobody' };
    expect((await remember({ companion: 'other' }, 'No', asked)).code).toBe('FORBIDDEN');
    expect((await remember({ companion: 'never', user: 'other' }, 'No', asked)).code).toBe('FORBIDDEN');
    const { errors } = await ask(
      'query { companion(by: { key: "never" }) { id } other: companion(by: { key: "other" }) { id } }',
      {},
    );
    expect(errors).toBeUndefined();
    const { data } = await ask(
      '{ companions(first: 100) { nodes { key } } users(first: 100) { nodes { externalId } } }',
      {},
    );
    expect(data.companions.nodes).not.toContainEqual({ key: 'never' });
    expect(data.companions.nodes).not.toContainEqual({ key: 'other' });
    expect(data.users.nodes).not.toContainEqual({ externalId: 'other' });
  });

  test.each([
    [
      'a conversation',
      'appendMessages(input: { conversation: { externalId: "c" }, companion: $c, user: $u, messages: [{ role: USER, content: "Hello" }] }) { __typename ... on AppendMessagesPayload { conversation { companion { key } user { externalId } } } }',
    ],
    [
      'a session',
      'startSession(input: { companion: $c, user: $u }) { __typename ... on StartSessionPayload { session { companion { key } user { externalId } } } }',
    ],
  ])('is made for %s, too', async (what, mutation) => {
    const asked = { companion: `${what} of one`, user: `${what} of one` };
    const headers = { companion: encodeURIComponent(asked.companion), user: encodeURIComponent(asked.user) };
    const { data, errors } = await ask(
      `mutation ($c: CompanionRef!, $u: UserRef!) { made: ${mutation} }`,
      { c: { key: asked.companion }, u: { externalId: asked.user } },
      headers,
    );
    expect(errors).toBeUndefined();
    const { __typename, ...made } = data.made;
    expect(Object.values(made)).toEqual([{ companion: { key: asked.companion }, user: { externalId: asked.user } }]);
  });

  test('is made once by writes at the same time', async () => {
    const asked = { companion: 'crowded', user: 'many' };
    const made = await Promise.all(['one', 'two', 'three', 'four'].map((content) => remember(asked, content, asked)));
    expect(new Set(made.map(({ memory }) => memory.companion.key))).toEqual(new Set(['crowded']));
    expect(await contents(asked)).toEqual(['four', 'one', 'three', 'two']);
  });

  test('needs the scope to write', async () => {
    const asked = { companion: 'read only', scopes: ['READ'] as const };
    const { data } = await ask(
      REMEMBER,
      { input: { companion: { key: 'read only' }, content: 'No', type: 'FACT' } },
      { ...asked, companion: 'read%20only' },
    );
    expect(data.createMemory.code).toBe('FORBIDDEN');
  });
});

test('an idempotency key belongs to what is narrowed alike', async () => {
  const iris = { companion: 'iris', user: 'maya' };
  const first = await remember(iris, 'Once', iris, 'same');
  expect((await remember(iris, 'Once', iris, 'same')).memory).toEqual(first.memory);
  // Another view would be told of what it does not see.
  const otto = { companion: 'otto', user: 'maya' };
  expect((await remember(otto, 'Once', otto, 'same')).memory.companion).toEqual({ key: 'otto' });
});

describe('a header', () => {
  test('is percent-encoded', async () => {
    const companion = 'Größe, 50% 日本';
    const { memory } = await remember({ companion }, 'Encoded', { companion: encodeURIComponent(companion) });
    expect(memory.companion).toEqual({ key: companion });
    expect(await contents({ companion: encodeURIComponent(companion) })).toEqual(['Encoded']);
  });

  test.each([
    ['is empty', ''],
    ['is blank', '%20'],
    ['is too long', 'x'.repeat(501)],
    ['has a character beyond ASCII', 'Gr\u00f6\u00dfe'],
    ['has a percent sign that encodes nothing', '50%'],
    ['encodes what is no UTF-8', '%ff'],
    ['encodes NUL', 'a%00'],
    ['names two', 'iris,otto'],
  ])('that %s is refused', async (_what, value) => {
    for (const header of ['companion', 'user']) {
      const { status, errors, data } = await ask('{ viewer { scopes } }', {}, { [header]: value });
      expect([status, errors?.[0]?.extensions.code, data]).toEqual([400, 'INVALID_INPUT', undefined]);
      expect(errors?.[0]?.message).toMatch(new RegExp(`^The header palimpsest-${header} must be one name`));
    }
  });
});
