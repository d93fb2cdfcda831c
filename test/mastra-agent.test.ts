import { Agent, MessageList } from '@mastra/core/agent';
import type { ProcessInputArgs } from '@mastra/core/processors';
import { RequestContext } from '@mastra/core/request-context';
import { Memory } from '@mastra/memory';
import { expect, test } from 'vitest';
import { PalimpsestRecall, PalimpsestStore, type RecallOptions } from '../src/adapters/mastra/index.ts';
import type { Execute } from '../src/client/execute.ts';
import { executeOf } from './support/executes.ts';
import { unique } from './support/mastra.ts';
import { scriptedModel } from './support/mastra-model.ts';
import { useService } from './support/service.ts';

const service = useService();

/** An agent of Mastra with a memory of its own, and what its model is given. */
function begin(options: Partial<RecallOptions> = {}) {
  const { execute } = executeOf(service);
  const companion = unique('agent');
  const { model, prompts } = scriptedModel('Noted.');
  const agent = new Agent({
    id: 'iris',
    name: 'Iris',
    instructions: 'Be brief.',
    model,
    memory: new Memory({
      storage: new PalimpsestStore({ execute, companion }),
      options: { lastMessages: 2, workingMemory: { enabled: true } },
    }),
    inputProcessors: [new PalimpsestRecall({ execute, companion, ...options })],
  });
  const say = async (text: string, thread = 'one') =>
    (await agent.generate(text, { memory: { thread, resource: 'ann' } })).text;
  /** What the model was told last that it remembers, without the days. */
  const remembered = () =>
    (prompts.at(-1) ?? [])
      .flatMap(({ role, content }) => (role === 'system' && typeof content === 'string' ? content : []))
      .flatMap((text) => (text.startsWith('What you remember') ? text.split('\n').slice(1) : []))
      .map((line) => line.replace(/\d{4}-\d\d-\d\d, /, ''));
  return { say, remembered, prompts };
}

test('an agent keeps what is said, and is told what it has to do with from other threads', async () => {
  const { say, remembered, prompts } = begin();
  expect(await say('My sister opened a bakery in Ghent.')).toBe('Noted.');
  await say('I ride a red bicycle.');
  expect(JSON.stringify(prompts.at(-1))).toContain('bakery in Ghent');
  await say('Where is the bakery?', 'two');
  expect(remembered()).toContain('- user: My sister opened a bakery in Ghent.');
});

test('what the model is shown as a message is not told again, nor what it is asked', async () => {
  const { say, remembered } = begin();
  await say('My sister opened a bakery in Ghent.');
  await say('Where is the bakery?');
  expect(remembered().filter((line) => /Ghent|Where/.test(line))).toEqual([]);
});

test('of a thread alone nothing is told of others', async () => {
  const { say, remembered } = begin({ scope: 'thread' });
  await say('My sister opened a bakery in Ghent.');
  await say('Where is the bakery?', 'two');
  expect(remembered()).toEqual([]);
});

test('at most as many memories are told as asked for', async () => {
  const { say, remembered } = begin({ topK: 1 });
  for (const town of ['Ghent', 'Bruges', 'Liège']) await say(`There is a bakery in ${town}.`);
  await say('Which bakery is there?', 'two');
  expect(remembered()).toHaveLength(1);
});

test('a recall that fails is thrown, or told to whom it concerns', async () => {
  const failing: Execute = () => Promise.reject(new Error('no memory today'));
  await expect(begin({ execute: failing }).say('Hello?')).rejects.toThrow('Input processor error');
  const failures: unknown[] = [];
  const { say } = begin({ execute: failing, onError: (error) => failures.push(error) });
  expect(await say('Hello?')).toBe('Noted.');
  expect(failures).toEqual([new Error('no memory today')]);
});

test('the recall is broken off by the signal that the processor is given', async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const empty: Execute = (_document, _variables, options) => {
    signals.push(options?.signal);
    return Promise.resolve({ recall: { nodes: [] } } as never);
  };
  const { signal: abortSignal } = new AbortController();
  const messageList = new MessageList().add('Hello?', 'input');
  const requestContext = new RequestContext([['MastraMemory', { thread: { id: 'one' }, resourceId: 'ann' }]]);
  const messages = messageList.get.all.db();
  const args = { messages, messageList, requestContext, abortSignal } as unknown as ProcessInputArgs;
  expect(await new PalimpsestRecall({ execute: empty }).processInput(args)).toBe(messageList);
  expect(signals).toEqual([abortSignal]);
});
