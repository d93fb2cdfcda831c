// Programs of another project, which has the library installed.

/** Uses the types. */
export const CONSUMER = `
import { ConfigError, open, OperationError, type OpenOptions, type Palimpsest } from 'palimpsest';
import { connect, type Client, type GraphQLDocument } from 'palimpsest/client';

const options: OpenOptions = { dataDir: 'data', settings: { WORKSPACE: 'acme', LIMIT_DEPTH: 20, CREDENTIALS: 'required' } };
// @ts-expect-error: no setting
export const misspelt: OpenOptions = { dataDir: 'data', settings: { WORKSPAC: 'acme' } };
// @ts-expect-error: no value of the setting
export const wrong: OpenOptions = { dataDir: 'data', settings: { CREDENTIALS: 'some' } };

const typed: GraphQLDocument<{ memory: { content: string } | null }, { id: string }> = 'query ($id: ID!) { memory(id: $id) { content } }';
export async function use(): Promise<string | undefined> {
  await using service: Palimpsest = await open(options);
  const clients: Client[] = [service, connect({ url: 'http://127.0.0.1:4000/graphql', key: 'pal_…' })];
  for (const { execute } of clients) {
    const { memory } = await execute(typed, { id: 'mem_1' }, { signal: AbortSignal.timeout(1_000) });
    // @ts-expect-error: the variable is a text
    await execute(typed, { id: 1 });
    // @ts-expect-error: not selected
    memory?.id;
    if (memory) return memory.content;
  }
  return undefined;
}
export const isOurs = (error: unknown) => error instanceof OperationError || error instanceof ConfigError;
`;

/** Opens a service, and asks it. */
export const PROGRAM = `
import { open } from 'palimpsest';
import { connect } from 'palimpsest/client';

const service = await open({ dataDir: 'memory' });
const content = 'Ann has a bakery in Ghent.';
const input = { companion: { key: 'iris' }, type: 'FACT', content };
const remembered = await service.execute(
  'mutation ($input: CreateMemoryInput!) { createMemory(input: $input) { ... on CreateMemoryPayload { memory { id content } } } }',
  { input },
);
const say = (value) => console.log(JSON.stringify(value));
const { id } = remembered.createMemory.memory;
say({ content: remembered.createMemory.memory.content });
const client = connect({ url: 'http://localhost/graphql', fetch: (url, init) => service.fetch(url, init) });
say((await client.execute('query ($id: ID!) { memory(id: $id) { content } }', { id })).memory);
say((await client.execute('{ viewer { embedding { model } } }')).viewer.embedding);
const found = await client.execute(
  'query ($input: RecallInput!) { recall(input: $input, first: 1) { edges { node { id } } } }',
  { input: { companion: { key: 'iris' }, query: 'Where is the bakery?' } },
);
say({ isVerified: found.recall.edges[0].node.id === id });
const retract = 'mutation { retractMemory(input: {id: "' + id.slice(0, -2) + '00"}) { __typename } }';
await client.execute(retract).catch(({ code }) => say({ code }));
await service.close();
`;

/** Uses the client where there is nothing of Node. */
export const PAGE = `
import { connect, documents, OperationError, type Memory } from 'palimpsest/client';

const memory: Memory = connect({ url: '/graphql', key: 'pal_…' }).memory({ companion: 'iris' });
export async function ask(query: string): Promise<string> {
  const { text } = await memory.context({ query, maxTokens: 500 });
  const { recall } = await connect({ url: '/graphql' }).execute(documents.recall, { companion: { key: 'iris' }, query });
  // @ts-expect-error: no field of a memory
  recall.edges[0]?.node.nothing;
  // @ts-expect-error: no way to correct
  await memory.correct('mem_1', { content: 'x', kind: 'NONE' });
  return text;
}
export const isOurs = (error: unknown) => error instanceof OperationError;
`;
