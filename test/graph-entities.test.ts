import { expect, test } from 'vitest';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';

const service = useService();

const merge = mutation(service, 'mergeEntities', 'entity { id }');
const archive = mutation(service, 'archiveMemories', 'memories { id }');

/** Memories that mention these places, each in a companion of its own; their ids. */
async function mention(key: string, memories: Record<string, string[]>, caller = {}): Promise<Record<string, string>> {
  const made = await createMemories(
    service,
    {
      companion: { key },
      memories: Object.entries(memories).map(([content, names]) => ({
        content: `${key} ${content}`,
        type: 'FACT',
        entities: names.map((name) => ({ name: `${key} ${name}`, type: 'place' })),
      })),
    },
    caller,
  );
  return Object.fromEntries(
    Object.keys(memories).map((content, index) => [content, made.memories[index]?.id as string]),
  );
}

const GRAPH = `query ($input: GraphInput!, $at: PointInTime) {
  graph(input: $input, at: $at) { memories { memory { content } depth via { type } viaEntity { name } } relations { type } truncated }
}`;
const reached = async (input: Record<string, unknown>, at?: Record<string, string>) => {
  const { graph } = await service.run(GRAPH, { input, at });
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
  return graph.memories.map(({ memory, depth, via, viaEntity }: any) => [
    memory.content.split(' ').at(-1),
    depth,
    via?.type ?? viaEntity?.name.split(' ').at(-1) ?? null,
  ]);
};

test('a shared entity is a hop where it is asked for', async () => {
  const m = await mention('hops', { a: ['x'], b: ['x', 'y'], c: ['y'], d: ['z'] });
  expect(await reached({ from: [m.a], depth: 6 })).toEqual([['a', 0, null]]);
  const found = [
    ['a', 0, null],
    ['b', 1, 'x'],
    ['c', 2, 'y'],
  ];
  expect(await reached({ from: [m.a], throughEntities: true })).toEqual(found);
  expect(await reached({ from: [m.a], throughEntities: true, direction: 'OUT', types: [] })).toEqual(found);
  const knownAt = new Date().toISOString();
  await archive({ ids: [m.b] });
  expect(await reached({ from: [m.a], throughEntities: true })).toEqual([['a', 0, null]]);
  expect(await reached({ from: [m.a], throughEntities: true }, { knownAt })).toEqual(found);
});

test('a relation goes before an entity; maxNodes cuts what only entities lead to, the oldest first', async () => {
  const m = await mention('order', { a: ['x'], b: ['x'], c: ['x'], d: ['x'] });
  await service.run(
    'mutation ($from: ID!, $to: ID!) { relateMemories(input: {fromId: $from, toId: $to, type: CAUSES, strength: 0}) { __typename } }',
    { from: m.b, to: m.a },
  );
  const all = [
    ['a', 0, null],
    ['b', 1, 'CAUSES'],
    ['d', 1, 'x'],
    ['c', 1, 'x'],
  ];
  expect(await reached({ from: [m.a], throughEntities: true })).toEqual(all);
  expect(await reached({ from: [m.a], throughEntities: true, maxNodes: 3 })).toEqual(all.slice(0, 3));
});

test('merged entities are one, and workspaces share none', async () => {
  const m = await mention('merged', { a: ['Lisbon'], b: ['Lisboa'] });
  const theirs = await mention('merged', { a: ['Lisbon'], c: ['Lisbon'] }, { workspace: 'other' });
  expect(Object.keys(theirs)).toEqual(['a', 'c']);
  expect(await reached({ from: [m.a], throughEntities: true })).toEqual([['a', 0, null]]);
  const { entities } = await service.run('{ entities(filter: {companion: {key: "merged"}}) { nodes { id name } } }');
  const idOf = (name: string) => entities.nodes.find((node: { name: string }) => node.name === name)?.id;
  await merge({ fromIds: [idOf('merged Lisboa')], intoId: idOf('merged Lisbon') });
  expect(await reached({ from: [m.a], throughEntities: true })).toEqual([
    ['a', 0, null],
    ['b', 1, 'Lisbon'],
  ]);
  expect(await reached({ from: [m.b], throughEntities: true })).toEqual([
    ['b', 0, null],
    ['a', 1, 'Lisbon'],
  ]);
});

test('related entities: those of the same memories, most shared first, page by page', async () => {
  const m = await mention('near', {
    a: ['x', 'y', 'z'],
    b: ['x', 'y'],
    c: ['x', 'w'],
    d: ['v'],
    e: ['x', 'w'],
    f: ['x', 'w'],
  });
  const RELATED = `query ($first: Int, $after: String, $at: PointInTime) {
    entities(filter: {name: "near x"}, at: $at) { nodes { related(first: $first, after: $after) {
      edges { sharedCount node { name } } pageInfo { hasNextPage endCursor } } } } }`;
  const related = async (variables: Record<string, unknown> = {}) =>
    (await service.run(RELATED, variables)).entities.nodes[0]?.related;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
  const listed = ({ edges }: any) => edges.map(({ sharedCount, node }: any) => [node.name, sharedCount]);
  const all = [
    ['near w', 3],
    ['near y', 2],
    ['near z', 1],
  ];
  expect(listed(await related())).toEqual(all);
  const first = await related({ first: 2 });
  expect(listed(first)).toEqual(all.slice(0, 2));
  const knownAt = new Date().toISOString();
  await archive({ ids: [m.c, m.e] });
  // The second page is of the list as the first one saw it.
  expect(listed(await related({ after: first?.pageInfo.endCursor }))).toEqual(all.slice(2));
  expect(listed(await related())[0]).toEqual(['near y', 2]);
  expect(listed(await related({ at: { knownAt } }))).toEqual(all);
});
