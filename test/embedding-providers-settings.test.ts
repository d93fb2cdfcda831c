import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { embedderOf, openEmbedder } from '../src/domain/embedding/choose.ts';
import { EmbeddingFailed } from '../src/domain/embedding/embedder.ts';
import type { EmbeddingSettings } from '../src/domain/embedding/settings.ts';
import { openTransformersEmbedder } from '../src/domain/embedding/transformers.ts';
import { ConfigError, readConfig } from '../src/library/config.ts';
import { writeTinyModel } from './support/tiny-model.ts';

const settingsOf = (env: Record<string, string>) => readConfig(env).embedding;
const document = { purpose: 'document' } as const;

describe('the settings', () => {
  test('nothing set: local vectors, English words', async () => {
    expect(await openEmbedder(settingsOf({}), { english: null })).toMatchObject({
      provider: 'local',
      model: 'hashing-1',
      dimension: 384,
      weights: { vector: 0.03, lexical: 0.97 },
      isLocal: true,
    });
    expect(readConfig({}).textSearchConfig).toBe('english');
  });

  test('none', async () => {
    expect(await openEmbedder(settingsOf({ EMBEDDING_PROVIDER: 'none' }))).toBeNull();
  });

  test('a weight and a dimension', async () => {
    const env = { EMBEDDING_VECTOR_WEIGHT: '0.25', EMBEDDING_DIMENSION: '100', TEXT_SEARCH_CONFIG: 'simple' };
    expect(await openEmbedder(settingsOf(env))).toMatchObject({
      dimension: 100,
      weights: { vector: 0.25, lexical: 0.75 },
    });
    expect(readConfig(env).textSearchConfig).toBe('simple');
  });

  test('openai', async () => {
    expect(await openEmbedder(settingsOf({ EMBEDDING_PROVIDER: 'openai', OPENAI_API_KEY: 'sk-1' }))).toMatchObject({
      provider: 'openai',
      model: 'text-embedding-3-small',
      dimension: 1536,
      weights: { vector: 0.3, lexical: 0.7 },
    });
    const own = settingsOf({ EMBEDDING_PROVIDER: 'openai', OPENAI_BASE_URL: 'http://localhost:8080/v1' });
    expect(own.openai).toMatchObject({ apiKey: 'none', deadlineMs: 5_000, batchSize: 256 });
  });

  test.each<[Record<string, string>, string]>([
    [{ EMBEDDING_PROVIDER: 'openai' }, 'needs OPENAI_API_KEY, or OPENAI_BASE_URL'],
    [{ EMBEDDING_PROVIDER: 'openai', OPENAI_API_KEY: 'k', EMBEDDING_MODEL: 'e5' }, 'needs EMBEDDING_DIMENSION'],
    [{ EMBEDDING_PROVIDER: 'openai', OPENAI_API_KEY: 'k', EMBEDDING_DIMENSION: '1537' }, 'have 1536 or fewer'],
    [{ EMBEDDING_PROVIDER: 'transformers' }, 'needs EMBEDDING_MODEL'],
    [{ EMBEDDING_MODEL: 'text-embedding-3-large' }, 'is none of EMBEDDING_PROVIDER=local'],
    [{ EMBEDDING_PROVIDER: 'none', EMBEDDING_MODEL: 'hashing-1' }, 'EMBEDDING_PROVIDER=none uses none'],
    [{ EMBEDDING_PROVIDER: 'ollama' }, 'EMBEDDING_PROVIDER'],
    [{ EMBEDDING_DIMENSION: '16001' }, 'EMBEDDING_DIMENSION'],
    [{ EMBEDDING_BATCH_SIZE: '2049' }, 'EMBEDDING_BATCH_SIZE'],
    [{ EMBEDDING_BATCH_TOKENS: '99' }, 'EMBEDDING_BATCH_TOKENS'],
    [{ EMBEDDING_INPUT_TYPES: 'openai' }, 'EMBEDDING_INPUT_TYPES'],
    [{ EMBEDDING_VECTOR_WEIGHT: '2' }, 'EMBEDDING_VECTOR_WEIGHT'],
    [{ EMBEDDING_DEADLINE_MS: 'soon' }, 'EMBEDDING_DEADLINE_MS'],
    [{ OPENAI_BASE_URL: 'localhost:8080' }, 'an http:// or https:// URL'],
    [{ OPENAI_BASE_URL: 'http://' }, 'an http:// or https:// URL'],
    [{ TEXT_SEARCH_CONFIG: "english'" }, 'the name of a text search configuration'],
  ])('%j is refused: %s', (env, message) => {
    expect(() => readConfig(env)).toThrow(ConfigError);
    expect(() => readConfig(env)).toThrow(message);
  });

  test('a key is not shown where it is refused', () => {
    expect(() => readConfig({ OPENAI_API_KEY: 'sk-hush\n' })).toThrow(/^(?!.*hush).*OPENAI_API_KEY/s);
  });
});

describe('vectors of a model used before', () => {
  const openai = settingsOf({ EMBEDDING_PROVIDER: 'openai', OPENAI_API_KEY: 'k', EMBEDDING_VECTOR_WEIGHT: '0.7' });
  const local = settingsOf({ OPENAI_API_KEY: 'k' });
  const withoutKey = settingsOf({});
  const none = settingsOf({ EMBEDDING_PROVIDER: 'none', OPENAI_API_KEY: 'k' });
  const large = { model: 'text-embedding-3-large', dimension: 256 };

  test.each<[what: string, settings: EmbeddingSettings]>([
    ['openai', openai],
    ['local', local],
    ['none', none],
  ])('are compared with locally, if they were local (%s)', async (_provider, settings) => {
    const former = await embedderOf(settings, { model: 'hashing-1', dimension: 50 });
    expect(former).toMatchObject({ provider: 'local', dimension: 50, weights: { vector: 0.03 } });
  });

  test('are those of the OpenAI endpoint, where there is one and vectors are expected', async () => {
    expect(await embedderOf(openai, large)).toMatchObject({ provider: 'openai', ...large, weights: { vector: 0.3 } });
    expect(await embedderOf(local, large)).toMatchObject({ provider: 'openai', ...large });
    expect(await embedderOf(withoutKey, large)).toBeNull();
    expect(await embedderOf(none, large)).toBeNull();
    expect(await embedderOf(openai, { model: 'transformers:Xenova/e5', dimension: 384 })).toBeNull();
  });
});

describe('transformers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'palimpsest-transformers-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  type Settings = Extract<EmbeddingSettings, { provider: 'transformers' }>;
  const settings = (env: Record<string, string> = {}) =>
    settingsOf({ EMBEDDING_PROVIDER: 'transformers', EMBEDDING_MODEL: 'own/model', ...env }) as Settings;

  /** A package of that name in a folder of its own, as npm would install it: where it is imported from. */
  function install(name: string, source: string): string {
    const home = join(folder, name);
    const installed = join(home, 'node_modules/@huggingface/transformers');
    mkdirSync(installed, { recursive: true });
    writeFileSync(join(installed, 'package.json'), '{"type":"module","main":"index.js"}');
    writeFileSync(join(installed, 'index.js'), source);
    return packageOf(home);
  }
  const packageOf = (home: string) =>
    pathToFileURL(createRequire(join(home, 'from.js')).resolve('@huggingface/transformers')).href;

  /** Gives [length, words, 1] of each text, not of length 1, in one long array as the package does. */
  const COUNTING = `
    export const pipeline = async (task, model) => async (texts, { pooling, normalize }) => {
      if (task !== 'feature-extraction' || model !== 'own/model' || pooling !== 'mean' || !normalize) throw new Error();
      if (texts.some((text) => text.includes('break'))) throw new RangeError(texts.join());
      const data = texts.flatMap((text) => [text.length, text.split(' ').length, 1]);
      return { dims: [texts.length, 3], data: new Float32Array(data) };
    };`;

  test('an embedder of the dimension that the model has', async () => {
    const embedder = await openTransformersEmbedder(
      settings({ EMBEDDING_BATCH_SIZE: '2' }),
      install('whole', COUNTING),
    );
    expect(embedder).toMatchObject({ model: 'transformers:own/model', dimension: 3, isLocal: false });
    const texts = ['a', 'a b', 'a b c', 'a b c d', 'a b c d e'];
    const vectors = await embedder.embed(texts, document);
    for (const [at, [length = 0, words = 0, one = 0]] of vectors.entries()) {
      expect([length / one, words / one]).toEqual([expect.closeTo(2 * at + 1, 4), expect.closeTo(at + 1, 4)]);
      expect(Math.hypot(length, words, one)).toBeCloseTo(1);
    }
  });

  test('what fails within the model is not the texts’ fault, nor shown', async () => {
    const embedder = await openTransformersEmbedder(settings(), install('failing', COUNTING));
    const error = await embedder.embed(['break a secret'], document).catch((caught) => caught);
    expect(error).toBeInstanceOf(EmbeddingFailed);
    expect(error).toMatchObject({ kind: 'unavailable', message: expect.stringMatching(/^(?!.*secret).*RangeError/) });
  });

  test.each<[string, Record<string, string>, string]>([
    [COUNTING, { EMBEDDING_DIMENSION: '384' }, 'EMBEDDING_DIMENSION=384 does not fit own/model: its vectors have 3'],
    ['export const pipeline = async () => { throw new Error("no such file") }', {}, 'EMBEDDING_MODEL=own/model cannot'],
    ['import "not-there"', {}, 'cannot be loaded'],
  ])('%j with %j: %s', async (source, env, message) => {
    const opened = openTransformersEmbedder(settings(env), install(`broken-${message.length}`, source));
    await expect(opened).rejects.toThrow(ConfigError);
    await expect(opened).rejects.toThrow(message);
  });

  test('not installed: says how it is', () => {
    // In a process of its own: here, modules are resolved by the test runner.
    const source = new URL('../src/domain/embedding/transformers.ts', import.meta.url).href;
    const { stdout } = spawnSync(
      process.execPath,
      ['-e', `import('${source}').then((m) => m.openTransformersEmbedder({})).catch((e) => console.log(String(e)))`],
      { encoding: 'utf8' },
    );
    expect(stdout).toMatch(/^ConfigError: .*not installed: run npm install @huggingface\/transformers$/m);
  });

  /** A folder where the package is installed; without it, nothing here has run the package itself. */
  const real = process.env.TEST_TRANSFORMERS_DIR;
  test.runIf(real)('a model in a folder, by the package itself', async () => {
    const model = join(folder, 'model');
    writeTinyModel(model, ['cats', 'dogs', 'sleep', 'run'], 8);
    const embedder = await openTransformersEmbedder(settings({ EMBEDDING_MODEL: model }), packageOf(real as string));
    expect(embedder.dimension).toBe(8);
    const texts = ['cats sleep', 'dogs run'.repeat(500), 'Cats sleep', 'dogs run'];
    const [cats = [], , again = [], dogs = []] = await embedder.embed(texts, document);
    const dot = (other: number[]) => cats.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
    expect(dot(again)).toBeCloseTo(1);
    expect(dot(dogs)).toBeLessThan(0.1);
  });
});
