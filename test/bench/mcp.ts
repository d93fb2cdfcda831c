import type { Client } from '@modelcontextprotocol/client';
import type { Database } from '../../src/db/database.ts';
import { toolDescriptors } from '../../src/mcp/descriptor.ts';
import { connectMcp, type Era, eras } from '../support/mcp.ts';
import { median, onEachDatabase, p95 } from './databases.ts';
import { settle } from './generate.ts';
import { fillConversations, questionsOf } from './recall-data.ts';
import { type BenchService, serve } from './service.ts';

const QUESTIONS = Number(process.env.QUESTIONS ?? 300);
const WARM_UP = 60;
const MEMORIES = 3_000;
const COMPANION = 'middle';

/** One way to recall: sends the question, and answers how many memories came. */
interface Way {
  name: string;
  recall(query: string): Promise<number>;
}

// biome-ignore lint/suspicious/noExplicitAny: each way answers in its own form
const answerTo = async (url: string, headers: Record<string, string>, body: object): Promise<any> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return response.json();
};

/** The tool's own document, as a client of GraphQL sends it. */
function byGraphql({ url }: BenchService, isNarrowed = true): Way {
  const document = toolDescriptors.find(({ name }) => name === 'recall')?.document;
  return {
    name: isNarrowed ? 'GraphQL' : 'GraphQL, not narrowed',
    async recall(query) {
      const variables = { companion: { key: COMPANION }, query };
      const headers = { accept: 'application/json', ...(isNarrowed && { 'palimpsest-companion': COMPANION }) };
      return (await answerTo(url, headers, { query: document, variables })).data.recall.edges.length;
    },
  };
}

/** The message of a client, without one. */
function byMessage({ url }: BenchService, era: Era): Way {
  const isModern = era === '2026-07-28';
  const accept = { accept: 'application/json, text/event-stream' };
  const headers = isModern
    ? { ...accept, 'mcp-protocol-version': era, 'mcp-method': 'tools/call', 'mcp-name': 'recall' }
    : accept;
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': era,
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return {
    name: `MCP ${era}`,
    async recall(query) {
      const params = { name: 'recall', arguments: { query }, ...(isModern && { _meta }) };
      const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
      const { result } = await answerTo(mcpOf(url), headers, body);
      return result.structuredContent.edges.length;
    },
  };
}

const mcpOf = (url: string) => url.replace('/graphql', `/mcp?companion=${COMPANION}`);

function byClient(client: Client, era: Era): Way {
  return {
    name: `the SDK's client, ${era}`,
    async recall(query) {
      const { structuredContent } = await client.callTool({ name: 'recall', arguments: { query } });
      return (structuredContent as { edges: unknown[] }).edges.length;
    },
  };
}

async function measureOn(database: Database, name: string): Promise<void> {
  const service = await serve(database);
  await fillConversations(service.tenant, COMPANION, MEMORIES);
  await settle(database);
  const clients = await Promise.all(eras.map((era) => connectMcp(mcpOf(service.url), { era })));
  const ways = [
    byGraphql(service),
    byGraphql(service, false),
    ...eras.map((era) => byMessage(service, era)),
    ...eras.map((era, index) => byClient(clients[index] as Client, era)),
  ];
  const took = new Map<Way, number[]>(ways.map((way) => [way, []]));
  const questions = await questionsOf(service.tenant, COMPANION, WARM_UP + QUESTIONS);
  for (const [index, query] of questions.entries()) {
    const counts = new Set<number>();
    // Each begins as often as the others: who asks first warms what the others find.
    for (const way of [...ways.slice(index % ways.length), ...ways.slice(0, index % ways.length)]) {
      const from = performance.now();
      counts.add(await way.recall(query));
      if (index >= WARM_UP) took.get(way)?.push(performance.now() - from);
    }
    if (counts.size !== 1 || counts.has(0)) throw new Error(`the ways found ${[...counts].join(', ')} for: ${query}`);
  }
  const plain = median(took.get(ways[0] as Way) ?? []);
  for (const [way, times] of took) {
    const ratio = (median(times) / plain).toFixed(2);
    console.log(`${name}, ${way.name}: p50 ${median(times).toFixed(1)} ms (${ratio}), p95 ${p95(times).toFixed(1)} ms`);
  }
  for (const client of clients) await client.close();
  await service.stop();
}

/** `recall` of 10 by the tool over MCP, against its document over GraphQL, in turns. */
export async function run(): Promise<void> {
  await onEachDatabase(measureOn);
}
