import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { decodeId, encodeId } from '../src/kernel/ids.ts';
import { hearCompiled } from './support/both-ways.ts';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { createMemories } from './support/memories.ts';
import { readsOf } from './support/query-coverage.ts';
import { type Caller, serviceOn, type TestService } from './support/service.ts';
import { type Story, tellStory } from './support/story.ts';

const folder = new URL('queries/', import.meta.url);
const documents = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith('.graphql'))
    .map((file) => [file.replace('.graphql', ''), readFileSync(new URL(file, folder), 'utf8')] as const)
    // Those that ask a chat model need one, and are not compiled: see queries.test.ts.
    .filter(([, document]) => !readsOf(document).has('Query.answer')),
);

let database: Database & { statements: string[] };
let service: TestService;
let story: Story;
/** How many statements had been sent when an answer was made by one a field: of each such answer. */
const compiled: number[] = [];

beforeAll(async () => {
  database = recordStatements(await openTestDatabase());
  service = serviceOn(database, await localEmbeddings());
  hearCompiled(async () => void compiled.push(database.statements.length));
  story = await tellStory(service, database);
});
afterAll(() => database.close());

/**
 * Sends a document; the number of its statements where it was compiled, undefined where the executor answered it. The
 * answers of both are compared for every test: see support/setup-both-ways.ts.
 */
async function sendBothWays(document: string, variables: Record<string, unknown> = story.variables, caller?: Caller) {
  compiled.length = 0;
  database.statements.length = 0;
  const answer = await service.sendUntyped(document, variables, caller);
  const [sent, ...others] = compiled;
  expect(others).toEqual([]);
  // Without what begins the transaction.
  return { answer, statements: sent === undefined ? undefined : sent - 1 };
}

/** Cursors that a document takes, from what it answers without them. */
async function cursorsOf(document: string): Promise<Record<string, string>> {
  const text = JSON.stringify((await service.sendUntyped(document, story.variables)).data);
  const cursors: Record<string, string> = {};
  for (const [variable, key] of [
    ['after', 'endCursor'],
    ['before', 'startCursor'],
  ] as const) {
    const cursor = new RegExp(`"${key}":"([^"]+)"`).exec(text)?.[1];
    if (cursor && document.includes(`$${variable}: String`)) cursors[variable] = cursor;
  }
  return cursors;
}

/** The reads that are compiled; all others are the executor's. */
const COMPILED = `
  companion-by-id companion-by-key companion-memories-after companion-memories-before
  companion-memories-filter companion-memories-known-at companion-memories-of-user
  companion-memories-valid-at companion-memories conversation-by-id conversation-memories-after
  conversation-memories-before conversation-memories conversation-messages-after
  conversation-messages-before conversation-messages-in-a-span conversations-after conversations-before
  conversations-of conversations entities-after entities-filter-name entities-filter-types entities-known-at
  entities entity-memories-after entity-memories-before entity-memories-filter entity-memories-known-at
  entity-memories-of-user entity-memories-valid-at entity-memories memories-after memories-before
  memories-by-confidence memories-by-importance memories-by-recorded-at memories-filter-context
  memories-filter-entity-id memories-filter-entity-name memories-filter-has-user
  memories-filter-min-confidence memories-filter-min-importance memories-filter-recorded-at
  memories-filter-slots memories-filter-suspect memories-filter-text memories-filter-valid-from
  memories-filter memories-included memories-known-at memories-of-companion memories-of-conversation
  memories-of-user memories-valid-at memories memory-entities-after memory-entities-then memory-entities
  memory-relations-after memory-relations-filter memory-relations-in memory-relations-neighbors
  memory-relations-out memory-relations-then memory-relations memory-versions-after memory-versions-then
  message-words node-companion node-entity-merged node-entity node-memory-then node-memory node-message
  node-user user-by-external-id user-by-id user-memories-after user-memories-before user-memories-filter
  user-memories-known-at user-memories-of-companion user-memories-valid-at user-memories`;

describe('an answer is the same both ways', () => {
  const found: string[] = [];
  test.each([...documents])('%s', async (name, document) => {
    const { answer, statements } = await sendBothWays(document, { ...story.variables, ...(await cursorsOf(document)) });
    expect(answer.errors).toBeUndefined();
    if (statements !== undefined) found.push(name);
  });

  test('and these are compiled', () => {
    expect(found).toEqual(COMPILED.trim().split(/\s+/));
  });
});

describe('of a document', () => {
  const memories = (selection: string, args = '') => `{ memories(first: 5${args}) { ${selection} } }`;
  test.each([
    [
      'with all scalars',
      memories(
        'nodes { __typename id content summary type status importance confidence statedConfidence context slot validFrom validUntil recordedAt retractedAt expiresAt archivedAt accessCount lastAccessedAt updatedAt }',
      ),
      1,
    ],
    [
      'with aliases, and fields twice',
      memories('a: nodes { x: id y: id } nodes { content } nodes { id content } edges { node { id } node { type } }'),
      1,
    ],
    [
      'with fragments',
      `query { memories(first: 3) { ...Page } } fragment Page on MemoryConnection { nodes { ...M ... on Node { id } ... on Memory { type } } } fragment M on Memory { content __typename }`,
      1,
    ],
    [
      'several levels deep',
      memories(
        'nodes { id relations(first: 2) { totalCount edges { cursor direction node { id metadata recordedAt } neighbor { id content relations(first: 2, direction: IN) { pageInfo { hasNextPage endCursor } nodes { type from { content } to { id versions { totalCount nodes { validFrom } } } } } } } } }',
      ),
      1,
    ],
    [
      'with companions and users',
      memories('nodes { companion { id key name config isActive createdAt } user { id externalId metadata } }'),
      1,
    ],
    [
      'with its count',
      memories('totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor }'),
      2,
    ],
    ['from the end', '{ memories(last: 3) { nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor } } }', 1],
    [
      'of a companion by importance',
      '{ memories(companion: {key: "nova"}, orderBy: {field: IMPORTANCE}) { nodes { id importance } } }',
      undefined,
    ],
    [
      'of a companion and of users, with their memories',
      `{ companion(by: {key: "iris"}) { key memories(first: 3, orderBy: {field: IMPORTANCE}) { totalCount edges { cursor node { id relations { nodes { type } } } } } }
        user(by: {externalId: "maya"}) { externalId memories(last: 2, companion: {key: "iris"}) { nodes { user { id } } pageInfo { startCursor } } }
        nobody: user(by: {externalId: "nobody"}) { id } }`,
      3,
    ],
    [
      'of a conversation, with its messages',
      `{ conversation(by: {externalId: "talk"}, companion: {key: "iris"}) { id title companion { key } user { externalId }
        messages(last: 3, roles: [USER, ASSISTANT]) { totalCount edges { cursor node { id content text role format position createdAt } } }
        first: messages(first: 1, orderBy: {field: CREATED_AT}) { totalCount pageInfo { endCursor } nodes { text memory { id content status importance } conversation { title } } }
        memories { totalCount nodes { id } } } }`,
      1,
    ],
    [
      'of conversations, with their newest messages',
      `{ conversations(first: 3) { totalCount pageInfo { hasNextPage startCursor endCursor } edges { cursor node { id externalId title
        companion { key } user { externalId } messages(last: 2) { totalCount nodes { text memory { content } } }
        memories(first: 2) { totalCount nodes { content } } } } }
        mine: conversations(last: 2, companion: {key: "iris"}, user: {externalId: "maya"}) { nodes { id } pageInfo { hasPreviousPage } } }`,
      3,
    ],
    [
      'of entities, with their memories',
      `{ entities(first: 3, filter: {types: ["place", "person"]}) { pageInfo { hasNextPage endCursor } edges { cursor node { id name aliases
        companion { key } memories(first: 2, orderBy: {field: CONFIDENCE}) { totalCount nodes { content relations(first: 1) { nodes { type } } } } } } } }`,
      1,
    ],
    ['with two fields', '{ a: memories(first: 1) { nodes { id } } b: memories(first: 2) { edges { cursor } } }', 2],
    [
      'then',
      `{ memories(first: 5, at: {knownAt: "${new Date(Date.now() - 1_000).toISOString()}"}) { nodes { id content relations { edges { neighbor { id } } } } } }`,
      1,
    ],
    [
      'in the world of then',
      `{ memories(first: 5, at: {validAt: "2020-01-01T00:00:00Z"}) { nodes { id importance status relations { edges { neighbor { id confidence } } } } } }`,
      1,
    ],
  ] as const)('%s', async (_what, document, expected) => {
    const { answer, statements } = await sendBothWays(document);
    expect(answer.errors).toBeUndefined();
    if (expected !== undefined) expect(statements).toBe(expected);
    expect(statements).toBeGreaterThan(0);
  });

  test.each([
    [
      'with a condition that is null',
      'query ($no: Boolean = true) { memories(first: 1) { nodes { id @skip(if: $no) content } } }',
      { no: null },
    ],
    ['with a list of what many share', '{ memories(first: 1) { nodes { companion { memories { nodes { id } } } } } }'],
    [
      'with importance at another moment',
      '{ memories(first: 1) { nodes { importance(on: "2030-01-01T00:00:00Z") } } }',
    ],
    [
      'with rows that may be large',
      '{ memories(first: 1) { nodes { relations(first: 100) { edges { neighbor { relations(first: 100) { nodes { id } } } } } } } }',
    ],
    ['with another field', '{ memories(first: 1) { nodes { id } } companions { nodes { key } } }'],
    ['with related entities', '{ entities(first: 1) { nodes { related { nodes { name } } } } }'],
    [
      'with memories of a companion by what a companion has to be found for',
      '{ user(by: {externalId: "maya"}) { memories(companion: {key: "iris"}, orderBy: {field: IMPORTANCE}) { nodes { id } } } }',
    ],
    [
      'with what a tokenizer counts',
      '{ conversation(by: {externalId: "talk"}, companion: {key: "iris"}) { messages { nodes { tokens } } } }',
    ],
    ['with entities of many memories', '{ memories(first: 1) { nodes { entities { nodes { name } } } } }'],
    [
      'with entities of a memory’s neighbours',
      '{ memory(id: "mem_01m8kngnrpedt8rg3p8pm2gmrs") { relations { edges { neighbor { entities { nodes { name } } } } } } }',
    ],
    ['of a conversation whose companion is not said', '{ conversation(by: {externalId: "talk"}) { id } }'],
    ['that is wrong', '{ memories(first: 1) { nodes { relations(first: 1000) { nodes { id } } } } }'],
    ['with a key that is no plain one', '{ memories(first: 1) { __proto__: nodes { id } } }'],
  ] as [string, string, Record<string, unknown>?][])('%s it is the executor’s', async (_what, document, variables) => {
    expect((await sendBothWays(document, variables)).statements).toBeUndefined();
  });
});

describe('a node of another type', () => {
  test.each([
    ['iris', '... on Companion { key config memories(first: 2) { totalCount nodes { content } } }'],
    ['maya', '... on User { externalId memories(first: 2, at: {validAt: "2020-01-01T00:00:00Z"}) { nodes { id } } }'],
    [
      'entityPorto',
      `... on Entity { name type aliases companion { id key } memories(last: 2) { totalCount edges { cursor node { content
        relations { edges { neighbor { id } } } } } pageInfo { hasNextPage hasPreviousPage endCursor } } }`,
    ],
    [
      'message2',
      `... on Message { role text content position memory { id content importance status confidence }
        conversation { id externalId title messageCount } }`,
    ],
    [
      'kiln',
      `... on Memory { entities(first: 1) { totalCount pageInfo { endCursor hasNextPage } edges { cursor node { id name companion { key }
        memories(first: 2) { totalCount nodes { content } } } } } all: entities { nodes { aliases } } }`,
    ],
  ])('is read by one statement: %s', async (name, fields) => {
    const document = `query ($id: ID!) { node(id: $id) { __typename id ... on Memory { status } ${fields} } }`;
    const id = (story.variables as Record<string, string>)[name] as string;
    const moment = encodeURIComponent(new Date(Date.now() - 1).toISOString());
    const { answer, statements } = await sendBothWays(document, { id });
    expect(answer.errors).toBeUndefined();
    expect(answer.data.node.id).toBe(id);
    expect(statements).toBe(1);
    // The same document again, for another type, in the past and for nothing.
    for (const other of [story.variables.lisbon, story.variables.entityAtelier, story.variables.studioThen, moment]) {
      await sendBothWays(document, { id: other });
    }
  });

  test('of a merged entity there is none, and its memories are those of the other', async () => {
    const document = `query ($id: ID!) { node(id: $id) { ... on Entity { name aliases memories { nodes { content } } } } }`;
    const { entityAtelier, entityStudio } = story.variables as Record<string, string>;
    expect((await sendBothWays(document, { id: entityAtelier })).answer.data).toEqual({ node: null });
    const { answer, statements } = await sendBothWays(document, { id: entityStudio });
    expect(statements).toBe(1);
    expect(answer.data.node.aliases).not.toEqual([]);
    expect(answer.data.node.memories.nodes).not.toEqual([]);
  });

  test('which is not covered is the executor’s, and the covered ones are still read by one statement', async () => {
    const document = `query ($id: ID!) { node(id: $id) { ... on Memory { content } ... on Companion { key } ... on Session { id } ... on User { memories { nodes { similar { similarity } } } } } }`;
    const { maya, iris, lisbon, event } = story.variables as Record<string, string>;
    for (const [id, statements] of [
      [maya, undefined],
      [iris, 1],
      [event, undefined],
      [lisbon, 1],
      [maya, undefined],
    ] as const) {
      expect((await sendBothWays(document, { id })).statements).toBe(statements);
    }
  });
});

describe('@include and @skip', () => {
  const document = `query ($with: Boolean!, $without: Boolean = false) {
    memories(first: 2) {
      nodes {
        ...Said @include(if: $with)
        type
        ...Said
        ... @skip(if: $without) { status }
        relations(first: 1) @include(if: $with) @skip(if: $without) { totalCount nodes { id @include(if: false) type } }
        companion @skip(if: true) { memories { nodes { id } } }
      }
      totalCount @include(if: $with)
    }
    memory(id: "wrong") @skip(if: $with) { id }
  }
  fragment Said on Memory { content }`;
  const keysOf = (value: object) => Object.keys(value).join(' ');

  test('leave out what they say, for each value of their variables', async () => {
    for (const [given, keys, statements] of [
      [{ with: true }, 'content type status relations', 2],
      [{ with: true, without: false }, 'content type status relations', 2],
      [{ with: true, without: true }, 'content type', 2],
    ] as const) {
      const { answer, statements: sent } = await sendBothWays(document, given);
      expect(answer.errors).toBeUndefined();
      expect(sent).toBe(statements);
      expect(answer.data.memories.totalCount).toBeGreaterThan(0);
      for (const node of answer.data.memories.nodes) {
        expect(keysOf(node)).toBe(keys);
        if (node.relations) expect(keysOf(node.relations.nodes[0] ?? { type: '' })).toBe('type');
      }
    }
    const plain = document.replace('"wrong"', `"${story.variables.lisbon}"`);
    const { answer, statements } = await sendBothWays(plain, { with: false });
    expect(statements).toBe(2);
    expect(keysOf(answer.data)).toBe('memories memory');
    expect(keysOf(answer.data.memories)).toBe('nodes');
    for (const node of answer.data.memories.nodes) expect(keysOf(node)).toBe('type content status');
    // What is wrong is included, and so it is the executor’s.
    expect((await sendBothWays(document, { with: false })).answer.errors).toMatchObject([{ path: ['memory'] }]);
  });

  test('leave nothing', async () => {
    const nothing =
      'query ($all: Boolean!) { memories(first: 1) @include(if: $all) { nodes { id @include(if: $all) } } }';
    expect((await sendBothWays(nothing, { all: false })).answer).toEqual({ data: {} });
    expect((await sendBothWays(nothing, { all: true })).statements).toBe(1);
    const { answer, statements } = await sendBothWays('{ memories(first: 2) { nodes { id @skip(if: true) } } }');
    expect(statements).toBe(1);
    expect(answer.data).toEqual({ memories: { nodes: [{}, {}] } });
  });

  test('of many variables, in whatever order their values come', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const asked = `query (${names.map((name) => `$${name}: Boolean!`).join(' ')}) {
      memories(first: 1) { nodes { id ${names.map((name) => `${name}: type @include(if: $${name})`).join(' ')} } } }`;
    for (let n = 0; n < 32; n++) {
      const given = Object.fromEntries(names.map((name, bit) => [name, ((n * 5) >> bit) % 2 === 1]));
      const { answer, statements } = await sendBothWays(asked, given);
      expect(statements).toBe(1);
      expect(keysOf(answer.data.memories.nodes[0])).toBe(['id', ...names.filter((name) => given[name])].join(' '));
    }
  });
});

test('nodes are one statement where all are memories of one point in time, in the order of their ids', async () => {
  const document =
    'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Memory { content relations { totalCount } } } }';
  const { lisbon, studio, iris, studioThen } = story.variables as Record<string, string>;
  const nobody = encodeId('Memory', '01890a5d-ac96-774b-bcce-b302099a8057');
  const { answer, statements } = await sendBothWays(document, { ids: [studio, nobody, lisbon, studio] });
  expect(statements).toBe(1);
  expect(answer.data.nodes.map((node: { id: string } | null) => node?.id ?? null)).toEqual([
    studio,
    null,
    lisbon,
    studio,
  ]);
  for (const ids of [[studio, iris], [studio, studioThen], ['wrong'], []]) {
    expect((await sendBothWays(document, { ids })).statements).toBeUndefined();
  }
});

test('a row of a million characters is the executor’s, and counts only once', async () => {
  const many = await createMemories(service, {
    companion: { key: 'long' },
    memories: Array.from({ length: 12 }, (_, n) => ({
      ref: `${n}`,
      type: 'FACT',
      content: `${n} ${'x'.repeat(99_000)}`,
    })),
    relations: Array.from({ length: 11 }, (_, n) => ({
      from: { ref: '0' },
      to: { ref: `${n + 1}` },
      type: 'REFERENCES',
    })),
  });
  const [first] = many.memories;
  const document = (size: number) =>
    `{ memory(id: "${first?.id}") { relations(first: ${size}) { edges { neighbor { content } } } } }`;
  const large = await sendBothWays(document(11));
  expect(large.statements).toBeUndefined();
  expect(large.answer.errors).toBeUndefined();
  expect(large.answer.data.memory.relations.edges).toHaveLength(11);
  expect((await sendBothWays(document(9))).statements).toBe(1);
});

test('a restricted credential gets the same both ways, and less than all', async () => {
  const document = '{ memories(first: 100) { totalCount nodes { id relations { edges { neighbor { content } } } } } }';
  const { companions } = await service.runUntyped('{ companions { nodes { id } } }');
  expect(companions.nodes.length).toBeGreaterThan(0);
  const all = await sendBothWays(document);
  const none = await sendBothWays(
    document,
    {},
    { restriction: { companions: ['01890a5d-ac96-774b-bcce-b302099a8057'], users: null } },
  );
  expect(all.answer.data.memories.totalCount).toBeGreaterThan(0);
  expect(none.statements).toBe(2);
  expect(none.answer.data.memories).toEqual({ totalCount: 0, nodes: [] });
  const others = `query ($porto: ID!, $kiln: ID!, $message: ID!) {
    entities(first: 20) { totalCount nodes { name memories { totalCount nodes { id } } } }
    conversations { totalCount nodes { id messages { totalCount nodes { text memory { id } } } } }
    entity: node(id: $porto) { ... on Entity { companion { key } memories { nodes { id } } } }
    memory(id: $kiln) { entities { totalCount nodes { name } } }
    message(id: $message) { text conversation { id } }
  }`;
  const { entityPorto, kiln, message2, iris } = story.variables as Record<string, string>;
  const named = { porto: entityPorto, kiln, message: message2 };
  const seen = async (companions: string[]) => {
    const { answer, statements } = await sendBothWays(others, named, { restriction: { companions, users: null } });
    expect(answer.errors).toBeUndefined();
    expect(statements).toBe(7);
    return answer.data;
  };
  const open = (await sendBothWays(others, named)).answer.data;
  const own = await seen([decodeId('Companion', iris as string, []).uuid]);
  expect(own.entities.totalCount).toBeGreaterThan(0);
  for (const name of ['entities', 'entity', 'memory', 'message']) expect(own[name]).toEqual(open[name]);
  expect(await seen(['01890a5d-ac96-774b-bcce-b302099a8057'])).toEqual({
    entities: { totalCount: 0, nodes: [] },
    conversations: { totalCount: 0, nodes: [] },
    entity: null,
    memory: null,
    message: null,
  });
});
