import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toolDescriptors } from '../src/mcp/descriptor.ts';
import { useServers } from './support/server.ts';

// The client of the SDK before version 2, which most programs still have: it holds the structured content of every
// result against the schema of the tool's output, that of a failure, too.

const open = useServers();
let client: Client;
beforeAll(async () => {
  const { url } = await open();
  client = new Client({ name: 'test', version: '1.0.0' });
  const at = new URL(url.replace('/graphql', '/mcp?companion=iris&user=maya'));
  await client.connect(new StreamableHTTPClientTransport(at) as Transport);
  // From here on results are held against the schemas.
  await client.listTools();
});
afterAll(() => client.close());

// biome-ignore lint/suspicious/noExplicitAny: each tool answers something else
type Data = any;

const done = new Set<string>();

async function call(name: string, given: Record<string, unknown>): Promise<Data> {
  const { structuredContent, isError, content } = await client.callTool({ name, arguments: given });
  expect(isError ?? false, JSON.stringify(content)).toBe(false);
  done.add(name);
  return structuredContent;
}

async function failing(name: string, given: Record<string, unknown>): Promise<Data> {
  const { structuredContent, isError } = await client.callTool({ name, arguments: given });
  expect(isError).toBe(true);
  return structuredContent;
}

const remember = async (...contents: string[]): Promise<string[]> => {
  const memories = contents.map((content) => ({ type: 'FACT', content }));
  return (await call('remember', { memories })).memories.map(({ id }: { id: string }) => id);
};

test('takes what every tool answers', async () => {
  const [one, two, three] = await remember('Maya lives in Porto.', 'Maya lives in Faro.', 'Maya has a dog.');
  const relation = { from: { id: three }, to: { id: one }, type: 'ELABORATES' };
  await call('remember', { relations: [relation] });
  await call('context', { query: 'Maya' });
  await call('recall', { query: 'Where does Maya live?' });
  await call('open', { ids: [one, 'mem_00000000000000000000000000'] });
  await call('explore', { from: [one] });
  await call('connect', { from: three, to: one });
  await call('connect', { from: three, to: two });
  await call('timeline', {});
  const { contradiction } = await call('dispute', { memory: one, by: two, reason: 'one home' });
  await call('dispute', { contradiction: contradiction.id, resolution: 'KEEP_BY' });
  const { memory } = await call('correct', { id: two, content: 'Maya lives in Tavira.' });
  await call('retract', { id: memory.id });
  await call('forget', { ids: [three] });
  await call('update_working_memory', { content: '# Maya', scope: 'USER' });
  expect([...done].sort()).toEqual(toolDescriptors.map(({ name }) => name).sort());
});

test.each(toolDescriptors)('takes that $name was called with what it does not know', async ({ name }) => {
  const { code, issues } = await failing(name, { companion: 'otto' });
  expect(code).toBe('INVALID_INPUT');
  expect(issues).toContainEqual(expect.objectContaining({ path: ['companion'] }));
});

test('takes failures with all that there is to act on', async () => {
  const [one, two] = await remember('It rained.', 'The street was wet.');
  const [id] = await remember('The café opens at eight.');
  await call('correct', { id, content: 'The café opens at nine.' });
  for (const name of ['retract', 'correct']) {
    const { code, current } = await failing(name, { id, ...(name === 'correct' && { content: 'At ten.' }) });
    expect([code, current.content]).toEqual(['ALREADY_CORRECTED', 'The café opens at nine.']);
  }
  const causes = (from?: string, to?: string) => ({
    relations: [{ from: { id: from }, to: { id: to }, type: 'CAUSES' }],
  });
  await call('remember', causes(one, two));
  expect((await failing('remember', causes(two, one))).memories).toHaveLength(2);
  expect((await failing('remember', causes(one, two))).relation.from.id).toBe(one);

  const { contradiction } = await call('dispute', { memory: one, by: two });
  expect((await failing('dispute', { memory: one, by: two })).code).toBe('RELATION_EXISTS');
  const decided = { contradiction: contradiction.id, resolution: 'DISMISSED' };
  await call('dispute', decided);
  expect((await failing('dispute', decided)).current.resolution).toBe('DISMISSED');

  expect((await failing('forget', { ids: ['mem_00000000000000000000000000'] })).ids).toHaveLength(1);
  const late = { content: 'Late', scope: 'USER', expectedVersion: 99 };
  expect((await failing('update_working_memory', late)).current.version).toBeGreaterThanOrEqual(0);
  for (const [name, given] of [
    ['open', { ids: Array(101).fill(one) }],
    ['explore', { from: ['mem_00000000000000000000000000'] }],
    ['connect', { from: one, to: 'mem_00000000000000000000000000' }],
    ['timeline', { after: 'nonsense' }],
    ['recall', { query: 'x', after: 'nonsense' }],
    ['context', { maxTokens: -1 }],
  ] as const) {
    expect((await failing(name, given)).code, name).toMatch(/^[A-Z_]+$/);
  }
});

test('takes prompts and resources', async () => {
  const { prompts } = await client.listPrompts();
  for (const { name } of prompts) expect((await client.getPrompt({ name })).messages).toHaveLength(1);
  const { resources } = await client.listResources();
  for (const { uri } of resources) expect((await client.readResource({ uri })).contents).toHaveLength(1);
});
