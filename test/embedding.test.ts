import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { patience } from './support/calibration.ts';
import { createMemories, failureOf } from './support/memories.ts';
import { type Mutate, mutation } from './support/mutations.ts';
import {
  DIMENSION,
  MODEL,
  recall,
  remember,
  rowsOf,
  similarTo,
  statusOf,
  untilEmbedded,
  useProvider,
  type VectorService,
  vectorOf,
} from './support/provider.ts';

const provider = useProvider();
const iris = { companion: { key: 'iris' } };
/** How often the provider was asked for each text, and for no other. */
const embedded = () => Object.fromEntries(provider.embedded);
const dimensionError = '... on EmbeddingDimensionError { expected given }';
describe('a vector that is given', () => {
  /**
   * What each mutation that takes a vector is given beside it, on a memory of its own; `vector` goes where it belongs.
   */
  const mutations: [
    name: string,
    id: string,
    input: (id: string, vector: unknown) => Record<string, unknown>,
    path: string,
  ][] = [
    [
      'createMemory',
      'memory { id }',
      (_, embedding) => ({ ...iris, type: 'FACT', content: 'Maya sails', embedding }),
      'embedding',
    ],
    [
      'createMemories',
      'memories { id }',
      (_, embedding) => ({
        ...iris,
        memories: [
          { type: 'FACT', content: 'Maya rows' },
          { type: 'FACT', content: 'Maya sails', embedding },
        ],
      }),
      'memories.1.embedding',
    ],
    ['correctMemory', 'memory { id }', (id, embedding) => ({ id, content: 'Maya sails', embedding }), 'embedding'],
    [
      'correctMemory',
      'memory { id }',
      (id, embedding) => ({ id, validFrom: '2020-01-01T00:00:00Z', embedding }),
      'embedding',
    ],
    [
      'contradictMemory',
      'contradiction { by { id } }',
      (id, embedding) => ({ id, by: { newMemory: { type: 'FACT', content: 'Maya sails', embedding } } }),
      'by.newMemory.embedding',
    ],
    ['updateMemory', 'memory { id }', (id, embedding) => ({ id, embedding }), 'embedding'],
  ];
  // biome-ignore lint/suspicious/noExplicitAny: each mutation answers with its own payload
  const idIn = (answer: any): string => (answer.memory ?? answer.memories?.at(-1) ?? answer.contradiction.by).id;
  let places = 0;
  const begin = async (name: string, fields: string) => {
    const service = await provider.open(`given ${++places}`);
    const mutate: Mutate = mutation(service, name, fields, dimensionError);
    return { service, mutate, id: await remember(service, 'Maya swims', { confidence: 0.9 }) };
  };

  test.each(mutations)('%s stores it, and it is what is compared: %#', async (name, fields, input) => {
    const { service, mutate, id } = await begin(name, fields);
    const other = await remember(service, 'Ada paints', { embedding: vectorOf('boats', DIMENSION) });
    const before = provider.embedded.size;
    // Of any length: only where it points counts.
    const answer = await mutate(
      input(
        id,
        vectorOf('boats').map((value) => 3e30 * value),
      ),
    );
    const made = idIn(answer);
    expect(provider.embedded.size - before, 'only what came without was embedded').toBe(
      name === 'createMemories' ? 1 : 0,
    );
    const found = await recall(service, { embedding: vectorOf('boats'), mode: 'SEMANTIC', minSimilarity: 0.99 });
    expect(found.ids.toSorted()).toEqual([made, other].toSorted());
    expect(found.mode).toBe('SEMANTIC');
    for (const similarity of found.similarities) expect(similarity).toBeCloseTo(1, 4);
    expect((await similarTo(service, made))[0]).toEqual({
      memory: { id: other, content: 'Ada paints' },
      similarity: expect.closeTo(1, 4),
    });
    expect(await statusOf(service)).toMatchObject({ pending: 0 });
  });

  test.each(mutations)(
    '%s says how long it must be, which are none, and changes nothing: %#',
    async (name, fields, input, path) => {
      const { service, mutate, id } = await begin(name, fields);
      const before = await everything(service);
      const type = name[0]?.toUpperCase() + name.slice(1);
      expect(type).toBeTruthy();
      expect(await mutate(input(id, [1, 2, 3]))).toEqual({
        __typename: 'EmbeddingDimensionError',
        code: 'EMBEDDING_DIMENSION',
        message: 'A vector of dimension 3 was given, but 64 is expected: see viewer.embedding for the model.',
        expected: 64,
        given: 3,
      });
      expect(await mutate(input(id, []))).toMatchObject({ __typename: 'EmbeddingDimensionError', given: 0 });
      expect(await mutate(input(id, Array(DIMENSION).fill(0)))).toEqual({
        __typename: 'InvalidInputError',
        code: 'INVALID_INPUT',
        message: expect.stringContaining('only zeros'),
        issues: [{ path: ['input', ...path.split('.')], message: expect.any(String) }],
      });
      expect(await everything(service)).toEqual(before);
    },
  );

  test.each(['NaN', '"NaN"', 'Infinity', '[1]', 'null'])('%s is no number of a vector', async (value) => {
    const service = await provider.open('numbers');
    const vector = `[${[value, ...Array(DIMENSION - 1).fill(1)].join(', ')}]`;
    const answer = await service.send(
      `mutation { createMemory(input: {companion: {key: "iris"}, type: FACT, content: "Maya", embedding: ${vector}}) { __typename } }`,
    );
    expect(answer.data ?? null).toBeNull();
    expect(answer.errors?.[0]?.message).toMatch(/Float/);
    expect(await statusOf(service)).toMatchObject({ embedded: 0, pending: 0 });
  });

  test.each([1e300, 1e-300, 5e-324])('one of numbers as large or small as %d is one', async (value) => {
    const service = await provider.open(`size ${value}`);
    const embedding = Array(DIMENSION).fill(value);
    const id = await remember(service, 'Maya', { embedding });
    const found = await recall(service, { embedding });
    expect(found.ids).toEqual([id]);
    expect(found.similarities[0]).toBeCloseTo(1, 4);
  });

  test('recall says how long it must be', async () => {
    const service = await provider.open('length');
    const { errors } = await service.send(
      'query ($embedding: [Float!]) { recall(input: {companion: {key: "iris"}, embedding: $embedding}) { mode } }',
      { embedding: [1] },
    );
    expect(errors).toMatchObject([{ path: ['recall'], extensions: { code: 'EMBEDDING_DIMENSION' } }]);
  });

  test('of a memory whose vector is pending, is used', async () => {
    const service = await provider.open('pending and given');
    provider.misbehave('error');
    const id = await remember(service, 'Maya swims');
    expect(await statusOf(service)).toMatchObject({ embedded: 0, pending: 1 });
    await mutation(service, 'updateMemory', 'memory { id }')({ id, embedding: vectorOf('boats') });
    expect(await statusOf(service)).toMatchObject({ embedded: 1, pending: 0 });
  });
});

/** All that a write could leave behind. */
const everything = async (service: VectorService) =>
  rowsOf(
    await service.tenant(),
    sql`select (select jsonb_agg(m order by id) from (select id, known_from, archived_at from memories) m) as memories,
      (select count(*)::int from memory_embeddings) as vectors, (select count(*)::int from pending_embeddings) as pending,
      (select count(*)::int from events) as events`,
  );

describe('without a provider', () => {
  test('a given vector is refused, recall is by words and says so, and viewer says that there is none', async () => {
    const service = await provider.open('none', { EMBEDDING_PROVIDER: 'none' });
    const id = await remember(service, 'Maya sails');
    expect(await statusOf(service)).toEqual({
      provider: 'none',
      model: null,
      dimension: null,
      embedded: 0,
      pending: 0,
      owed: 0,
    });
    const answer = await service.send(
      `mutation ($embedding: [Float!]) {
        createMemory(input: {companion: {key: "iris"}, type: FACT, content: "Ada", embedding: $embedding}) {
          ... on InvalidInputError { code message issues { path } }
        }
      }`,
      { embedding: [1, 2] },
    );
    expect(failureOf(answer, 'createMemory')).toEqual({
      code: 'INVALID_INPUT',
      message: 'input.embedding: This service stores no vectors (EMBEDDING_PROVIDER is none): leave the embedding out.',
      issues: [{ path: ['input', 'embedding'] }],
    });
    for (const mode of ['HYBRID', 'SEMANTIC', 'LEXICAL']) {
      expect(await recall(service, { query: 'who sails?', mode })).toEqual({
        mode: 'LEXICAL',
        weights: { vector: 0, lexical: 1 },
        ids: [id],
        contents: ['Maya sails'],
        similarities: [null],
      });
    }
    expect(await similarTo(service, id)).toEqual([]);
    await service.keepUp();
    expect(provider.requests).toEqual([]);
  });

  test('what was written without gets its vectors once there is one', async () => {
    await remember(await provider.open('none at first', { EMBEDDING_PROVIDER: 'none' }), 'Maya sails');
    const service = await provider.open('none at first');
    expect(await recall(service, { query: 'sails' })).toMatchObject({ mode: 'LEXICAL', contents: ['Maya sails'] });
    await service.keepUp();
    await untilEmbedded(service, 1);
    await expect
      .poll(() => recall(service, { query: 'sails' }), { timeout: patience(5_000) })
      .toMatchObject({ mode: 'HYBRID' });
    expect(embedded()).toEqual({ 'Maya sails': 1, sails: 1 });
  });
});

describe('nothing is embedded twice:', () => {
  test('the same content in a batch, of other companions, types and users, and corrected', async () => {
    const service = await provider.open('twice');
    const users = ['ada', 'maya'].map((externalId) => ({ externalId }));
    const { memories } = await createMemories(service, {
      memories: users.map((user) => ({ type: 'FACT', content: 'The lake freezes', user })),
    });
    await remember(service, 'The lake freezes', { companion: { key: 'noor' } });
    await remember(service, 'The lake freezes', { type: 'EXPERIENCE' });
    await remember(service, 'The lake freezes', { type: 'EXPERIENCE' });
    const correct = mutation(service, 'correctMemory', 'memory { id }');
    await correct({ id: memories[0]?.id, validFrom: '2020-01-01T00:00:00Z' });
    await correct({ id: memories[1]?.id, content: 'The lake freezes', validFrom: '2021-01-01T00:00:00Z' });
    expect(await statusOf(service)).toEqual({
      provider: 'openai',
      model: MODEL,
      dimension: DIMENSION,
      embedded: 7,
      pending: 0,
      owed: 0,
    });
    expect(embedded()).toEqual({ 'The lake freezes': 1 });
    expect(provider.requests).toHaveLength(1);
  });

  test('each workspace on its own', async () => {
    const service = await provider.open('one');
    await remember(service, 'Maya sails');
    await remember(service, 'Maya sails', {}, 'another');
    expect(embedded()).toEqual({ 'Maya sails': 2 });
    expect(await statusOf(service)).toMatchObject({ embedded: 1 });
  });

  test('what the idempotency key or the content says was there before', async () => {
    const service = await provider.open('again');
    const input = { idempotencyKey: 'once', content: 'Maya sails' };
    const id = await remember(service, 'Maya sails', input);
    expect(await remember(service, 'Maya sails', input)).toBe(id);
    expect(await remember(service, 'Maya sails')).toBe(id);
    expect(embedded()).toEqual({ 'Maya sails': 1 });
  });

  test('a question, asked again', async () => {
    const service = await provider.open('asked');
    await remember(service, 'Maya sails');
    for (const _ of [1, 2, 3]) await recall(service, { query: 'boats', mode: 'SEMANTIC' });
    expect(embedded()).toEqual({ 'Maya sails': 1, boats: 1 });
  });

  test('but a question of each workspace on its own: how fast it is answered tells nothing of others', async () => {
    const service = await provider.open('asking');
    for (const workspace of ['asking', 'another that asks']) {
      await remember(service, 'Maya sails', {}, workspace);
      await recall(service, { query: 'boats', mode: 'SEMANTIC' }, workspace);
    }
    expect(embedded()).toEqual({ 'Maya sails': 2, boats: 2 });
  });

  test('a large batch goes in few requests, in order', async () => {
    const service = await provider.open('large', provider.settings({ EMBEDDING_DEADLINE_MS: '10000' }));
    const contents = Array.from(
      { length: 600 },
      (_, at) => `Number ${at} of Maya's boats is ${(at * 7919) % 600} long`,
    );
    await createMemories(service, { memories: contents.map((content) => ({ type: 'FACT', content })) });
    expect(provider.requests.map(({ input }) => input.length)).toEqual([256, 256, 88]);
    const found = await recall(service, { embedding: vectorOf(contents[321] as string), minSimilarity: 0.9999 });
    expect(found.contents[0]).toBe(contents[321]);
  });
});
