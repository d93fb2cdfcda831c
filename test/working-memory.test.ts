import { beforeAll, describe, expect, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { tablesWith } from './support/tables.ts';
import { longestTurn } from './support/turns.ts';

vi.setConfig({ testTimeout: patience(120_000) });

const service = useService();

const SAYS = 'id scope version content data template schema updatedBy';
const update = mutation(
  service,
  'updateWorkingMemory',
  `workingMemory { ${SAYS} updatedAt user { externalId } conversation { externalId } }`,
  '... on ConflictError { current { id ... on WorkingMemory { version content } } }',
);
const remove = mutation(service, 'deleteWorkingMemory', 'deletedId');
const iris = { companion: { key: 'iris' } };

const READ = `query ($companion: CompanionRef!, $user: UserRef, $conversation: ConversationRef, $scope: WorkingMemoryScope, $at: PointInTime) {
  workingMemory(companion: $companion, user: $user, conversation: $conversation, scope: $scope, at: $at) {
    ${SAYS} versions(first: 100) { totalCount nodes { version content data writtenAt writtenBy } pageInfo { hasNextPage } } } }`;
const read = async (variables: object) => (await service.runUntyped(READ, { ...iris, ...variables })).workingMemory;

describe('whose it is', () => {
  test('of the companion, of a user, and of a conversation, beside each other', async () => {
    const companion = { key: 'whose' };
    const of = { user: { externalId: 'maya' }, conversation: { externalId: 'chat 1' } };
    const { workingMemory: own } = await update({ companion, content: 'of the companion' });
    const { workingMemory: users } = await update({ companion, user: of.user, content: 'of Maya' });
    const { workingMemory: talks } = await update({ companion, ...of, content: 'of the chat' });
    expect([own.scope, users.scope, talks.scope]).toEqual(['COMPANION', 'USER', 'CONVERSATION']);
    expect([own.user, users.user.externalId, talks.user.externalId]).toEqual([null, 'maya', 'maya']);
    expect(talks.conversation.externalId).toBe('chat 1');
    // With a conversation all three can be meant; its user is meant where none is given.
    const asked = async (scope?: string) =>
      (await read({ companion, conversation: of.conversation, ...(scope && { scope }) })).content;
    expect([await asked(), await asked('USER'), await asked('COMPANION')]).toEqual([
      'of the chat',
      'of Maya',
      'of the companion',
    ]);
    const { conversation } = await service.runUntyped(
      `{ conversation(by: {externalId: "chat 1"}, companion: {key: "whose"}) { workingMemory { id content } } }`,
    );
    expect(conversation.workingMemory).toEqual({ id: talks.id, content: 'of the chat' });
    expect(
      (await service.runUntyped('query ($id: ID!) { node(id: $id) { id __typename } }', { id: own.id })).node,
    ).toEqual({
      id: own.id,
      __typename: 'WorkingMemory',
    });
  });

  test.each([
    [
      'another user than the conversation’s',
      { user: { externalId: 'noor' }, conversation: { externalId: 'of maya' } },
      'user',
    ],
    ['the scope CONVERSATION without one', { user: { externalId: 'maya' }, scope: 'CONVERSATION' }, 'conversation'],
    ['the scope USER without one', { scope: 'USER' }, 'user'],
    [
      'the user of a conversation without one',
      { conversation: { externalId: 'without a user' }, scope: 'USER' },
      'scope',
    ],
  ])('%s is refused, in a write and in a read', async (_what, of, field) => {
    await update({ ...iris, user: { externalId: 'maya' }, conversation: { externalId: 'of maya' }, content: 'x' });
    await update({ ...iris, conversation: { externalId: 'without a user' }, content: 'x' });
    expect(await update({ ...iris, ...of, content: 'y' })).toMatchObject({
      code: 'INVALID_INPUT',
      issues: [{ path: ['input', field] }],
    });
    const { errors } = await service.sendUntyped(READ, { ...iris, ...of });
    expect(errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT', issues: [{ path: [field] }] } }]);
  });

  test('what is not there is null to read, and not found to delete', async () => {
    for (const of of [
      { companion: { key: 'nobody' } },
      { user: { externalId: 'nobody' } },
      { conversation: { externalId: 'none' } },
    ]) {
      expect(await read(of)).toBeNull();
      expect(await remove({ ...iris, ...of })).toMatchObject({ code: 'NOT_FOUND' });
    }
  });
});

describe('what it says', () => {
  const user = { externalId: 'says' };
  const say = (change: object) => update({ ...iris, user, ...change });

  test('content alone leaves no data; data alone, or a patch, makes the content; template and schema stay', async () => {
    expect((await say({ content: '', template: '# Name', schema: { type: 'object' } })).workingMemory).toMatchObject({
      version: 1,
      content: '',
      data: null,
    });
    expect((await say({ data: { name: 'Maya', likes: { tea: 'green', cake: true } } })).workingMemory).toMatchObject({
      version: 2,
      content: '{"name":"Maya","likes":{"tea":"green","cake":true}}',
      template: '# Name',
      schema: { type: 'object' },
    });
    const patched = { name: 'Maya', likes: { tea: ['black', null] }, home: 'Lisbon' };
    const patch = { likes: { tea: ['black', null], cake: null }, home: 'Lisbon', age: null };
    const { workingMemory } = await say({ patch });
    expect(workingMemory).toMatchObject({ version: 3, data: patched });
    expect(JSON.parse(workingMemory.content)).toEqual(patched);
    expect((await say({ content: 'She is Maya', data: { name: 'Maya' }, schema: null })).workingMemory).toMatchObject({
      content: 'She is Maya',
      data: { name: 'Maya' },
      schema: null,
      template: '# Name',
    });
    expect((await say({ template: null })).workingMemory).toMatchObject({
      version: 5,
      content: 'She is Maya',
      template: null,
    });
    expect((await say({ content: 'Just text' })).workingMemory).toMatchObject({ data: null });
    expect((await say({ patch: { from: 'nothing' } })).workingMemory).toMatchObject({ data: { from: 'nothing' } });
  });

  test('a member called __proto__ is data like any other', async () => {
    const document = `mutation ($input: UpdateWorkingMemoryInput!) { updateWorkingMemory(input: $input) { __typename } }`;
    for (const change of ['{"data": {"__proto__": {"a": 1}}}', '{"patch": {"__proto__": {"b": 2}}}']) {
      const body = `{"query": ${JSON.stringify(document)}, "variables": {"input": {"companion": {"key": "proto"}, ${change.slice(1)}}}`;
      await service.service.fetch('http://test/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
    }
    const kept = await read({ companion: { key: 'proto' } });
    expect(({} as Record<string, unknown>).b).toBeUndefined();
    expect(kept === null || Object.keys(JSON.parse(kept.content)).every((name) => name === '__proto__')).toBe(true);
  });

  test.each([
    ['nothing', {}, 'content'],
    ['nulls', { content: null, data: null }, 'content'],
    ['a patch and data', { patch: {}, data: {} }, 'patch'],
    ['a patch and content', { patch: {}, content: 'x' }, 'patch'],
    ['a template alone, where there is none', { template: 'x' }, 'content'],
    ['too long a text', { content: 'x'.repeat(100_001) }, 'content'],
    ['a text with U+0000', { content: 'a\0b' }, 'content'],
    ['too much data', { data: { a: 'x'.repeat(65_536) } }, 'data'],
    ['a version below 0', { content: 'x', expectedVersion: -1 }, 'expectedVersion'],
  ])('%s is refused', async (_what, change, field) => {
    const answer = await update({ ...iris, user: { externalId: 'nothing yet' }, ...change });
    expect(answer).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path: ['input', field] }] });
    expect(await read({ user: { externalId: 'nothing yet' } })).toBeNull();
  });

  test('a patch must not make more than data may be', async () => {
    const whose = { ...iris, user: { externalId: 'grown' } };
    await update({ ...whose, data: { a: 'x'.repeat(40_000) } });
    expect(await update({ ...whose, patch: { b: 'x'.repeat(40_000) } })).toMatchObject({
      code: 'INVALID_INPUT',
      issues: [{ path: ['input', 'patch'] }],
    });
  });
});

describe('versions', () => {
  test('are kept, the newest first, page by page, and read as they were at a point', async () => {
    const user = { externalId: 'versions' };
    for (const number of [1, 2, 3, 4, 5]) await update({ ...iris, user, data: { number } });
    const now = await read({ user });
    const { nodes, totalCount } = now.versions;
    expect(nodes.map(({ version }: { version: number }) => version)).toEqual([5, 4, 3, 2, 1]);
    expect(totalCount).toBe(5);
    expect(nodes.every(({ writtenBy }: { writtenBy: string }) => writtenBy === 'tester')).toBe(true);
    for (const { version, writtenAt } of nodes) {
      const then = await read({ user, at: { knownAt: writtenAt } });
      expect(then).toMatchObject({ version, content: `{"number":${version}}`, data: { number: version } });
      expect(then.versions.totalCount).toBe(version);
      expect(then.versions.nodes).toEqual(nodes.slice(5 - version));
      expect(then.id === now.id).toBe(false);
      const { node } = await service.runUntyped(
        'query ($id: ID!) { node(id: $id) { ... on WorkingMemory { version } } }',
        { id: then.id },
      );
      expect(node).toEqual({ version });
    }
    const before = new Date(Date.parse(nodes[4].writtenAt) - 1).toISOString();
    expect(await read({ user, at: { knownAt: before } })).toBeNull();
    expect(await read({ user, at: { validAt: before } })).toMatchObject({ version: 5 });

    const PAGE = `query ($after: String) { workingMemory(companion: {key: "iris"}, user: {externalId: "versions"}) {
      versions(first: 2, after: $after) { totalCount nodes { version } pageInfo { hasNextPage endCursor } } } }`;
    const seen: number[] = [];
    let after: string | null = null;
    do {
      const { workingMemory } = await service.runUntyped(PAGE, { after });
      const { nodes: page, pageInfo } = workingMemory.versions;
      seen.push(...page.map(({ version }: { version: number }) => version));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
      // What is written between two pages is on none of them.
      if (seen.length === 2) await update({ ...iris, user, data: { number: 6 } });
    } while (after);
    expect(seen).toEqual([5, 4, 3, 2, 1]);
  });

  test('deleting erases all of them, and empties what was answered to keys', async () => {
    const { database } = await service.tenant();
    const user = { externalId: 'gone' };
    const first = { ...iris, user, content: 'zebra91 one', idempotencyKey: 'zebra' };
    const { workingMemory } = await update(first);
    expect((await update(first)).workingMemory.id).toBe(workingMemory.id);
    await update({ ...iris, user, content: 'zebra91 two', template: 'zebra91' });
    expect(await tablesWith(database, 'zebra91')).toEqual(['working_memories', 'working_memories_history']);
    expect(await remove({ ...iris, user })).toMatchObject({ deletedId: workingMemory.id });
    expect(await tablesWith(database, 'zebra91')).toEqual([]);
    expect(await update(first)).toMatchObject({ code: 'NOT_FOUND' });
    const { node } = await service.runUntyped('query ($id: ID!) { node(id: $id) { id } }', { id: workingMemory.id });
    expect(node).toBeNull();
    expect((await update({ ...iris, user, content: 'again' })).workingMemory).toMatchObject({ version: 1 });
  });

  test.each([
    ['deleteUser', { user: { externalId: 'leaves' } }],
    ['deleteCompanion', { companion: { key: 'leaves' } }],
  ])('%s takes it along', async (name, input) => {
    const { database } = await service.tenant();
    const whose = { companion: { key: 'leaves' }, user: { externalId: 'leaves' } };
    const kept = { ...whose, content: 'okapi33', idempotencyKey: name };
    await update(kept);
    await update({ ...whose, content: 'okapi33 again' });
    await update({ ...whose, conversation: { externalId: 'leaves' }, content: 'okapi33' });
    await mutation(service, name, 'deletedId')(input);
    expect(await tablesWith(database, 'okapi33')).toEqual([]);
    expect(await update(kept)).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('expectedVersion', () => {
  test('refuses a lost update, and says what there is', async () => {
    const whose = { ...iris, user: { externalId: 'expecting' } };
    expect(await update({ ...whose, content: 'x', expectedVersion: 1 })).toMatchObject({
      code: 'CONFLICT',
      current: null,
    });
    const { workingMemory } = await update({ ...whose, content: 'one', expectedVersion: 0 });
    const current = { id: workingMemory.id, version: 1, content: 'one' };
    for (const expectedVersion of [0, 2]) {
      expect(await update({ ...whose, content: 'x', expectedVersion })).toMatchObject({ code: 'CONFLICT', current });
    }
    expect((await update({ ...whose, content: 'two', expectedVersion: 1 })).workingMemory).toMatchObject({
      version: 2,
    });
  });

  test('a credential that may not read is told no more than that', async () => {
    const caller = { scopes: ['WRITE'] as const };
    const whose = { ...iris, user: { externalId: 'blind' } };
    const blind = mutation(service, 'updateWorkingMemory', '__typename');
    expect(await blind({ ...whose, content: 'x' }, caller)).toEqual({ __typename: 'UpdateWorkingMemoryPayload' });
    expect(await blind({ ...whose, content: 'x', expectedVersion: 7 }, caller)).toMatchObject({
      code: 'CONFLICT',
      message: 'The working memory is not at version 7: read current, and decide again.',
    });
    const { errors } = await service.sendUntyped(
      'mutation { updateWorkingMemory(input: {companion: {key: "iris"}, content: "x"}) { ... on ConflictError { current { id } } } }',
      {},
      caller,
    );
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  const WRITERS = 50;
  test('of fifty writers at once none is lost, and the last one stands', async () => {
    const whose = { ...iris, user: { externalId: 'many' } };
    const answers = await Promise.all(
      Array.from({ length: WRITERS }, (_, number) => update({ ...whose, content: `writer ${number}` })),
    );
    expect(answers.every(({ __typename }) => __typename === 'UpdateWorkingMemoryPayload')).toBe(true);
    const { version, content, versions } = await read({ user: whose.user });
    expect(version).toBe(WRITERS);
    const contents = versions.nodes.map((each: { content: string }) => each.content);
    expect(contents[0]).toBe(content);
    expect(contents.toSorted()).toEqual(Array.from({ length: WRITERS }, (_, number) => `writer ${number}`).toSorted());
    const numbers = versions.nodes.map((each: { version: number }) => each.version);
    expect(numbers).toEqual(Array.from({ length: WRITERS }, (_, number) => WRITERS - number));
  });

  test('of fifty patches at once each takes effect', async () => {
    const whose = { ...iris, user: { externalId: 'patches' } };
    const schema = { additionalProperties: { type: 'number' } };
    await update({ ...whose, data: {}, schema });
    await Promise.all(
      Array.from({ length: WRITERS }, (_, number) => update({ ...whose, patch: { [`n${number}`]: number } })),
    );
    const { data } = await read({ user: whose.user });
    expect(Object.keys(data)).toHaveLength(WRITERS);
  });

  test('of fifty who expect the same, one wins each round', async () => {
    const whose = { ...iris, user: { externalId: 'rounds' } };
    for (const round of [0, 1, 2]) {
      const answers = await Promise.all(
        Array.from({ length: WRITERS }, (_, number) =>
          update({ ...whose, content: `round ${round} of ${number}`, expectedVersion: round }),
        ),
      );
      const winners = answers.filter(({ __typename }) => __typename === 'UpdateWorkingMemoryPayload');
      expect(winners).toHaveLength(1);
      const losers = answers.filter(({ code }) => code === 'CONFLICT');
      expect(losers).toHaveLength(WRITERS - 1);
      expect(losers.every(({ current }) => current.version === round + 1)).toBe(true);
    }
  });
});

describe('a schema', () => {
  const user = { externalId: 'schemas' };
  const say = (change: object) => update({ ...iris, user, ...change });
  const schema = {
    type: 'object',
    properties: { name: { type: 'string' }, tags: { type: 'array', items: { $ref: '#/$defs/tag' } } },
    required: ['name'],
    additionalProperties: false,
    $defs: { tag: { type: 'string', pattern: '^[a-z]+$' } },
  };
  beforeAll(async () => {
    await say({ data: { name: 'Maya' }, schema });
  });

  test.each([
    ['data', { data: { name: 7 } }, ['data', 'name'], /must be string/],
    ['each place of data', { data: { name: 'a', tags: ['ok', 'NOT'] } }, ['data', 'tags', '1'], /must match pattern/],
    ['what is missing of data', { data: {} }, ['data'], /required property 'name'/],
    ['what is too much of data', { data: { name: 'a', colour: 1 } }, ['data'], /colour/],
    ['what a patch makes', { patch: { name: null } }, ['patch'], /required property 'name'/],
    ['data that is there, by a new schema', { schema: { required: ['colour'] } }, ['schema'], /colour/],
    ['a schema', { schema: { type: 'colour' } }, ['schema', 'type'], /allowed values/],
    ['a pattern', { schema: { properties: { name: { pattern: '(' } } } }, ['schema'], /Invalid regular expression/],
    ['a reference to elsewhere', { schema: { $ref: 'https://example.com/s' } }, ['schema'], /can't resolve reference/],
    ['a draft', { schema: { $schema: 'http://json-schema.org/draft-04/schema#' } }, ['schema', '$schema'], /2020-12/],
    ['an asynchronous schema', { schema: { $async: true } }, ['schema', '$async'], /not allowed/],
  ])('checks %s', async (_what, change, path, message) => {
    const { code, issues } = await say(change);
    expect(code).toBe('INVALID_INPUT');
    expect(issues[0].path).toEqual(['input', ...path]);
    expect(issues[0].message).toMatch(message);
    expect(await read({ user })).toMatchObject({ version: 1 });
  });

  test('may be of draft-07, and call itself as another one does', async () => {
    const whose = { ...iris, user: { externalId: 'drafts' } };
    const $schema = 'http://json-schema.org/draft-07/schema#';
    const items = [{ type: 'string' }];
    for (const [$id, type] of [
      ['https://example.com/a', 'string'],
      ['https://example.com/a', 'number'],
    ]) {
      const draft = { $schema, $id, properties: { list: { items }, a: { type } } };
      const good = { list: ['a'], a: type === 'string' ? 'x' : 1 };
      expect(await update({ ...whose, data: good, schema: draft })).toMatchObject({
        __typename: 'UpdateWorkingMemoryPayload',
      });
      expect(await update({ ...whose, data: { list: [1] } })).toMatchObject({ code: 'INVALID_INPUT' });
    }
  });

  const deep = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [
      `d${at}`,
      { allOf: [{ $ref: `#/$defs/d${at + 1}` }, { $ref: `#/$defs/d${at + 1}` }] },
    ]),
  );
  test.each([
    ['a pattern that never ends', { properties: { name: { pattern: '^(a+)+$' } } }, { name: `${'a'.repeat(60)}!` }],
    ['references that double', { $ref: '#/$defs/d0', $defs: { ...deep, d40: true } }, { name: 'a' }],
  ])('%s keeps nobody waiting, and is refused', async (_what, hostile, data) => {
    const whose = { ...iris, user: { externalId: 'hostile' } };
    const { ms, value } = await longestTurn(() => update({ ...whose, data, schema: hostile }));
    expect(value).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 1_000 });
    expect(ms).toBeLessThan(50);
    expect(await read({ user: whose.user })).toBeNull();
    // The next one is checked as ever.
    expect(await say({ data: { name: 7 } })).toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('that refers to itself forever is refused', async () => {
    const forever = { $ref: '#/$defs/a', $defs: { a: { anyOf: [{ $ref: '#/$defs/a' }, { type: 'string' }] } } };
    expect(await update({ ...iris, user: { externalId: 'forever' }, data: {}, schema: forever })).toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});

describe('a credential restricted to users', () => {
  test('reads the working memory of the companion, and changes that of its users alone', async () => {
    const companion = { key: 'shared' };
    const made = await service.runUntyped(
      `mutation { maya: upsertUser(input: {externalId: "maya r"}) { ... on UpsertUserPayload { user { id } } }
        noor: upsertUser(input: {externalId: "noor r"}) { ... on UpsertUserPayload { user { id } } } }`,
    );
    const { decodeId } = await import('../src/kernel/ids.ts');
    const caller = { restriction: { companions: null, users: [decodeId('User', made.maya.user.id, []).uuid] } };
    const own = { companion, user: { externalId: 'maya r' } };
    const others = { companion, user: { externalId: 'noor r' } };
    for (const whose of [{ companion }, own, others]) await update({ ...whose, content: 'there' });
    const seen = async (whose: Record<string, unknown>) =>
      (await service.runUntyped(READ, whose, caller)).workingMemory?.content;
    expect([await seen({ companion }), await seen(own), await seen(others)]).toEqual(['there', 'there', undefined]);
    for (const change of [update, remove]) {
      const input = change === update ? { content: 'changed' } : {};
      expect(await change({ companion, ...input }, caller)).toMatchObject({
        code: 'FORBIDDEN',
        message: expect.stringContaining('it may read what is about none of its users, but not change it.'),
      });
    }
    expect(await update({ ...others, content: 'changed' }, caller)).toMatchObject({ code: 'FORBIDDEN' });
    expect(await remove(others, caller)).toMatchObject({ code: 'NOT_FOUND' });
    expect((await update({ ...own, content: 'changed' }, caller)).workingMemory).toMatchObject({ version: 2 });
    const talk = { companion, conversation: { externalId: 'restricted' } };
    expect(await update({ ...talk, content: 'x' }, caller)).toMatchObject({ code: 'FORBIDDEN' });
    expect((await update({ ...talk, user: own.user, content: 'x' }, caller)).workingMemory).toMatchObject({
      version: 1,
    });
    expect(await remove(own, caller)).toMatchObject({ __typename: 'DeleteWorkingMemoryPayload' });
  });
});
