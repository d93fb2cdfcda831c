import { parse, validate } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadDemo } from '../src/demo/load.ts';
import { exampleTabs } from '../src/graphiql/examples.ts';
import { schema } from '../src/schema.ts';
import { useService } from './support/service.ts';

const service = useService();
beforeAll(async () => loadDemo(await service.tenant()));

const named = exampleTabs.map((tab) => ({ ...tab, name: /\b(?:query|mutation) (\w+)/.exec(tab.query)?.[1] as string }));
const run = (name: string) => {
  const { query, variables } = named.find((tab) => tab.name === name) as (typeof named)[number];
  return service.send(query, JSON.parse(variables ?? '{}'));
};

describe.each(named)('the tab $name', ({ name, query }) => {
  test('begins with one line that says what it shows, and is valid', () => {
    expect(query).toMatch(/^# .+\n(query|mutation) /);
    expect(validate(schema, parse(query))).toEqual([]);
  });

  test('runs on the demo graph, and again, without an error', async () => {
    for (const _ of [1, 2]) expect((await run(name)).errors).toBeUndefined();
  });
});

test('Latest pages from both ends', async () => {
  const { companion } = (await run('Latest')).data;
  expect(companion.name).toBe('Iris');
  expect(companion.latest.nodes).toHaveLength(5);
  expect(companion.latest.pageInfo.hasNextPage).toBe(true);
  expect(companion.earliest.nodes).toHaveLength(2);
  expect(companion.earliest.pageInfo.hasPreviousPage).toBe(true);
});

test('Traversal reaches three levels', async () => {
  const [studio] = (await run('Traversal')).data.memories.nodes;
  type Level = { relations: { edges: { neighbor: Level }[] } };
  const below = (level: Level[]) =>
    level.flatMap(({ relations }) => relations?.edges.map((edge) => edge.neighbor) ?? []);
  expect(studio.content).toMatch(/^Maya and Tomás opened the studio Roda/);
  expect(below(below(below([studio])))).not.toEqual([]);
});

test('PointInTime finds one rate a moment', async () => {
  const { june, october } = (await run('PointInTime')).data;
  expect(june.nodes.map(({ content }: { content: string }) => content)).toEqual([expect.stringContaining('85 euros')]);
  expect(october.nodes.map(({ content }: { content: string }) => content)).toEqual([
    expect.stringContaining('95 euros'),
  ]);
});

test('Entities finds the tubing by an alias', async () => {
  const { tubing } = (await run('Entities')).data;
  expect(tubing.nodes).toEqual([expect.objectContaining({ name: 'Steel tubing' })]);
  expect(tubing.nodes[0].memories.totalCount).toBe(6);
});

test('Recall finds what was late first', async () => {
  const { recall } = (await run('Recall')).data;
  expect(recall.edges[0].node.content).toMatch(/^The second prototype reached Northwind/);
});

test('Create and Change succeed', async () => {
  expect((await run('Create')).data.createMemories.__typename).toBe('CreateMemoriesPayload');
  const { updateMemory, archiveMemories } = (await run('Change')).data;
  expect(updateMemory.memory.summary).toBe('Espresso machine: guaranteed until February 2030.');
  expect(archiveMemories.memories).toEqual([expect.objectContaining({ status: 'ARCHIVED' })]);
});

test('Failure fails, as data', async () => {
  const { data, extensions } = await run('Failure');
  expect(data.relateMemories).toMatchObject({ __typename: 'CycleError', code: 'CYCLE' });
  expect(data.relateMemories.memories).toHaveLength(2);
  expect(extensions?.failures).toEqual([expect.objectContaining({ path: ['relateMemories'], code: 'CYCLE' })]);
});
