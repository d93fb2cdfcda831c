import { describe, expect, test } from 'vitest';
import type { Execute } from '../src/client/execute.ts';
import { OperationError } from '../src/client/operation-error.ts';
import { type McpOptions, mcpHandler, memoryTools } from '../src/mcp/index.ts';
import { KnowledgeGraph } from '../src/mcp/memory-server/graph.ts';
import { executeAs } from './support/execute.ts';
import { useService } from './support/service.ts';
import { jsonLines, useTransfer } from './support/transfer.ts';
import { longestTurnWithin } from './support/turns.ts';

// The tools of the official memory server as functions, and the graph that they keep.

const service = useService();
const { importText } = useTransfer(service);

/** The tools on a companion's graph, and what makes them fail. */
function toolsOf(options: Partial<McpOptions> & { workspace?: string; execute?: Execute } = {}) {
  const { workspace = 'acme', execute = executeAs(service, { workspace }), ...more } = options;
  const tools = memoryTools({ execute }, { companion: 'mcp-memory', tools: ['memory-server'], ...more });
  return async (name: string, given: Record<string, unknown> = {}, idempotencyKey?: string) => {
    const tool = tools.find((each) => each.name === name);
    if (!tool) throw new Error(`There is no tool ${name}.`);
    const result = await tool.call(given, { idempotencyKey });
    // biome-ignore lint/suspicious/noExplicitAny: each tool answers something else
    return { ...result, data: result.structuredContent as any };
  };
}

const observations = (count: number, about = 'observed') => Array.from({ length: count }, (_, n) => `${about} ${n}`);
const entity = (name: string, ...observed: string[]) => ({ name, entityType: 'person', observations: observed });

describe('the file of the official server', () => {
  test('is a graph once it is imported', async () => {
    const ann = { type: 'entity', name: 'Ann_Reed', entityType: 'person', observations: ['Speaks Mandarin', 'Bakes'] };
    const roda = { type: 'entity', name: 'Roda', entityType: 'company', observations: ['Builds bicycles'] };
    const works = { type: 'relation', from: 'Ann_Reed', to: 'Roda', relationType: 'works_at' };
    await importText('imported', jsonLines([ann, roda, works]));
    const call = toolsOf({ workspace: 'imported' });
    const { data } = await call('read_graph');
    const { type: _, ...relation } = works;
    expect(data.relations).toEqual([relation]);
    const sorted = data.entities
      .map((each: typeof ann) => ({ ...each, observations: each.observations.toSorted() }))
      .sort((one: typeof ann, other: typeof ann) => (one.name < other.name ? -1 : 1));
    expect(sorted).toEqual([
      { name: 'Ann_Reed', entityType: 'person', observations: ['Bakes', 'Speaks Mandarin'] },
      { name: 'Roda', entityType: 'company', observations: ['Builds bicycles'] },
    ]);
    // It goes on from there.
    expect((await call('create_entities', { entities: [entity('Ann_Reed')] })).data).toEqual({ entities: [] });
    const added = await call('add_observations', {
      observations: [{ entityName: 'Ann_Reed', contents: ['Bakes', 'Sings'] }],
    });
    expect(added.data).toEqual({ results: [{ entityName: 'Ann_Reed', addedObservations: ['Sings'] }] });
    await call('delete_entities', { entityNames: ['Ann_Reed'] });
    expect((await call('read_graph')).data).toEqual({
      entities: [{ name: 'Roda', entityType: 'company', observations: ['Builds bicycles'] }],
      relations: [],
    });
  });
});

describe('more than one batch', () => {
  test('is kept whole, and forgotten whole', async () => {
    const call = toolsOf({ companion: 'batches' });
    const many = observations(2_300);
    await call('create_entities', { entities: [entity('Ann', ...many)] });
    expect((await call('open_nodes', { names: ['Ann'] })).data.entities[0].observations).toEqual(many);
    await call('delete_observations', {
      deletions: [{ entityName: 'Ann', observations: many.slice(0, 2_100) }],
    });
    expect((await call('open_nodes', { names: ['Ann'] })).data.entities[0].observations).toEqual(many.slice(2_100));
  });

  test('that fails midway is done by the same call again, with the same key', async () => {
    const through = executeAs(service);
    let left = 2;
    const execute: Execute = (...document) => {
      if (String(document[0]).startsWith('mutation') && left-- === 0) {
        return Promise.reject(new OperationError([{ code: 'UNAVAILABLE', message: 'Gone.', path: [], details: {} }]));
      }
      return through(...document);
    };
    const call = toolsOf({ companion: 'midway', execute });
    const given = { entities: [entity('Ann', ...observations(2_300))] };
    const failed = await call('create_entities', given, 'once');
    expect([failed.isError, failed.content[0]?.text]).toEqual([true, 'UNAVAILABLE: Gone.']);
    // As an entity that is there: what it lacks is added.
    const [observed] = given.entities.map((each) => ({ entityName: each.name, contents: each.observations }));
    const again = await call('add_observations', { observations: [observed] }, 'once');
    expect(again.data.results[0].addedObservations).toHaveLength(2_300 - 1_999);
    const { data } = await call('read_graph');
    expect(data.entities).toEqual(given.entities);
  });
});

test('a call that comes a second time with its key changes nothing', async () => {
  const call = toolsOf({ companion: 'again' });
  const given = { entities: [entity('Ann', 'likes tea')] };
  expect((await call('create_entities', given, 'key')).data).toEqual(given);
  expect((await call('create_entities', given, 'key')).data).toEqual({ entities: [] });
  await call('delete_entities', { entityNames: ['Ann'] }, 'key');
  await call('delete_entities', { entityNames: ['Ann'] }, 'key');
  expect((await call('read_graph')).data).toEqual({ entities: [], relations: [] });
});

test('a failure says its code beside what the tool answers', async () => {
  const call = toolsOf({ companion: 'failing' });
  const { isError, structuredContent, _meta } = await call('search_nodes', { query: 7 });
  expect([isError, structuredContent]).toEqual([true, undefined]);
  expect(_meta).toMatchObject({ 'palimpsest/failure': { code: 'INVALID_INPUT', issues: [{ path: ['query'] }] } });
});

test('a handler serves the set, too', async () => {
  const handle = mcpHandler({ execute: executeAs(service) }, { companion: 'handled', tools: ['memory-server'] });
  const list = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const response = await handle(
    new Request('http://test/mcp', { method: 'POST', headers, body: JSON.stringify(list) }),
  );
  expect(await response.text()).toContain('"create_entities"');
});

describe('a graph of the largest size', () => {
  const MOST_MS = 50;
  const COUNT = 5_000;
  function whole(): KnowledgeGraph {
    const graph = new KnowledgeGraph();
    for (let n = 0; n < COUNT; n++) {
      const [name, nth, entityType] = [`name ${n}`, 0, 'person'];
      graph.take({ kind: 'entity', id: `e${n}`, name, nth, entityType });
      graph.take({ kind: 'relation', id: `r${n}`, from: name, to: `name ${n + 1}`, relationType: 'knows', copy: 0 });
      for (const text of observations(2, 'something that is said of it')) {
        graph.take({ kind: 'observation', id: `o${n} ${text}`, name, nth, entityType, text, copy: 0 });
      }
    }
    return graph;
  }
  const names = observations(COUNT, 'name');
  const relations = names.map((from) => ({ from, to: from, relationType: 'knows' }));
  test.each<[string, (graph: KnowledgeGraph) => unknown]>([
    ['readGraph', (graph) => graph.readGraph()],
    ['openNodes', (graph) => graph.openNodes(names)],
    ['createEntities', (graph) => graph.createEntities(names.map((name) => entity(`new ${name}`, 'one')))],
    ['createRelations', (graph) => graph.createRelations(relations)],
    ['addObservations', (graph) => graph.addObservations(names.map((entityName) => ({ entityName, contents: ['x'] })))],
    ['deleteEntities', (graph) => graph.deleteEntities(names)],
    [
      'deleteObservations',
      (graph) => graph.deleteObservations(names.map((entityName) => ({ entityName, observations: ['x'] }))),
    ],
    ['deleteRelations', (graph) => graph.deleteRelations(relations)],
  ])('%s does not keep the event loop', async (_, does) => {
    const graphs = Array.from({ length: 5 }, whole);
    const { ms } = await longestTurnWithin(MOST_MS, async () => does(graphs.pop() as KnowledgeGraph));
    expect(ms).toBeLessThan(MOST_MS);
  });

  test('a search does not, whatever is looked for in whatever', async () => {
    const graph = new KnowledgeGraph();
    for (let n = 0; n < 20; n++) {
      graph.take({
        kind: 'observation',
        id: `${n}`,
        name: 'Ann',
        nth: 0,
        entityType: 'x',
        text: 'a'.repeat(99_999),
        copy: n,
      });
    }
    const query = `ab${'a'.repeat(2_046)}`;
    const { ms, value } = await longestTurnWithin(MOST_MS, () => graph.searchNodes(query));
    expect(value.entities).toEqual([]);
    expect(ms).toBeLessThan(MOST_MS);
  });
});
