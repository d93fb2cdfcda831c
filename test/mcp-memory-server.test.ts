import type { Client } from '@modelcontextprotocol/client';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { callMcp, connectMcp, type Era, eras } from './support/mcp.ts';
import { answerOf, calls, type GraphCall, type OfficialServer, startOfficialServer } from './support/memory-server.ts';
import { cases } from './support/memory-server-cases.ts';
import { type TestServer, useServers } from './support/server.ts';

// The tools of the official memory server on our graph: each is compared with that server itself.

vi.setConfig({ testTimeout: patience(180_000) });

const open = useServers();
let server: TestServer;
let official: OfficialServer;
beforeAll(async () => {
  [server, official] = await Promise.all([open(), startOfficialServer()]);
});
afterAll(() => official.close());

const at = (query: string, tools = 'memory-server') => server.url.replace('/graphql', `/mcp?${query}&tools=${tools}`);
let count = 0;
const ownGraph = () => `companion=graph-${++count}`;
/** A client of a graph of its own. */
const begin = (era: Era = eras[0]) => connectMcp(at(ownGraph()), { era });

/** Makes the same calls of both, and expects the same answers; then the same graph. */
async function expectSame(ours: Client, made: readonly GraphCall[]): Promise<void> {
  official.clear();
  for (const call of [...made, { name: 'read_graph', given: {} }]) {
    expect(await answerOf(ours, call), JSON.stringify(call)).toEqual(await answerOf(official.client, call));
  }
}

describe('as the official server', () => {
  test('tools are described', async () => {
    const withoutDialect = ({ $schema: _, ...schema }: Record<string, unknown>) => schema;
    const listed = async (client: Client) => {
      const { tools } = await client.listTools();
      return tools.map(({ name, title, description, annotations, inputSchema, outputSchema }) => ({
        ...{ name, title, description, annotations },
        inputSchema: withoutDialect(inputSchema),
        outputSchema: withoutDialect(outputSchema ?? {}),
      }));
    };
    for (const era of eras) {
      const client = await begin(era);
      expect(await listed(client)).toEqual(await listed(official.client));
      await client.close();
    }
  });

  test.each(Object.entries(cases))('%s', async (_, made) => {
    const client = await begin(eras[made.length % 2]);
    await expectSame(client, made);
    await client.close();
  });

  test('any sequence of calls is answered', async () => {
    await fc.assert(
      fc.asyncProperty(calls, async (made) => {
        const client = await begin();
        await expectSame(client, made);
        await client.close();
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });
});

/** What a graph is, and what there was to say of the last call. */
const graphOf = async (client: Client) => (await callMcp(client, 'read_graph')).data;
const entity = (name: string, ...observations: string[]) => ({ name, entityType: 'person', observations });
const create = (client: Client, ...entities: object[]) => callMcp(client, 'create_entities', { entities });

describe('whose graph it is', () => {
  test('no other workspace, companion or user sees it', async () => {
    const owners: [query: string, headers?: Record<string, string>][] = [
      ['companion=whose'],
      ['companion=whose&user=maya'],
      ['companion=whose&user=noor'],
      ['companion=other'],
      ['companion=whose', { 'x-test-credential': 'globex/one' }],
    ];
    const clients = await Promise.all(owners.map(([query, headers]) => connectMcp(at(query), { headers })));
    for (const [n, client] of clients.entries()) {
      expect(await graphOf(client), owners[n]?.[0]).toEqual({ entities: [], relations: [] });
      const { data } = await create(client, entity('Ann', `is known to ${n}`));
      expect(data.entities).toHaveLength(1);
    }
    await callMcp(clients[0] as Client, 'delete_entities', { entityNames: ['Ann'] });
    const left = await Promise.all(clients.map(graphOf));
    expect(
      left.map(({ entities }) => entities.flatMap((each: { observations: string[] }) => each.observations)),
    ).toEqual([[], ['is known to 1'], ['is known to 2'], ['is known to 3'], ['is known to 4']]);
    for (const client of clients) await client.close();
  });

  test('tools are listed that the scopes are enough for, and others are refused', async () => {
    const client = await connectMcp(at('companion=scopes'), { headers: { 'x-test-scopes': 'READ' } });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['read_graph', 'search_nodes', 'open_nodes']);
    const { isError, text, data } = await create(client, entity('Ann'));
    expect([isError, data]).toEqual([true, undefined]);
    expect(text).toMatch(/^FORBIDDEN: /);
    await client.close();
  });
});

describe('what is kept', () => {
  test('is remembered: recall finds it, and what is corrected is the graph', async () => {
    const query = ownGraph();
    const [client, own] = [await connectMcp(at(query)), await connectMcp(at(query, 'recall,timeline,correct'))];
    await create(client, entity('Ann_Reed', 'bakes sourdough bread'), entity('Roda'));
    await callMcp(client, 'add_observations', {
      observations: [{ entityName: 'Ann_Reed', contents: ['plays the cello on Sundays'] }],
    });
    await callMcp(client, 'create_relations', {
      relations: [{ from: 'Ann_Reed', to: 'Roda', relationType: 'works_at' }],
    });
    const found = async (asked: string) => {
      const { data } = await callMcp(own, 'recall', { query: asked, first: 1 });
      return data.edges.map(({ node }: { node: { id: string; content: string; entities: object } }) => node);
    };
    expect(await found('Who bakes bread?')).toMatchObject([{ content: 'bakes sourdough bread' }]);
    const [cello] = await found('What does Ann Reed play on Sundays?');
    expect(cello.content).toBe('plays the cello on Sundays');
    expect(await found('Where does Ann work?')).toMatchObject([{ content: 'Ann_Reed works at Roda' }]);
    await callMcp(own, 'correct', { id: cello.id, content: 'plays the viola on Sundays' });
    const { entities } = await graphOf(client);
    expect(entities[0].observations).toEqual(['bakes sourdough bread', 'plays the viola on Sundays']);
    await Promise.all([client.close(), own.close()]);
  });

  test('is forgotten when it is deleted', async () => {
    const query = ownGraph();
    const [client, own] = [await connectMcp(at(query)), await connectMcp(at(query, 'timeline'))];
    await create(client, entity('Ann', 'likes tea'), entity('Ben'));
    await callMcp(client, 'delete_entities', { entityNames: ['Ann'] });
    const { data } = await callMcp(own, 'timeline');
    expect(data.nodes.map(({ content }: { content: string }) => content)).toEqual(['Ben (person)']);
    await Promise.all([client.close(), own.close()]);
  });

  test('once, where two calls at the same moment add the same; and forgotten where two delete it', async () => {
    const query = ownGraph();
    const clients = await Promise.all([1, 2, 3].map(() => connectMcp(at(query))));
    const [first] = clients as [Client];
    const all = (name: string, given: (n: number) => Record<string, unknown>) =>
      Promise.all(clients.map((client, n) => callMcp(client, name, given(n))));
    await all('create_entities', (n) => ({ entities: [entity('Ann', 'likes tea', `is seen by ${n}`)] }));
    await all('create_relations', () => ({ relations: [{ from: 'Ann', to: 'Ben', relationType: 'knows' }] }));
    const { entities, relations } = await graphOf(first);
    expect(entities).toHaveLength(1);
    // Of calls one after another the later ones make nothing.
    expect(entities[0].observations.filter((text: string) => text === 'likes tea')).toHaveLength(1);
    expect(new Set(entities[0].observations).size).toBe(entities[0].observations.length);
    expect(relations).toHaveLength(1);
    const deleted = await all('delete_entities', () => ({ entityNames: ['Ann'] }));
    expect(deleted.map(({ text }) => text)).toEqual(Array(3).fill('Entities deleted successfully'));
    expect(await graphOf(first)).toEqual({ entities: [], relations: [] });
    for (const client of clients) await client.close();
  });
});

describe('failures are said, and leave nothing half done', () => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => `${n}`);
  test.each<[string, string, Record<string, unknown>, RegExp]>([
    ['no entities', 'create_entities', {}, /^INVALID_INPUT: .*\n- entities: It is required\.$/],
    ['a number for a name', 'open_nodes', { names: [7] }, /^INVALID_INPUT: .*\n- names\.0: It must be string\.$/],
    [
      'a name too long',
      'create_entities',
      { entities: [entity('Ben'), entity('x'.repeat(501))] },
      /^INVALID_INPUT: .*\n- name: At most 500 characters are allowed\. It begins with "x+"\.$/,
    ],
    [
      'an observation too long',
      'create_entities',
      { entities: [entity('Ben', 'x'.repeat(100_001))] },
      /^INVALID_INPUT: .*\n- observation: At most 100000 characters/,
    ],
    ['a NUL', 'create_relations', { relations: [{ from: 'a\0', to: 'b', relationType: 'c' }] }, /\n- from: .* NUL/],
    [
      'too much',
      'create_entities',
      { entities: [entity('Ben', ...many(20_000))] },
      /^LIMIT_EXCEEDED: Entities, observations and relations of the graph: at most 20000, and there are 20001\. Delete/,
    ],
    [
      'a long query',
      'search_nodes',
      { query: 'x'.repeat(2_049) },
      /^LIMIT_EXCEEDED: Characters of the query: at most 2048,/,
    ],
  ])('%s', async (_, name, given, message) => {
    const client = await begin();
    const { isError, text } = await callMcp(client, name, given);
    expect(isError).toBe(true);
    expect(text).toMatch(message);
    expect(await graphOf(client)).toEqual({ entities: [], relations: [] });
    await client.close();
  });

  test('more than a model can read is refused, and less of it read', async () => {
    const client = await begin();
    const long = (name: string, count: number) =>
      create(client, entity(name, ...many(count).map((n) => `${n} ${'of much '.repeat(11_000)}`)));
    for (const name of ['Ann', 'Ben']) expect((await long(name, 8)).isError).toBe(false);
    const { isError, text } = await callMcp(client, 'read_graph');
    expect(isError).toBe(true);
    expect(text).toMatch(/^LIMIT_EXCEEDED: Characters of the answer: at most 1000000, and there are 140\d{4}\. Search/);
    const { data } = await callMcp(client, 'open_nodes', { names: ['Ben'] });
    expect(data.entities[0].observations).toHaveLength(8);
    await client.close();
  });

  test('a set is chosen alone', async () => {
    for (const tools of ['recall,memory-server', 'memory-server,recall', 'constructor', 'read_graph']) {
      const response = await fetch(at(ownGraph(), tools), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      expect([response.status, await response.text()], tools).toEqual([
        400,
        expect.stringContaining('or, alone, memory-server.'),
      ]);
    }
  });
});

test('the graph is a resource, too', async () => {
  const client = await begin();
  await create(client, entity('Ann', 'likes tea'));
  const uri = 'memory://knowledge-graph';
  const listed = async (of: Client) => (await of.listResources()).resources.find((each) => each.uri === uri);
  expect(await listed(client)).toEqual(await listed(official.client));
  const { contents } = await client.readResource({ uri });
  const text = JSON.stringify({ entities: [entity('Ann', 'likes tea')], relations: [] }, null, 2);
  expect(contents).toEqual([{ uri, mimeType: 'application/json', text }]);
  const other = await connectMcp(at(ownGraph(), 'recall'));
  await expect(other.readResource({ uri })).rejects.toMatchObject({ code: -32602 });
  await Promise.all([client.close(), other.close()]);
});

test('nobody is asked before something is deleted', async () => {
  const client = await connectMcp(at(ownGraph()), { capabilities: { elicitation: { form: {} } } });
  await create(client, entity('Ann'));
  await callMcp(client, 'delete_entities', { entityNames: ['Ann'] });
  expect(await graphOf(client)).toEqual({ entities: [], relations: [] });
  await client.close();
});
