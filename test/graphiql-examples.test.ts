import { parse, validate } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../src/graphql/schema.ts';
import { exampleTabs } from '../src/http/graphiql/examples.ts';
import { loadDemo } from '../src/transfer/demo/load.ts';
import { useService } from './support/service.ts';

const service = useService();
beforeAll(async () => loadDemo(await service.tenant()));

const named = exampleTabs.map((tab) => ({ ...tab, name: /\b(?:query|mutation) (\w+)/.exec(tab.query)?.[1] as string }));
const run = (name: string) => {
  const { query, variables } = named.find((tab) => tab.name === name) as (typeof named)[number];
  return service.sendUntyped(query, JSON.parse(variables ?? '{}'));
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

test('Slot shows a time line, and where one was on it', async () => {
  const { memories, may } = (await run('Slot')).data;
  expect(memories.nodes).toHaveLength(1);
  expect(memories.nodes[0].content).toMatch(/above the tile warehouse/);
  expect(memories.nodes[0].versions.nodes.map(({ status }: { status: string }) => status)).toEqual([
    'ENDED',
    'ENDED',
    'ACTIVE',
  ]);
  expect(may.nodes).toEqual([expect.objectContaining({ content: expect.stringContaining('Graça') })]);
});

test('Correction shows what was believed in spring, and what rested on it', async () => {
  const { spring, now, suspect } = (await run('Correction')).data;
  expect(spring).toMatchObject({ content: expect.stringContaining('1,450 euros'), status: 'ACTIVE' });
  expect(now).toMatchObject({ status: 'CORRECTED', current: { content: expect.stringContaining('1,540 euros') } });
  expect(now.history.nodes).toContainEqual(
    expect.objectContaining({ kind: 'CORRECTED', at: '2026-06-09T20:05:00.000Z', reason: expect.anything() }),
  );
  expect(suspect.nodes).toContainEqual(
    expect.objectContaining({ content: expect.stringContaining('1,450 euros of rent') }),
  );
});

test('Dispute shows both sides, believed less', async () => {
  const { contradictions } = (await run('Dispute')).data;
  expect(contradictions.nodes).toHaveLength(1);
  for (const { status, confidence, statedConfidence } of [contradictions.nodes[0].memory, contradictions.nodes[0].by]) {
    expect(status).toBe('DISPUTED');
    expect(confidence).toBeLessThan(statedConfidence);
  }
});

test('Findings shows what nobody stated: a changed value and a denial', async () => {
  const { findings } = (await run('Findings')).data;
  expect(findings.nodes.map(({ kind }: { kind: string }) => kind).toSorted()).toEqual(['NEGATION', 'UPDATE']);
  expect(findings.totalCount).toBe(2);
});

test('Rates form one time line, in any order of arrival', async () => {
  const { second } = (await run('Rates')).data;
  expect(second.memory.versions.nodes.map(({ validUntil }: { validUntil: string }) => validUntil)).toEqual([
    '2026-07-01T00:00:00.000Z',
    '2026-09-28T00:00:00.000Z',
    null,
  ]);
});

test('Entities finds the tubing by an alias', async () => {
  const { tubing } = (await run('Entities')).data;
  expect(tubing.nodes).toEqual([expect.objectContaining({ name: 'Steel tubing' })]);
  expect(tubing.nodes[0].memories.totalCount).toBe(6);
});

test('Graph finds a way, and what lies around its end', async () => {
  const { path, graph, entities } = (await run('Graph')).data;
  expect(path.memories).toHaveLength(path.length + 1);
  expect(path.length).toBeGreaterThan(1);
  expect(graph.memories).toHaveLength(20);
  expect(graph.truncated).toBe(true);
  expect(entities.nodes[0].related.edges).toHaveLength(3);
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

test('CorrectAndRevert and Reinforce succeed, again and again', async () => {
  for (const _ of [1, 2]) {
    const { correctMemory, revertCorrection } = (await run('CorrectAndRevert')).data;
    expect(correctMemory.corrected.status).toBe('CORRECTED');
    expect(revertCorrection.memory).toMatchObject({ status: 'ACTIVE', content: expect.stringContaining('February') });
    expect((await run('Reinforce')).data.reinforceMemories.__typename).toBe('ReinforceMemoriesPayload');
  }
});

test('Failure fails, as data', async () => {
  const { data, extensions } = await run('Failure');
  expect(data.relateMemories).toMatchObject({ __typename: 'CycleError', code: 'CYCLE' });
  expect(data.relateMemories.memories).toHaveLength(2);
  expect(extensions?.failures).toEqual([expect.objectContaining({ path: ['relateMemories'], code: 'CYCLE' })]);
});
