import { Agent, MessageList } from '@mastra/core/agent';
import type { StorageThreadType } from '@mastra/core/memory';
import type { ProcessInputArgs } from '@mastra/core/processors';
import { RequestContext } from '@mastra/core/request-context';
import { Memory } from '@mastra/memory';
import { expect, test } from 'vitest';
import { PalimpsestRecall, PalimpsestStore, type RecallOptions } from '../src/adapters/mastra/index.ts';
import type { Execute, Executes } from '../src/client/execute.ts';
import { clientOf } from './support/adapters.ts';
import { message, textsOf, unique } from './support/mastra.ts';
import { scriptedModel } from './support/mastra-model.ts';
import { useService } from './support/service.ts';

const service = useService();

/** An agent of Mastra with a memory of its own, and what its model is given. */
function begin(options: RecallOptions = {}, ofRecall?: Executes) {
  const client = clientOf(service);
  const companion = unique('agent');
  const { model, prompts } = scriptedModel('Noted.');
  const agent = new Agent({
    id: 'iris',
    name: 'Iris',
    instructions: 'Be brief.',
    model,
    memory: new Memory({
      storage: new PalimpsestStore(client, { companion }),
      options: { lastMessages: 2, workingMemory: { enabled: true } },
    }),
    inputProcessors: [new PalimpsestRecall(ofRecall ?? client, { companion, ...options })],
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
  await expect(begin({}, { execute: failing }).say('Hello?')).rejects.toThrow('Input processor error');
  const failures: unknown[] = [];
  const { say } = begin({ onError: (error) => failures.push(error) }, { execute: failing });
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

test.each(['resource', 'thread'] as const)(
  'Mastra’s own memory does all it does, with notes of a %s',
  async (scope) => {
    const memory = new Memory({
      storage: new PalimpsestStore(clientOf(service), { companion: unique('memory') }),
      options: { lastMessages: 10, workingMemory: { enabled: true, scope } },
    });
    const [resourceId, threadId] = ['ann', `chat of ${scope}`];
    const ids = { resourceId, threadId };
    await memory.createThread({ ...ids, title: 'A chat', metadata: { topic: 'bakeries' } });
    const of = { id: threadId, resourceId } as StorageThreadType;
    const messages = ['one', 'two', 'three'].map((text, minute) => message(of, text, minute));
    await memory.saveMessages({ messages });
    const recalled = async (id = threadId) => textsOf((await memory.recall({ threadId: id, resourceId })).messages);
    expect(await recalled()).toEqual(['one', 'two', 'three']);
    await memory.updateWorkingMemory({ ...ids, workingMemory: '# Ann\n- has a sister' });
    expect(await memory.getWorkingMemory(ids)).toBe('# Ann\n- has a sister');
    const other = { resourceId, threadId: 'another chat' };
    await memory.createThread(other);
    expect(await memory.getWorkingMemory(other)).toBe(scope === 'resource' ? '# Ann\n- has a sister' : null);
    const { thread: copy } = await memory.cloneThread({ sourceThreadId: threadId });
    await memory.deleteMessages([messages[1]?.id as string]);
    expect([await recalled(), await recalled(copy.id)]).toEqual([
      ['one', 'three'],
      ['one', 'two', 'three'],
    ]);
    await memory.updateThread({ id: threadId, title: 'Bakeries', metadata: { closed: true } });
    const found = await memory.getThreadById({ threadId });
    expect(found).toMatchObject({ title: 'Bakeries', metadata: { topic: 'bakeries', closed: true } });
    expect(await memory.getWorkingMemory(ids)).toBe('# Ann\n- has a sister');
    await memory.deleteThread(threadId);
    const { threads } = await memory.listThreads({ filter: { resourceId } });
    expect(threads.map(({ id }) => id).toSorted()).toEqual([copy.id, other.threadId].toSorted());
  },
);
