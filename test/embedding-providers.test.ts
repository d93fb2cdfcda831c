import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openEmbedder } from '../src/domain/embedding/choose.ts';
import { checkedVectors, type Embedder, EmbeddingFailed } from '../src/domain/embedding/embedder.ts';
import { openLocalEmbedder } from '../src/domain/embedding/local.ts';
import { Usage } from '../src/domain/embedding/usage.ts';
import { readConfig } from '../src/library/config.ts';
import { patience } from './support/calibration.ts';
import { type OpenAiServer, startOpenAiServer } from './support/openai-server.ts';

const document = { purpose: 'document' } as const;
const query = { purpose: 'query' } as const;

async function open(env: Record<string, string>): Promise<Embedder> {
  const embedder = await openEmbedder(readConfig(env).embedding);
  if (!embedder) throw new Error('There is no embedder.');
  return embedder;
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);

describe('local', () => {
  const local = openLocalEmbedder({ dimension: 384 });
  const near = async (a: string, b: string) => {
    const [left = [], right = []] = await local.embed([a, b], document);
    return dot(left, right);
  };

  test('says the same of a text on every machine', async () => {
    const texts = [
      'When did Ada move to Zürich?',
      '明日は東京に行きます',
      'สวัสดีชาวโลก',
      '안녕하세요 세계',
      ':-)',
      'the',
    ];
    const vectors = await local.embed(texts, document);
    const sum = createHash('sha256')
      .update(
        vectors
          .flat()
          .map((value) => value.toFixed(6))
          .join(),
      )
      .digest('hex');
    expect(sum).toBe('9ad7a86a9632ce442b4c2c028ae568b75fbf4016655f2b860dffef3c0ff40e69');
  });

  test('every text has a vector of length 1, in its place', async () => {
    const text = fc
      .string({ unit: 'binary', minLength: 1 })
      .filter((given) => given.trim() !== '' && given.isWellFormed());
    await fc.assert(
      fc.asyncProperty(fc.array(text), fc.integer({ min: 1, max: 500 }), async (texts, dimension) => {
        const embedder = openLocalEmbedder({ dimension });
        const vectors = await embedder.embed(texts, document);
        const alone = await Promise.all(texts.map(async (one) => (await embedder.embed([one], query))[0]));
        expect(vectors).toEqual(alone);
        for (const vector of vectors) {
          expect(vector).toHaveLength(dimension);
          expect(dot(vector, vector)).toBeCloseTo(1);
        }
      }),
    );
  });

  test.each(['?!', '…', '🎉', 'the of and', '\u200d', '٠'])('%j has a vector too', async (text) => {
    expect(await near(text, text)).toBeCloseTo(1);
  });

  test.each([
    ['Where does Lena play the violin?', 'Lena plays violin in an orchestra', 'Where does Lena work as a nurse?'],
    ['the marathon in Lisbon', 'the maraton in Lisbon', 'the museum in Lisbon'],
    ['She was baking cakes', 'She bakes a cake', 'She was raking leaves'],
    ['Zürich', 'ZURICH', 'Munich'],
    ['東京の天気', '東京タワーは高い', '大阪の食べ物'],
    ['ชอบกินข้าว', 'กินข้าวแล้ว', 'ไปโรงเรียน'],
  ])('%j is nearer to %j than to %j', async (text, near1, far) => {
    expect(await near(text, near1)).toBeGreaterThan(await near(text, far));
  });

  test('1,000 texts of 150 characters take no time', async () => {
    const texts = Array.from({ length: 1_000 }, (_, at) =>
      `Number ${at} painted sunflowers with her neighbours, since the hike to lake ${at * 7} was cancelled after thunderstorms`.padEnd(
        150,
        ' and snow',
      ),
    );
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 5; round++) {
      const began = performance.now();
      await local.embed(texts, document);
      best = Math.min(best, performance.now() - began);
    }
    expect(best).toBeLessThan(patience(150));
  });
});

describe('openai', () => {
  const KEY = 'sk-hush-hush';
  let server: OpenAiServer;
  let embedder: Embedder;
  const settings = () => ({
    EMBEDDING_PROVIDER: 'openai',
    OPENAI_API_KEY: KEY,
    OPENAI_BASE_URL: server.url,
    EMBEDDING_MODEL: 'nomic',
    EMBEDDING_DIMENSION: '64',
  });

  beforeAll(async () => {
    server = await startOpenAiServer({ dimension: 64 });
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    server.misbehave(null);
    server.requests.length = 0;
    server.embedded.clear();
    embedder = await open(settings());
  });

  /** What embedding fails with, and how long that took; neither text nor key are in what is said. */
  async function failure(texts = ['my secret diary'], signal?: AbortSignal) {
    const began = performance.now();
    const error = await embedder.embed(texts, { ...document, ...(signal && { signal }) }).catch((caught) => caught);
    expect(error).toBeInstanceOf(EmbeddingFailed);
    expect(JSON.stringify([error, String(error), error.stack, error.cause])).not.toMatch(/secret|diary|hush/);
    return { error: error as EmbeddingFailed, ms: performance.now() - began };
  }

  test('asks for base64 and takes it, and plain arrays where the server gives those', async () => {
    const [vector] = await embedder.embed(['hello'], document);
    expect(vector).toHaveLength(64);
    expect(server.requests[0]).toMatchObject({ encodingFormat: 'base64', authorization: `Bearer ${KEY}` });
    server.misbehave('floats');
    const [plain = []] = await embedder.embed(['hello'], document);
    expect(dot(vector ?? [], plain)).toBeCloseTo(1);
  });

  test('keeps the order of the texts, in any order of the answer and the batches', async () => {
    embedder = await open({ ...settings(), EMBEDDING_BATCH_SIZE: '3' });
    const local = openLocalEmbedder({ dimension: 64 });
    const word = fc.stringMatching(/^[a-z]{1,12}$/);
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 10 }), fc.boolean(), async (texts, isShuffled) => {
        server.misbehave(isShuffled ? 'shuffled' : null);
        const vectors = await embedder.embed(texts, document);
        const expected = await local.embed(texts, document);
        expect(vectors).toHaveLength(texts.length);
        for (const [at, vector] of vectors.entries()) expect(dot(vector, expected[at] ?? [])).toBeCloseTo(1);
      }),
      { numRuns: 30 },
    );
  });

  test('sends so many texts and tokens at once, one request after the other', async () => {
    embedder = await open({ ...settings(), EMBEDDING_BATCH_SIZE: '100' });
    await embedder.embed(
      Array.from({ length: 250 }, (_, at) => `text ${at}`),
      document,
    );
    await embedder.embed(
      Array.from({ length: 25 }, (_, at) => `${at} `.padEnd(19_000, 'x')),
      document,
    );
    expect(server.requests.map(({ input }) => input.length)).toEqual([100, 100, 50, 15, 10]);
    expect(new Set(server.requests.map(({ atOnce }) => atOnce))).toEqual(new Set([1]));
    expect(server.embedded.get('text 249')).toBe(1);
  });

  test('tokens of a request are estimated: a third of the characters, and each beyond the Latin alphabet', async () => {
    embedder = await open({ ...settings(), EMBEDDING_BATCH_TOKENS: '100' });
    await embedder.embed(
      ['a'.repeat(150), 'b'.repeat(150), '東'.repeat(50), '京'.repeat(50), 'c'.repeat(3), 'd'.repeat(900)],
      document,
    );
    expect(server.requests.map(({ input }) => input.map((text) => text[0]).join(''))).toEqual(['ab', '東京', 'c', 'd']);
  });

  test.each([
    [undefined, undefined, undefined, undefined, undefined],
    ['cohere', 'search_document', 'search_query', undefined, undefined],
    ['voyage', 'document', 'query', undefined, undefined],
    ['jina', undefined, undefined, 'retrieval.passage', 'retrieval.query'],
  ])('EMBEDDING_INPUT_TYPES %s', async (types, documents, questions, passages, queries) => {
    embedder = await open({ ...settings(), ...(types && { EMBEDDING_INPUT_TYPES: types }) });
    await embedder.embed(['a memory'], document);
    await embedder.embed(['who?'], query);
    expect(server.requests.map(({ inputType, task }) => [inputType, task])).toEqual([
      [documents, passages],
      [questions, queries],
    ]);
  });

  test('requests, texts and tokens are counted, as the server says or estimated', async () => {
    const usage = new Usage();
    const openMetered = (env: Record<string, string>) =>
      openEmbedder(readConfig({ ...settings(), ...env }).embedding, { usage }) as Promise<Embedder>;
    const metered = await openMetered({});
    await metered.embed(['a'.repeat(30), 'b'.repeat(30)], document);
    expect(usage).toMatchObject({ requests: { success: 1, unavailable: 0, refused: 0 }, texts: 2, tokens: 20 });
    server.misbehave({ refuse: 'secret' });
    await metered.embed(['a secret'], document).catch(() => {});
    server.misbehave('drop', 1);
    await metered.embed(['c'], document);
    expect(usage).toMatchObject({ requests: { success: 2, unavailable: 1, refused: 1 }, texts: 3, tokens: 21 });
    server.misbehave('hang');
    await (await openMetered({ EMBEDDING_DEADLINE_MS: '50' })).embed(['d'], document).catch(() => {});
    expect(usage).toMatchObject({ requests: { success: 2, unavailable: 2, refused: 1 }, texts: 3, tokens: 21 });
    const counting = await startOpenAiServer({ dimension: 64, countsTokens: true });
    await (await openMetered({ OPENAI_BASE_URL: counting.url })).embed(['four words in all'], document);
    await counting.stop();
    expect(usage).toMatchObject({ texts: 4, tokens: 25 });
  });

  test('puts prefixes before texts, and cuts long ones', async () => {
    const env = {
      EMBEDDING_QUERY_PREFIX: 'query: ',
      EMBEDDING_DOCUMENT_PREFIX: 'passage: ',
      EMBEDDING_MAX_CHARACTERS: '100',
    };
    embedder = await open({ ...settings(), ...env });
    await embedder.embed(['a'.repeat(300), '東'.repeat(300), `${'b'.repeat(98)}🎉`], document);
    await embedder.embed(['who?'], query);
    expect([...server.embedded.keys()]).toEqual([
      `passage: ${'a'.repeat(100)}`,
      `passage: ${'東'.repeat(33)}`,
      `passage: ${'b'.repeat(98)}`,
      'query: who?',
    ]);
  });

  test.each([
    ['text-embedding-3-small', undefined, 1536, undefined],
    ['text-embedding-3-large', '256', 256, 256],
    ['text-embedding-ada-002', undefined, 1536, undefined],
  ])('%s with EMBEDDING_DIMENSION %s', async (model, EMBEDDING_DIMENSION = '', dimension, dimensions) => {
    embedder = await open({ ...settings(), EMBEDDING_MODEL: model, EMBEDDING_DIMENSION });
    expect(embedder).toMatchObject({ model, dimension, isLocal: false, weights: { vector: 0.3, lexical: 0.7 } });
    if (dimensions) await embedder.embed(['hello'], document);
    else await embedder.embed(['hello'], document).catch(() => 'the server has 64');
    expect(server.requests[0]).toMatchObject({ model, dimensions });
  });

  test.each([
    ['error'],
    ['drop'],
    ['drop-midway'],
    [{ status: 408 }],
    [{ status: 409 }],
    [{ retryAfter: 0.1 }],
  ] as const)(
    'tries again after %j, twice',
    async (how) => {
      server.misbehave(how, 2);
      expect(await embedder.embed(['hello'], document)).toHaveLength(1);
      expect(server.requests).toHaveLength(3);
      server.misbehave(how);
      expect((await failure()).error).toMatchObject({ kind: 'unavailable' });
      expect(server.requests).toHaveLength(6);
    },
    patience(10_000),
  );

  test.each(['hang', 'hang-midway'] as const)('%s: one deadline, of all that is tried', async (how) => {
    embedder = await open({ ...settings(), EMBEDDING_DEADLINE_MS: '700' });
    server.misbehave(how);
    const { error, ms } = await failure();
    expect(error).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('EMBEDDING_DEADLINE_MS') });
    expect(ms).toBeGreaterThan(650);
    expect(ms).toBeLessThan(patience(2_000));
  });

  test('does not wait for what is beyond the deadline, and says how long the server asked for', async () => {
    server.misbehave({ retryAfter: 30 });
    const { error, ms } = await failure();
    expect(error).toMatchObject({ kind: 'unavailable', retryAfterMs: 30_000 });
    expect(ms).toBeLessThan(patience(2_000));
    expect(server.requests).toHaveLength(1);
    server.misbehave({ status: 429, headers: { 'x-should-retry': 'false' } });
    await failure();
    expect(server.requests).toHaveLength(2);
  });

  test('the caller may give up before', async () => {
    server.misbehave('hang');
    const { error, ms } = await failure(undefined, AbortSignal.timeout(100));
    expect(error.kind).toBe('unavailable');
    expect(ms).toBeLessThan(patience(2_000));
  });

  test.each([
    [{ status: 401 }, 'unavailable', 'OPENAI_API_KEY'],
    [{ status: 403 }, 'unavailable', 'OPENAI_API_KEY'],
    [{ status: 404 }, 'unavailable', 'EMBEDDING_MODEL'],
    [{ status: 400, param: 'dimensions' }, 'unavailable', 'EMBEDDING_DIMENSION'],
    [{ status: 413 }, 'refused', '413'],
    [{ status: 422 }, 'refused', '422'],
    [{ refuse: 'diary' }, 'refused', '400'],
    ['nonsense', 'unavailable', 'OPENAI_BASE_URL'],
    ['wrong-dimension', 'unavailable', 'dimension 65, but 64 was expected: set EMBEDDING_DIMENSION'],
    ['missing-index', 'unavailable', '1 vectors for 2 texts'],
    ['duplicate-index', 'unavailable', 'index from 0 to 1'],
    ['zeros', 'unavailable', 'no direction'],
  ] as const)('%j is %s, with a word about %s, and not tried again', async (how, kind, message) => {
    server.misbehave(how);
    expect((await failure(['my secret diary', 'hello'])).error).toMatchObject({
      kind,
      message: expect.stringContaining(message),
    });
    expect(server.requests).toHaveLength(1);
  });

  test('no server is unavailable', async () => {
    const gone = await startOpenAiServer({ dimension: 64 });
    await gone.stop();
    embedder = await open({ ...settings(), OPENAI_BASE_URL: gone.url });
    expect((await failure()).error.message).toContain('ECONNREFUSED');
  });
});

test('a vector without a direction is its text’s fault, if others have one', () => {
  expect(
    checkedVectors(
      [
        [3e300, 4e300],
        [0, -5e-324],
      ],
      2,
    ),
  ).toEqual([
    [expect.closeTo(0.6), expect.closeTo(0.8)],
    [0, -1],
  ]);
  const kindOf = (...vectors: number[][]) => {
    try {
      return checkedVectors(vectors, 2).length;
    } catch (error) {
      return (error as EmbeddingFailed).kind;
    }
  };
  expect(kindOf([1, 0], [0, 0])).toBe('refused');
  expect(kindOf([Number.NaN, 1])).toBe('refused');
  expect(kindOf([Number.POSITIVE_INFINITY, 1], [0, 0])).toBe('unavailable');
});
