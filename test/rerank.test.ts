import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Reranker } from '../src/domain/rerank/reranker.ts';
import { ConfigError } from '../src/kernel/config-error.ts';
import { readConfig } from '../src/library/config.ts';
import { patience } from './support/calibration.ts';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { type RerankMisbehaviour, startRerankServer } from './support/rerank-server.ts';
import { serviceOn, type TestService } from './support/service.ts';

const KEY = 'rr-hush-hush';
let database: ReturnType<typeof recordStatements>;
let server: Awaited<ReturnType<typeof startRerankServer>>;
const said: string[] = [];
const settings = (env = {}) => ({
  RERANK_URL: server.url,
  RERANK_MODEL: 'rerank-small',
  RERANK_API_KEY: KEY,
  // A slow machine gets more time, at most what the setting allows.
  RERANK_DEADLINE_MS: `${Math.min(patience(20_000), 60_000)}`,
  ...env,
});
/** A service of a workspace, with a reranker under such settings. */
async function open(workspace: string, env = {}, clock?: () => number): Promise<TestService> {
  const { rerank } = readConfig(settings(env));
  const reranker = rerank ? new Reranker(rerank, (text) => said.push(text), clock) : null;
  return serviceOn(database, await localEmbeddings(), workspace, undefined, reranker);
}
beforeAll(async () => {
  database = recordStatements(await openTestDatabase());
  server = await startRerankServer();
});
afterAll(async () => {
  await server.stop();
  await database.close();
});
beforeEach(() => {
  Object.assign(server, { misbehaviour: null, meanwhile: async () => {} });
  server.requests.length = 0;
  said.length = 0;
});

const RECALL = `query ($input: RecallInput!, $at: PointInTime, $first: Int, $after: String) {
  recall(input: $input, at: $at, first: $first, after: $after) {
    mode pageInfo { hasNextPage endCursor } edges { score node { id content } explanation { rerank } } } }`;
// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
type Page = any;
const INPUT = { companion: { key: 'iris' }, query: 'heron' };
const recall = async (service: TestService, page: object = {}, input: object = INPUT): Promise<Page> =>
  (await service.runUntyped(RECALL, { input, ...page })).recall;
const contentsOf = ({ edges }: Page): string[] => edges.map(({ node }: Page) => node.content);
const ranksOf = ({ edges }: Page): (number | null)[] => edges.map(({ explanation }: Page) => explanation.rerank);
const tell = (service: TestService, contents: readonly string[]) =>
  createMemories(service, { memories: contents.map((content) => ({ content, type: 'FACT' })) });

test('what the model says comes first, in its order; the rest follows by score', async () => {
  const service = await open('order');
  await tell(service, ['heron heron', 'heron worth 0.25', 'heron heron heron heron worth -1.5', 'heron worth 0.75']);
  const found = await recall(service);
  expect(ranksOf(found)).toEqual([0.75, 0.25, -1.5, null]);
  expect(contentsOf(found)).toEqual([
    'heron worth 0.75',
    'heron worth 0.25',
    'heron heron heron heron worth -1.5',
    'heron heron',
  ]);
  expect(server.requests).toEqual([
    { model: 'rerank-small', query: 'heron', documents: expect.any(Array), top_n: 4, authorization: `Bearer ${KEY}` },
  ]);
  for (const mode of ['LEXICAL', 'SEMANTIC']) {
    expect(ranksOf(await recall(service, {}, { ...INPUT, mode }))).toEqual([0.75, 0.25, -1.5, null]);
  }
});

test('a list keeps the order of the model, but for one in time', async () => {
  const service = await open('lists');
  await createMemories(service, {
    memories: [0.25, 0.75, 0.5].map((worth, n) => ({
      content: `heron worth ${worth}`,
      type: 'FACT',
      validFrom: `2026-01-0${n + 1}T00:00:00Z`,
    })),
  });
  const ask = async (query: string) => {
    const document = `query ($input: RecallInput!) { recall(input: $input) {
      order edges { explanation { rerank variety } } } }`;
    return (await service.runUntyped(document, { input: { ...INPUT, query } })).recall;
  };
  const list = await ask('List every heron');
  expect([list.order, ranksOf(list)]).toEqual(['RELEVANCE', [0.75, 0.5, 0.25]]);
  const inTime = await ask('In which order did the herons come?');
  expect([inTime.order, ranksOf(inTime)]).toEqual(['TIME', [0.25, 0.75, 0.5]]);
  for (const { explanation } of [...list.edges, ...inTime.edges]) expect(explanation.variety).toBe(1);
});

test('without a model, a key or anything to order', async () => {
  const service = await open('bare', { RERANK_MODEL: '', RERANK_API_KEY: '' });
  await recall(service);
  await tell(service, ['heron worth 1']);
  expect(ranksOf(await recall(service))).toEqual([null]);
  expect(server.requests).toEqual([]);
  await tell(service, ['heron worth 2']);
  expect(ranksOf(await recall(service))).toEqual([2, 1]);
  expect(server.requests).toEqual([
    {
      query: 'heron',
      documents: expect.arrayContaining(['heron worth 1', 'heron worth 2']),
      top_n: 2,
      authorization: undefined,
    },
  ]);
});

test.each([1, 7, 49, 60])('pages of %i make the list of one, and ask once', async (first) => {
  const service = await open('pages');
  const { edges } = await recall(service, { first: 1 });
  if (edges.length === 0) {
    await tell(
      service,
      Array.from({ length: 60 }, (_, n) => `heron ${'heron '.repeat(n % 9)}worth ${(n * 37) % 60}`),
    );
  }
  const whole = await recall(service, { first: 100 });
  const ranks = ranksOf(whole);
  expect(ranks.slice(0, 50)).toEqual(ranks.slice(0, 50).toSorted((a, b) => Number(b) - Number(a)));
  expect(ranks.slice(50)).toEqual(Array(10).fill(null));
  server.requests.length = 0;
  const contents: string[] = [];
  const paged: (number | null)[] = [];
  for (let after: string | undefined; ; ) {
    const page = await recall(service, { first, after });
    contents.push(...contentsOf(page));
    paged.push(...ranksOf(page));
    if (!page.pageInfo.hasNextPage) break;
    after = page.pageInfo.endCursor;
  }
  expect(contents).toEqual(contentsOf(whole));
  expect(paged).toEqual(ranks);
  expect(server.requests).toHaveLength(1);
});

test('no session of the database is held while the model is asked', async () => {
  const service = await open('sessions');
  await tell(service, ['heron worth 1', 'heron worth 2']);
  let isAnswered = false;
  server.meanwhile = async () => {
    await expect.poll(busy, { timeout: patience(10_000), interval: 5 }).toBe(0);
    // On the embedded database, with its one session, this would wait for the recall.
    await tell(service, ['Something else']);
    isAnswered = true;
  };
  expect(ranksOf(await recall(service))).toEqual([2, 1]);
  expect(isAnswered).toBe(true);
});

/** How many sessions of the database are in use. */
const busy = (): number => {
  const { open: all, idle } = database.stats();
  return all - idle;
};

test('a point in time is ordered by what held then; of long contents the beginning is sent', async () => {
  const service = await open('past');
  const correct = mutation(service, 'correctMemory', 'memory { id }');
  const { memories } = await tell(service, ['heron worth 1', 'heron worth 2', `heron worth 3 ${'x'.repeat(9_000)}`]);
  const [, second] = memories as { id: string }[];
  const { events } = await service.runUntyped('{ events(first: 100) { nodes { at } } }');
  const knownAt = events.nodes.at(-1).at;
  await correct({ id: second?.id, content: 'heron worth 9' });
  expect(ranksOf(await recall(service))).toEqual([9, 3, 1]);
  expect(ranksOf(await recall(service, { at: { knownAt } }))).toEqual([3, 2, 1]);
  for (const { documents } of server.requests) {
    expect(Math.max(...documents.map(({ length }) => length))).toBe(4_000);
  }
});

describe('while the model', () => {
  const contents = ['heron heron worth 1', 'heron worth 2'];

  test.each<[RerankMisbehaviour, string]>([
    [{ status: 500 }, 'answered 500: check RERANK_URL, RERANK_MODEL and RERANK_API_KEY.'],
    [{ status: 401 }, 'answered 401'],
    ['drop', 'could not be reached, or the connection broke.'],
    ['drop-midway', 'could not be reached, or the connection broke.'],
    ['elsewhere', 'could not be reached'],
    ['nonsense', 'answered with something other than scores'],
    ['no-number', 'answered with something other than scores'],
    ['wrong-index', 'answered with wrong indices.'],
    ['same-index', 'answered with wrong indices.'],
    ['too-much', 'answered with too much.'],
  ])('does %j, recall goes on without it, and leaves it in peace', async (how, why) => {
    let now = 0;
    const service = await open(`failing ${JSON.stringify(how)}`, {}, () => now);
    await tell(service, contents);
    server.misbehaviour = how;
    for (let n = 0; n < 3; n++) {
      const found = await recall(service);
      expect([contentsOf(found), ranksOf(found)]).toEqual([contents, [null, null]]);
    }
    expect(server.requests).toHaveLength(1);
    expect(said).toEqual([expect.stringContaining(why)]);
    expect(said[0]).toMatch(/^Recalls are not reranked until the reranker answers: 127\.0\.0\.1:\d+ /);
    expect(said[0]).not.toMatch(/heron|hush/);
    now += 500;
    expect(ranksOf(await recall(service))).toEqual([null, null]);
    expect(server.requests).toHaveLength(2);
    server.misbehaviour = null;
    // The second pause is twice as long.
    now += 999;
    expect(ranksOf(await recall(service))).toEqual([null, null]);
    now += 1;
    expect(ranksOf(await recall(service))).toEqual([2, 1]);
    expect(said).toHaveLength(1);
  });

  test('does not answer, recall goes on without it after the deadline', async () => {
    const service = await open('late', { RERANK_DEADLINE_MS: '50' });
    await tell(service, contents);
    server.misbehaviour = 'hang';
    expect(ranksOf(await recall(service))).toEqual([null, null]);
    expect(said).toEqual([expect.stringContaining('did not answer within 50 ms: see RERANK_DEADLINE_MS.')]);
  });
});

describe('settings:', () => {
  test('without a URL nothing is reranked', () => {
    expect(readConfig({}).rerank).toBeUndefined();
    expect(readConfig({ RERANK_URL: 'http://localhost:8000/v1/rerank' }).rerank).toEqual({
      url: 'http://localhost:8000/v1/rerank',
      model: undefined,
      apiKey: undefined,
      deadlineMs: 2_000,
    });
  });

  test.each([
    [{ RERANK_MODEL: 'rerank-small' }, 'RERANK_MODEL needs RERANK_URL'],
    [{ RERANK_API_KEY: KEY }, 'RERANK_API_KEY needs RERANK_URL'],
    [{ RERANK_URL: 'localhost:8000' }, 'an http:// or https:// URL'],
  ])('%j is refused', (env, message) => {
    expect(() => readConfig(env)).toThrow(ConfigError);
    expect(() => readConfig(env)).toThrow(message);
    expect(() => readConfig(env)).toThrow(/^(?!.*hush)/s);
  });
});
