import { describe, expect, test } from 'vitest';
import { patience } from './support/calibration.ts';
import { reach } from './support/graph-model.ts';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';

const service = useService();

const archive = mutation(service, 'archiveMemories', 'memories { id }');
const retract = mutation(service, 'retractMemory', 'memory { id }');
const correct = mutation(service, 'correctMemory', 'memory { id }');
const forget = mutation(service, 'forgetMemories', 'forgottenIds');

const GRAPH = `query ($input: GraphInput!, $at: PointInTime) {
  graph(input: $input, at: $at) {
    memories { memory { id content } depth via { type from { content } to { content } } }
    relations { type from { content } to { content } } truncated
  }
}`;
const graph = async (input: Record<string, unknown>, at?: Record<string, string>) =>
  (await service.run(GRAPH, { input, at })).graph;
// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
const contents = ({ memories }: any): string[] => memories.map(({ memory }: any) => memory.content);

let made = 0;

/** Memories that follow each other, the later the earlier. Their contents are what is given and a number. */
async function line(...said: string[]) {
  made++;
  const { memories } = await createMemories(service, {
    memories: said.map((content, index) => ({ ref: `${index}`, content: `${content} ${made}`, type: 'FACT' })),
    relations: said
      .slice(1)
      .map((_, index) => ({ from: { ref: `${index + 1}` }, to: { ref: `${index}` }, type: 'FOLLOWS' })),
  });
  return { ids: memories.map(({ id }) => id), named: said.map((content) => `${content} ${made}`) };
}

test('what is within reach, by hops, with the relation it was first reached by', async () => {
  const { ids, named } = await line('a', 'b', 'c', 'd');
  const found = await graph({ from: [ids[1]] });
  const follows = (later: number, earlier: number) => ({
    type: 'FOLLOWS',
    from: { content: named[later] },
    to: { content: named[earlier] },
  });
  expect(found.memories).toEqual([
    { memory: { id: ids[1], content: named[1] }, depth: 0, via: null },
    { memory: { id: ids[2], content: named[2] }, depth: 1, via: follows(2, 1) },
    { memory: { id: ids[0], content: named[0] }, depth: 1, via: follows(1, 0) },
    { memory: { id: ids[3], content: named[3] }, depth: 2, via: follows(3, 2) },
  ]);
  expect(found.relations).toEqual([follows(3, 2), follows(2, 1), follows(1, 0)]);
  expect(found.truncated).toBe(false);
});

test('a start named twice is one, and starts count among maxNodes', async () => {
  const { ids, named } = await line('a', 'b', 'c');
  expect(contents(await graph({ from: [ids[0], ids[0]], depth: 0 }))).toEqual([named[0]]);
  const cut = await graph({ from: ids, depth: 0, maxNodes: 2 });
  expect([contents(cut), cut.truncated]).toEqual([named.slice(0, 2), true]);
  const full = await graph({ from: ids, depth: 1, maxNodes: 3 });
  expect([contents(full), full.truncated]).toEqual([named, false]);
});

describe('in the middle', () => {
  test.each<[string, (id: string) => Promise<unknown>]>([
    ['an archived memory', (id) => archive({ ids: [id] })],
    ['a retracted memory', (id) => retract({ id })],
    ['a forgotten memory', (id) => forget({ ids: [id] })],
  ])('%s leads nowhere', async (_what, change) => {
    const { ids, named } = await line('a', 'b', 'c');
    await change(ids[1] as string);
    expect(contents(await graph({ from: [ids[0]] }))).toEqual([named[0]]);
  });

  test('a corrected memory leads on, as its new version; it was the old one at the time', async () => {
    const { ids, named } = await line('a', 'b', 'c');
    const knownAt = new Date().toISOString();
    await correct({ id: ids[1], content: `B ${made}` });
    const now = await graph({ from: [ids[0]] });
    expect(contents(now)).toEqual([named[0], `B ${made}`, named[2]]);
    const then = await graph({ from: [ids[0]] }, { knownAt });
    expect(contents(then)).toEqual(named);
    expect(then.memories[2]?.memory.id).toBe(`${ids[2]}@${knownAt}`);
    // The ids carry the point in time.
    expect(await graph({ from: [`${ids[0]}@${knownAt}`] })).toEqual(then);
  });
});

test('a start may have any status; an old version leads to the new one, and to what that is joined to', async () => {
  const { ids, named } = await line('a', 'b');
  await correct({ id: ids[0], content: `A ${made}` });
  const found = await graph({ from: [ids[0]], depth: 1 });
  expect(contents(found).sort()).toEqual([named[0], `A ${made}`, named[1]].sort());
  expect(found.relations.map(({ type }: { type: string }) => type).sort()).toEqual(['CORRECTS', 'FOLLOWS']);
  await archive({ ids: [ids[1]] });
  expect(contents(await graph({ from: [ids[1]], depth: 1 }))).toEqual([named[1], `A ${made}`]);
});

test('a circle ends, and many relations between the same two hide none of the others', async () => {
  const types = ['FOLLOWS', 'ELABORATES', 'REFERENCES'];
  const planned = Array.from({ length: 40 }, (_, leaf) =>
    types.map((type) => ({ from: 0, to: leaf + 1, type, strength: 1 - leaf / 100 })),
  ).flat();
  const { memories, relations } = await createMemories(service, {
    memories: Array.from({ length: 41 }, (_, index) => ({ ref: `${index}`, content: `Leaf ${index}`, type: 'FACT' })),
    relations: planned.map(({ from, to, ...rest }) => ({ from: { ref: `${from}` }, to: { ref: `${to}` }, ...rest })),
  });
  const edges = planned.map((edge, index) => ({ ...edge, id: relations[index]?.id as string }));
  for (const maxNodes of [2, 30, 40, 41]) {
    const expected = reach(edges, [0], { depth: 2, maxNodes, direction: null, types: null, minStrength: null });
    const found = await graph({ from: [memories[0]?.id], maxNodes });
    expect(contents(found)).toEqual(expected.nodes.map(({ memory }) => `Leaf ${memory}`));
    expect([found.truncated, found.relations.length]).toEqual([expected.truncated, expected.relations.length]);
  }
});

test('many relations to what is archived hide none of the weaker ones', async () => {
  const { memories } = await createMemories(service, {
    memories: Array.from({ length: 83 }, (_, index) => ({ ref: `${index}`, content: `Spoke ${index}`, type: 'FACT' })),
    relations: Array.from({ length: 82 }, (_, leaf) => ({
      from: { ref: '0' },
      to: { ref: `${leaf + 1}` },
      type: 'FOLLOWS',
      strength: 1 - leaf / 100,
    })),
  });
  const knownAt = new Date().toISOString();
  await archive({ ids: memories.slice(1, 81).map(({ id }) => id) });
  const from = [memories[0]?.id];
  for (const direction of ['OUT', 'BOTH'] as const) {
    const asked = { from, ...(direction === 'OUT' && { direction }), maxNodes: 3 };
    expect(contents(await graph(asked))).toEqual(['Spoke 0', 'Spoke 81', 'Spoke 82']);
    expect(contents(await graph({ ...asked, maxNodes: 2 }))).toEqual(['Spoke 0', 'Spoke 81']);
    expect(contents(await graph(asked, { knownAt }))).toEqual(['Spoke 0', 'Spoke 1', 'Spoke 2']);
  }
});

test('another workspace is as if it were not there', async () => {
  const { ids } = await line('a', 'b');
  const other = { workspace: 'other' };
  const unknown = 'mem_01h455vb4pex5vsknk084sn02q';
  const refusal = async (from: string[], caller = {}) =>
    (await service.send(GRAPH, { input: { from } }, caller)).errors?.map(({ message, extensions }) => [
      message,
      extensions.code,
    ]);
  const said = (id?: string) => [[`There is no memory ${id}: check the id, it may have been erased.`, 'NOT_FOUND']];
  expect(await refusal([ids[0] as string], other)).toEqual(said(ids[0]));
  expect(await refusal([ids[0] as string, unknown])).toEqual(said(unknown));
  await forget({ ids: [ids[0]] });
  expect(await refusal([ids[0] as string])).toEqual(said(ids[0]));
  expect(await refusal([`${ids[1]}@2020-01-01T00:00:00.000Z`])).toEqual(said(`${ids[1]}@2020-01-01T00:00:00.000Z`));
});

describe('what cannot be asked is refused before anything is read', () => {
  test.each<[string, Record<string, unknown>, string, string]>([
    ['depth', { depth: 7 }, 'LIMIT_EXCEEDED', 'Hops away (input.depth): at most 6, given 7.'],
    ['depth', { depth: -1 }, 'INVALID_INPUT', 'input.depth: At least 0 is expected.'],
    [
      'maxNodes',
      { maxNodes: 5_001 },
      'LIMIT_EXCEEDED',
      'Memories of a subgraph (input.maxNodes): at most 5000, given 5001.',
    ],
    ['maxNodes', { maxNodes: 0 }, 'INVALID_INPUT', 'input.maxNodes: At least 1 is expected.'],
    ['minStrength', { minStrength: 1.5 }, 'INVALID_INPUT', 'input.minStrength: At most 1 is allowed.'],
    ['starts', { from: [] }, 'INVALID_INPUT', 'input.from: At least one memory is expected.'],
    [
      'starts',
      { from: Array(101).fill('mem_x') },
      'LIMIT_EXCEEDED',
      'Memories to start at (input.from): at most 100, given 101.',
    ],
    ['a start', { from: ['mem_x'] }, 'INVALID_INPUT', '"mem_x" is not an id'],
    ['types', { types: ['LIKES'] }, 'INVALID_INPUT', 'Value "LIKES" does not exist in "RelationType" enum'],
  ])('%s: %j', async (_what, input, code, message) => {
    const from = ['mem_01h455vb4pex5vsknk084sn02q'];
    const before = performance.now();
    const { errors } = await service.send(GRAPH, { input: { from, ...input } });
    expect(performance.now() - before).toBeLessThan(patience(1_000));
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining(message) })]);
    expect(errors?.[0]?.extensions.code).toBe(code);
  });

  test('ids of different points in time', async () => {
    const { ids } = await line('a', 'b');
    const from = [ids[0], `${ids[1]}@2026-01-01T00:00:00.000Z`];
    const { errors } = await service.send(GRAPH, { input: { from } });
    expect(errors?.[0]?.message).toBe(
      'input.from: These ids carry different points in time: give `at`, which then applies to all of them.',
    );
  });
});
