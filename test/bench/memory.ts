import { once } from 'node:events';
import { openWorkspace } from '../../src/domain/workspace/workspaces.ts';
import { encodeId } from '../../src/kernel/ids.ts';
import { onPostgresql } from './databases.ts';
import { asOwner } from './generate.ts';
import { fillGraph } from './graph-data.ts';
import { LoadGenerator } from './load.ts';
import { type ServerProcess, startService } from './processes.ts';

/** Mixed requests in all; memory is compared with what it was after a tenth of them. */
const REQUESTS = Number(process.env.REQUESTS ?? 200_000);
const CHUNK = 2_000;
const CONNECTIONS = 16;

interface Request {
  query: string;
  variables: Record<string, unknown>;
}

const companion = { key: 'graph' };

/** The kinds of request that come in turn; `n` is the request's number, and no two are the same. */
const kinds: ((id: string, n: number) => Request)[] = [
  (id) => ({
    query: `query Q1($id: ID!) { memory(id: $id) { id content relations(first: 10) { nodes { id strength to { id content } } } } }`,
    variables: { id },
  }),
  (id) => ({
    query: `query Q2($id: ID!) { memory(id: $id) { id relations(first: 5) { edges { neighbor { id content importance status
      relations(first: 5) { edges { neighbor { id content } } } } } } } }`,
    variables: { id },
  }),
  (_id, n) => ({
    query: `query Page($companion: CompanionRef!, $first: Int) { memories(companion: $companion, first: $first) {
      nodes { id content confidence entities(first: 3) { nodes { id name } } } pageInfo { endCursor hasNextPage } } }`,
    variables: { companion, first: 1 + (n % 40) },
  }),
  (id) => ({ query: 'query Node($id: ID!) { node(id: $id) { id __typename } }', variables: { id } }),
  // A document of its own each time: what is kept by document has to have a bound.
  (id, n) => ({ query: `query Own${n}($id: ID!) { own${n}: memory(id: $id) { id content } }`, variables: { id } }),
  (_id, n) => ({
    query: `query Recall($query: String!, $companion: CompanionRef!) { recall(input: { query: $query, companion: $companion }, first: 5) {
      nodes { id content } } }`,
    variables: { query: `statement of number ${n}`, companion },
  }),
  (_id, n) => ({
    query: `mutation Create($input: CreateMemoryInput!) { createMemory(input: $input) { __typename
      ... on CreateMemoryPayload { memory { id } } ... on Error { message } } }`,
    variables: {
      input: {
        companion: { key: `new-${n % 50}` },
        type: 'FACT',
        content: `The statement of number ${n}`,
        entities: [{ type: 'number', name: `number ${n % 1000}` }],
      },
    },
  }),
  (id) => ({
    query: `mutation Reinforce($input: ReinforceMemoriesInput!) { reinforceMemories(input: $input) { __typename } }`,
    variables: { input: { ids: [id] } },
  }),
  // Refused: by validation, and by what an id is.
  (_id, n) => ({ query: `{ nothing${n} }`, variables: {} }),
  (_id, n) => ({ query: 'query Wrong($id: ID!) { memory(id: $id) { id } }', variables: { id: `mem_${n}` } }),
];
const REFUSED = 2;

async function held({ process: server }: ServerProcess): Promise<{ rss: number; heapUsed: number; external: number }> {
  server.send('memory');
  const [usage] = await once(server, 'message');
  return usage;
}

const mb = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MB`;

/** What the server holds after a tenth of REQUESTS mixed requests, and after all of them. */
export async function run(): Promise<void> {
  await onPostgresql(async (database, _name, databaseUrl) => {
    const tenant = await openWorkspace(database, 'bench', 'bench');
    await fillGraph(tenant);
    const rows = await asOwner(database, 'select id from bench.memories order by md5(n::text) limit 5000');
    const ids = rows.map(({ id }) => encodeId('Memory', id as string));
    const server = await startService(databaseUrl, ['--expose-gc', '--import', './report-memory.ts'], {
      EMBEDDING_PROVIDER: 'local',
    });
    const generator = new LoadGenerator();
    const send = async (from: number, until: number) => {
      for (let first = from; first < until; first += CHUNK) {
        const bodies = Array.from({ length: CHUNK }, (_, index) => {
          const n = first + index;
          return JSON.stringify(kinds[n % kinds.length]?.(ids[n % ids.length] as string, n));
        });
        const load = { url: server.url, bodies, connections: CONNECTIONS, first: 0, requests: CHUNK };
        const { failed, failure } = await generator.send(load, true);
        const expected = (CHUNK / kinds.length) * REFUSED;
        if (failed !== expected) throw new Error(`${failed} of ${CHUNK} requests failed, not ${expected}: ${failure}`);
      }
    };
    try {
      const early = REQUESTS / 10;
      await send(0, early);
      const before = await held(server);
      await send(early, REQUESTS);
      const after = await held(server);
      console.log(
        `heap ${(after.heapUsed / before.heapUsed).toFixed(2)} ×, RSS ${(after.rss / before.rss).toFixed(2)} ×: after ${early} mixed requests ` +
          `heap ${mb(before.heapUsed)}, RSS ${mb(before.rss)}; after ${REQUESTS} heap ${mb(after.heapUsed)}, RSS ${mb(after.rss)}`,
      );
    } finally {
      generator.stop();
      await server.stop();
    }
  });
}
