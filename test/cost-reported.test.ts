import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { openWorkspace } from '../src/domain/workspace/workspaces.ts';
import { scopes } from '../src/graphql/core/context.ts';
import { createService, type Service } from '../src/http/server.ts';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';

let database: Database & { statements: string[] };
let service: Service;

const CREATE = `mutation ($input: CreateMemoriesInput!) { createMemories(input: $input) {
  __typename ... on CreateMemoriesPayload { memories { id } } } }`;
const input = (name: string, count: number) => ({
  companion: { key: 'iris' },
  memories: Array.from({ length: count }, (_, index) => ({
    ...{ ref: `${index}`, type: 'FACT', content: `${name} ${index}` },
    entities: [{ type: 'thing', name: `${name} ${index}` }],
  })),
});

beforeAll(async () => {
  database = recordStatements(await openTestDatabase());
  const embeddings = await localEmbeddings();
  const { workspaceId } = await openWorkspace(database, 'acme', 'operator', embeddings.model);
  const principal = { workspaceId, credential: 'tester', actor: 'tester', scopes: new Set(scopes) };
  service = createService({ database, authenticate: () => principal, embeddings, graphiql: false, log: () => {} });
  const { answer } = await send(CREATE, { input: input('Stone', 30) });
  expect(answer.data.createMemories.__typename).toBe('CreateMemoriesPayload');
});
afterAll(() => database.close());

/** What is answered, and how many messages that has sent to the database. */
async function send(query: string, variables = {}, headers: Record<string, string> = {}) {
  const before = database.statements.length;
  const response = await service.fetch('http://test/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
  const answer = (await response.json()) as { data?: any; errors?: any[]; extensions?: any };
  return { answer, sent: database.statements.length - before };
}

const asked = { 'x-cost': '1' };
const LIST = 'query ($first: Int) { memories(first: $first) { nodes { id entities { nodes { name } } } } }';

describe('extensions.cost', () => {
  test.each([1, 25])('tells a query what it costs, and the statements it has used, at width %i', async (first) => {
    const { answer, sent } = await send(LIST, { first }, asked);
    expect(answer.data.memories.nodes).toHaveLength(first);
    // Begin, memories, entities, commit.
    expect(sent).toBe(4);
    expect(answer.extensions).toEqual({
      cost: { complexity: 10 + 1 + first * (1 + 1 + 1 + 20), depth: 5, breadth: 6, tokens: 29, statements: sent },
    });
  });

  test.each([2, 20])('tells a mutation, what is read afterwards included, at width %i', async (count) => {
    const { answer, sent } = await send(CREATE, { input: input(`Tree ${count}`, count) }, asked);
    expect(answer.data.createMemories.memories).toHaveLength(count);
    expect(sent).toBeGreaterThan(6);
    expect(answer.extensions.cost).toMatchObject({ complexity: 100 + 1 + 1 + count, statements: sent });
  });

  test('is reported together with failures', async () => {
    const document = 'mutation { archiveMemories(input: {ids: ["three"]}) { __typename } }';
    const { answer } = await send(document, {}, { 'x-cost': 'true' });
    expect(Object.keys(answer.extensions)).toEqual(['failures', 'cost']);
  });

  test('tells no statements of what asks no row, nor of what is refused', async () => {
    expect((await send('{ viewer { scopes } }', {}, asked)).answer.extensions.cost.statements).toBe(0);
    const big = `{ memories(first: 100) { nodes { relations(first: 100) { edges { neighbor {
      relations(first: 100) { edges { neighbor { content } } } } } } } } }`;
    const { answer, sent } = await send(big, {}, asked);
    expect(answer.errors?.[0].extensions.code).toBe('LIMIT_EXCEEDED');
    expect(answer.extensions.cost).toMatchObject({ complexity: answer.errors?.[0].extensions.given, statements: 0 });
    expect(sent).toBe(0);
  });

  test.each([{}, { 'x-cost': '0' }, { 'x-cost': 'false' }])('is left out unless asked for: %j', async (headers) => {
    const { answer, sent } = await send(LIST, { first: 1 }, headers as Record<string, string>);
    expect(Object.keys(answer)).toEqual(['data']);
    expect(sent).toBe(4);
  });
});
