import { expect, test } from 'vitest';
import { createMemories } from './support/memories.ts';
import { useService } from './support/service.ts';

const service = useService();

test('a memory is made and read back', async () => {
  const { memories } = await createMemories(service, {
    user: { externalId: 'maya' },
    memories: [{ content: 'Maya moved to Lisbon', type: 'FACT', entities: [{ name: 'Lisbon', type: 'place' }] }],
  });
  const { memory } = await service.run(
    `query ($id: ID!) { memory(id: $id) { content type status importance companion { key } user { externalId } entities { nodes { name } } } }`,
    { id: memories[0]?.id },
  );
  expect(memory).toEqual({
    content: 'Maya moved to Lisbon',
    type: 'FACT',
    status: 'ACTIVE',
    importance: expect.closeTo(5),
    companion: { key: 'iris' },
    user: { externalId: 'maya' },
    entities: { nodes: [{ name: 'Lisbon' }] },
  });
});
