import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { write } from '../src/db/write.ts';
import { Upkeep } from '../src/domain/embedding/upkeep.ts';
import { VectorIndexes } from '../src/domain/embedding/vector-index.ts';
import type { EmbeddingModel } from '../src/kernel/embedding-model.ts';
import { patience } from './support/calibration.ts';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { createMemories } from './support/memories.ts';
import { similarTo } from './support/provider.ts';
import { serviceOn, type TestService } from './support/service.ts';

const DIMENSION = 384;
const LARGE = 400;
const BATCH = 200;

/** Numbers from −0.5 to 0.5, the same for a seed each time (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 - 0.5;
  };
}

const random = randomFrom(7);
const vector = () => Array.from({ length: DIMENSION }, random);
const clusters = Array.from({ length: 12 }, vector);
const near = (index: number) => (clusters[index % clusters.length] as number[]).map((value) => value + random() / 2);

let service: TestService;
let indexes: VectorIndexes;
let database: ReturnType<typeof recordStatements>;

/** Facts of a companion, each by a vector of its own near one of the clusters. */
async function fill(key: string, count: number, name: string, workspace = 'acme') {
  for (let from = 0; from < count; from += BATCH) {
    const memories = Array.from({ length: Math.min(BATCH, count - from) }, (_, index) => ({
      type: (from + index) % 100 === 7 ? 'PREFERENCE' : 'FACT',
      content: `${name} ${from + index}`,
      embedding: near(from + index),
    }));
    await createMemories(service, { companion: { key }, memories }, { workspace });
  }
}

const RECALL = `query ($input: RecallInput!, $first: Int) {
  recall(first: $first, input: $input) { nodes { id content } } }`;

async function nearest(embedding: readonly number[], more: Record<string, unknown> = {}, workspace = 'acme') {
  const weights = { relevance: 1, recency: 0, importance: 0, confidence: 0 };
  const input = { companion: { key: 'iris' }, mode: 'SEMANTIC', embedding, weights, ...more };
  const { recall } = await service.run(RECALL, { input, first: 10 }, { workspace });
  return (recall.nodes as { content: string }[]).map(({ content }) => content);
}

const questions = Array.from({ length: 20 }, (_, index) => near(index));
const shareOf = (found: readonly string[][], wanted: readonly string[][]) =>
  found.flatMap((each, index) => each.filter((one) => wanted[index]?.includes(one))).length / wanted.flat().length;

beforeAll(async () => {
  database = recordStatements(await openTestDatabase());
  const embeddings = await localEmbeddings();
  indexes = new VectorIndexes((text) => service.logged.push(text), LARGE);
  service = serviceOn(database, Object.assign(embeddings, { indexes }));
  await fill('iris', 600, 'fact');
  await fill('small', 40, 'note');
  await fill('iris', 120, 'secret', 'other');
});
afterAll(() => database.close());

const survey = async (workspace = 'acme') => {
  const tenant = await service.tenant(workspace);
  await indexes.survey(tenant, tenant.embedding as EmbeddingModel);
  return indexes.widthsIn(tenant.workspaceId);
};

describe.runIf(process.env.TEST_DATABASE_URL)('a companion with very many vectors', () => {
  let compared: string[][];
  let comparedFew: string[];

  test('is searched by comparing all of them, until there is an index', async () => {
    compared = await Promise.all(questions.map((question) => nearest(question)));
    comparedFew = await nearest(questions[0] as number[], { filter: { types: ['PREFERENCE'] } });
    expect(compared.every(({ length }) => length === 10)).toBe(true);
    expect(comparedFew).toHaveLength(6);
    expect(indexes.isBuilt).toBe(false);
  });

  test('gets one that finds the same, and other companions none', async () => {
    const widths = await survey();
    expect(widths.size).toBe(1);
    expect(indexes.isBuilt).toBe(true);
    const statements = await service.statementsOf(RECALL, {
      input: { companion: { key: 'iris' }, mode: 'SEMANTIC', embedding: questions[0] },
    });
    expect(statements.some((text) => text.includes('hnsw.ef_search'))).toBe(true);
    const found = await Promise.all(questions.map((question) => nearest(question)));
    expect(shareOf(found, compared)).toBeGreaterThanOrEqual(0.99);
    expect(await nearest(questions[0] as number[], { companion: { key: 'small' } })).toHaveLength(10);
    await vi.waitFor(async () => expect(await scans()).toBeGreaterThan(0), {
      timeout: patience(10_000),
      interval: 200,
    });
  });

  test('is searched as widely by a process that is told of it', async () => {
    const told: string[] = [];
    indexes.onSurveyed = (found) => told.push(JSON.stringify(found));
    const widths = await survey();
    const other = new VectorIndexes((text) => service.logged.push(text), LARGE);
    for (const text of told) other.take(JSON.parse(text));
    const { workspaceId } = await service.tenant();
    expect([...other.widthsIn(workspaceId)]).toEqual([...widths]);
    expect(other.isBuilt).toBe(true);
  });

  test('is never short of results where few pass the filter', async () => {
    const few = { filter: { types: ['PREFERENCE'] } };
    expect(await nearest(questions[0] as number[], few)).toEqual(comparedFew);
  });

  test('shows nothing to another workspace, nor anything of it', async () => {
    expect((await survey('other')).size).toBe(0);
    const found = await Promise.all(questions.map((question) => nearest(question, {}, 'other')));
    expect(found.every((each) => each.length === 10 && each.every((content) => content.startsWith('secret')))).toBe(
      true,
    );
    const ours = await Promise.all(questions.map((question) => nearest(question)));
    expect(ours.flat().every((content) => content.startsWith('fact'))).toBe(true);
  });

  test('has what is written later found, once upkeep has stored large batches', async () => {
    const question = vector();
    await createMemories(service, { memories: [{ type: 'FACT', content: 'fact alone', embedding: question }] });
    expect((await nearest(question))[0]).toBe('fact alone');
    const another = vector();
    const memories = Array.from({ length: 30 }, (_, index) => ({
      type: 'FACT',
      content: `fact in a batch ${index}`,
      embedding: index === 0 ? another : near(index),
    }));
    await createMemories(service, { memories });
    expect(await pending()).toBe(30);
    const upkeep = new Upkeep(await service.tenant(), Object.assign(await localEmbeddings(), { indexes }));
    while ((await pending()) > 0) expect(await upkeep.step()).toBeGreaterThan(0);
    expect((await nearest(another))[0]).toBe('fact in a batch 0');
  });

  test('has similar memories found by it, too', async () => {
    const { recall } = await service.runUntyped(RECALL, {
      input: { companion: { key: 'iris' }, mode: 'SEMANTIC', embedding: questions[3] },
      first: 1,
    });
    const similar = await similarTo(service, recall.nodes[0].id, { first: 5 });
    expect(similar).toHaveLength(5);
    expect(similar.every(({ memory }) => memory.content.startsWith('fact'))).toBe(true);
  });
});

describe.skipIf(process.env.TEST_DATABASE_URL)('the embedded database', () => {
  test('compares all vectors', async () => {
    expect((await survey()).size).toBe(0);
    expect(indexes.isBuilt).toBe(false);
    expect(await nearest(questions[0] as number[])).toHaveLength(10);
  });
});

/** How many vectors of `acme` are pending. */
const pending = async () =>
  write(await service.tenant(), async (tx) => {
    const [row] = await tx.rows<{ n: number }>(
      sql`select count(*)::int as n from pending_embeddings where workspace_id = ${tx.workspaceId}`,
    );
    return row?.n ?? 0;
  });

/** How often the index has been read. */
const scans = async () =>
  write(await service.tenant(), async (tx) => {
    const [row] = await tx.rows<{ n: number }>(
      sql`select sum(idx_scan)::int as n from pg_stat_user_indexes where indexrelname like 'memory_embeddings_hnsw%'`,
    );
    return row?.n ?? 0;
  });
