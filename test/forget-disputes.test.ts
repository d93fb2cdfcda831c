import { afterEach, expect, test } from 'vitest';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { asSuperuser } from './support/tables.ts';
import { findViolations } from './trials/invariants.ts';

const service = useService();
const companion = { key: 'iris' };
const create = mutation(
  service,
  'createMemory',
  'memory { id slot status } succeeded { id } contradiction { id memory { id } by { id } }',
);
const contradict = mutation(service, 'contradictMemory', 'contradiction { id }');
const resolve = mutation(service, 'resolveContradiction', 'contradiction { id }');
const correct = mutation(service, 'correctMemory', 'memory { id }');
const revert = mutation(service, 'revertCorrection', 'memory { id }');
const forget = mutation(service, 'forgetMemories', 'forgottenIds');

afterEach(async () => {
  const { database } = await service.tenant();
  expect(await asSuperuser(database, (connection) => findViolations((sql) => connection.script(sql)))).toEqual([]);
});

const since = (day: string) => ({ validFrom: `2026-${day}T00:00:00.000Z` });
async function remember(content: string, more: object = since('01-01')) {
  return (await create({ companion, type: 'FACT', content, ...more })).memory.id as string;
}
const read = async (id: string) =>
  (await service.runUntyped('query ($id: ID!) { memory(id: $id) { status slot confidence validUntil } }', { id }))
    .memory;

/** A memory, and another that speaks against it: their contradiction, resolved where that is asked for. */
async function disputed(name: string, resolution?: string, laterFrom = '01-01') {
  const memory = await remember(`${name} here`);
  const by = await remember(`${name} there`, since(laterFrom));
  const { contradiction } = await contradict({ id: memory, by: { memoryId: by }, strength: 0.5 });
  if (resolution) await resolve({ id: contradiction.id, resolution });
  return { memory, by };
}

test('what spoke against a memory speaks no more when it is forgotten', async () => {
  const { memory, by } = await disputed('Lives');
  expect(await read(memory)).toMatchObject({ status: 'DISPUTED' });
  await forget({ ids: [by] });
  expect(await read(memory)).toEqual({ status: 'ACTIVE', slot: null, confidence: 1, validUntil: null });
});

test.each([
  ['KEEP_BY', 'memory', 'by'],
  ['KEEP_MEMORY', 'by', 'memory'],
] as const)('what was decided against by %s stays so, until that is taken back', async (resolution, loser, winner) => {
  const pair = await disputed(`Works ${resolution}`, resolution);
  await forget({ ids: [pair[winner]] });
  expect(await read(pair[loser])).toMatchObject({ status: 'RETRACTED' });
  expect(await revert({ id: pair[loser] })).toMatchObject({ memory: { id: pair[loser] } });
  expect(await read(pair[loser])).toMatchObject({ status: 'ACTIVE' });
});

test('what was decided against stays so, no matter what else is decided about its time line', async () => {
  const { memory, by } = await disputed('Sleeps', 'KEEP_BY');
  const later = await remember('Sleeps upstairs', { slot: 'sleeps', ...since('02-01') });
  const next = await correct({
    id: later,
    kind: 'CHANGE',
    content: 'Sleeps downstairs',
    effectiveAt: '2026-03-01T00:00:00Z',
  });
  const { contradiction } = await contradict({ id: later, by: { memoryId: await remember('Sleeps not at all') } });
  await resolve({ id: contradiction.id, resolution: 'KEEP_BY' });
  const [against] = (
    await service.runUntyped('query ($id: ID!) { memory(id: $id) { contradictions { nodes { by { id } } } } }', {
      id: later,
    })
  ).memory.contradictions.nodes;
  await forget({ ids: [by, against.by.id] });
  await correct({ id: next.memory.id, content: 'Sleeps in the garden' });
  expect(await read(memory)).toMatchObject({ status: 'RETRACTED' });
  expect(await read(later)).toMatchObject({ status: 'RETRACTED' });
});

test('what was succeeded stays ended when its successor is forgotten', async () => {
  const { memory, by } = await disputed('Studies', 'SUCCEEDED', '04-01');
  expect(await read(memory)).toMatchObject({ status: 'ENDED', validUntil: '2026-04-01T00:00:00.000Z' });
  await forget({ ids: [by] });
  expect(await read(memory)).toMatchObject({ status: 'ENDED', validUntil: '2026-04-01T00:00:00.000Z' });
});

test('what stood beside the answer of a slot answers it when that is forgotten, the first of them alone', async () => {
  const slot = 'diet';
  const [first, second, third] = await Promise.all([
    remember('Eats fish', { slot, ...since('01-01') }),
    remember('Eats grain', { slot, ...since('01-01') }),
    remember('Eats nothing', { slot, ...since('01-01') }),
  ]);
  const statuses = await Promise.all([first, second, third].map(read));
  expect(statuses.map(({ status }) => status)).toEqual(['DISPUTED', 'DISPUTED', 'DISPUTED']);
  const { memories } = await service.runUntyped(
    '{ memories(filter: { slots: ["diet"] }) { nodes { id contradictions { totalCount } } } }',
  );
  const occupant = memories.nodes.find(
    (node: { contradictions: { totalCount: number } }) => node.contradictions.totalCount === 2,
  ).id;
  await forget({ ids: [occupant] });
  const left = await Promise.all([first, second, third].filter((id) => id !== occupant).map(read));
  expect(left.map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE']);
  expect(left.map((memory) => memory.slot).sort()).toEqual([slot, null].sort());
  const { succeeded } = await create({ companion, type: 'FACT', content: 'Eats again', slot, ...since('02-01') });
  expect((await read(succeeded.id)).validUntil).toBe('2026-02-01T00:00:00.000Z');
});
