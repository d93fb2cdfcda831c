import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual as isEqual } from 'node:util';
import { sql } from 'drizzle-orm';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { createMemories } from './support/memories.ts';
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
  vectorsOf,
} from './support/provider.ts';

vi.setConfig({ testTimeout: patience(240_000) });

const provider = useProvider();
const contents = Array.from({ length: 150 }, (_, at) => `Maya told story ${at} of the harbour`);
const facts = contents.map((content) => ({ type: 'FACT', content }));
const local = (dimension = 384) => ({ model: 'hashing-1', dimension });
const openai = (dimension = DIMENSION, model = MODEL) => ({ model, dimension });
/** Local, and able to compare with vectors that the provider has made. */
const both = () => ({ OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: 'sk-hush' });
const localSettings = (dimension = 384) => ({ EMBEDDING_DIMENSION: `${dimension}` });

/** The model whose vectors reads compare. */
const comparedBy = async (service: VectorService) =>
  (
    await rowsOf(
      await service.tenant(),
      sql`select embedding_model as model, embedding_dimension as dimension from workspaces`,
    )
  )[0];

/** Sets the clock that processes measure by forward. */
function passTime(ms: number): void {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + ms);
}
afterEach(() => vi.restoreAllMocks());

describe('another model or dimension', () => {
  test.each([
    ['local to openai', local(), both, openai(), () => provider.settings()],
    ['openai to local', openai(), () => provider.settings(), local(), both],
    ['local 384 to 256', local(), () => localSettings(), local(256), () => localSettings(256)],
    [
      'openai 64 to 32',
      openai(),
      () => provider.settings(),
      openai(32),
      () => provider.settings({ EMBEDDING_DIMENSION: '32' }),
    ],
    [
      'openai to another of its models',
      openai(),
      () => provider.settings(),
      openai(DIMENSION, 'other'),
      () => provider.settings({ EMBEDDING_MODEL: 'other' }),
    ],
  ])(
    '%s: reads compare the old vectors until the new are complete',
    async (name, from, fromSettings, to, toSettings) => {
      const before = await provider.open(name, fromSettings());
      const { memories } = await createMemories(before, { memories: facts });
      await (await before.keepUp()).stop();
      await untilEmbedded(before, 150);
      const after = await provider.open(name, toSettings());
      const first = memories[0] as { id: string; content: string };
      const nearest = async (service = after) =>
        (await recall(service, { query: first.content, mode: 'SEMANTIC', minSimilarity: 0.99 })).contents;
      /** Both find it by its vector, whichever the model. */
      const reads = async () => {
        expect([await nearest(), await nearest(before)]).toEqual([[first.content], [first.content]]);
        expect(await similarTo(after, first.id)).toHaveLength(10);
      };
      await reads();
      expect(await statusOf(after)).toMatchObject({ ...to, embedded: 0 });
      expect(await vectorsOf(await after.tenant())).toEqual([{ ...from, count: 150 }]);

      // Written meanwhile: it has the new model's.
      const meanwhile = await remember(after, 'Ada paints the harbour');
      await reads();
      expect(await similarTo(after, meanwhile), 'it is not compared yet').toEqual([]);
      expect((await recall(after, { query: 'Ada paints' })).ids[0]).toBe(meanwhile);

      await after.keepUp();
      while (!isEqual(await comparedBy(after), to)) await reads();
      expect((await statusOf(after)).pending).toBe(0);
      await reads();
      expect(await vectorsOf(await after.tenant()), 'who has not noticed compares the old').toHaveLength(2);
      passTime(120_000);
      while ((await vectorsOf(await after.tenant())).length > 1) await reads();
      expect(await vectorsOf(await after.tenant())).toEqual([{ ...to, count: 151 }]);
      await reads();
      expect(await similarTo(after, meanwhile)).toHaveLength(10);
      expect(await statusOf(after)).toMatchObject({ ...to, embedded: 151, pending: 0 });
      expect(after.said).toEqual([]);
    },
  );

  test('while the provider fails, the old ones go on; progress is told', async () => {
    const before = await provider.open('stuck', localSettings());
    await createMemories(before, { memories: facts });
    const after = await provider.open('stuck', provider.settings({ EMBEDDING_BATCH_SIZE: '50' }));
    provider.misbehave({ status: 401 });
    await after.keepUp();
    await expect.poll(() => statusOf(after)).toMatchObject({ ...openai(), embedded: 0, pending: 150 });
    const [content = ''] = contents;
    expect(await recall(after, { query: content, mode: 'SEMANTIC', minSimilarity: 0.99 })).toMatchObject({
      mode: 'SEMANTIC',
      contents: [content],
    });
    provider.misbehave(null);
    await untilEmbedded(after, 150);
    expect([...provider.embedded.values()].every((times) => times === 1)).toBe(true);
  });

  test('a given vector is of the new model; it is compared as soon as the new ones are', async () => {
    const before = await provider.open('given', localSettings());
    await remember(before, 'Maya sails');
    const after = await provider.open('given');
    const embedding = vectorOf('boats');
    await remember(after, 'Ada paints', { embedding });
    expect(await recall(after, { embedding, query: 'paints' })).toMatchObject({
      mode: 'LEXICAL',
      contents: ['Ada paints'],
    });
    const { errors } = await after.send(
      'query ($embedding: [Float!]) { recall(input: {companion: {key: "iris"}, embedding: $embedding}) { mode } }',
      { embedding },
    );
    expect(errors).toMatchObject([{ extensions: { code: 'EMBEDDING_UNAVAILABLE' } }]);
    await after.keepUp();
    await expect
      .poll(
        async () =>
          (
            await after.send(
              'query ($embedding: [Float!]) { recall(input: {companion: {key: "iris"}, embedding: $embedding}) { mode nodes { content } } }',
              { embedding },
            )
          ).data,
        { timeout: patience(10_000) },
      )
      .toMatchObject({ recall: { mode: 'SEMANTIC', nodes: [{ content: 'Ada paints' }, { content: 'Maya sails' }] } });
  });

  test('a process with the former settings does not take it back, and what it writes gets the new vectors, too', async () => {
    const before = await provider.open('former', localSettings());
    await remember(before, 'Maya sails');
    await before.keepUp();
    await sleep(500);
    const after = await provider.open('former');
    const upkeep = await after.keepUp();
    await expect.poll(() => comparedBy(before), { timeout: patience(10_000) }).toEqual(openai());
    await remember(before, 'Ada paints');
    await sleep(2_500);
    expect(await comparedBy(before)).toEqual(openai());
    await upkeep.stop();
    await (await provider.open('former')).keepUp();
    await untilEmbedded(after, 2);
    expect(await vectorsOf(await after.tenant())).toContainEqual({ ...openai(), count: 2 });
  });
});
