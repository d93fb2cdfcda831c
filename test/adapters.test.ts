import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from '@mastra/core/agent';
import { Memory } from '@mastra/memory';
import { Runner, Agent as RunnerAgent } from '@openai/agents-core';
import { assistantMessage, ScriptedModel } from '@openai/agents-core/testing';
import { generateText, streamText, wrapLanguageModel } from 'ai';
import { MockLanguageModelV4, simulateReadableStream } from 'ai/test';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { palimpsestMemory, palimpsestMiddleware } from '../src/adapters/ai-sdk/index.ts';
import { PalimpsestStore } from '../src/adapters/langgraph/index.ts';
import { PalimpsestStore as MastraStore, PalimpsestRecall } from '../src/adapters/mastra/index.ts';
import { PalimpsestSession } from '../src/adapters/openai-agents/index.ts';
import { connect } from '../src/client/connect.ts';
import type { Executes } from '../src/client/execute.ts';
import { open, type Palimpsest } from '../src/library/open.ts';
import { createTestDatabase } from './support/database.ts';
import { scriptedModel } from './support/mastra-model.ts';
import { useServers } from './support/server.ts';

const openServer = useServers();
const folder = mkdtempSync(join(tmpdir(), 'palimpsest-adapters-'));
let opened: Palimpsest;
let url: string;
beforeAll(async () => {
  ({ url } = await openServer());
  const { TEST_DATABASE_URL } = process.env;
  const place = TEST_DATABASE_URL
    ? { databaseUrl: (await createTestDatabase()).url }
    : { dataDir: join(folder, 'data') };
  opened = await open({ ...place, settings: { EMBEDDING_MODEL: 'hashing-1' } });
});
afterAll(async () => {
  await opened.close();
  rmSync(folder, { recursive: true, force: true });
});

// What each adapter is for, with its host's own classes; each has tests of all that it does in a file of its own.
describe.each<[string, (companion: string) => Executes]>([
  ['in this process', () => opened],
  ['in this process, narrowed to one user', (companion) => opened.narrowed({ companion, user: 'ann' })],
  ['over HTTP', () => connect({ url })],
  ['over HTTP, narrowed to one user', (companion) => connect({ url, companion, user: 'ann' })],
])('%s', (way, clientOf) => {
  /** A companion of its own, as a client sees it. */
  const begin = (host: string) => {
    const companion = `${host} ${way}`;
    return { companion, memory: clientOf(companion) };
  };

  test('a model of the AI SDK is told what was said in another chat', async () => {
    const { companion, memory } = begin('ai-sdk');
    const usage = { inputTokens: {} as never, outputTokens: {} as never };
    const finishReason = { unified: 'stop' as const, raw: undefined };
    const model = new MockLanguageModelV4({
      doGenerate: async () => ({ content: [{ type: 'text', text: 'Noted.' }], finishReason, usage, warnings: [] }),
      doStream: async () => ({
        stream: simulateReadableStream({
          chunks: [
            { type: 'text-start' as const, id: '0' },
            { type: 'text-delta' as const, id: '0', delta: 'Ghent.' },
            { type: 'text-end' as const, id: '0' },
            { type: 'finish' as const, finishReason, usage },
          ],
        }),
      }),
    });
    const of = { companion, user: 'ann', failure: 'throw' as const };
    const wrapped = (conversation: string) =>
      wrapLanguageModel({ model, middleware: palimpsestMiddleware(memory, { ...of, conversation }) });
    await generateText({ model: wrapped('one'), prompt: 'My sister opened a bakery in Ghent.' });
    expect(await streamText({ model: wrapped('two'), prompt: 'Where is the bakery?' }).text).toBe('Ghent.');
    expect(JSON.stringify(model.doStreamCalls[0]?.prompt)).toContain('My sister opened a bakery in Ghent.');
    const chats = palimpsestMemory(memory, { companion, user: 'ann' });
    await chats.updateChatTitle('two', 'The bakery');
    await chats.updateWorkingMemory({ scope: 'user', userId: 'ann', content: '# Ann' });
    expect(await chats.getChats({})).toMatchObject([{ chatId: 'two', title: 'The bakery' }]);
    expect(await chats.getWorkingMemory({ scope: 'user', userId: 'ann' })).toMatchObject({ content: '# Ann' });
    expect(await chats.getMessages({ chatId: 'two' })).toMatchObject([{ role: 'user' }, { role: 'assistant' }]);
  });

  test('an agent of OpenAI goes on with its session', async () => {
    const { companion, memory } = begin('openai-agents');
    const session = () => new PalimpsestSession(memory, { companion, user: 'ann', sessionId: 'one' });
    const model = new ScriptedModel([[assistantMessage('Noted.')], [assistantMessage('In Ghent.')]]);
    const agent = new RunnerAgent({ name: 'Iris', model });
    const runner = new Runner({ tracingDisabled: true });
    await runner.run(agent, 'My sister opened a bakery in Ghent.', { session: session() });
    await runner.run(agent, 'Where is it?', { session: session() });
    expect(JSON.stringify(model.calls[1]?.request.input)).toContain('My sister opened a bakery in Ghent.');
    expect(await session().getItems()).toHaveLength(4);
    expect(await session().popItem()).toMatchObject({ role: 'assistant' });
    await session().clearSession();
    expect(await session().getItems()).toEqual([]);
  });

  test('an agent of Mastra knows what was said in another thread', async () => {
    const { companion, memory } = begin('mastra');
    const { model, prompts } = scriptedModel('Noted.');
    const storage = new MastraStore(memory, { companion });
    const agent = new Agent({
      id: 'iris',
      name: 'Iris',
      instructions: 'Be brief.',
      model,
      memory: new Memory({ storage, options: { lastMessages: 2 } }),
      inputProcessors: [new PalimpsestRecall(memory, { companion })],
    });
    const of = (thread: string) => ({ memory: { thread, resource: 'ann' } });
    await agent.generate('My sister opened a bakery in Ghent.', of('one'));
    await agent.generate('Where is the bakery?', of('two'));
    expect(JSON.stringify(prompts.at(-1))).toContain('My sister opened a bakery in Ghent.');
    const store = await storage.getStore('memory');
    expect((await store?.listThreads({ filter: { resourceId: 'ann' } }))?.total).toBe(2);
    await store?.deleteThread({ threadId: 'one' });
    expect((await store?.listThreads({ filter: { resourceId: 'ann' } }))?.total).toBe(1);
  });

  test('a store of LangGraph keeps, finds and forgets', async () => {
    const { companion, memory } = begin('langgraph');
    const store = new PalimpsestStore(memory, { companion, user: () => 'ann' });
    const namespace = ['memories', 'ann'];
    await store.put(namespace, 'bakery', { text: 'Her sister opened a bakery in Ghent' });
    await store.put(namespace, 'bicycle', { text: 'Ann rides a red bicycle' });
    const [found] = await store.search(namespace, { query: 'Where is the bakery?' });
    expect(found).toMatchObject({ key: 'bakery', value: { text: 'Her sister opened a bakery in Ghent' } });
    await store.delete(namespace, 'bakery');
    expect(await store.get(namespace, 'bakery')).toBeNull();
    expect((await store.search(['memories'])).map(({ key }) => key)).toEqual(['bicycle']);
    expect(await store.listNamespaces()).toEqual([namespace]);
  });
});
