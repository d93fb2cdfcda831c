import { setTimeout as sleep } from 'node:timers/promises';
import { Client, fetchExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { useService } from './support/service.ts';

const service = useService();
let schema: IntrospectionQuery;
/** What the cache warned of: nothing, if every object can be distinguished from every other. */
const warnings: string[] = [];
beforeAll(async () => {
  schema = await service.runUntyped(getIntrospectionQuery());
  vi.spyOn(console, 'warn').mockImplementation((...said) => warnings.push(said.join(' ')));
  vi.spyOn(console, 'error').mockImplementation((...said) => warnings.push(said.join(' ')));
});
afterEach(() => expect(warnings.splice(0)).toEqual([]));

const MEMORY = 'id content status confidence';
const WHOLE = `fragment Whole on Memory {
  ${MEMORY} statedConfidence summary suspect retractedAt validUntil archivedAt
  companion { id key name memories { totalCount nodes { ${MEMORY} } } }
  user { id externalId metadata memories { totalCount nodes { ${MEMORY} } } }
  current { ${MEMORY} }
  versions { totalCount nodes { ${MEMORY} } }
  relations { totalCount edges { direction
    node { id type strength retractedAt from { ${MEMORY} } to { ${MEMORY} } } neighbor { ${MEMORY} } } }
  entities { totalCount nodes { id name aliases companion { id key } memories { totalCount nodes { ${MEMORY} } } } }
  contradictions { totalCount nodes {
    id status resolution resolvedAt memory { ${MEMORY} } by { ${MEMORY} } relation { id type retractedAt } } }
  history { totalCount nodes { id kind memory { ${MEMORY} } relation { id retractedAt } contradiction { id status } } }
}`;
const READ = `query ($id: ID!, $at: PointInTime) { memory(id: $id, at: $at) { ...Whole } } ${WHOLE}`;
const LISTS = `query ($at: PointInTime) {
  companion(by: {key: "iris"}) { id name memories(at: $at) { totalCount edges { cursor node { ...Whole } } } }
  user(by: {externalId: "maya"}) { id metadata memories(at: $at) { totalCount nodes { ${MEMORY} } } }
  memories(at: $at) { totalCount nodes { ${MEMORY} } }
  entities(at: $at) { totalCount nodes { id name aliases memories { totalCount nodes { ${MEMORY} } } } }
  contradictions(at: $at) { totalCount nodes { id status memory { ${MEMORY} } by { ${MEMORY} } relation { id retractedAt } } }
} ${WHOLE}`;

const isId = ({ name }: { name: string }) => name === 'id';

/** What a frontend has: a client whose cache keeps each object once, by its type and id. */
function openClient(workspace: string) {
  const keyless = schema.__schema.types.filter(
    (type) => type.kind === 'OBJECT' && !/^(Query|Mutation|__.*)$/.test(type.name) && !type.fields.some(isId),
  );
  const client = new Client({
    url: 'http://test/graphql',
    preferGetMethod: false,
    fetch: service.service.fetch as unknown as typeof fetch,
    fetchOptions: { headers: { 'x-test-workspace': workspace } },
    exchanges: [
      cacheExchange({
        schema,
        keys: Object.fromEntries(keyless.map(({ name }) => [name, () => null])),
        logger: (_severity, message) => warnings.push(message),
      }),
      fetchExchange,
    ],
  });
  const from =
    (requestPolicy: 'network-only' | 'cache-only') =>
    async (query: string, variables: object = {}) => {
      const { data, error } = await client.query(query, variables, { requestPolicy }).toPromise();
      expect(error).toBeUndefined();
      return data;
    };
  return {
    /** Reads again, and keeps what it reads. */
    read: from('network-only'),
    /** Reads what is kept, or null. */
    recall: from('cache-only'),
    async change(name: string, fields: string, input: object) {
      const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
      const document = `mutation ($input: ${type}Input!) { ${name}(input: $input) {
        __typename ... on ${type}Payload { ${fields} } ... on Error { message } } }`;
      const { data, error } = await client.mutation(document, { input }).toPromise();
      expect(error).toBeUndefined();
      expect(data[name].__typename, data[name].message).toBe(`${type}Payload`);
      return data[name];
    },
  };
}

/** A moment after everything done so far, and before everything that comes. */
async function now(): Promise<string> {
  await sleep(5);
  const moment = new Date().toISOString();
  await sleep(5);
  return moment;
}

let workspaces = 0;

/** A client, and a memory that everything hangs on: two versions, a relation each way, an entity, a contradiction. */
async function aMemory() {
  const client = openClient(`cache ${++workspaces}`);
  const { change } = client;
  const about = { companion: { key: 'iris' }, user: { externalId: 'maya' } };
  const create = async (content: string, more: object = {}) =>
    (await change('createMemory', 'memory { id }', { ...about, type: 'FACT', content, ...more })).memory.id as string;
  const entities = ['Bombay', 'Mumbai'].map((name) => ({ name, type: 'place' }));
  const first = await create('Maya lives in Pune', { entities, validFrom: '2026-01-01T00:00:00Z' });
  const corrected = await change('correctMemory', 'memory { id }', { id: first, content: 'Maya lives in Bombay' });
  const id: string = corrected.memory.id;
  const reason = await create('Maya found work at the port');
  const { relation } = await change('relateMemories', 'relation { id }', { fromId: reason, toId: id, type: 'CAUSES' });
  const by = { newMemory: { type: 'FACT', content: 'Maya never left Delhi', confidence: 0.6 } };
  const { contradiction } = await change('contradictMemory', 'contradiction { id }', { id, by, strength: 0.9 });
  return { ...client, id, first, relationId: relation.id as string, contradictionId: contradiction.id as string };
}
type Made = Awaited<ReturnType<typeof aMemory>>;

/** Every id of an answer, in the order read. */
function idsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => (key === 'id' ? [below as string] : idsIn(below)));
}

const everything = async ({ id, first }: Made, read: Made['read'], at?: { knownAt: string }) => ({
  memory: (await read(READ, { id, at }))?.memory,
  first: (await read(READ, { id: first, at }))?.memory,
  lists: await read(LISTS, { at }),
});

const changes: [string, (made: Made) => Promise<unknown>, object][] = [
  [
    'corrected by mistake',
    ({ change, id }) => change('correctMemory', 'memory { id }', { id, content: 'Maya lives in Goa', confidence: 0.7 }),
    {
      memory: { status: 'CORRECTED', current: { content: 'Maya lives in Goa' } },
      first: { status: 'CORRECTED', versions: { totalCount: 3 } },
    },
  ],
  [
    'corrected by change',
    ({ change, id }) =>
      change('correctMemory', 'memory { id }', {
        id,
        kind: 'CHANGE',
        content: 'Maya moved',
        effectiveAt: '2026-02-01T00:00:00Z',
      }),
    { memory: { status: 'ENDED', validUntil: '2026-02-01T00:00:00.000Z', versions: { totalCount: 3 } } },
  ],
  [
    'updated',
    ({ change, id }) => change('updateMemory', 'memory { id }', { id, summary: 'Home', confidence: 0.2, entities: [] }),
    { memory: { summary: 'Home', statedConfidence: 0.2, entities: { totalCount: 0 } } },
  ],
  [
    'archived',
    ({ change, id }) => change('archiveMemories', 'memories { id }', { ids: [id] }),
    { memory: { status: 'ARCHIVED' } },
  ],
  [
    'retracted',
    ({ change, id }) => change('retractMemory', 'memory { id }', { id }),
    { memory: { status: 'RETRACTED', retractedAt: expect.any(String) } },
  ],
  [
    'corrected, taken back',
    ({ change, id }) => change('revertCorrection', 'memory { id }', { id }),
    { memory: { status: 'RETRACTED' }, first: { status: 'DISPUTED', content: 'Maya lives in Pune' } },
  ],
  [
    'contradicted, resolved',
    ({ change, contradictionId: id }) =>
      change('resolveContradiction', 'contradiction { id }', { id, resolution: 'KEEP_MEMORY' }),
    { memory: { status: 'ACTIVE', confidence: 1, contradictions: { nodes: [{ status: 'RESOLVED' }] } } },
  ],
  [
    'related, unrelated',
    ({ change, relationId }) => change('unrelateMemories', 'relation { id }', { relationId }),
    { memory: { relations: { totalCount: 2 } } },
  ],
  [
    'renamed below',
    async ({ change, read }) => {
      await change('upsertCompanion', 'companion { id }', { companion: { key: 'iris' }, name: 'Iris II' });
      await change('upsertUser', 'user { id }', { externalId: 'maya', metadata: { tier: 'gold' } });
      const one = async (name: string) =>
        (await read('query ($name: String) { entities(filter: {name: $name}) { nodes { id } } }', { name })).entities
          .nodes[0].id;
      await change('mergeEntities', 'entity { id }', { fromIds: [await one('Bombay')], intoId: await one('Mumbai') });
    },
    {
      memory: {
        companion: { name: 'Iris II' },
        user: { metadata: { tier: 'gold' } },
        entities: { nodes: [{ name: 'Mumbai', aliases: ['Bombay'] }] },
      },
    },
  ],
];

test.each(changes)(
  'a memory that was %s: its past does not touch its present, nor that its past',
  async (_, make, expected) => {
    const made = await aMemory();
    const { read, recall } = made;
    const before = await everything(made, read);
    const knownAt = await now();
    await make(made);
    const present = await everything(made, read);
    expect(present).toMatchObject(expected);
    expect(present).not.toEqual(before);

    const past = await everything(made, read, { knownAt });
    expect(await everything(made, recall), 'the present, kept').toEqual(present);
    expect(past.memory).toMatchObject({
      id: `${made.id}@${knownAt}`,
      content: 'Maya lives in Bombay',
      status: 'DISPUTED',
      confidence: before.memory.confidence,
    });

    await everything(made, read);
    expect(await everything(made, recall, { knownAt }), 'the past, kept').toEqual(past);
  },
);

test('everything that is read at another point has an id of its own, down to the last object', async () => {
  const made = await aMemory();
  const knownAt = await now();
  const past = await everything(made, made.read, { knownAt });
  const present = await everything(made, made.read);
  const roots = [past.lists.companion.id, past.lists.user.id];
  const below = idsIn(past).filter((id) => !roots.includes(id));
  expect(new Set(below.map((id) => id.slice(0, 3)))).toEqual(
    new Set(['cmp', 'con', 'ent', 'evt', 'mem', 'rel', 'usr']),
  );
  expect(below.filter((id) => !id.endsWith(`@${knownAt}`))).toEqual([]);
  expect(idsIn(present).filter((id) => id.includes('@'))).toEqual([]);
  const withoutPoint = (ids: string[]) => new Set(ids.map((id) => id.split('@')[0]));
  expect(withoutPoint(idsIn(past))).toEqual(withoutPoint(idsIn(present)));
});

test('a mutation through the client changes the present that is kept, and not the past that is', async () => {
  const { id, contradictionId, change, read, recall } = await aMemory();
  await read(READ, { id });
  const knownAt = await now();
  const past = await read(READ, { id, at: { knownAt } });
  await change('updateMemory', 'memory { id summary statedConfidence }', { id, summary: 'Home', confidence: 0.3 });
  await change('resolveContradiction', 'contradiction { id status memory { id status confidence } by { id status } }', {
    id: contradictionId,
    resolution: 'KEEP_MEMORY',
  });
  expect((await recall(READ, { id })).memory).toMatchObject({
    summary: 'Home',
    statedConfidence: 0.3,
    status: 'ACTIVE',
    confidence: 0.3,
    contradictions: { nodes: [{ status: 'RESOLVED', by: { status: 'RETRACTED' } }] },
  });
  expect(await recall(READ, { id, at: { knownAt } })).toEqual(past);
});

test('read by the id it has there, the past is the past that is kept', async () => {
  const { id, change, read, recall } = await aMemory();
  const knownAt = await now();
  const past = await read(READ, { id, at: { knownAt } });
  await change('correctMemory', 'memory { id }', { id, content: 'Maya lives in Goa' });
  const present = await read(READ, { id });
  const { nodes } = await read(
    `query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Memory { ...Whole } ... on Companion { name } ... on User { metadata }
      ... on Entity { name aliases } ... on MemoryRelation { strength retractedAt } ... on Contradiction { openedAt strength } } } ${WHOLE}`,
    { ids: [...new Set(idsIn(past))] },
  );
  expect(nodes).not.toContain(null);
  expect(nodes[0]).toEqual(past.memory);
  expect(await recall(READ, { id, at: { knownAt } })).toEqual(past);
  expect(await recall(READ, { id })).toEqual(present);
});

test('points that differ on the other clock alone are distinguished, too', async () => {
  const { id, read, recall } = await aMemory();
  const [before, during] = ['2025-06-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'];
  const knownAt = await now();
  const points = [
    { knownAt },
    { knownAt, validAt: before },
    { knownAt, validAt: during },
    { validAt: before },
    undefined,
  ];
  const kept = [];
  for (const at of points) kept.push(await read(READ, { id, at }));
  expect(new Set(kept.map(({ memory }) => memory.id)).size).toBe(points.length);
  expect(kept.map(({ memory }) => memory.status)).toEqual(['DISPUTED', 'UPCOMING', 'ACTIVE', 'UPCOMING', 'DISPUTED']);
  for (const [index, at] of points.entries()) expect(await recall(READ, { id, at })).toEqual(kept[index]);
});
