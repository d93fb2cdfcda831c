import { expect, test } from 'vitest';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';

const service = useService();
const iris = { key: 'iris' };

const createMemory = mutation(service, 'createMemory', 'memory { id }');
const refused = '... on RelationExistsError { relation { id type } } ... on CycleError { memories { content } }';
const relate = mutation(
  service,
  'relateMemories',
  'relation { id type strength metadata from { content } to { content } retractedAt }',
  refused,
);
const unrelate = mutation(service, 'unrelateMemories', 'relation { id recordedAt retractedAt }');
const createBatch = mutation(service, 'createMemories', 'relations { id }', refused);

/** Makes memories of these contents; returns their ids. */
const remember = (...contents: string[]): Promise<string[]> =>
  Promise.all(
    contents.map(async (content) => {
      const { memory } = await createMemory({ companion: iris, type: 'EXPERIENCE', content });
      return memory.id;
    }),
  );

test('two memories are related, read as a sentence: `from` causes `to`', async () => {
  const [rain, flood] = await remember('Rain', 'Flood');
  const { relation } = await relate({
    fromId: rain,
    toId: flood,
    type: 'CAUSES',
    strength: 0.75,
    metadata: { said: 'in the news' },
  });
  expect(relation).toMatchObject({
    type: 'CAUSES',
    strength: 0.75,
    metadata: { said: 'in the news' },
    from: { content: 'Rain' },
    to: { content: 'Flood' },
    retractedAt: null,
  });
});

test('strength is 1 unless stated', async () => {
  const [fromId, toId] = await remember('Later', 'Earlier');
  const { relation } = await relate({ fromId, toId, type: 'FOLLOWS' });
  expect(relation).toMatchObject({ strength: 1, metadata: {} });
});

test('a relation is made once; the failure carries the one there is', async () => {
  const [fromId, toId] = await remember('Detail', 'Whole');
  const { relation } = await relate({ fromId, toId, type: 'ELABORATES' });
  expect(await relate({ fromId, toId, type: 'ELABORATES', strength: 0.5 })).toMatchObject({
    __typename: 'RelationExistsError',
    code: 'RELATION_EXISTS',
    relation: { id: relation.id, type: 'ELABORATES' },
  });
});

test('another type or the other way round is another relation', async () => {
  const [a, b] = await remember('One', 'Other');
  const made = [
    await relate({ fromId: a, toId: b, type: 'REFERENCES' }),
    await relate({ fromId: a, toId: b, type: 'FOLLOWS' }),
    await relate({ fromId: b, toId: a, type: 'REFERENCES' }),
  ];
  expect(new Set(made.map(({ relation }) => relation.id)).size).toBe(3);
});

test('a memory is not related to itself', async () => {
  const [id] = await remember('Alone');
  expect(await relate({ fromId: id, toId: id, type: 'REFERENCES' })).toMatchObject({
    code: 'INVALID_INPUT',
    issues: [{ path: ['input'], message: 'A memory cannot be related to itself, nor to a version of itself.' }],
  });
});

test.each([
  ['CONTRADICTS', 'CONTRADICTS is created only by contradictMemory, and ended by resolveContradiction.'],
  ['CORRECTS', 'CORRECTS is created only by correctMemory and slots, and ended by revertCorrection.'],
])('%s is refused with a hint at the mutation that makes it', async (type, message) => {
  const [fromId, toId] = await remember('Reserved from', 'Reserved to');
  expect(await relate({ fromId, toId, type })).toMatchObject({ issues: [{ path: ['input', 'type'], message }] });
  const relations = [{ from: { id: fromId }, to: { id: toId }, type }];
  expect(await createBatch({ companion: iris, memories: [], relations })).toMatchObject({
    issues: [{ path: ['input', 'relations', '0', 'type'], message }],
  });
});

test('nothing is its own cause: the failure shows the way that would close', async () => {
  const [heat, thirst, drink] = await remember('Heat', 'Thirst', 'Drink');
  await relate({ fromId: heat, toId: thirst, type: 'CAUSES' });
  await relate({ fromId: thirst, toId: drink, type: 'CAUSES' });
  const failure = await relate({ fromId: drink, toId: heat, type: 'CAUSES' });
  expect(failure).toEqual({
    __typename: 'CycleError',
    code: 'CYCLE',
    message: 'CAUSES relations must not form a circle: this one would close a circle of 3 memories.',
    memories: [{ content: 'Heat' }, { content: 'Thirst' }, { content: 'Drink' }],
  });
});

test('the same effect by two ways is no cycle, and other types may go round', async () => {
  const [a, b, c] = await remember('Cause', 'Between', 'Effect');
  for (const [fromId, toId] of [
    [a, b],
    [b, c],
    [a, c],
  ]) {
    expect(await relate({ fromId, toId, type: 'CAUSES' })).toHaveProperty('relation');
  }
  expect(await relate({ fromId: a, toId: b, type: 'FOLLOWS' })).toHaveProperty('relation');
  expect(await relate({ fromId: b, toId: a, type: 'FOLLOWS' })).toHaveProperty('relation');
});

test('a cycle inside one batch is refused, and one that a batch closes with what there is', async () => {
  const [a, b] = await remember('Old cause', 'Old effect');
  await relate({ fromId: a, toId: b, type: 'CAUSES' });
  const memory = { ref: 'new', content: 'New between', type: 'FACT' };
  const causes = (from: object, to: object) => ({ from, to, type: 'CAUSES' });
  const within = await createBatch({
    companion: iris,
    memories: [memory, { ref: 'second', content: 'Second between', type: 'FACT' }],
    relations: [causes({ ref: 'new' }, { ref: 'second' }), causes({ ref: 'second' }, { ref: 'new' })],
  });
  expect(within).toMatchObject({ code: 'CYCLE', memories: [] });
  const across = await createBatch({
    companion: iris,
    memories: [memory],
    relations: [causes({ id: b }, { ref: 'new' }), causes({ ref: 'new' }, { id: a })],
  });
  expect(across).toMatchObject({ code: 'CYCLE', memories: [{ content: 'Old cause' }, { content: 'Old effect' }] });
});

test('of writers who would close a cycle between them, one is refused', async () => {
  const rings = await Promise.all(Array.from({ length: 8 }, () => remember('Ring 1', 'Ring 2', 'Ring 3')));
  const answers = await Promise.all(
    rings.map((ring) =>
      Promise.all(ring.map((fromId, i) => relate({ fromId, toId: ring[(i + 1) % ring.length], type: 'CAUSES' }))),
    ),
  );
  for (const ring of answers) {
    expect(ring.map(({ code }) => code).filter(Boolean)).toEqual(['CYCLE']);
  }
});

test('a relation that was ended is shown no longer, but stays legible by its id and in the past', async () => {
  const [fromId, toId] = await remember('Was related', 'To this');
  const made = await relate({ fromId, toId, type: 'FOLLOWS' });
  const { relation } = await unrelate({ relationId: made.relation.id });
  expect(relation).toMatchObject({ id: made.relation.id, retractedAt: expect.any(String) });
  const read = await service.run(
    `query ($relation: ID!, $memory: ID!, $before: DateTime!) {
      node(id: $relation) { ... on MemoryRelation { retractedAt from { content } to { content } } }
      now: memory(id: $memory) { relations { totalCount } }
      before: memory(id: $memory, at: { knownAt: $before }) { relations { nodes { retractedAt } totalCount } }
    }`,
    { relation: relation.id, memory: fromId, before: relation.recordedAt },
  );
  expect(read).toEqual({
    node: { retractedAt: relation.retractedAt, from: { content: 'Was related' }, to: { content: 'To this' } },
    now: { relations: { totalCount: 0 } },
    before: { relations: { nodes: [{ retractedAt: null }], totalCount: 1 } },
  });
});

test('ending a relation again changes nothing', async () => {
  const [fromId, toId] = await remember('Ended twice', 'This one');
  const { relation } = await relate({ fromId, toId, type: 'FOLLOWS' });
  const once = await unrelate({ relationId: relation.id });
  expect(await unrelate({ relationId: relation.id })).toEqual(once);
});

test('what was unrelated can be related again, by another relation', async () => {
  const [fromId, toId] = await remember('Related again', 'That one');
  const { relation: first } = await relate({ fromId, toId, type: 'CAUSES' });
  await unrelate({ relationId: first.id });
  const { relation: second } = await relate({ fromId, toId, type: 'CAUSES' });
  expect(second.id).not.toBe(first.id);
});

test('an ended cause closes no way', async () => {
  const [a, b] = await remember('No longer a cause', 'No longer an effect');
  const { relation } = await relate({ fromId: a, toId: b, type: 'CAUSES' });
  await unrelate({ relationId: relation.id });
  expect(await relate({ fromId: b, toId: a, type: 'CAUSES' })).toHaveProperty('relation');
});
