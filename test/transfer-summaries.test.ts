import { expect, test } from 'vitest';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { useTransfer } from './support/transfer.ts';

const service = useService();
const { importText, exportText } = useTransfer(service);
const consolidate = mutation(service, 'consolidate', 'clusterCount created { id content } profiles { id }');
const correct = mutation(service, 'correctMemory', 'memory { id }');
const contradict = mutation(service, 'contradictMemory', 'contradiction { id }');

const iris = { key: 'iris' };
const source = { workspace: 'source' };
const target = { workspace: 'target' };

const dogs = [
  'The dog Rex barks at the mailman every morning.',
  'Rex the dog loves long walks in the park.',
  'The dog Rex eats two bowls of dog food a day.',
  'Rex the dog sleeps on the old sofa.',
  'The dog Rex is afraid of the vacuum cleaner.',
];

type Line = { kind: string; id?: string; memory?: string; from?: string; to?: string; by?: string; content?: string };
const linesOf = async (workspace: string): Promise<Line[]> =>
  (await exportText(workspace))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('what consolidation made is not exported, but what somebody made of it; a run makes it again', async () => {
  const { createMemories } = await service.runUntyped(
    `mutation ($input: CreateMemoriesInput!) { createMemories(input: $input) { ... on CreateMemoriesPayload { memories { id } } } }`,
    {
      input: {
        companion: iris,
        memories: dogs.map((content) => ({ content, type: 'FACT', entities: [{ name: 'Rex', type: 'animal' }] })),
      },
    },
    source,
  );
  const ids = createMemories.memories.map(({ id }: { id: string }) => id) as string[];
  const before = await exportText('source');
  const done = await consolidate({ companion: iris }, source);
  expect(done.clusterCount).toBe(1);
  expect(done.profiles.length).toBeGreaterThan(0);
  expect(done.created.length).toBeGreaterThan(1);
  expect(await exportText('source')).toBe(before);

  // It is made again where a source is corrected: not its correction either.
  await correct({ id: ids[0], content: 'The dog Rex barks at the postwoman every morning.' }, source);
  await consolidate({ companion: iris }, source);
  const { memories } = await service.runUntyped(
    '{ memories(filter: { types: [REFLECTION] }) { nodes { id } } }',
    {},
    source,
  );
  const summaries = memories.nodes.map(({ id }: { id: string }) => id) as string[];
  await contradict({ id: summaries[0], by: { memoryId: ids[1] } }, source);
  const lines = await linesOf('source');
  expect(lines.filter(({ kind }) => kind === 'memory').map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
  expect(new Set(lines.map(({ kind }) => kind))).toEqual(new Set(['companion', 'entity', 'memory', 'correction']));

  await importText('target', await exportText('source'));
  const again = await consolidate({ companion: iris }, target);
  expect(again).toMatchObject({ clusterCount: 1 });
  expect(again.profiles).toHaveLength(done.profiles.length);

  const { memory } = await correct({ id: summaries[1], content: 'Rex is a dog, says Maya.' }, source);
  const own = (await linesOf('source')).filter(({ id }) => id === memory.id);
  expect(own).toMatchObject([{ kind: 'correction', content: 'Rex is a dog, says Maya.' }]);
  await importText('again', await exportText('source'));
  expect(await exportText('again')).toBe(await exportText('source'));
});
