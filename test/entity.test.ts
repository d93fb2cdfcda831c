import { expect, test } from 'vitest';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';

const service = useService();

const createMemory = mutation(service, 'createMemory', 'memory { id entities { nodes { id name type } } }');
const updateMemory = mutation(service, 'updateMemory', 'memory { entities { nodes { id name } } }');
const merge = mutation(
  service,
  'mergeEntities',
  'entity { id name aliases memories(orderBy: { field: RECORDED_AT, direction: ASC }) { nodes { content } } }',
);

let made = 0;

/** Makes a memory that mentions places of these names, and returns the places. Names of one test are its own. */
async function mention(names: string[], { key = 'iris', content = `Memory ${++made}` } = {}) {
  const entities = names.map((name) => ({ name, type: 'place' }));
  const { memory } = await createMemory({ companion: { key }, type: 'EXPERIENCE', content, entities });
  const nodes: { id: string; name: string }[] = memory.entities.nodes;
  return { memoryId: memory.id as string, entities: nodes, id: nodes[0]?.id as string };
}

const entitiesOf = async (memoryId: string): Promise<string[]> => {
  const { memory } = await service.runUntyped('query ($id: ID!) { memory(id: $id) { entities { nodes { name } } } }', {
    id: memoryId,
  });
  return memory.entities.nodes.map(({ name }: { name: string }) => name);
};

test('a name is one entity of its companion and type, case and white space folded; it is written as it first was', async () => {
  const first = await mention(['New  York']);
  const again = await mention([' NEW york ', 'new york']);
  expect(again.entities).toEqual(first.entities);
});

test('another type or companion has an entity of its own', async () => {
  const { id } = await mention(['Paris']);
  const { memory } = await createMemory({
    companion: { key: 'iris' },
    type: 'FACT',
    content: 'Paris is a person',
    entities: [{ name: 'Paris', type: 'person' }],
  });
  const ids = [id, memory.entities.nodes[0].id, (await mention(['Paris'], { key: 'otto' })).id];
  expect(new Set(ids).size).toBe(3);
});

test('merged entities are one: their names are its aliases, their mentions its own', async () => {
  const lisbon = await mention(['Lisbon'], { content: 'Went to Lisbon' });
  const lisboa = await mention(['Lisboa'], { content: 'Voltou a Lisboa' });
  expect((await merge({ fromIds: [lisboa.id], intoId: lisbon.id })).entity).toEqual({
    id: lisbon.id,
    name: 'Lisbon',
    aliases: ['Lisboa'],
    memories: { nodes: [{ content: 'Went to Lisbon' }, { content: 'Voltou a Lisboa' }] },
  });
  expect(await entitiesOf(lisboa.memoryId)).toEqual(['Lisbon']);
});

test('a merged entity is found by either name and either id, and is listed no more', async () => {
  const porto = await mention(['Porto'], { content: 'Crossed the bridge' });
  const oporto = await mention(['Oporto'], { content: 'Drank the wine' });
  await merge({ fromIds: [oporto.id], intoId: porto.id });
  const found = await service.run(
    `query ($id: ID!) {
      byName: memories(filter: { entity: { name: "porto" } }) { totalCount }
      byAlias: memories(filter: { entity: { name: "OPORTO" } }) { totalCount }
      byMergedId: memories(filter: { entity: { id: $id } }) { totalCount }
      node(id: $id) { id }
      entities(filter: { name: "oporto" }) { nodes { name } totalCount }
    }`,
    { id: oporto.id },
  );
  expect(found).toEqual({
    byName: { totalCount: 2 },
    byAlias: { totalCount: 2 },
    byMergedId: { totalCount: 2 },
    node: null,
    entities: { nodes: [{ name: 'Porto' }], totalCount: 1 },
  });
});

test('merging again changes nothing', async () => {
  const [from, into] = [await mention(['Wien']), await mention(['Vienna'])];
  const once = await merge({ fromIds: [from.id], intoId: into.id });
  expect(await merge({ fromIds: [from.id], intoId: into.id })).toEqual(once);
});

test('a chain of merges ends at the last: A into B, B into C', async () => {
  const [a, b, c] = [await mention(['Chain A']), await mention(['Chain B']), await mention(['Chain C'])];
  await merge({ fromIds: [a.id], intoId: b.id });
  const { entity } = await merge({ fromIds: [b.id], intoId: c.id });
  expect(entity).toMatchObject({ id: c.id, memories: { nodes: { length: 3 } } });
  expect(entity.aliases.toSorted()).toEqual(['Chain A', 'Chain B']);
  expect(await entitiesOf(a.memoryId)).toEqual(['Chain C']);
});

test('an entity that was merged stands for the one it was merged into, on either side of a merge', async () => {
  const [a, b, c, d] = [await mention(['P']), await mention(['Q']), await mention(['R']), await mention(['S'])];
  await merge({ fromIds: [a.id], intoId: b.id });
  const into = await merge({ fromIds: [c.id], intoId: a.id });
  expect(into.entity.id).toBe(b.id);
  const from = await merge({ fromIds: [a.id], intoId: d.id });
  expect(from.entity.id).toBe(d.id);
  expect(from.entity.aliases.toSorted()).toEqual(['P', 'Q', 'R']);
});

test('merges that cross leave one survivor: A into B, B into C and C into A at once', async () => {
  for (let round = 1; round <= 2; round++) {
    const ring = await Promise.all(['A', 'B', 'C'].map((name) => mention([`Crossing ${round} ${name}`])));
    const answers = await Promise.all(
      ring.map(({ id }, i) => merge({ fromIds: [id], intoId: ring[(i + 1) % 3]?.id as string })),
    );
    expect(answers.map(({ __typename }) => __typename)).toEqual(Array(3).fill('MergeEntitiesPayload'));
    const survivors = await Promise.all(ring.map(({ memoryId }) => entitiesOf(memoryId)));
    expect(new Set(survivors.flat()).size).toBe(1);
  }
});

test('a memory that mentioned both mentions one', async () => {
  const { memoryId, entities } = await mention(['Köln', 'Cologne']);
  const [from, into] = entities.toSorted((x) => (x.name === 'Köln' ? -1 : 1)).map(({ id }) => id);
  await merge({ fromIds: [from], intoId: into });
  expect(await entitiesOf(memoryId)).toEqual(['Cologne']);
});

test('a memory that names a merged entity later mentions the survivor', async () => {
  const [from, into] = [await mention(['Praha']), await mention(['Prague'])];
  await merge({ fromIds: [from.id], intoId: into.id });
  const later = await mention(['PRAHA']);
  expect(later.entities).toMatchObject([{ id: into.id, name: 'Prague' }]);
  const { memory } = await updateMemory({ id: later.memoryId, entities: [{ name: 'praha', type: 'place' }] });
  expect(memory.entities.nodes).toMatchObject([{ id: into.id, name: 'Prague' }]);
});

test('before the merge they are two in the past', async () => {
  const [from, into] = [await mention(['Lugdunum']), await mention(['Lyon'])];
  const { memory } = await service.run('query ($id: ID!) { memory(id: $id) { recordedAt } }', { id: into.memoryId });
  await merge({ fromIds: [from.id], intoId: into.id });
  const read = await service.run(
    `query ($from: ID!, $into: ID!, $before: DateTime!) {
      from: memory(id: $from, at: { knownAt: $before }) { entities { nodes { name aliases } } }
      into: memory(id: $into, at: { knownAt: $before }) { entities { nodes { name aliases } } }
    }`,
    { from: from.memoryId, into: into.memoryId, before: memory?.recordedAt },
  );
  expect(read).toEqual({
    from: { entities: { nodes: [{ name: 'Lugdunum', aliases: [] }] } },
    into: { entities: { nodes: [{ name: 'Lyon', aliases: [] }] } },
  });
});

test('entities of different companions are not merged', async () => {
  const [from, into] = [await mention(['Rome'], { key: 'otto' }), await mention(['Rome'])];
  expect(await merge({ fromIds: [from.id], intoId: into.id })).toMatchObject({
    code: 'INVALID_INPUT',
    issues: [{ path: ['input', 'fromIds'], message: 'Entities of different companions cannot be merged.' }],
  });
});

test('an entity is not merged into itself', async () => {
  const { id } = await mention(['Ouroboros']);
  expect(await merge({ fromIds: [id], intoId: id })).toMatchObject({
    code: 'INVALID_INPUT',
    issues: [{ path: ['input', 'fromIds'], message: 'An entity cannot be merged into itself.' }],
  });
});

test('an unknown entity is named', async () => {
  const { id } = await mention(['Atlantis']);
  const unknown = 'ent_01h455vb4pex5vsknk084sn02q';
  expect(await merge({ fromIds: [unknown], intoId: id })).toMatchObject({ code: 'NOT_FOUND', ids: [unknown] });
});
