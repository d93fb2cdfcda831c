import { beforeAll, describe, expect, test } from 'vitest';
import { useService } from './support/service.ts';
import { countRows } from './support/tables.ts';

const service = useService();

const UNKNOWN = '01h455vb4pex5vsknk084sn02q';
const UUID = '01890a5d-ac96-774b-bcce-b302099a8057';
const NOW = '2026-01-01T00:00:00.000Z';

/** Ids of what is there: two memories that are related, a user, an entity. */
const there = { first: '', second: '', relation: '', user: '', entity: '' };

beforeAll(async () => {
  const { createMemories } = await service.runUntyped(`mutation {
    createMemories(input: {
      companion: { key: "iris" }
      user: { externalId: "maya" }
      memories: [
        { ref: "1", content: "First", type: FACT, entities: [{ name: "Lisbon", type: "place" }] }
        { ref: "2", content: "Second", type: FACT }
      ]
      relations: [{ from: { ref: "1" }, to: { ref: "2" }, type: CAUSES }]
    }) {
      ... on CreateMemoriesPayload {
        memories { id user { id } entities { nodes { id } } }
        relations { id }
      }
    }
  }`);
  const [first, second] = createMemories.memories;
  there.first = first.id;
  there.second = second.id;
  there.relation = createMemories.relations[0].id;
  there.user = first.user.id;
  there.entity = first.entities.nodes[0].id;
});

const FAILURE = `__typename
  ... on Error { message code }
  ... on InvalidInputError { issues { path message } }
  ... on NotFoundError { ids }
  ... on LimitExceededError { limit given }
  ... on RelationExistsError { relation { id } }`;

/** Sends something wrong: nothing may be written as a result, and it must not count as a bug of the service. */
async function sendBad(query: string, variables: Record<string, unknown> = {}) {
  const { database } = await service.tenant();
  const before = await countRows(database);
  const answer = await service.sendUntyped(query, variables);
  expect(await countRows(database)).toEqual(before);
  expect(service.logged).toEqual([]);
  return answer;
}

/** The failure that a mutation of this input answers as data. */
async function fail(name: string, input: Record<string, unknown>) {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  const spread =
    name === 'createMemories' || name === 'relateMemories' ? FAILURE : FAILURE.replace(/\.\.\. on Rel.*/, '');
  const { data, errors, extensions } = await sendBad(
    `mutation ($input: ${type}!) { ${name}(input: $input) { ${spread} } }`,
    { input },
  );
  expect(errors, JSON.stringify(errors)).toBeUndefined();
  const { code, message } = data[name];
  expect(extensions?.failures).toEqual([{ path: [name], code, message }]);
  return data[name];
}

const memory = (more: Record<string, unknown>) => ({
  companion: { key: 'iris' },
  content: 'Bad',
  type: 'FACT',
  ...more,
});
const batch = (more: Record<string, unknown>) => ({ companion: { key: 'iris' }, memories: [], ...more });
const nested = (depth: number): object => (depth === 1 ? { leaf: 1 } : { deeper: nested(depth - 1) });

const NUL = 'The character NUL (U+0000) is not allowed.';
const LONE = 'The text has half of a surrogate pair: send well-formed Unicode.';
const YEAR = 'A year from 0001 to 9999 is expected.';
const notAnId = (id: string) =>
  `"${id}" is not an id. Ids are opaque: pass one unchanged, e.g. mem_01h455vb4pex5vsknk084sn02q.`;

describe('a mutation answers INVALID_INPUT, with the path to the field and what is allowed', () => {
  test.each<[string, Record<string, unknown>, (string | number)[], string]>([
    ['empty content', { content: '' }, ['content'], 'content must not be empty.'],
    ['blank content', { content: ' \n\t ' }, ['content'], 'content must not be empty.'],
    ['content too long', { content: 'x'.repeat(100_001) }, ['content'], 'At most 100000 characters are allowed.'],
    ['NUL in content', { content: 'a\0b' }, ['content'], NUL],
    ['half a character in content', { content: 'a\ud800b' }, ['content'], LONE],
    ['summary too long', { summary: 'x'.repeat(10_001) }, ['summary'], 'At most 10000 characters are allowed.'],
    ['importance below 0', { importance: -1 }, ['importance'], 'At least 0 is expected.'],
    ['importance above 10', { importance: 11 }, ['importance'], 'At most 10 is allowed.'],
    ['confidence above 1', { confidence: 1.1 }, ['confidence'], 'At most 1 is allowed.'],
    ['confidence below 0', { confidence: -0.1 }, ['confidence'], 'At least 0 is expected.'],
    ['blank key', { idempotencyKey: ' ' }, ['idempotencyKey'], 'idempotencyKey must not be empty.'],
    ['key too long', { idempotencyKey: 'x'.repeat(501) }, ['idempotencyKey'], 'At most 500 characters are allowed.'],
    ['NUL in a key', { idempotencyKey: 'a\0' }, ['idempotencyKey'], NUL],
    ['empty companion key', { companion: { key: '' } }, ['companion', 'key'], 'key must not be empty.'],
    [
      'companion key too long',
      { companion: { key: 'x'.repeat(501) } },
      ['companion', 'key'],
      'At most 500 characters are allowed.',
    ],
    ['blank user', { user: { externalId: ' ' } }, ['user', 'externalId'], 'externalId must not be empty.'],
    [
      'context too large',
      { context: { a: 'x'.repeat(65 * 1024) } },
      ['context'],
      'At most 65536 bytes of JSON are allowed, given 66568.',
    ],
    [
      'context too large in bytes',
      { context: { a: '€'.repeat(22_000) } },
      ['context'],
      'At most 65536 bytes of JSON are allowed, given 66008.',
    ],
    ['context too deep', { context: nested(65) }, ['context'], 'At most 64 levels of nesting are allowed.'],
    ['context far too deep', { context: nested(5_000) }, ['context'], 'At most 64 levels of nesting are allowed.'],
    ['NUL in a key of context', { context: { 'a\0': 1 } }, ['context'], NUL],
    ['NUL in a value of context', { context: { a: [{ b: '\0' }] } }, ['context'], NUL],
    ['half a character in context', { context: { a: '\udc00' } }, ['context'], LONE],
    ['the year 10000', { validFrom: '9999-12-31T23:59:59-01:00' }, ['validFrom'], YEAR],
    ['the year 0', { validFrom: '0000-12-31T00:00:00Z' }, ['validFrom'], YEAR],
    ['expiry in the year 10000', { expiresAt: '9999-12-31T23:59:59-01:00' }, ['expiresAt'], YEAR],
    [
      'an end before the beginning',
      { validFrom: '2026-02-01T00:00:00Z', validUntil: '2026-01-01T00:00:00Z' },
      ['validUntil'],
      'validUntil (2026-01-01T00:00:00.000Z) must be after validFrom (2026-02-01T00:00:00.000Z).',
    ],
    [
      'an end at the beginning',
      { validFrom: '2026-02-01T00:00:00Z', validUntil: '2026-02-01T00:00:00Z' },
      ['validUntil'],
      'validUntil (2026-02-01T00:00:00.000Z) must be after validFrom (2026-02-01T00:00:00.000Z).',
    ],
    ['a blank entity', { entities: [{ name: ' ', type: 'x' }] }, ['entities', 0, 'name'], 'name must not be empty.'],
    ['a blank type', { entities: [{ name: 'x', type: '' }] }, ['entities', 0, 'type'], 'type must not be empty.'],
    [
      'an entity too long',
      {
        entities: [
          { name: 'x', type: 'x' },
          { name: 'x'.repeat(501), type: 'x' },
        ],
      },
      ['entities', 1, 'name'],
      'At most 500 characters are allowed.',
    ],
    ['NUL in an entity', { entities: [{ name: 'a\0', type: 'x' }] }, ['entities', 0, 'name'], NUL],
    [
      '101 entities',
      { entities: Array.from({ length: 101 }, (_, i) => ({ name: `${i}`, type: 'x' })) },
      ['entities'],
      'At most 100 entities are allowed.',
    ],
  ])('%s', async (_name, wrong, path, message) => {
    const { code, issues } = await fail('createMemory', memory(wrong));
    expect(code).toBe('INVALID_INPUT');
    expect(issues).toEqual([{ path: ['input', ...path.map(String)], message }]);
  });

  test('an end in the past, where the beginning is now', async () => {
    const { issues } = await fail('createMemory', memory({ validUntil: '2020-01-01T00:00:00Z' }));
    expect(issues).toMatchObject([{ path: ['input', 'validUntil'] }]);
  });

  test('everything that is wrong at once', async () => {
    const { message, issues } = await fail('createMemory', memory({ content: '', importance: 11, confidence: 2 }));
    expect(issues.map(({ path }: { path: string[] }) => path.join('.'))).toEqual([
      'input.content',
      'input.importance',
      'input.confidence',
    ]);
    expect(message).toBe(
      'input.content: content must not be empty. input.importance: At most 10 is allowed. input.confidence: At most 1 is allowed.',
    );
  });

  test('a memory of a batch, by its place', async () => {
    const memories = [
      { content: 'Good', type: 'FACT' },
      { content: '', type: 'FACT' },
    ];
    const { issues } = await fail('createMemories', batch({ memories }));
    expect(issues).toEqual([{ path: ['input', 'memories', '1', 'content'], message: 'content must not be empty.' }]);
  });

  test('the end of a memory of a batch before its beginning, by its place', async () => {
    const times = { validFrom: '2026-02-01T00:00:00Z', validUntil: '2026-01-01T00:00:00Z' };
    const memories = [
      { content: 'Good', type: 'FACT' },
      { content: 'Bad', type: 'FACT', ...times },
    ];
    const { issues } = await fail('createMemories', batch({ memories }));
    expect(issues).toMatchObject([{ path: ['input', 'memories', '1', 'validUntil'] }]);
  });

  test('a relation with an unknown ref', async () => {
    const relations = [{ from: { ref: 'nobody' }, to: { id: there.first }, type: 'FOLLOWS' }];
    const { issues } = await fail('createMemories', batch({ relations }));
    expect(issues).toEqual([
      {
        path: ['input', 'relations', '0', 'from', 'ref'],
        message:
          'No memory of this input has the ref "nobody": a ref names a memory of the same input. Use an id for any other memory.',
      },
    ]);
  });

  test('a ref that is used twice', async () => {
    const memories = ['One', 'Two'].map((content) => ({ ref: 'same', content, type: 'FACT' }));
    const { issues } = await fail('createMemories', batch({ memories }));
    expect(issues).toEqual([
      {
        path: ['input', 'memories', '1', 'ref'],
        message: 'The ref "same" already names memory 0: a ref must be unique in the input.',
      },
    ]);
  });

  test('a relation of a memory to itself, also by two refs that turn out to name one', async () => {
    const memories = ['same', 'SAME'].map((content, i) => ({ ref: `${i}`, content, type: 'FACT' }));
    const relations = [{ from: { ref: '0' }, to: { ref: '1' }, type: 'FOLLOWS' }];
    const message = 'A memory cannot be related to itself, nor to a version of itself.';
    expect(await fail('createMemories', batch({ memories, relations }))).toMatchObject({
      issues: [{ path: ['input', 'relations', '0'], message }],
    });
    expect(await fail('relateMemories', { fromId: there.first, toId: there.first, type: 'FOLLOWS' })).toMatchObject({
      issues: [{ path: ['input'], message }],
    });
  });

  test('a relation that the input has twice', async () => {
    const relation = { from: { id: there.first }, to: { id: there.second }, type: 'FOLLOWS' };
    const { issues } = await fail('createMemories', batch({ relations: [relation, { ...relation, strength: 0.5 }] }));
    expect(issues).toEqual([
      { path: ['input', 'relations', '1'], message: 'The input has this FOLLOWS relation twice: leave one out.' },
    ]);
  });

  test('strength beyond its bounds', async () => {
    const ends = { fromId: there.first, toId: there.second, type: 'FOLLOWS' };
    expect(await fail('relateMemories', { ...ends, strength: -0.1 })).toMatchObject({
      issues: [{ path: ['input', 'strength'], message: 'At least 0 is expected.' }],
    });
    expect(await fail('relateMemories', { ...ends, strength: 1.1 })).toMatchObject({
      issues: [{ path: ['input', 'strength'], message: 'At most 1 is allowed.' }],
    });
  });

  test.each([
    ['nothing', () => ''],
    ['a word', () => 'nonsense'],
    ['a prefix alone', () => 'mem_'],
    ['an unknown prefix', () => there.first.replace('mem', 'foo')],
    ['a truncated id', () => there.first.slice(0, -1)],
    ['an id and more', () => `${there.first}0`],
    ['capitals', () => there.first.toUpperCase()],
    ['a letter that no id has', () => `${there.first.slice(0, -1)}u`],
    ['a nonsense point', () => `${there.first}@yesterday`],
    ['a point beyond the year 9999', () => `${there.first}@+010000-01-01T00:00:00.000Z`],
    ['a UUID', () => UUID],
    ["JSON's idea of quoting", () => '\\"'],
  ])('%s where an id belongs', async (_name, id) => {
    const message = notAnId(JSON.stringify(id()).slice(1, -1));
    const { issues } = await fail('updateMemory', { id: id(), summary: 'Bad' });
    expect(issues).toEqual([{ path: ['input', 'id'], message }]);
  });

  test('the id of another type: says which it is and which is needed', async () => {
    const { issues } = await fail('archiveMemories', { ids: [there.first, there.user] });
    expect(issues).toEqual([
      {
        path: ['input', 'ids', '1'],
        message: `"${there.user}" is the id of a User; a Memory is expected here (mem_…).`,
      },
    ]);
    const merge = await fail('mergeEntities', { fromIds: [there.entity], intoId: there.first });
    expect(merge.issues).toMatchObject([{ path: ['input', 'intoId'] }]);
  });
});

describe('a mutation answers NOT_FOUND with the ids, as they were given', () => {
  test.each<[string, () => [string, Record<string, unknown>, string[]]]>([
    ['a memory', () => ['updateMemory', { id: `mem_${UNKNOWN}` }, [`mem_${UNKNOWN}`]]],
    [
      'a memory at a point in time',
      () => ['forgetMemories', { ids: [`mem_${UNKNOWN}@${NOW}`] }, [`mem_${UNKNOWN}@${NOW}`]],
    ],
    [
      'some memories of several',
      () => ['restoreMemories', { ids: [there.first, `mem_${UNKNOWN}`] }, [`mem_${UNKNOWN}`]],
    ],
    [
      'an end of a relation',
      () => ['relateMemories', { fromId: there.first, toId: `mem_${UNKNOWN}`, type: 'FOLLOWS' }, [`mem_${UNKNOWN}`]],
    ],
    [
      'an end of a relation of a batch',
      () => [
        'createMemories',
        batch({
          memories: [{ ref: 'new', content: 'New', type: 'FACT' }],
          relations: [{ from: { ref: 'new' }, to: { id: `mem_${UNKNOWN}` }, type: 'FOLLOWS' }],
        }),
        [`mem_${UNKNOWN}`],
      ],
    ],
    ['a relation', () => ['unrelateMemories', { relationId: `rel_${UNKNOWN}` }, [`rel_${UNKNOWN}`]]],
    ['an entity', () => ['mergeEntities', { fromIds: [`ent_${UNKNOWN}`], intoId: there.entity }, [`ent_${UNKNOWN}`]]],
    ['a companion', () => ['createMemory', memory({ companion: { id: `cmp_${UNKNOWN}` } }), [`cmp_${UNKNOWN}`]]],
    ['a user', () => ['createMemory', memory({ user: { id: `usr_${UNKNOWN}` } }), [`usr_${UNKNOWN}`]]],
  ])('%s', async (_name, given) => {
    const [name, input, ids] = given();
    expect(await fail(name, input)).toMatchObject({ code: 'NOT_FOUND', ids });
  });
});

describe('a mutation answers LIMIT_EXCEEDED with the limit and how much was given', () => {
  test.each<[string, () => [string, Record<string, unknown>], string, number]>([
    [
      'memories',
      () => ['createMemories', batch({ memories: Array(1_001).fill({ content: '', type: 'FACT' }) })],
      'memories: at most 1000, given 1001.',
      1_000,
    ],
    [
      'relations',
      () => [
        'createMemories',
        batch({ relations: Array(5_001).fill({ from: { ref: 'a' }, to: { ref: 'a' }, type: 'FOLLOWS' }) }),
      ],
      'relations: at most 5000, given 5001.',
      5_000,
    ],
    [
      'ids',
      () => ['archiveMemories', { ids: Array(1_001).fill(there.first) }],
      'ids: at most 1000, given 1001.',
      1_000,
    ],
    [
      'entities to merge',
      () => ['mergeEntities', { fromIds: Array(1_001).fill(there.entity), intoId: there.entity }],
      'fromIds: at most 1000, given 1001.',
      1_000,
    ],
  ])('%s', async (_name, given, message, limit) => {
    expect(await fail(...given())).toEqual({
      __typename: 'LimitExceededError',
      code: 'LIMIT_EXCEEDED',
      message,
      limit,
      given: limit + 1,
    });
  });
});

describe('what GraphQL itself refuses has a code and says where', () => {
  const CREATE = 'mutation ($input: CreateMemoryInput!) { createMemory(input: $input) { __typename } }';

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['NaN as a word', { importance: 'NaN' }, /"NaN" at "input\.importance"; Float cannot represent non numeric value/],
    [
      'a moment that is none',
      { validFrom: 'yesterday' },
      /"yesterday" at "input\.validFrom"; DateTime cannot represent/,
    ],
    ['a day that is none', { validFrom: '2026-02-30T00:00:00Z' }, /at "input\.validFrom"; DateTime cannot represent/],
    ['a date without a time', { validFrom: '2026-02-01' }, /at "input\.validFrom"; DateTime cannot represent/],
    [
      'a year of five digits',
      { validFrom: '10000-01-01T00:00:00Z' },
      /at "input\.validFrom"; DateTime cannot represent/,
    ],
    [
      'a context that is a list',
      { context: [1] },
      /at "input\.context"; A JSON object is expected, such as {"source": "chat"}, not a list\./,
    ],
    [
      'a context that is a text',
      { context: '{}' },
      /at "input\.context"; A JSON object is expected, such as {"source": "chat"}, not "{}"\./,
    ],
    [
      'a list in the place of context',
      { context: [{ source: 'chat' }] },
      /at "input\.context"; A JSON object is expected, such as {"source": "chat"}, not a list\./,
    ],
    [
      'very many lists within each other in the place of context',
      { context: JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) },
      /at "input\.context"; A JSON object is expected, such as {"source": "chat"}, not a list\./,
    ],
    [
      'both fields of a ref',
      { companion: { key: 'a', id: 'b' } },
      /at "input\.companion"; Within OneOf Input Object type "CompanionRef", exactly one field/,
    ],
    [
      'no field of a ref',
      { companion: {} },
      /at "input\.companion"; Within OneOf Input Object type "CompanionRef", exactly one field/,
    ],
    ['null in a ref', { companion: { key: null } }, /at "input\.companion.*"; .*must be non-null/],
    [
      'an unknown field',
      { tags: [] },
      /Expected value of type "CreateMemoryInput" not to include unknown field "tags"/,
    ],
  ])('%s in a variable', async (_name, wrong, message) => {
    const { errors } = await sendBad(CREATE, { input: memory(wrong) });
    expect(errors).toEqual([
      { message: expect.stringMatching(message), locations: expect.anything(), extensions: { code: 'INVALID_INPUT' } },
    ]);
  });

  test('infinity in a variable', async () => {
    const response = await service.service.fetch('http://test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: CREATE, variables: { input: memory({ importance: 0.123 }) } }).replace(
        '0.123',
        '1e999',
      ),
    });
    const { errors } = (await response.json()) as { errors: object[] };
    expect(errors).toMatchObject([
      { message: expect.stringContaining('Infinity at "input.importance"'), extensions: { code: 'INVALID_INPUT' } },
    ]);
  });

  test.each([
    ['NaN', 'importance: NaN', 'GRAPHQL_VALIDATION_FAILED', 'Float cannot represent non numeric value: NaN'],
    [
      'two fields of a ref',
      'user: { id: "a", externalId: "b" }',
      'GRAPHQL_VALIDATION_FAILED',
      'Within OneOf Input Object type "UserRef", exactly one field must be specified, and the value for that field must be non-null.',
    ],
  ])('%s in the document', async (_name, wrong, code, message) => {
    const { errors } = await sendBad(
      `mutation { createMemory(input: { companion: { key: "iris" }, content: "Bad", type: FACT, ${wrong} }) { __typename } }`,
    );
    expect(errors).toEqual([{ message, locations: expect.anything(), extensions: { code } }]);
  });

  test.each([
    ['importance: 1e999', 'importance', 'A number from 0 to 10 is expected.'],
    ['context: { a: 1e999 }', 'context', 'Numbers must be finite.'],
  ])('infinity in the document, %s, is INVALID_INPUT as data', async (wrong, field, message) => {
    const { data } = await sendBad(
      `mutation { createMemory(input: { companion: { key: "iris" }, content: "Bad", type: FACT, ${wrong} }) { ... on InvalidInputError { issues { path message } } } }`,
    );
    expect(data.createMemory.issues).toEqual([{ path: ['input', field], message }]);
  });
});

describe('a query answers with an error that has a code', () => {
  /** The one error of a query. */
  async function errorOf(query: string, variables: Record<string, unknown> = {}) {
    const { errors } = await sendBad(query, variables);
    expect(errors).toHaveLength(1);
    return errors?.[0] as NonNullable<typeof errors>[0];
  }
  const invalid = (path: (string | number)[], message: string) => ({
    code: 'INVALID_INPUT',
    issues: [{ path, message }],
  });

  test.each(['first', 'last'])('%s beyond 100 is LIMIT_EXCEEDED, never clamped', async (size) => {
    const { message, extensions } = await errorOf(`{ memories(${size}: 101) { nodes { id } } }`);
    expect(message).toBe(`Items of a page (${size}): at most 100, given 101.`);
    expect(extensions).toEqual({ code: 'LIMIT_EXCEEDED', limit: 100, given: 101 });
  });

  test('100 is allowed', async () => {
    await service.run('{ memories(first: 100) { nodes { id } } }');
  });

  test.each([
    ['first: -1', 'first', 'A page has 0 to 100 items, not -1.'],
    ['last: -1', 'last', 'A page has 0 to 100 items, not -1.'],
    ['first: 1, last: 1', 'last', 'first and last cannot be used together: give one of them.'],
  ])('memories(%s)', async (args, path, message) => {
    const { extensions } = await errorOf(`{ memories(${args}) { nodes { id } } }`);
    expect(extensions).toEqual(invalid([path], message));
  });

  test('a list nested in a memory', async () => {
    const document = 'query ($id: ID!) { memory(id: $id) { relations(first: 101) { nodes { id } } } }';
    const { path, extensions } = await errorOf(document, { id: there.first });
    expect(path).toEqual(['memory', 'relations']);
    expect(extensions).toEqual({ code: 'LIMIT_EXCEEDED', limit: 100, given: 101 });
  });

  test('more than 100 nodes', async () => {
    const { extensions } = await errorOf('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: Array(101).fill(there.first),
    });
    expect(extensions).toEqual({ code: 'LIMIT_EXCEEDED', limit: 100, given: 101 });
  });

  test.each(['node(id: $id) { id }', 'memory(id: $id) { id }', 'companion(by: { id: $id }) { id }'])(
    'an id that is none: %s',
    async (field) => {
      const { extensions } = await errorOf(`query ($id: ID!) { ${field} }`, { id: 'nonsense' });
      expect(extensions).toMatchObject({ code: 'INVALID_INPUT', issues: [{ message: notAnId('nonsense') }] });
    },
  );

  test('an id that is none among several', async () => {
    const { extensions } = await errorOf('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: [there.first, 'nonsense'],
    });
    expect(extensions).toEqual(invalid(['ids', 1], notAnId('nonsense')));
  });

  test('an unknown id or key is no error: null or empty', async () => {
    const unknown = await service.run(`{
      node(id: "mem_${UNKNOWN}") { id }
      nodes(ids: ["usr_${UNKNOWN}", "ent_${UNKNOWN}@${NOW}"]) { id }
      memory(id: "mem_${UNKNOWN}") { id }
      companion(by: { key: "nobody" }) { id }
      user(by: { id: "usr_${UNKNOWN}" }) { id }
      memories(companion: { key: "nobody" }) { totalCount nodes { id } }
      entities(filter: { companion: { id: "cmp_${UNKNOWN}" } }) { totalCount nodes { id } }
    }`);
    const none = { totalCount: 0, nodes: [] };
    expect(unknown).toEqual({
      node: null,
      nodes: [null, null],
      memory: null,
      companion: null,
      user: null,
      memories: none,
      entities: none,
    });
  });

  test.each([
    [
      'knownAt in the future',
      { knownAt: '2999-01-01T00:00:00Z' },
      'knownAt',
      '2999-01-01T00:00:00.000Z is in the future: knownAt must not be after now.',
    ],
    ['knownAt in the year 0', { knownAt: '0000-01-01T00:00:00Z' }, 'knownAt', YEAR],
    ['validAt in the year 0', { validAt: '0000-01-01T00:00:00Z' }, 'validAt', YEAR],
    ['validAt in the year 10000', { validAt: '9999-12-31T23:59:59-01:00' }, 'validAt', YEAR],
  ])('at: %s', async (_name, at, field, message) => {
    for (const query of [
      'memories(at: $at) { nodes { id } }',
      'memory(id: $id, at: $at) { id }',
      'entities(at: $at) { nodes { id } }',
    ]) {
      const { extensions } = await errorOf(
        `query ($at: PointInTime${query.includes('$id') ? ', $id: ID!' : ''}) { ${query} }`,
        { at, id: there.first },
      );
      expect(extensions).toEqual(invalid(['at', field], message));
    }
  });

  test('importance on a day of the year 0', async () => {
    const { extensions } = await errorOf(
      'query ($id: ID!) { memory(id: $id) { importance(on: "0000-01-01T00:00:00Z") } }',
      { id: there.first },
    );
    expect(extensions).toEqual(invalid(['on'], YEAR));
  });

  test('importance in the far future is next to nothing, and no error', async () => {
    const { memories } = await service.run(`{
      memories(at: { validAt: "9999-01-01T00:00:00Z" }, orderBy: { field: IMPORTANCE }, filter: { minImportance: 0 }) {
        nodes { importance }
      }
    }`);
    expect(memories.nodes).toHaveLength(2);
    for (const { importance } of memories.nodes) expect(importance).toBeCloseTo(0, 50);
  });

  const filter = (part: object) => ({ filter: part });
  test.each<[string, object, string[], string]>([
    ['NUL in a text', filter({ text: 'a\0' }), ['filter', 'text'], NUL],
    ['NUL in an entity', filter({ entity: { name: '\0a' } }), ['filter', 'entity', 'name'], NUL],
    ['NUL in context', filter({ context: { a: '\0' } }), ['filter', 'context'], NUL],
    [
      'the year 0 in a span',
      filter({ validFrom: { from: '0000-01-01T00:00:00Z' } }),
      ['filter', 'validFrom', 'from'],
      YEAR,
    ],
  ])('memories(filter): %s', async (_name, variables, path, message) => {
    const { extensions } = await errorOf(
      'query ($filter: MemoryFilter) { memories(filter: $filter) { totalCount } }',
      variables as Record<string, unknown>,
    );
    expect(extensions).toEqual(invalid(path, message));
  });
});

describe('a cursor that is none, or of another list, is INVALID_INPUT', () => {
  const craft = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url');
  const raw = (text: string) => Buffer.from(text).toString('base64url');
  const NOT_A_CURSOR = 'This is not a cursor. Pass a cursor of the same list, unchanged.';
  const lists = {
    RECORDED_AT: 'memories(after: $after) { nodes { id } }',
    IMPORTANCE: 'memories(after: $after, orderBy: { field: IMPORTANCE }) { nodes { id } }',
    MENTIONS: 'entities(after: $after) { nodes { id } }',
    KEY: 'companions(after: $after) { nodes { id } }',
    STRENGTH: 'memory(id: $id) { relations(after: $after) { nodes { id } } }',
    SCORE: 'recall(input: { query: "first", companion: { key: "iris" } }, after: $after) { nodes { id } }',
  };

  test.each<[string, keyof typeof lists, string]>([
    ['nothing', 'RECORDED_AT', ''],
    ['a word', 'RECORDED_AT', 'nonsense'],
    ['half a cursor', 'RECORDED_AT', craft(['RECORDED_AT DESC', NOW, UUID, NOW, '']).slice(0, 40)],
    ['an empty list', 'RECORDED_AT', craft([])],
    ['an object', 'RECORDED_AT', craft({})],
    ['null', 'RECORDED_AT', craft(null)],
    ['a part too many', 'RECORDED_AT', craft(['RECORDED_AT DESC', NOW, UUID, NOW, '', 1])],
    ['no moment', 'RECORDED_AT', craft(['RECORDED_AT DESC', 'yesterday', UUID, NOW, ''])],
    ['NUL for a moment', 'RECORDED_AT', craft(['RECORDED_AT DESC', `${NOW}\0`, UUID, NOW, ''])],
    ['a number for a moment', 'RECORDED_AT', craft(['RECORDED_AT DESC', 1e15, UUID, NOW, ''])],
    ['infinity for a moment', 'RECORDED_AT', craft(['RECORDED_AT DESC', 'infinity', UUID, NOW, ''])],
    ['a moment too late', 'RECORDED_AT', craft(['RECORDED_AT DESC', '+275760-09-13T00:00:00.000Z', UUID, NOW, ''])],
    ['a moment too early', 'RECORDED_AT', craft(['RECORDED_AT DESC', '0000-01-01T00:00:00.000Z', UUID, NOW, ''])],
    ['no key', 'RECORDED_AT', craft(['RECORDED_AT DESC', NOW, 'key', NOW, ''])],
    ['NUL in the key', 'RECORDED_AT', craft(['RECORDED_AT DESC', NOW, `${UUID}\0`, NOW, ''])],
    [
      'a first page in the year 0',
      'RECORDED_AT',
      craft(['RECORDED_AT DESC', NOW, UUID, '0000-01-01T00:00:00.000Z', '']),
    ],
    ['a first page of no moment', 'RECORDED_AT', craft(['RECORDED_AT DESC', NOW, UUID, 'now', ''])],
    ['no point in time', 'RECORDED_AT', craft(['RECORDED_AT DESC', NOW, UUID, NOW, 'yesterday'])],
    ['a point too late', 'RECORDED_AT', craft(['RECORDED_AT DESC', NOW, UUID, NOW, '+275760-09-13T00:00:00.000Z'])],
    ['a word for a number', 'IMPORTANCE', craft(['IMPORTANCE DESC', 'high', UUID, NOW, ''])],
    ['NaN for a number', 'IMPORTANCE', craft(['IMPORTANCE DESC', 'NaN', UUID, NOW, ''])],
    ['a number beyond all bounds', 'IMPORTANCE', raw(`["IMPORTANCE DESC",1e999,"${UUID}","${NOW}",""]`)],
    ['a word for a strength', 'STRENGTH', craft(['STRENGTH DESC', 'strong', UUID, NOW, ''])],
    ['a word for a score', 'SCORE', craft(['SCORE DESC', 'good', UUID, NOW, ''])],
    ['a huge count', 'MENTIONS', craft(['MENTIONS DESC', 1e30, UUID, NOW, ''])],
    ['half a count', 'MENTIONS', craft(['MENTIONS DESC', 0.5, UUID, NOW, ''])],
    ['NUL for a key', 'KEY', craft(['KEY ASC', 'a\0', UUID, NOW, ''])],
    ['half a character for a key', 'KEY', raw(`["KEY ASC","\\ud800","${UUID}","${NOW}",""]`)],
  ])('%s (by %s)', async (_name, list, after) => {
    const document = `query ($after: String${list === 'STRENGTH' ? ', $id: ID!' : ''}) { ${lists[list]} }`;
    const { errors } = await sendBad(document, { after, id: there.first });
    expect(errors).toMatchObject([
      { extensions: { code: 'INVALID_INPUT', issues: [{ path: ['after'], message: NOT_A_CURSOR }] } },
    ]);
  });

  describe('of a recall, with something else in the place of what its first page left there', () => {
    const RECALL =
      'query ($input: RecallInput!, $after: String) { recall(input: $input, first: 1, after: $after) { pageInfo { endCursor } nodes { id } } }';
    const input = { query: 'first second', companion: { key: 'iris' } };

    /** A cursor's parts, and those of its state: a digest of the input, mode, how was looked, and the statistics. */
    async function partsOf(more: Record<string, unknown> = {}) {
      const { recall } = await service.runUntyped(RECALL, { input: { ...input, ...more } });
      const [order, score, id, asOf, point, state] = JSON.parse(
        Buffer.from(recall.pageInfo.endCursor, 'base64url').toString(),
      );
      const [digest, mode, isWide, proposes, text] = JSON.parse(state);
      return { order, score, id, asOf, point, digest, mode, isWide, proposes, statistics: JSON.parse(text) };
    }
    type Parts = Awaited<ReturnType<typeof partsOf>>;
    const stateOf = ({ digest, mode, isWide, proposes, statistics }: Parts) =>
      JSON.stringify([digest, mode, isWide, proposes, JSON.stringify(statistics)]);
    const cursorOf = (parts: Parts, state: unknown = stateOf(parts)) =>
      craft([parts.order, parts.score, parts.id, parts.asOf, parts.point, ...(state === undefined ? [] : [state])]);

    test('as it came, it leads on', async () => {
      const { recall } = await service.run(RECALL, { input, after: cursorOf(await partsOf()) });
      expect(recall.nodes).toHaveLength(1);
    });

    test.each<[string, (parts: Parts) => string]>([
      ['a word for a score', (parts) => cursorOf({ ...parts, score: 'good' })],
      ['a moment for a score', (parts) => cursorOf({ ...parts, score: NOW })],
      [
        'an infinite score',
        (parts) => raw(`["SCORE DESC",1e999,"${UUID}","${NOW}","",${JSON.stringify(stateOf(parts))}]`),
      ],
      ['no state', ({ order, score, id, asOf, point }) => craft([order, score, id, asOf, point])],
      ['an empty state', (parts) => cursorOf(parts, '')],
      ['a word for a state', (parts) => cursorOf(parts, 'nonsense')],
      ['null for a state', (parts) => cursorOf(parts, 'null')],
      ['a number for a state', (parts) => cursorOf(parts, 7)],
      ['an object for a state', (parts) => cursorOf(parts, '{}')],
      [
        'a state without statistics',
        ({ digest, ...parts }) => cursorOf({ digest, ...parts }, JSON.stringify([digest, 'LEXICAL', false, false])),
      ],
      [
        'empty statistics',
        ({ digest, ...parts }) => cursorOf({ digest, ...parts }, JSON.stringify([digest, 'LEXICAL', false, false, ''])),
      ],
      [
        'a word for statistics',
        ({ digest, ...parts }) =>
          cursorOf({ digest, ...parts }, JSON.stringify([digest, 'LEXICAL', false, false, 'nonsense'])),
      ],
      [
        'statistics that are no text',
        (parts) => cursorOf(parts, JSON.stringify([parts.digest, 'LEXICAL', false, false, parts.statistics])),
      ],
      ['an unknown mode', (parts) => cursorOf({ ...parts, mode: 'PSYCHIC' })],
      ['a word for how widely was looked', (parts) => cursorOf({ ...parts, isWide: 'very' })],
      ['a word for whether vectors proposed', (parts) => cursorOf({ ...parts, proposes: 'no' })],
      ['a negative number of memories', (parts) => cursorOf({ ...parts, statistics: parts.statistics.with(0, -1) })],
      [
        'a word for a number of memories',
        (parts) => cursorOf({ ...parts, statistics: parts.statistics.with(0, 'many') }),
      ],
      ['a number for a name', (parts) => cursorOf({ ...parts, statistics: parts.statistics.with(1, [1]) })],
      ['words for frequencies', (parts) => cursorOf({ ...parts, statistics: parts.statistics.with(2, ['a', 'b']) })],
      ['a negative frequency', (parts) => cursorOf({ ...parts, statistics: parts.statistics.with(2, [-0.5, -0.5]) })],
      ['statistics of a part too many', (parts) => cursorOf({ ...parts, statistics: [...parts.statistics, 1] })],
    ])('%s', async (_name, made) => {
      const { errors } = await sendBad(RECALL, { input, after: made(await partsOf()) });
      expect(errors).toMatchObject([
        { extensions: { code: 'INVALID_INPUT', issues: [{ path: ['after'], message: NOT_A_CURSOR }] } },
      ]);
    });

    test('a cursor of another question', async () => {
      const after = cursorOf(await partsOf());
      const { errors } = await sendBad(RECALL, { input: { ...input, query: 'second' }, after });
      expect(errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT', issues: [{ path: ['after'] }] } }]);
    });

    test.each<[string, (parts: Parts) => Parts]>([
      ['as many memories as can be said', (parts) => ({ ...parts, statistics: parts.statistics.with(0, 1e308) })],
      ['terms as frequent as can be', (parts) => ({ ...parts, statistics: parts.statistics.with(2, [1e308, 1e308]) })],
      ['hardly any of a term', (parts) => ({ ...parts, statistics: parts.statistics.with(2, [1e-300, 1e-300]) })],
      ['no frequencies', (parts) => ({ ...parts, statistics: parts.statistics.with(2, []) })],
      [
        'more frequencies than terms',
        (parts) => ({ ...parts, statistics: parts.statistics.with(2, Array(999).fill(1)) }),
      ],
      ['odd names', (parts) => ({ ...parts, statistics: parts.statistics.with(1, ['a\0', '\ud800', '']) })],
      ['a score beyond all', (parts) => ({ ...parts, score: 1e308 })],
      ['a first page in the year 1', (parts) => ({ ...parts, asOf: '0001-01-01T00:00:00.000Z' })],
      ['the other mode', (parts) => ({ ...parts, mode: 'LEXICAL' })],
    ])('%s is odd, and no failure', async (_name, change) => {
      const { errors } = await sendBad(RECALL, { input, after: cursorOf(change(await partsOf())) });
      expect(errors).toBeUndefined();
    });
  });

  test('of another order, and of another list', async () => {
    const { memories, entities } = await service.run(
      '{ memories(first: 1) { pageInfo { endCursor } } entities(first: 1) { pageInfo { endCursor } } }',
    );
    const after = memories.pageInfo.endCursor;
    const otherOrder = await sendBad(`query ($after: String) { ${lists.IMPORTANCE} }`, { after });
    expect(otherOrder.errors?.[0]?.message).toBe(
      'after: This cursor belongs to a list ordered by RECORDED_AT DESC, but this list is ordered by IMPORTANCE DESC. Start from the first page.',
    );
    const otherList = await sendBad('query ($before: String) { memories(before: $before) { nodes { id } } }', {
      before: entities.pageInfo.endCursor,
    });
    expect(otherList.errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path: ['before'] }] });
  });
});

describe('what is odd, and allowed', () => {
  test('no ids at all', async () => {
    for (const name of ['archiveMemories', 'restoreMemories']) {
      const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
      const answer = await service.runUntyped(
        `mutation { ${name}(input: { ids: [] }) { ... on ${type}Payload { memories { id } } } }`,
      );
      expect(answer[name]).toEqual({ memories: [] });
    }
    const { forgetMemories } = await service.run(
      'mutation { forgetMemories(input: { ids: [] }) { ... on ForgetMemoriesPayload { forgottenIds } } }',
    );
    expect(forgetMemories).toEqual({ forgottenIds: [] });
  });

  test('an id twice, once with a point in time: it counts once', async () => {
    const { restoreMemories } = await service.runUntyped(
      `mutation ($ids: [ID!]!) { restoreMemories(input: { ids: $ids }) { ... on RestoreMemoriesPayload { memories { id } } } }`,
      { ids: [there.first, there.first, `${there.first}@${NOW}`] },
    );
    expect(restoreMemories).toEqual({ memories: [{ id: there.first }] });
  });

  test('content of 100,000 characters, context of 64 levels and nearly 64 KiB, an entity whose name folds to 9,000', async () => {
    const content = '\u{1f600}'.repeat(50_000);
    const context = { note: 'x'.repeat(64_000), ...nested(64) };
    const name = '\ufdfa'.repeat(500);
    const { createMemory } = await service.runUntyped(
      `mutation ($input: CreateMemoryInput!) {
        createMemory(input: $input) {
          ... on Error { message }
          ... on CreateMemoryPayload { memory { content context entities { nodes { name } } } }
        }
      }`,
      { input: memory({ content, context, entities: [{ name, type: 'x'.repeat(100) }] }) },
    );
    expect(createMemory.message).toBeUndefined();
    const sent = JSON.stringify({ content, context, entities: { nodes: [{ name }] } });
    expect(JSON.stringify(createMemory.memory).length).toBe(sent.length);
  });
});
