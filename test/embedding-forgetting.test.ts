import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { patience } from './support/calibration.ts';
import { mutation } from './support/mutations.ts';
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

const provider = useProvider();

describe('forgetting', () => {
  const forget = (service: VectorService, ids: string[]) =>
    mutation(service, 'forgetMemories', 'forgottenIds')({ ids });
  const left = async (service: VectorService) =>
    (
      await rowsOf(
        await service.tenant(),
        sql`select (select count(*)::int from memory_embeddings) as vectors, (select count(*)::int from pending_embeddings) as pending`,
      )
    )[0];

  test('takes the vectors of all versions, and what is pending', async () => {
    const service = await provider.open('forgotten');
    const id = await remember(service, 'Maya sails');
    provider.misbehave('error');
    await mutation(service, 'correctMemory', 'memory { id }')({ id, content: 'Maya rows' });
    await remember(service, 'Ada paints');
    expect(await left(service)).toEqual({ vectors: 1, pending: 2 });
    await forget(service, [id]);
    expect(await left(service)).toEqual({ vectors: 0, pending: 1 });
  });

  test.each(['forgetMemories', 'deleteCompanion'])('%s: also while a worker has claimed it', async (how) => {
    const service = await provider.open(`in hand of ${how}`);
    provider.misbehave('error');
    const [gone] = [
      await remember(service, 'Maya sails'),
      await remember(service, 'Ada paints', { companion: { key: 'noor' } }),
    ];
    const asked = provider.requests.length;
    provider.misbehave({ delayMs: patience(1_500) });
    await service.keepUp();
    await expect.poll(() => provider.requests.length, { timeout: patience(5_000), interval: 5 }).toBeGreaterThan(asked);
    if (how === 'forgetMemories') await forget(service, [gone]);
    else await mutation(service, 'deleteCompanion', '__typename')({ companion: { key: 'iris' } });
    expect(await left(service)).toEqual({ vectors: 0, pending: 1 });
    await untilEmbedded(service, 1);
    expect(await left(service)).toEqual({ vectors: 1, pending: 0 });
    expect(service.said.filter((text) => !text.startsWith('Embeddings are pending'))).toEqual([]);
  });
});

test('vectors, pending ones and counts of one workspace do not concern another', async () => {
  const service = await provider.open('mine');
  const id = await remember(service, 'Maya sails');
  await remember(service, 'Maya sails today', {}, 'theirs');
  provider.misbehave('error');
  await remember(service, 'Ada paints', {}, 'theirs');
  expect(await statusOf(service)).toMatchObject({ embedded: 1, pending: 0 });
  expect(await statusOf(service, 'theirs')).toMatchObject({ embedded: 1, pending: 1 });
  expect(await vectorsOf(await service.tenant())).toEqual([{ model: MODEL, dimension: DIMENSION, count: 1 }]);
  expect(await similarTo(service, id)).toEqual([]);
  expect((await recall(service, { embedding: vectorOf('Maya sails today'), minSimilarity: -1 })).ids).toEqual([id]);
  provider.misbehave(null);
  await service.keepUp();
  await expect.poll(() => service.said.length).toBe(1);
  expect(await statusOf(service, 'theirs'), 'nobody keeps theirs').toMatchObject({ pending: 1 });
});
