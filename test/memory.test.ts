import { expect, test } from 'vitest';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { countRows, runAsSuperuser } from './support/tables.ts';

const service = useService();
const iris = { key: 'iris' };

const createMemory = mutation(service, 'createMemory', 'memory { id content summary importance } duplicate');
const createBatch = mutation(
  service,
  'createMemories',
  'memories { id content } duplicateIds relations { type from { content } to { content } }',
);
const updateMemory = mutation(
  service,
  'updateMemory',
  `memory { id summary context expiresAt importance statedConfidence updatedAt entities { nodes { name } } }`,
);
const archiveMemories = mutation(service, 'archiveMemories', 'memories { id status archivedAt updatedAt }');
const restoreMemories = mutation(service, 'restoreMemories', 'memories { id status archivedAt updatedAt }');

/** Makes a memory, a FACT of iris unless told otherwise; returns its id. */
async function remember(content: string, more: Record<string, unknown> = {}): Promise<string> {
  const { memory, duplicate } = await createMemory({ companion: iris, type: 'FACT', content, ...more });
  expect(duplicate).toBe(false);
  return memory.id;
}

const fieldsOf = async (id: string, fields: string) =>
  (await service.runUntyped(`query ($id: ID!) { memory(id: $id) { ${fields} } }`, { id })).memory;

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

test('what is left out has its default', async () => {
  const before = Date.now();
  const id = await remember('Defaults');
  const memory = await fieldsOf(
    id,
    'summary statedConfidence context user { id } validFrom validUntil recordedAt expiresAt archivedAt retractedAt accessCount lastAccessedAt updatedAt',
  );
  expect(memory).toEqual({
    summary: null,
    statedConfidence: 1,
    context: {},
    user: null,
    validFrom: memory.recordedAt,
    validUntil: null,
    recordedAt: expect.any(String),
    expiresAt: null,
    archivedAt: null,
    retractedAt: null,
    accessCount: 0,
    lastAccessedAt: null,
    updatedAt: memory.recordedAt,
  });
  expect(Date.parse(memory.recordedAt)).toBeGreaterThanOrEqual(before - 1000);
});

test('the same content is one memory: case and white space make no difference', async () => {
  const maya = { user: { externalId: 'maya' } };
  const id = await remember('Maya  drinks tea', { ...maya, importance: 8, summary: 'Tea' });
  const again = await createMemory({
    companion: iris,
    ...maya,
    type: 'FACT',
    content: ' MAYA drinks\n\ttea ',
    importance: 1,
    summary: 'Not tea',
    entities: [{ name: 'Tea', type: 'drink' }],
  });
  expect(again).toEqual({
    __typename: 'CreateMemoryPayload',
    duplicate: true,
    memory: { id, content: 'Maya  drinks tea', summary: 'Tea', importance: expect.closeTo(8) },
  });
  expect(await fieldsOf(id, 'entities { nodes { name } }')).toEqual({ entities: { nodes: [{ name: 'Tea' }] } });
});

test.each([
  ['another companion', { companion: { key: 'otto' } }],
  ['another user', { user: { externalId: 'noor' } }],
  ['nobody in particular', { user: null }],
  ['another type', { type: 'PREFERENCE' }],
  ['other words', { content: 'Maya likes long walks' }],
])('%s makes the same content another memory', async (name, other) => {
  const memory = { content: `Maya likes walks: ${name}`, type: 'FACT', user: { externalId: 'maya' } };
  await remember(memory.content, memory);
  const { duplicate } = await createMemory({ companion: iris, ...memory, ...other });
  expect(duplicate).toBe(false);
});

test('an experience may repeat', async () => {
  const first = await remember('Went for a run', { type: 'EXPERIENCE' });
  const second = await remember('Went for a run', { type: 'EXPERIENCE' });
  expect(second).not.toBe(first);
});

test.each([
  ['ended before', { validFrom: '2020-01-01T00:00:00Z', validUntil: '2021-01-01T00:00:00Z' }, {}],
  [
    'ends at that very moment',
    { validFrom: '2020-01-01T00:00:00Z', validUntil: '2021-01-01T00:00:00Z' },
    { validFrom: '2021-01-01T00:00:00Z' },
  ],
  ['is still to begin', { validFrom: '2099-01-01T00:00:00Z' }, {}],
  ['began after the new one had ended', {}, { validFrom: '2020-01-01T00:00:00Z', validUntil: '2021-01-01T00:00:00Z' }],
  ['has expired', { expiresAt: '2020-01-01T00:00:00Z' }, {}],
])('what %s is no duplicate: the moment the new one begins counts', async (name, old, fresh) => {
  await remember(`Rent is 900 (${name})`, old);
  const { duplicate } = await createMemory({
    companion: iris,
    type: 'FACT',
    content: `Rent is 900 (${name})`,
    ...fresh,
  });
  expect(duplicate).toBe(false);
});

test('what began after the new one, which lasts until then, is the same memory', async () => {
  const id = await remember('Rent is 800');
  const { duplicate, memory } = await createMemory({
    companion: iris,
    type: 'FACT',
    content: 'Rent is 800',
    validFrom: '2020-01-01T00:00:00Z',
  });
  expect([duplicate, memory.id]).toEqual([true, id]);
});

test('what is true only later is a duplicate of what begins within its time', async () => {
  const id = await remember('The fair is on', {
    validFrom: '2099-05-01T00:00:00Z',
    validUntil: '2099-06-01T00:00:00Z',
  });
  const again = await createMemory({
    companion: iris,
    type: 'FACT',
    content: 'The fair is on',
    validFrom: '2099-05-15T00:00:00Z',
  });
  expect(again).toMatchObject({ duplicate: true, memory: { id } });
});

test('what is in the archive is no duplicate', async () => {
  const id = await remember('Has a cat');
  await archiveMemories({ ids: [id] });
  await remember('Has a cat');
});

test('duplicates within one batch are found, in the order of the input', async () => {
  const there = await remember('Was there before');
  const { memories, duplicateIds } = await createBatch({
    companion: iris,
    memories: [
      { content: 'Twice in a batch', type: 'FACT' },
      { content: 'was there BEFORE', type: 'FACT' },
      { content: 'twice in a  BATCH', type: 'FACT' },
      { content: 'Was there before', type: 'FACT' },
      { content: 'Twice in a batch', type: 'EXPERIENCE' },
      { content: 'Twice in a batch', type: 'EXPERIENCE' },
      { content: 'Twice in a batch', type: 'FACT', user: { externalId: 'maya' } },
      {
        content: 'Twice in a batch',
        type: 'FACT',
        validFrom: '2020-01-01T00:00:00Z',
        validUntil: '2020-02-01T00:00:00Z',
      },
    ],
  });
  const ids = memories.map(({ id }: { id: string }) => id);
  expect(ids[1]).toBe(there);
  expect(ids[2]).toBe(ids[0]);
  expect(ids[3]).toBe(there);
  expect(new Set(ids).size).toBe(6);
  expect(duplicateIds).toEqual([there, ids[0]]);
});

test('a batch makes memories and relations among them and to existing ones, by ref and by id', async () => {
  const rain = await remember('It rained');
  const { relations } = await createBatch({
    companion: iris,
    user: { externalId: 'maya' },
    memories: [
      { ref: 'wet', content: 'The street is wet', type: 'FACT' },
      { ref: 'slip', content: 'Maya slipped', type: 'EXPERIENCE' },
    ],
    relations: [
      { from: { id: rain }, to: { ref: 'wet' }, type: 'CAUSES' },
      { from: { ref: 'slip' }, to: { ref: 'wet' }, type: 'FOLLOWS' },
    ],
  });
  expect(relations).toEqual([
    { type: 'CAUSES', from: { content: 'It rained' }, to: { content: 'The street is wet' } },
    { type: 'FOLLOWS', from: { content: 'Maya slipped' }, to: { content: 'The street is wet' } },
  ]);
});

test('a batch says for all whom it is about, and each memory may say otherwise', async () => {
  const { memories } = await createBatch({
    companion: iris,
    user: { externalId: 'maya' },
    memories: [
      { content: 'Is tall', type: 'FACT' },
      { content: 'Is tall', type: 'FACT', user: { externalId: 'noor' } },
    ],
  });
  const users = await Promise.all(memories.map(({ id }: { id: string }) => fieldsOf(id, 'user { externalId }')));
  expect(users).toEqual([{ user: { externalId: 'maya' } }, { user: { externalId: 'noor' } }]);
});

test('without memories a batch is one of relations', async () => {
  const [a, b] = [await remember('Batch of relations, one end'), await remember('Batch of relations, other end')];
  const { memories, duplicateIds, relations } = await createBatch({
    companion: iris,
    memories: [],
    relations: [{ from: { id: a }, to: { id: b }, type: 'REFERENCES' }],
  });
  expect([memories, duplicateIds]).toEqual([[], []]);
  expect(relations).toMatchObject([{ type: 'REFERENCES' }]);
});

test('a batch is all or nothing: its last relation fails, and not even its companion is there', async () => {
  const [a, b] = [await remember('All or nothing, one end'), await remember('All or nothing, other end')];
  const join = { from: { id: a }, to: { id: b }, type: 'ELABORATES' };
  await createBatch({ companion: iris, memories: [], relations: [join] });
  const { database } = await service.tenant();
  const before = await countRows(database);
  const failure = await createBatch({
    companion: { key: 'nobody-yet' },
    user: { externalId: 'nobody-yet' },
    memories: [{ ref: 'new', content: 'Never made', type: 'FACT', entities: [{ name: 'Nowhere', type: 'place' }] }],
    relations: [{ from: { ref: 'new' }, to: { id: a }, type: 'FOLLOWS' }, join],
  });
  expect(failure.code).toBe('RELATION_EXISTS');
  expect(await countRows(database)).toEqual(before);
});

test('an update keeps what is left out, and null clears', async () => {
  const id = await remember('Plays the cello', {
    summary: 'Cello',
    context: { speaker: 'Maya', turnNumber: 3 },
    expiresAt: '2099-01-01T00:00:00Z',
    confidence: 0.8,
    entities: [{ name: 'Cello', type: 'instrument' }],
  });
  const kept = await updateMemory({ id, confidence: 0.6 });
  expect(kept.memory).toMatchObject({
    summary: 'Cello',
    context: { speaker: 'Maya', turnNumber: 3 },
    expiresAt: '2099-01-01T00:00:00.000Z',
    statedConfidence: 0.6,
    entities: { nodes: [{ name: 'Cello' }] },
  });
  const cleared = await updateMemory({ id, summary: null, context: null, expiresAt: null, entities: null });
  expect(cleared.memory).toMatchObject({
    summary: null,
    context: {},
    expiresAt: null,
    statedConfidence: 0.6,
    entities: { nodes: [] },
  });
});

test('entities given in an update are all it mentions from then on', async () => {
  const id = await remember('Plays two instruments', {
    entities: [
      { name: 'Oboe', type: 'instrument' },
      { name: 'Bass', type: 'instrument' },
    ],
  });
  const { memory } = await updateMemory({
    id,
    entities: [
      { name: 'BASS', type: 'instrument' },
      { name: 'Harp', type: 'instrument' },
    ],
  });
  const names = memory.entities.nodes.map(({ name }: { name: string }) => name);
  expect(names.toSorted()).toEqual(['Bass', 'Harp']);
});

test('importance stated again decays from then on; another update lets it go on decaying', async () => {
  const id = await remember('Half as important', { importance: 8 });
  const { database } = await service.tenant();
  await runAsSuperuser(
    database,
    `update memories set importance_as_of = now() - interval '180 days' where content = 'Half as important'`,
  );
  const faded = await updateMemory({ id, summary: 'Faded' });
  expect(faded.memory.importance).toBeCloseTo(4);
  const restated = await updateMemory({ id, importance: 6 });
  expect(restated.memory.importance).toBeCloseTo(6);
});

test('importance and confidence cannot be cleared', async () => {
  const id = await remember('Keeps its numbers');
  const failure = await updateMemory({ id, importance: null, confidence: null });
  expect(failure.issues).toEqual([
    { path: ['input', 'importance'], message: 'importance cannot be cleared: leave it out to keep it.' },
    { path: ['input', 'confidence'], message: 'confidence cannot be cleared: leave it out to keep it.' },
  ]);
});

test('updatedAt moves when something is given, and only then', async () => {
  const id = await remember('Is updated');
  const { updatedAt: made } = await fieldsOf(id, 'updatedAt');
  const { memory: untouched } = await updateMemory({ id });
  expect(untouched.updatedAt).toBe(made);
  const { memory: touched } = await updateMemory({ id, entities: [] });
  expect(Date.parse(touched.updatedAt)).toBeGreaterThan(Date.parse(made));
});

test('what was said before an update stays legible in the past', async () => {
  const id = await remember('Has a history', { summary: 'First' });
  const { updatedAt } = await fieldsOf(id, 'updatedAt');
  await updateMemory({ id, summary: 'Second' });
  const { memory } = await service.run(
    `query ($id: ID!, $before: DateTime!) { memory(id: $id, at: { knownAt: $before }) { summary } }`,
    { id, before: updatedAt },
  );
  expect(memory).toEqual({ summary: 'First' });
});

test('a memory is put aside and brought back; doing it again changes nothing', async () => {
  const id = await remember('Put aside');
  const { memories: aside } = await archiveMemories({ ids: [id] });
  expect(aside).toMatchObject([{ id, status: 'ARCHIVED', archivedAt: expect.any(String) }]);
  expect((await archiveMemories({ ids: [id] })).memories).toEqual(aside);
  const { memories: back } = await restoreMemories({ ids: [id] });
  expect(back).toMatchObject([{ id, status: 'ACTIVE', archivedAt: null }]);
  expect((await restoreMemories({ ids: [id] })).memories).toEqual(back);
});

test('what is put aside is in no list, unless it is asked for', async () => {
  const id = await remember('Hidden in the archive');
  await archiveMemories({ ids: [id] });
  const { shown, asked } = await service.run(`{
    shown: memories(filter: { text: "hidden archive" }) { totalCount }
    asked: memories(filter: { text: "hidden archive", statuses: [ARCHIVED] }) { totalCount }
  }`);
  expect([shown.totalCount, asked.totalCount]).toEqual([0, 1]);
});

test('where one of the ids is unknown, none is touched', async () => {
  const [kept, gone] = [await remember('Stays where it is'), await remember('Will be forgotten')];
  await mutation(service, 'forgetMemories', 'forgottenIds')({ ids: [gone] });
  const failure = await archiveMemories({ ids: [kept, gone] });
  expect(failure).toMatchObject({ __typename: 'NotFoundError', code: 'NOT_FOUND', ids: [gone] });
  expect(await fieldsOf(kept, 'status')).toEqual({ status: 'ACTIVE' });
});

test('an id that carries a point in time names the memory itself to a mutation', async () => {
  const id = await remember('Named from the past');
  const { memory } = await updateMemory({ id: `${id}@2020-01-01T00:00:00.000Z`, summary: 'Now' });
  expect(memory).toMatchObject({ id, summary: 'Now' });
});
