import { expect, test } from 'vitest';
import { foldContentBefore } from '../src/model/memory/fold.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { runAsSuperuser } from './support/tables.ts';

const service = useService();

const createMemory = mutation(
  service,
  'createMemory',
  'memory { id content validFrom validUntil } duplicate merged ignored',
);
const createMemories = mutation(
  service,
  'createMemories',
  'memories { id } duplicateIds duplicates { index memoryId merged ignored }',
);

const day = (date: string) => `${date}T00:00:00.000Z`;
const said = (key: string, content: string, more: Record<string, unknown> = {}) => ({
  companion: { key },
  type: 'FACT',
  content,
  ...more,
});

const listed = async (key: string) =>
  (
    await service.runUntyped(
      `query ($companion: CompanionRef!) { memories(companion: $companion, orderBy: {field: RECORDED_AT, direction: ASC}) {
        nodes { id content summary context validFrom validUntil expiresAt entities { nodes { name } } } } }`,
      { companion: { key } },
    )
  ).memories.nodes;

const years = (...given: number[]) => given.map((year) => ({ validFrom: day(`${year}-01-01`) }));

test.each([
  ['oldest first', years(2023, 2024, 2025)],
  ['newest first', years(2025, 2024, 2023)],
  ['in no order', years(2024, 2025, 2023)],
])('a history read %s is one memory, true from the earliest moment on', async (order, moments) => {
  for (const moment of moments) await createMemory(said(order, 'Avery works at Acme', moment));
  const batch = `${order}, at once`;
  await createMemories({
    companion: { key: batch },
    memories: moments.map((moment) => ({ type: 'FACT', content: 'Avery works at Acme', ...moment })),
  });
  const one = [expect.objectContaining({ validFrom: day('2023-01-01'), validUntil: null })];
  expect(await listed(order)).toEqual(one);
  expect(await listed(batch)).toEqual(one);
});

test('the same at another time, ended before, is another memory', async () => {
  await createMemory(said('apart', 'Avery works at Acme', { validFrom: day('2025-01-01') }));
  const again = await createMemory(
    said('apart', 'Avery works at Acme', { validFrom: day('2020-01-01'), validUntil: day('2021-01-01') }),
  );
  expect(again.duplicate).toBe(false);
});

test('what was true before a version that was corrected is another memory', async () => {
  const { memory } = await createMemory(said('corrected', 'Avery lives in Porto', { validFrom: day('2023-01-01') }));
  const correct = mutation(service, 'correctMemory', 'memory { id }');
  await correct({ id: memory.id, kind: 'CHANGE', content: 'Avery lives in Oslo', effectiveAt: day('2024-01-01') });
  const again = await createMemory(said('corrected', 'Avery lives in Oslo', { validFrom: day('2023-06-01') }));
  expect(again).toMatchObject({ duplicate: false });
});

test('what is apart is a memory of its own, alone and in a batch', async () => {
  const apart = { ...said('kept apart', 'Status: active'), isApart: true };
  const first = await createMemory({ ...apart, entities: [{ type: 'thing', name: 'One' }] });
  const other = await createMemory({ ...apart, entities: [{ type: 'thing', name: 'Other' }] });
  expect([first.duplicate, other.duplicate]).toEqual([false, false]);
  const { companion, ...memory } = apart;
  expect((await createMemories({ companion, memories: [memory, memory] })).duplicateIds).toEqual([]);
  const names = (await listed('kept apart')).map(({ entities }: { entities: { nodes: { name: string }[] } }) =>
    entities.nodes.map(({ name }) => name),
  );
  expect(names).toEqual([['One'], ['Other'], [], []]);
  // What is said without it is still a duplicate.
  expect((await createMemory(said('kept apart', 'status: ACTIVE'))).duplicate).toBe(true);
});

test('what a duplicate brings along is taken over, or named', async () => {
  const entities = [{ name: 'Roda', type: 'place' }];
  const first = said('brings', 'Avery eats at Roda', {
    entities,
    context: { source: 'a' },
    validFrom: day('2025-01-01'),
  });
  const { memory, merged } = await createMemory(first);
  expect(merged).toEqual([]);
  const again = await createMemory({
    ...first,
    summary: 'lunch',
    context: { source: 'b', turnNumber: 3 },
    entities: [
      { name: 'RODA', type: 'place' },
      { name: 'Avery', type: 'person' },
    ],
    validUntil: day('2030-01-01'),
    expiresAt: day('2031-01-01'),
    importance: 9,
  });
  expect(again).toMatchObject({
    duplicate: true,
    memory: { id: memory.id, validUntil: day('2030-01-01') },
    merged: ['summary', 'context', 'entities', 'validUntil'],
    ignored: ['context', 'expiresAt', 'importance'],
  });
  expect(await listed('brings')).toEqual([
    expect.objectContaining({
      summary: 'lunch',
      context: { source: 'a', turnNumber: 3 },
      validUntil: day('2030-01-01'),
      expiresAt: null,
      entities: { nodes: expect.arrayContaining([{ name: 'Roda' }, { name: 'Avery' }]) },
    }),
  ]);
  const { memory: read } = await service.runUntyped(
    `query ($id: ID!) { memory(id: $id) { history(first: 9) { nodes { kind changes } } }
      found: memories(companion: {key: "brings"}, filter: {text: "lunch"}) { totalCount } }`,
    { id: memory.id },
  );
  const kinds = read.history.nodes.map(({ kind }: { kind: string }) => kind).sort();
  expect(kinds).toEqual(['RECORDED', 'UPDATED']);
  const update = read.history.nodes.find(({ kind }: { kind: string }) => kind === 'UPDATED');
  expect(Object.keys(update.changes).sort()).toEqual(['context', 'entities', 'summary', 'validUntil']);
});

test('so is what duplicates in a batch and in a slot bring along', async () => {
  const memories = [
    { type: 'FACT', content: 'Avery is vegan', slot: 'diet', validFrom: day('2025-01-01') },
    { type: 'FACT', content: 'Avery sings', validFrom: day('2025-01-01') },
  ];
  const first = await createMemories({ companion: { key: 'batch' }, memories });
  const again = await createMemories({
    companion: { key: 'batch' },
    memories: [
      ...memories.map((memory) => ({ ...memory, validUntil: day('2030-01-01') })),
      { ...memories[1], summary: 'song' },
      { type: 'FACT', content: 'Avery dances' },
      { type: 'FACT', content: 'avery Dances', summary: 'dance' },
    ],
  });
  const ids = first.memories.map(({ id }: { id: string }) => id);
  const dance = again.memories[3].id;
  expect(again.duplicates).toEqual([
    { index: 0, memoryId: ids[0], merged: ['validUntil'], ignored: [] },
    { index: 1, memoryId: ids[1], merged: ['validUntil'], ignored: [] },
    { index: 2, memoryId: ids[1], merged: ['summary'], ignored: [] },
    { index: 4, memoryId: dance, merged: ['summary'], ignored: [] },
  ]);
  const nodes = await listed('batch');
  expect(nodes.map((node: Record<string, unknown>) => [node.content, node.summary, node.validUntil])).toEqual([
    ['Avery is vegan', null, day('2030-01-01')],
    ['Avery sings', 'song', day('2030-01-01')],
    ['Avery dances', 'dance', null],
  ]);
});

test('the past shows a memory as it was before a duplicate changed it', async () => {
  const { memory } = await createMemory(said('past', 'Avery paints', { validFrom: day('2025-01-01') }));
  const read = `query ($id: ID!, $at: PointInTime) { memory(id: $id, at: $at) { validFrom validUntil updatedAt } }`;
  const { memory: before } = await service.runUntyped(read, { id: memory.id });
  await createMemory(said('past', 'Avery paints', { validFrom: day('2024-01-01'), validUntil: day('2040-01-01') }));
  const { memory: after } = await service.runUntyped(read, { id: memory.id });
  expect(after).toMatchObject({ validFrom: day('2024-01-01'), validUntil: day('2040-01-01') });
  const { memory: then } = await service.runUntyped(read, { id: memory.id, at: { knownAt: before.updatedAt } });
  expect(then).toEqual(before);
});

test('units, paths and identifiers differ by case, prose does not', async () => {
  const contents = [
    'It draws 5 mW',
    'It draws 5 MW',
    'The folder is /Home/A',
    'The folder is /home/a',
    'it DRAWS 5 MW',
  ];
  const { duplicates } = await createMemories({
    companion: { key: 'case' },
    memories: contents.map((content) => ({ type: 'FACT', content })),
  });
  expect(duplicates.map(({ index }: { index: number }) => index)).toEqual([4]);
  const again = await createMemory(said('case', 'It Draws 5 mW'));
  expect(again).toMatchObject({ duplicate: true, memory: { content: 'It draws 5 mW' } });
});

test('what version 0.1 has stored is compared by its content', async () => {
  await createMemories({
    companion: { key: 'before' },
    memories: ['It draws 5 mW', 'Maya sings'].map((content) => ({ type: 'FACT', content })),
  });
  await runAsSuperuser(
    (await service.tenant()).database,
    `alter table memories disable trigger user; update memories set content_fold = case content when 'Maya sings' then '${foldContentBefore('Maya sings')}'
       else '${foldContentBefore('It draws 5 mW')}' end
     where companion_id = (select id from companions where key = 'before'); alter table memories enable trigger user`,
  );
  expect((await createMemory(said('before', 'MAYA sings'))).duplicate).toBe(true);
  expect((await createMemory(said('before', 'It draws 5 MW'))).duplicate).toBe(false);
});

test('an entity keeps the first spelling of its name, by whatever letters its case is written', async () => {
  await createMemories({
    companion: { key: 'names' },
    memories: ['Straße', 'STRASSE', 'İzmir', 'izmir'].map((name, index) => ({
      type: 'FACT',
      content: `about ${name} (${index})`,
      entities: [{ name, type: 'place' }],
    })),
  });
  const { entities } = await service.runUntyped(
    '{ entities(filter: {companion: {key: "names"}}) { nodes { name memories { totalCount } } } }',
  );
  expect(entities.nodes.map(({ name }: { name: string }) => name).sort()).toEqual(['Straße', 'İzmir'].sort());
  expect(entities.nodes.map(({ memories }: { memories: unknown }) => memories)).toEqual([
    { totalCount: 2 },
    { totalCount: 2 },
  ]);
});
