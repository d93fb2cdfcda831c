import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import fc from 'fast-check';
import { clientOf } from './mcp.ts';

// The official memory server, whose behaviour `?tools=memory-server` has.

const program = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-memory/dist/index.js');

export interface OfficialServer {
  client: Client;
  /** Begins with an empty graph. */
  clear(): void;
  close(): Promise<void>;
}

/** The program itself, and a client of it. */
export async function startOfficialServer(): Promise<OfficialServer> {
  const folder = mkdtempSync(join(tmpdir(), 'official-memory-'));
  const file = join(folder, 'memory.jsonl');
  const client = clientOf('2025-11-25');
  const env = { PATH: process.env.PATH ?? '', MEMORY_FILE_PATH: file };
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [program], env, stderr: 'ignore' }));
  return {
    client,
    clear: () => rmSync(file, { force: true }),
    async close() {
      await client.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A call of one of the nine tools. */
export interface GraphCall {
  name: string;
  given: Record<string, unknown>;
}

/** All that a client sees of what was answered. */
export async function answerOf(client: Client, { name, given }: GraphCall) {
  const { content, structuredContent, isError = false } = await client.callTool({ name, arguments: given });
  return { content, structuredContent, isError };
}

const names = fc.constantFrom('Ann', 'ann', 'Ann_Reed', 'Roda', '李娜', ' Ann ', '', 'person', '__proto__');
const types = fc.constantFrom('person', 'Person', 'company', '', 'x'.repeat(120));
const texts = fc.constantFrom(
  'likes tea',
  'Likes Tea',
  'likes  tea ',
  'works at Roda',
  'two\nlines\t"quoted" \\ 👩‍🚀',
  '',
  '  ',
  '(blank)',
  'constructor',
);
const relationTypes = fc.constantFrom('knows', 'works_at', 'FOLLOWS', '');
const few = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 3 });
const entity = fc.record({ name: names, entityType: types, observations: few(texts) }, { noNullPrototype: true });
const relation = fc.record({ from: names, to: names, relationType: relationTypes }, { noNullPrototype: true });

const callOf = (name: string, given: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<GraphCall> =>
  fc.record({ name: fc.constant(name), given: fc.record(given, { noNullPrototype: true }) }, { noNullPrototype: true });

const creation = callOf('create_entities', { entities: few(entity) });
/** Any call, those that begin something more often. */
export const anyCall: fc.Arbitrary<GraphCall> = fc.oneof(
  { weight: 4, arbitrary: creation },
  { weight: 3, arbitrary: callOf('create_relations', { relations: few(relation) }) },
  {
    weight: 3,
    arbitrary: callOf('add_observations', {
      observations: few(fc.record({ entityName: names, contents: few(texts) }, { noNullPrototype: true })),
    }),
  },
  callOf('delete_entities', { entityNames: few(names) }),
  callOf('delete_observations', {
    deletions: few(fc.record({ entityName: names, observations: few(texts) }, { noNullPrototype: true })),
  }),
  callOf('delete_relations', { relations: few(relation) }),
  callOf('search_nodes', {
    query: fc.constantFrom('ANN', 'tea', 'person', 'li', '', '\n', 'nothing of the kind', 'É'),
  }),
  callOf('open_nodes', { names: few(names) }),
);

/** What happens to a graph, one call after another; the first makes something. */
export const calls: fc.Arbitrary<GraphCall[]> = fc
  .tuple(creation, fc.array(anyCall, { minLength: 2, maxLength: 8 }))
  .map(([first, others]) => [first, ...others]);
