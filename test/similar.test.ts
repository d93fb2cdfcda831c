import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { similarTo } from './support/provider.ts';
import { type TestService, useService } from './support/service.ts';

const service = useService();
const DIMENSION = 384;
const maya = { externalId: 'maya' };

/** A vector as far from the first axis as its similarity to it says: 1 is along it, −1 against it. */
function at(similarity: number): number[] {
  const vector = Array<number>(DIMENSION).fill(0);
  vector[0] = similarity;
  vector[1] = Math.sqrt(1 - similarity ** 2);
  return vector;
}

/** Facts about Maya, each as similar to the first as said, and otherwise as `more` says. */
async function facts(workspace: string, similarities: Record<string, number>, more: Record<string, unknown> = {}) {
  const { memories } = await createMemories(
    service,
    {
      memories: Object.entries(similarities).map(([content, similarity]) => ({
        type: 'FACT',
        content,
        user: maya,
        embedding: at(similarity),
        ...more,
      })),
    },
    { workspace },
  );
  return memories.map(({ id }) => id);
}

/** In one workspace: contents and similarities of those similar to a memory, the most similar first. */
const similarIn = (workspace: string) => {
  const inside = { ...service, run: (query, variables) => service.run(query, variables, { workspace }) } as TestService;
  return async (id: string | undefined, args?: Record<string, unknown>) =>
    (await similarTo(inside, id as string, args)).map(({ similarity, memory }) => [
      memory.content,
      Math.round(similarity * 1e4) / 1e4,
    ]);
};

const mutate = (name: string, fields: string, workspace: string) => {
  const run = mutation(service, name, fields);
  return (input: Record<string, unknown>) => run(input, { workspace });
};

describe('the most similar come first', () => {
  const similar = similarIn('order');
  const all = [
    ['Maya rows', 0.9],
    ['Maya swims', 0.5],
    ['Maya knits', 0],
    ['Maya sleeps', -0.5],
    ['Maya argues', -1],
  ] as const;
  let id: string | undefined;
  beforeAll(async () => {
    const others = Object.fromEntries(all.toReversed());
    [id] = await facts('order', { 'Maya sails': 1, ...others });
  });

  test('each with its similarity', async () => {
    expect(await similar(id)).toEqual(all);
  });

  test.each([0, 1, 3, 100])('as many as are asked for: %d', async (first) => {
    expect(await similar(id, { first })).toEqual(all.slice(0, first));
  });

  test.each([
    [1, 0],
    [0.9001, 0],
    [0.8999, 1],
    [0.3, 2],
    [-0.7, 4],
    [-1, 5],
  ])('those at least %d similar', async (minSimilarity, count) => {
    expect(await similar(id, { minSimilarity })).toEqual(all.slice(0, count));
  });

  test.each([
    ['first: 101', { code: 'LIMIT_EXCEEDED', limit: 100, given: 101 }],
    ['first: -1', { code: 'INVALID_INPUT', issues: [{ path: ['first'] }] }],
    ['minSimilarity: 1.5', { code: 'INVALID_INPUT', issues: [{ path: ['minSimilarity'] }] }],
    ['minSimilarity: -1.5', { code: 'INVALID_INPUT', issues: [{ path: ['minSimilarity'] }] }],
  ])('%s is refused', async (args, extensions) => {
    const { data, errors } = await service.sendUntyped(
      `query ($id: ID!) { memory(id: $id) { similar(${args}) { similarity } } }`,
      { id },
      { workspace: 'order' },
    );
    expect(data.memory).toBeNull();
    expect(errors).toMatchObject([{ path: ['memory', 'similar'], extensions }]);
  });

  test('those alike in the order of their ids, the same each time', async () => {
    const ids = await facts('alike', { a: 1, b: 0.5, c: 0.5, d: 0.5, e: 0.5 });
    for (const _ of [1, 2]) {
      expect((await similarIn('alike')(ids[0])).map(([content]) => content)).toEqual(['b', 'c', 'd', 'e']);
      expect(await similarIn('alike')(ids[0], { first: 2 })).toEqual([
        ['b', 0.5],
        ['c', 0.5],
      ]);
    }
  });
});

describe('there are only', () => {
  test('memories of the same companion and user', async () => {
    const similar = similarIn('whose');
    const [mine] = await facts('whose', { 'Maya sails': 1, 'Maya rows': 0.9 });
    const [ofAda] = await facts('whose', { 'Ada sails': 1, 'Ada rows': 0.8 }, { user: { externalId: 'ada' } });
    const [ofNobody] = await facts('whose', { 'The lake freezes': 1, 'The lake thaws': 0.7 }, { user: null });
    await createMemories(
      service,
      { companion: { key: 'noor' }, memories: [{ type: 'FACT', content: 'Maya sails', user: maya, embedding: at(1) }] },
      { workspace: 'whose' },
    );
    expect(await similar(mine)).toEqual([['Maya rows', 0.9]]);
    expect(await similar(ofAda)).toEqual([['Ada rows', 0.8]]);
    expect(await similar(ofNobody)).toEqual([['The lake thaws', 0.7]]);
  });

  test('memories of the same workspace', async () => {
    const [mine] = await facts('mine', { 'Maya sails': 1 });
    await facts('theirs', { 'Maya rows': 1 });
    expect(await similarIn('mine')(mine)).toEqual([]);
  });

  test('others: neither itself nor its versions', async () => {
    const similar = similarIn('versions');
    const [id, other] = await facts('versions', { 'Maya sails': 1, 'Maya rows': 0.9 });
    const correct = mutate('correctMemory', 'memory { id }', 'versions');
    const { memory } = await correct({ id, content: 'Maya sails a lot', embedding: at(0.99) });
    expect(await similar(memory.id)).toEqual([['Maya rows', 0.9525]]);
    expect(await similar(id), 'of what is no longer believed, too').toEqual([['Maya rows', 0.9]]);
    expect(await similar(other)).toEqual([['Maya sails a lot', 0.9525]]);
  });

  test('those that are ACTIVE or DISPUTED', async () => {
    const similar = similarIn('statuses');
    const [id, archived, retracted, disputed, expired] = await facts('statuses', {
      'Maya sails': 1,
      'Maya rows': 0.9,
      'Maya swims': 0.8,
      'Maya knits': 0.7,
      'Maya sleeps': 0.6,
    });
    await facts('statuses', { 'Maya moves': 0.5 }, { validFrom: '2200-01-01T00:00:00Z' });
    await facts(
      'statuses',
      { 'Maya moved': 0.4 },
      { validFrom: '2000-01-01T00:00:00Z', validUntil: '2001-01-01T00:00:00Z' },
    );
    await mutate('archiveMemories', '__typename', 'statuses')({ ids: [archived] });
    await mutate('retractMemory', '__typename', 'statuses')({ id: retracted });
    await mutate('contradictMemory', '__typename', 'statuses')({ id: disputed, by: { memoryId: id } });
    await mutate('updateMemory', '__typename', 'statuses')({ id: expired, expiresAt: '2020-01-01T00:00:00Z' });
    expect(await similar(id)).toEqual([['Maya knits', 0.7]]);
    expect(await similar(archived), 'itself may be of any status').toContainEqual(['Maya sails', 0.9]);
    expect((await similar(id, { at: { validAt: '2200-06-01T00:00:00Z' } })).map(([content]) => content)).toContain(
      'Maya moves',
    );
    expect(await similar(id, { at: { validAt: '2000-06-01T00:00:00Z' } })).toEqual([['Maya moved', 0.4]]);
  });

  test('those that were there at a point in the past, as they were', async () => {
    const similar = similarIn('past');
    const [id, wrong, gone] = await facts('past', { 'Maya sails': 1, 'Maya rows': 0.9, 'Maya swims': 0.8 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const knownAt = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await mutate('correctMemory', '__typename', 'past')({ id: wrong, content: 'Maya rode', embedding: at(0.6) });
    await mutate('archiveMemories', '__typename', 'past')({ ids: [gone] });
    await facts('past', { 'Maya knits': 0.7 });
    expect(await similar(id)).toEqual([
      ['Maya knits', 0.7],
      ['Maya rode', 0.6],
    ]);
    expect(await similar(id, { at: { knownAt } })).toEqual([
      ['Maya rows', 0.9],
      ['Maya swims', 0.8],
    ]);
  });
});

test('of the local model they are what is spelled alike', async () => {
  const { memories } = await createMemories(
    service,
    {
      memories: ['Lena plays the violin', 'The harbour freezes in winter', 'Lena plays her violin daily'].map(
        (content) => ({ type: 'FACT', content }),
      ),
    },
    { workspace: 'spelling' },
  );
  const found = await similarIn('spelling')(memories[0]?.id);
  expect(found.map(([content]) => content)).toEqual(['Lena plays her violin daily', 'The harbour freezes in winter']);
});

describe('a page of 50 memories with the similar of each', () => {
  const page = (fields: string) => `{ memories(first: 50) { nodes { id ${fields} } } }`;
  const caller = { workspace: 'page' };
  beforeAll(async () => {
    const memories = Array.from({ length: 60 }, (_, number) => ({
      type: 'FACT',
      content: `Maya told story ${number}`,
      user: { externalId: `user ${number % 3}` },
    }));
    await createMemories(service, { memories }, caller);
  });
  afterAll(() => expect(service.logged).toEqual([]));

  test('is one statement more', async () => {
    const plain = page('content similar(first: 3) { similarity memory { id content } }');
    // Which model is compared by is looked up once a minute.
    await service.run(plain, {}, caller);
    const without = await service.countStatements(page('content'), {}, caller);
    expect(await service.countStatements(plain, {}, caller)).toBe(without + 1);
    const { memories } = await service.runUntyped(plain, {}, caller);
    expect(memories.nodes).toHaveLength(50);
    for (const { similar } of memories.nodes) expect(similar).toHaveLength(3);
  });

  test('each is what it is of one alone', async () => {
    const { memories } = await service.runUntyped(
      page('similar(first: 3) { similarity memory { id content } }'),
      {},
      caller,
    );
    const alone = similarIn('page');
    for (const { id, similar } of memories.nodes.slice(0, 5)) {
      const found = await alone(id, { first: 3 });
      expect(similar.map(({ memory }: { memory: { content: string } }) => memory.content)).toEqual(
        found.map(([content]) => content),
      );
    }
  });

  test('asked in two ways, is two', async () => {
    const without = await service.countStatements(page('content'), {}, caller);
    const two = page(
      'near: similar(first: 1) { similarity } far: similar(first: 20, minSimilarity: -1) { similarity }',
    );
    expect(await service.countStatements(two, {}, caller)).toBe(without + 2);
  });
});
