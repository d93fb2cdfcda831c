import { beforeAll, describe, expect, test, vi } from 'vitest';
import { write } from '../src/db/write.ts';
import { claimOf } from '../src/domain/idempotency/successes.ts';
import { createBatch } from '../src/domain/memory/batch.ts';
import { jsonPieces, runsOf } from '../src/kernel/turns.ts';
import { patience } from './support/calibration.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { createMemories } from './support/memories.ts';
import { untilEmbedded } from './support/provider.ts';
import { type Answer, useService } from './support/service.ts';
import { longestTurnWithin } from './support/turns.ts';

vi.setConfig({ testTimeout: patience(240_000) });

/** How long a request may keep the event loop, in milliseconds of a usual machine's processor. */
const MOST_MS = 50;

const service = useService();
const sentence = 'the harbour keeps a lighthouse and seven boats that sail when wind turns north again ';
const long = (name: string) => `${name} ${sentence.repeat(1_160)}`.slice(0, 99_000);
const memories = (name: string, count: number) =>
  Array.from({ length: count }, (_, at) => ({
    type: 'FACT' as const,
    content: long(`${name} ${at}`),
    importance: 5,
    confidence: 1,
  }));

const CREATE = `mutation ($input: CreateMemoriesInput!) {
  createMemories(input: $input) { ... on CreateMemoriesPayload { duplicateIds } ... on Error { code } }
}`;

describe('no request keeps the event loop', () => {
  // What a process does for the first time takes longer, once.
  beforeAll(async () => {
    await service.run(CREATE, { input: { companion: { key: 'warm' }, memories: memories('warm', 3) } });
  });

  test('while vectors of very long memories are asked for', async () => {
    const embeddings = await localEmbeddings();
    const given = memories('vector', 230);
    const tenant = await service.tenant();
    let attempt = 0;
    // So many are left to the background; of ten it waits for.
    for (const [count, made] of [
      [230, 0],
      [10, 10],
    ] as const) {
      const { ms, value } = await longestTurnWithin(MOST_MS, () => {
        // Vectors of texts that have been asked for before are known.
        const texts = given.slice(0, count).map(({ content }) => ({ content: `${attempt} ${content}`, path: [] }));
        attempt++;
        return embeddings.vectorsOf(tenant, texts);
      });
      expect(value.filter((vector) => vector !== undefined)).toHaveLength(made);
      expect(ms).toBeLessThan(MOST_MS);
    }
  });

  test('while very long memories are written', async () => {
    const given = memories('written', 40);
    const tenant = await service.tenant();
    let attempt = 0;
    const { ms, value } = await longestTurnWithin(MOST_MS, () => {
      const written = given.map((memory) => ({ ...memory, content: `${attempt} ${memory.content}` }));
      attempt++;
      return write(tenant, (tx) => createBatch(tx, { companion: { key: 'iris' }, memories: written }));
    });
    expect(value.memoryIds).toHaveLength(40);
    expect(ms).toBeLessThan(MOST_MS);
  });

  test('while an input is compared with that of an idempotency key', async () => {
    const attempt = { owner: 'o', key: 'k', mutation: 'createMemories', input: { memories: memories('hashed', 230) } };
    const { ms } = await longestTurnWithin(MOST_MS, () => claimOf(attempt, 'secret'));
    expect(ms).toBeLessThan(MOST_MS);
  });

  const named = (count: number) =>
    Array.from({ length: count }, (_, at) => ({
      content: `of names ${at}`,
      entities: Array.from({ length: 100 }, (_, place) => ({ name: `name ${place + (at % 7)}`, type: 'thing' })),
    }));
  const withVectors = Array.from({ length: 600 }, (_, at) => ({
    content: `of vectors ${at}`,
    embedding: Array.from({ length: 1_536 }, (_, place) => Math.sin(at * place)),
  }));
  const joined = Array.from({ length: 1_000 }, (_, at) => ({ ref: `r${at}`, content: `of relations ${at}` }));
  const relations = Array.from({ length: 5_000 }, (_, at) => ({
    from: { ref: `r${at % 1_000}` },
    to: { ref: `r${(at + 1 + Math.floor(at / 1_000)) % 1_000}` },
    type: 'REFERENCES',
  }));
  test.each([
    ['20,000 names of entities', { memories: named(200) }, undefined],
    ['too many names of entities', { memories: named(1_000) }, 'LIMIT_EXCEEDED'],
    ['many vectors', { memories: withVectors }, 'EMBEDDING_DIMENSION'],
    ['many relations', { memories: joined, relations }, undefined],
    ['a value of another type', { memories: [...withVectors, { content: 7 }] }, 'INVALID_INPUT'],
  ])('while a request with %s is read', async (_name, { memories, ...rest }, code) => {
    const many = memories.map((memory) => ({ type: 'FACT', ...memory }));
    const input = { companion: { key: 'many' }, memories: many, ...rest };
    const body = JSON.stringify({ query: CREATE, variables: { input } });
    const headers = { 'content-type': 'application/json' };
    const { ms, value } = await longestTurnWithin(MOST_MS, async () => {
      const response = await service.service.fetch('http://test/graphql', { method: 'POST', headers, body });
      return (await response.json()) as Answer;
    });
    expect(value.data?.createMemories?.code ?? value.errors?.[0]?.extensions.code).toBe(code);
    expect(ms).toBeLessThan(MOST_MS);
  });

  test('while a long question is asked about long memories', async () => {
    const RECALL = `query ($query: String!) {
      recall(input: {companion: {key: "iris"}, query: $query}, first: 5) { nodes { content } }
    }`;
    const query = sentence.repeat(95).slice(0, 8_000);
    const ask = () => service.run(RECALL, { query });
    await ask();
    const { ms, value } = await longestTurnWithin(MOST_MS, ask);
    expect(value.recall.nodes).toHaveLength(5);
    expect(ms).toBeLessThan(MOST_MS);
  });
});

describe('no read or mutation of much keeps the event loop', () => {
  const ids: string[] = [];
  const COUNT = 1_000;
  beforeAll(async () => {
    for (let batch = 0; batch < 5; batch++) {
      const { memories } = await createMemories(service, {
        companion: { key: 'wide' },
        memories: Array.from({ length: COUNT }, (_, n) => ({
          ref: `${n}`,
          type: 'FACT',
          content: `Memory ${batch * COUNT + n} of the harbour and its lighthouse ${n % 37}`,
          entities: [{ type: 'thing', name: `entity ${n % 50}` }],
        })),
        relations: Array.from({ length: 4 * COUNT }, (_, n) => ({
          from: { ref: `${n % COUNT}` },
          to: { ref: `${(n + 1 + Math.floor(n / COUNT)) % COUNT}` },
          type: 'REFERENCES',
        })),
      });
      ids.push(...memories.map(({ id }) => id));
    }
  });

  test.each([
    [
      'a graph of 5,000',
      'graph(input: {from: $ids, depth: 5, maxNodes: 5000}) { memories { memory { content } } relations { id } }',
      0,
      50,
    ],
    ['a path', 'path(input: {from: $from, to: $to, maxDepth: 6}) { memories { id } }', 0, 0],
    [
      '100 memories with their neighbours, as one statement',
      `memories(companion: {key: "wide"}, first: 100) { totalCount edges { cursor node { id content importance status
        relations(first: 4) { edges { cursor node { id recordedAt } neighbor { id content importance confidence updatedAt } } } } } }`,
      0,
      0,
    ],
    [
      'a recall of 100, explained',
      `recall(input: {companion: {key: "wide"}, query: "Which lighthouse is 17 of the harbour?"}, first: 100) {
        edges { node { content } explanation { terms { weight } spreadFrom { id } excerpt { text } } } }`,
      0,
      0,
    ],
    [
      'a context of 100,000 tokens',
      `context(input: {companion: {key: "wide"}, query: "Which lighthouse is 17 of the harbour?", maxTokens: 100000}) {
        text tokens sections { memories { content } } }`,
      0,
      0,
    ],
    [
      '100 memories by their ids, with their versions and neighbours',
      'nodes(ids: $ids) { ... on Memory { content versions { nodes { id content } } relations(first: 4) { nodes { from { content } to { id } } } } }',
      100,
      200,
    ],
    ['archiving 1,000', 'archiveMemories(input: {ids: $ids}) { __typename }', 0, 1_000],
    ['reinforcing 1,000', 'reinforceMemories(input: {ids: $ids}) { __typename }', 1_000, 2_000],
    ['decay', 'decayImportance(input: {companion: {key: "wide"}}) { __typename }', 0, 0],
    ['forgetting 1,000', 'forgetMemories(input: {ids: $ids}) { __typename }', 4_000, 5_000],
  ])('%s', async (_name, field, from, until) => {
    const uses = (name: string, type: string) => (field.includes(`$${name}`) ? [`$${name}: ${type}`] : []);
    const declared = [...uses('ids', '[ID!]!'), ...uses('from', 'ID!'), ...uses('to', 'ID!')];
    const kind = /^[a-z]+(Memories|Importance)/.test(field) ? 'mutation' : 'query';
    const document = `${kind}${declared.length > 0 ? ` (${declared.join(', ')})` : ''} { ${field} }`;
    const variables = { ids: ids.slice(from, until), from: ids[0], to: ids[900] };
    const { ms, value } = await longestTurnWithin(MOST_MS, () => service.sendUntyped(document, variables));
    expect(value.errors).toBeUndefined();
    expect(JSON.stringify(value.data)).not.toContain('Error');
    expect(ms).toBeLessThan(MOST_MS);
  });
});

test('many who wait for the same long event do not get it in one turn', async () => {
  const FOLLOWERS = 1_250;
  const content = (at: number) => `${at} ${sentence.repeat(600)}`.slice(0, 50_000);
  const document = 'subscription { events(companion: {key: "followed"}) { node { memory { content } } } }';
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
  const stop = new AbortController();
  let bytes = 0;
  const follow = async () => {
    const asked = { method: 'POST', headers, body: JSON.stringify({ query: document }), signal: stop.signal };
    const { status, body } = await service.service.fetch('http://test/graphql', asked);
    expect(status).toBe(200);
    const take = async () => {
      for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) bytes += chunk.length;
    };
    take().catch(() => {});
  };
  for (let at = 0; at < FOLLOWERS; at += 50) await Promise.all(Array.from({ length: 50 }, follow));
  expect(service.service.streams().open).toBe(FOLLOWERS);
  let written = 0;
  const { ms } = await longestTurnWithin(MOST_MS, async () => {
    const from = bytes;
    const input = { companion: { key: 'followed' }, type: 'FACT', content: content(written++) };
    await service.run('mutation ($input: CreateMemoryInput!) { createMemory(input: $input) { __typename } }', {
      input,
    });
    const all = () => expect(bytes - from).toBeGreaterThan(FOLLOWERS * 50_000);
    await vi.waitFor(all, { timeout: patience(60_000), interval: 20 });
  });
  stop.abort();
  expect(service.service.streams().delivered).toBe(written * FOLLOWERS);
  expect(ms).toBeLessThan(MOST_MS);
});

test('a question’s vector comes before those of documents, and while these are made', async () => {
  const embeddings = await localEmbeddings();
  const { embedder } = embeddings;
  if (!embedder) throw new Error('no embedder');
  const order: string[] = [];
  const documents = memories('waiting', 8).map(({ content }) => content);
  const many = embedder.embed(documents, { purpose: 'document' }).then(() => order.push('documents'));
  const one = embedder.embed(['Where is the harbour?'], { purpose: 'query' }).then(() => order.push('question'));
  await Promise.all([many, one]);
  expect(order).toEqual(['question', 'documents']);
});

test('what is too long for a write to wait for gets its vectors in the background', async () => {
  const before = (await service.run('{ viewer { embedding { pending embedded } } }')).viewer.embedding;
  await service.run(CREATE, { input: { companion: { key: 'later' }, memories: memories('later', 12) } });
  const after = (await service.run('{ viewer { embedding { pending embedded } } }')).viewer.embedding;
  expect(after.pending - before.pending).toBe(12);
  const { Upkeep } = await import('../src/domain/embedding/upkeep.ts');
  const upkeep = new Upkeep(await service.tenant(), await localEmbeddings());
  while ((await upkeep.step()) > 0);
  await untilEmbedded(service, after.pending + after.embedded);
});

describe('work in pieces', () => {
  test.each([
    [{ a: [1, { b: [null, undefined, 'x'] }], c: undefined, d: new Date(0), e: 'é"\n', f: {}, g: [] }],
    [[]],
    [{}],
    ['text'],
    [null],
    [
      {
        input: {
          memories: [
            { content: 'a', at: new Date(1) },
            { content: 'b', nothing: undefined },
          ],
        },
      },
    ],
    [Object.assign(Object.create(null), { a: 1 })],
  ])('JSON is what JSON.stringify says: %j', (value) => {
    expect([...jsonPieces(value)].join('')).toBe(JSON.stringify(value));
  });

  test('runs have a bound, and every item is in one', () => {
    expect(runsOf([3, 3, 5, 1, 9, 1], 6, (weight) => weight)).toEqual([[3, 3], [5, 1], [9], [1]]);
    expect(runsOf([], 6, Number)).toEqual([]);
  });
});
