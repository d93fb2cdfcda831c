import { expect, test } from 'vitest';
import { contents } from './bench/size-data.ts';
import { useService } from './support/service.ts';
import { bytes, perMemory, type Size, sizesOf, sum } from './support/size.ts';

const service = useService();

const LENGTH = 140;
const BATCHES = 5;
const BATCH = 1_000;

const sizes = async (): Promise<Size[]> => sizesOf((await service.tenant()).database);

test('a memory of 140 characters takes at most 6.5 kB with all that comes with it, of which postings a third', async () => {
  const before = await sizes();
  const texts = contents(LENGTH);
  for (let batch = 0; batch < BATCHES; batch++) {
    const { createMemories } = await service.runUntyped(
      `mutation ($memories: [NewMemory!]!) {
        createMemories(input: { companion: { key: "iris" }, user: { externalId: "maya" }, memories: $memories }) {
          ... on CreateMemoriesPayload { memories { id } } ... on Error { message } } }`,
      {
        memories: Array.from({ length: BATCH }, (_, n) => ({
          type: 'FACT',
          content: texts.next().value,
          context: { conversationId: `talk ${batch}`, turnNumber: n },
        })),
      },
    );
    expect(createMemories.memories).toHaveLength(BATCH);
  }
  const each = perMemory(before, await sizes(), BATCHES * BATCH);
  const of = (name: string) => bytes(each.find(({ table }) => table === name) as Size);
  // What it is measured by is there.
  expect(of('memory_embeddings')).toBeGreaterThan(384 * 4);
  expect(of('postings')).toBeGreaterThan(500);
  expect(of('postings')).toBeLessThan(2_000);
  expect(sum(each)).toBeLessThan(6_500);
});
