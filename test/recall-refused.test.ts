import { beforeAll, describe, expect, test } from 'vitest';
import { hashedVector } from '../src/domain/embedding/hashing.ts';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { type Caller, useService } from './support/service.ts';

const service = useService();
const write = {
  correct: mutation(service, 'correctMemory', 'memory { id }'),
  contradict: mutation(service, 'contradictMemory', 'contradiction { id }'),
  archive: mutation(service, 'archiveMemories', 'memories { id }'),
};

const RECALL = `query ($input: RecallInput!, $first: Int) { recall(input: $input, first: $first) {
  edges { score node { id content } explanation { similarity lexical matchedTerms spread spreadFrom { id content } } } } }`;
const companion = { key: 'iris' };
// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
type Edge = any;
const recall = async (input: object, caller?: Caller): Promise<Edge[]> =>
  (await service.run(RECALL, { input: { companion, ...input }, first: 100 }, caller)).recall.edges;
const contents = async (input: object, caller?: Caller): Promise<string[]> =>
  (await recall(input, caller)).map(({ node }) => node.content);

describe('what cannot be looked for is refused, and what can be is said', () => {
  const refusal = async (input: object) => {
    const { errors } = await service.send(RECALL, { input: { companion, ...input } });
    expect(errors).toHaveLength(1);
    return errors?.[0];
  };
  const unit = hashedVector('heron', 384);

  test.each<[string, object, string, RegExp]>([
    ['nothing', {}, 'query', /a query, an embedding, or both/],
    ['null', { query: null, embedding: null }, 'query', /a query, an embedding, or both/],
    ['an empty query', { query: '' }, 'query', /must not be empty/],
    ['a blank query', { query: ' \n\t' }, 'query', /must not be empty/],
    ['a long query', { query: 'x'.repeat(10_001) }, 'query', /At most 10,?000 characters/],
    ['a NUL', { query: 'a\0b' }, 'query', /NUL/],
    ['half of a pair', { query: 'a\ud800' }, 'query', /surrogate/],
    ['nothing but zeros', { embedding: unit.map(() => 0) }, 'embedding', /zeros/],
    ['words, without any', { mode: 'LEXICAL', embedding: unit }, 'mode', /give a query/],
    ['a weight below zero', { query: 'x', weights: { recency: -0.1 } }, 'recency', /At least 0/],
    ['a weight too large', { query: 'x', weights: { recency: 1_000_001 } }, 'recency', /At most 1,?000,?000/],
    ['a similarity above one', { query: 'x', minSimilarity: 2 }, 'minSimilarity', /At most 1/],
    ['a similarity below minus one', { query: 'x', minSimilarity: -1.1 }, 'minSimilarity', /At least -1/],
    [
      'no weight at all',
      { query: 'x', weights: { relevance: 0, recency: 0, importance: 0, confidence: 0 } },
      'weights',
      /above 0/,
    ],
  ])('%s', async (_name, input, field, message) => {
    const error = await refusal(input);
    expect(error).toMatchObject({ path: ['recall'], extensions: { code: 'INVALID_INPUT' } });
    const issues = error?.extensions.issues as { path: string[]; message: string }[];
    expect(issues).toHaveLength(1);
    expect(issues[0]?.path.at(-1)).toBe(field);
    expect(issues[0]?.message).toMatch(message);
  });

  test.each([0, 1, 383, 385, 1536])('a vector of another length: %i', async (length) => {
    const error = await refusal({ embedding: Array.from({ length }, () => 0.1) });
    expect(error).toMatchObject({ extensions: { code: 'EMBEDDING_DIMENSION', expected: 384, given: length } });
    expect(error?.message).toMatch(/384/);
  });
});

describe('what must simply work', () => {
  beforeAll(() =>
    createMemories(service, {
      memories: ['The heron waits', 'Logic and sets', '🦤 is a dodo'].map((content) => ({ content, type: 'FACT' })),
    }),
  );
  const lexical = (query: string) => contents({ query, mode: 'LEXICAL' });

  test.each([
    ['heron'.padEnd(10_000, ' x'), ['The heron waits']],
    ['z'.repeat(10_000), []],
    [`${'heron '.repeat(1_600)}`, ['The heron waits']],
    ['the of and', []],
    ["heron & | !( : * ' \\ <-> ) :*", ['The heron waits']],
    ['heron & sets', ['The heron waits', 'Logic and sets']],
    ['!heron', ['The heron waits']],
    ['"waits heron"', ['The heron waits']],
    ['-heron OR nothing', ['The heron waits']],
    ["'; drop table memories; --", []],
    ['@heron %_ $1 {heron} \\u0000', ['The heron waits']],
    ['🦤', []],
    ['?!…', []],
    ['HERON', ['The heron waits']],
  ])('%j', async (query, expected) => {
    expect((await lexical(query)).toSorted()).toEqual(expected.toSorted());
    expect(await contents({ query })).toEqual(expect.arrayContaining(expected));
  });

  test('what has no words is found by its vector alone, where that is asked for', async () => {
    expect((await contents({ query: '🦤 🦤', mode: 'SEMANTIC' })).length).toBe(3);
    expect(await contents({ query: 'the of and' })).toEqual([]);
    expect((await contents({ query: 'the of and', minSimilarity: -1 })).length).toBe(3);
  });

  test.each([
    ['companion key', { companion: { key: 'nobody' } }],
    ['companion', { companion: { id: 'cmp_00000000000000000000000000' } }],
    ['user key', { user: { externalId: 'nobody' } }],
    ['user', { user: { id: 'usr_00000000000000000000000000' } }],
  ])('an unknown %s has no memories', async (_name, whose) => {
    for (const mode of ['HYBRID', 'SEMANTIC', 'LEXICAL']) {
      expect(await recall({ query: 'heron', mode, ...whose })).toEqual([]);
    }
  });
});

describe('a filter leaves out what does not pass it, and finds no fewer than there are', () => {
  const caller = { workspace: 'crowd' };
  const rare = (n: number) => n % 43 === 0;
  beforeAll(async () => {
    const { memories } = await createMemories(
      service,
      {
        memories: Array.from({ length: 300 }, (_, n) => ({
          ref: `${n}`,
          content: `Sighting ${n}: a heron`,
          ...(rare(n)
            ? {
                type: 'INSTRUCTION',
                user: { externalId: 'maya' },
                importance: 9,
                summary: 'flood',
                slot: `slot ${n}`,
                entities: [{ name: 'Tagus', type: 'river' }],
                context: { conversationId: 'c1' },
                validFrom: '2020-01-01T00:00:00Z',
              }
            : { type: 'FACT', confidence: 0.6 }),
        })),
      },
      caller,
    );
    const ids = memories.map(({ id }) => id);
    const ground = await createMemories(
      service,
      {
        memories: [{ ref: 'g', content: 'Groundless', type: 'FACT' }],
        relations: ids.filter((_, n) => rare(n)).map((id) => ({ from: { id }, to: { ref: 'g' }, type: 'REFERENCES' })),
      },
      caller,
    );
    await write.correct({ id: ground.memories[0]?.id, content: 'Ground', confidence: 0.5 }, caller);
  });

  test.each([
    { types: ['INSTRUCTION'] },
    { hasUser: true },
    { minImportance: 8 },
    { minConfidence: 0.9 },
    { entity: { name: 'Tagus' } },
    { text: 'flood' },
    { slots: [0, 43, 86, 129, 172, 215, 258].map((n) => `slot ${n}`) },
    { context: { conversationId: 'c1' } },
    { validFrom: { until: '2021-01-01T00:00:00Z' } },
    { suspect: true },
    { types: ['INSTRUCTION', 'PREFERENCE'], minImportance: 8, text: 'heron' },
  ])('%j', async (filter) => {
    for (const mode of ['HYBRID', 'SEMANTIC', 'LEXICAL']) {
      const found = await recall({ query: 'heron', mode, filter }, caller);
      expect(found.map(({ node }) => Number(node.content.match(/\d+/)[0])).toSorted((a, b) => a - b)).toEqual([
        0, 43, 86, 129, 172, 215, 258,
      ]);
    }
    const others = await recall({ query: 'heron', filter: { recordedAt: { until: '2021-01-01T00:00:00Z' } } }, caller);
    expect(others).toEqual([]);
  });

  test('about one user alone', async () => {
    expect(await recall({ query: 'heron', user: { externalId: 'maya' } }, caller)).toHaveLength(7);
  });
});

describe('what is not theirs', () => {
  test('another user’s memories appear nowhere, nor does anything spread from them', async () => {
    const caller = { workspace: 'users' };
    const memories = ['maya', 'noah', 'maya', null].map((user, n) => ({
      ref: `${n}`,
      content: n === 1 ? 'Noah saw a heron' : `Turn ${n}`,
      type: 'EXPERIENCE',
      user: user && { externalId: user },
    }));
    const relations = [1, 2, 3].map((n) => ({ from: { ref: `${n}` }, to: { ref: `${n - 1}` }, type: 'FOLLOWS' }));
    await createMemories(service, { memories, relations }, caller);
    const input = { query: 'heron', mode: 'LEXICAL' };
    expect((await contents(input, caller)).toSorted()).toEqual(['Noah saw a heron', 'Turn 0', 'Turn 2', 'Turn 3']);
    expect(await contents({ ...input, user: { externalId: 'noah' } }, caller)).toEqual(['Noah saw a heron']);
    expect(await contents({ ...input, user: { externalId: 'maya' } }, caller)).toEqual([]);
    const mayas = await recall({ query: 'heron turn', user: { externalId: 'maya' } }, caller);
    expect(mayas.map(({ node }) => node.content).toSorted()).toEqual(['Turn 0', 'Turn 2']);
    for (const { explanation } of mayas) expect(explanation.spreadFrom).toEqual([]);
  });

  test('old words of a memory that was corrected neither find nor spread', async () => {
    const caller = { workspace: 'old words' };
    const { memories } = await createMemories(
      service,
      {
        memories: ['A heron waits', 'Turn 1'].map((content, n) => ({ ref: `${n}`, content, type: 'FACT' })),
        relations: [{ from: { ref: '1' }, to: { ref: '0' }, type: 'FOLLOWS' }],
      },
      caller,
    );
    const input = { query: 'heron', mode: 'LEXICAL' };
    expect(await contents(input, caller)).toEqual(['A heron waits', 'Turn 1']);
    await write.correct({ id: memories[0]?.id, content: 'An egret waits' }, caller);
    expect(await contents(input, caller)).toEqual([]);
    expect(await contents({ ...input, query: 'egret' }, caller)).toEqual(['An egret waits', 'Turn 1']);
  });

  test('another workspace’s memories appear nowhere, and change no score', async () => {
    const [one, other] = [{ workspace: 'one' }, { workspace: 'other' }];
    const tell = (contents: string[], caller: Caller) =>
      createMemories(
        service,
        {
          memories: contents.map((content, n) => ({
            ref: `${n}`,
            content,
            type: 'FACT',
            validFrom: '2024-01-01T00:00:00Z',
            context: { speaker: 'Maya' },
          })),
          relations: contents
            .slice(1)
            .map((_, n) => ({ from: { ref: `${n + 1}` }, to: { ref: `${n}` }, type: 'FOLLOWS' })),
        },
        caller,
      );
    await tell(['A heron waits', 'An egret sleeps', 'A heron sleeps'], one);
    // These two change with the time of day.
    const weights = { recency: 0, importance: 0 };
    const read = async () =>
      Promise.all(
        ['HYBRID', 'SEMANTIC', 'LEXICAL'].map(async (mode) => {
          const edges = await recall({ query: 'Did the heron sleep, Noah?', mode, weights }, one);
          return edges.map(({ score, node, explanation }) => [score, node, explanation]);
        }),
      );
    const before = await read();
    await tell(
      Array.from({ length: 200 }, (_, n) => `A heron sleeps, says Noah, time ${n}`),
      other,
    );
    expect(await read()).toEqual(before);
    expect(before.map((edges) => edges.length)).toEqual([3, 3, 3]);
    expect(await contents({ query: 'egret', mode: 'LEXICAL' }, other)).toEqual([]);
  });
});

test('a recall costs as many statements for fifty memories as for one', async () => {
  const caller = { workspace: 'statements' };
  const turns = Array.from({ length: 80 }, (_, n) => ({
    ref: `${n}`,
    content: n % 2 ? `Turn ${n}: a heron` : `Turn ${n}: it flies`,
    type: 'EXPERIENCE',
    entities: [{ name: `Bird ${n % 7}`, type: 'bird' }],
  }));
  const relations = turns.slice(1).map(({ ref }, n) => ({ from: { ref }, to: { ref: `${n}` }, type: 'FOLLOWS' }));
  await createMemories(service, { memories: turns, relations }, caller);
  const document = `query ($first: Int) { recall(first: $first, input: {query: "When do herons fly?", companion: {key: "iris"}}) {
    nodes { content relations { nodes { from { content } to { content } } } entities { nodes { name } } }
    edges { explanation { lexical spread spreadFrom { content } cues { name } } } } }`;
  const counts: number[] = [];
  for (const first of [1, 10, 50]) {
    const { recall: page } = await service.run(document, { first }, caller);
    expect(page.nodes).toHaveLength(first);
    for (const { explanation } of page.edges) expect(explanation.spreadFrom).toHaveLength(1);
    counts.push(await service.countStatements(document, { first }, caller));
  }
  expect(new Set(counts).size, `statements: ${counts}`).toBe(1);
  // Begin, the question, the counts, the sources, the memories; relations, their ends, entities, what spread; commit.
  expect(counts[0]).toBeLessThanOrEqual(10);
});
