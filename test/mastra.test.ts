import type { MastraDBMessage, StorageThreadType } from '@mastra/core/memory';
import { InMemoryStore } from '@mastra/core/storage';
import { describe, expect, test } from 'vitest';
import { PalimpsestStore } from '../src/adapters/mastra/index.ts';
import { clientOf, restrictedTo } from './support/adapters.ts';
import { mastraOn, message, textsOf, thread, unique } from './support/mastra.ts';
import { useService } from './support/service.ts';

const service = useService();
const begin = () => mastraOn(service, { companion: unique('companion') });

/** A memory with a thread, and messages in it that say 1, 2, 3 … a minute apart. */
async function withMessages(count: number, given: Partial<StorageThreadType> = {}) {
  const { memory, requestsOf } = begin();
  const of = thread(given);
  await memory.saveThread({ thread: of });
  const messages = Array.from({ length: count }, (_, n) => message(of, `${n + 1}`, n));
  if (count > 0) await memory.saveMessages({ messages });
  return { memory, requestsOf, of, messages };
}

describe('a thread', () => {
  test.each<[string, Partial<StorageThreadType>]>([
    ['as it is', {}],
    ['without a title and metadata', { title: undefined, metadata: undefined }],
    ['with an empty title', { title: '', metadata: {} }],
    ['with a long title', { title: 'x'.repeat(700) }],
    [
      'with signs and nested metadata',
      { title: `'quotes' "double" 🎉`, metadata: { a: { b: [1, null, { c: 'd' }] } } },
    ],
  ])('comes back %s', async (_, given) => {
    const { memory } = begin();
    const saved = thread(given);
    expect(await memory.saveThread({ thread: saved })).toEqual(saved);
    expect(await memory.getThreadById({ threadId: saved.id })).toEqual(saved);
    expect((await memory.listThreads({})).threads).toEqual([saved]);
  });

  test('is of its resource alone, and unknown ones are null', async () => {
    const { memory, of } = await withMessages(0);
    expect(await memory.getThreadById({ threadId: of.id, resourceId: of.resourceId })).toEqual(of);
    expect(await memory.getThreadById({ threadId: of.id, resourceId: 'another' })).toBeNull();
    expect(await memory.getThreadById({ threadId: 'unknown' })).toBeNull();
    expect(await memory.getThreadById({ threadId: '' })).toBeNull();
  });

  test('keeps what an update leaves out, and merges its metadata', async () => {
    const { memory, of } = await withMessages(0, { metadata: { a: { b: 1 }, c: 1 } });
    const first = await memory.updateThread({ id: of.id, metadata: { a: { d: null } } });
    expect(first).toMatchObject({ title: 'A thread', metadata: { a: { d: null }, c: 1 } });
    const second = await memory.patchThread({ id: of.id, title: 'Renamed' });
    expect(second).toMatchObject({ title: 'Renamed', metadata: { a: { d: null }, c: 1 }, createdAt: of.createdAt });
    expect(await memory.getThreadById({ threadId: of.id })).toEqual(second);
    expect((await memory.listThreads({})).threads).toEqual([second]);
    await expect(memory.updateThread({ id: 'unknown', title: 'x' })).rejects.toThrow('not found');
    await expect(memory.updateThread({ id: of.id, metadata: { $title: 'x' } })).rejects.toThrow('$title');
  });

  test('is updated by several at once', async () => {
    const { memory, of } = await withMessages(0);
    const numbers = [0, 1, 2, 3, 4];
    await Promise.all(numbers.map((n) => memory.updateThread({ id: of.id, metadata: { [`n${n}`]: n } })));
    const { metadata } = (await memory.getThreadById({ threadId: of.id })) as StorageThreadType;
    expect(metadata).toEqual({ key: 'value', n0: 0, n1: 1, n2: 2, n3: 3, n4: 4 });
  });

  test('changes when messages are saved, updated, moved and deleted', async () => {
    const { memory, of, messages } = await withMessages(1);
    const other = thread({ resourceId: of.resourceId });
    await memory.saveThread({ thread: other });
    const [first] = messages as [MastraDBMessage];
    const changedBy = async (change: () => Promise<unknown>, { id } = of) => {
      const read = async () => (await memory.getThreadById({ threadId: id }))?.updatedAt.getTime() as number;
      const before = await read();
      await new Promise((resolve) => setTimeout(resolve, 2));
      await change();
      return (await read()) > before;
    };
    expect(await changedBy(() => memory.saveMessages({ messages: [message(of, 'more')] }))).toBe(true);
    expect(await changedBy(() => memory.updateMessages({ messages: [{ id: first.id, role: 'assistant' }] }))).toBe(
      true,
    );
    const move = (threadId: string) => () => memory.updateMessages({ messages: [{ id: first.id, threadId }] });
    expect(await changedBy(move(other.id))).toBe(true);
    expect(await changedBy(move(of.id), other)).toBe(true);
    expect(await changedBy(() => memory.deleteMessages([first.id]))).toBe(true);
    expect(await changedBy(() => memory.saveMessages({ messages: [message(of, 'more')] }), other)).toBe(false);
  });

  test('is deleted with its messages, which are forgotten', async () => {
    const { memory, of, messages } = await withMessages(2);
    await memory.deleteThread({ threadId: of.id });
    await memory.deleteThread({ threadId: of.id });
    expect(await memory.getThreadById({ threadId: of.id })).toBeNull();
    expect((await memory.listMessages({ threadId: of.id })).messages).toEqual([]);
    expect((await memory.listMessagesById({ messageIds: messages.map(({ id }) => id) })).messages).toEqual([]);
  });

  test('stays with its resource', async () => {
    const { memory, of } = await withMessages(1);
    expect(await memory.updateThreadResourceId({ threadId: of.id, resourceId: of.resourceId })).toMatchObject({
      id: of.id,
    });
    const moving = memory.updateThreadResourceId({ threadId: of.id, resourceId: 'another' });
    await expect(moving).rejects.toThrow('stays with the resource');
    const saving = memory.saveThread({ thread: { ...of, resourceId: 'another' } });
    await expect(saving).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('that was never saved is none, though it has messages', async () => {
    const { memory } = begin();
    const of = thread();
    await memory.saveMessages({ messages: [message(of, 'early')] });
    expect(await memory.getThreadById({ threadId: of.id })).toBeNull();
    expect((await memory.listThreads({})).total).toBe(0);
    await memory.saveThread({ thread: of });
    expect(await memory.getThreadById({ threadId: of.id })).toEqual(of);
    expect(textsOf((await memory.listMessages({ threadId: of.id })).messages)).toEqual(['early']);
  });
});

describe('threads', () => {
  test('are listed by page, the newest first, and counted', async () => {
    const { memory } = begin();
    const threads = Array.from({ length: 7 }, (_, n) =>
      thread({ resourceId: 'r', createdAt: new Date(2026, 0, n + 1), updatedAt: new Date(2026, 1, (n * 3) % 7) }),
    );
    for (const each of threads) await memory.saveThread({ thread: each });
    const filter = { resourceId: 'r' };
    const page = await memory.listThreads({ filter, page: 1, perPage: 3 });
    expect(page).toEqual({ threads: [3, 2, 1].map((n) => threads[n]), total: 7, page: 1, perPage: 3, hasMore: true });
    expect(await memory.listThreads({ filter, page: 2, perPage: 3 })).toMatchObject({ hasMore: false });
    const byUpdate = await memory.listThreads({
      filter,
      perPage: false,
      orderBy: { field: 'updatedAt', direction: 'ASC' },
    });
    expect(byUpdate.threads).toEqual(threads.toSorted((a, b) => a.updatedAt.getTime() - b.updatedAt.getTime()));
    expect(byUpdate.perPage).toBe(false);
    expect((await memory.listThreads({ filter, orderBy: { direction: 'ASC' } })).threads).toEqual(threads);
    expect(await memory.listThreads({ filter, perPage: 0 })).toMatchObject({ threads: [], total: 7 });
    expect(await memory.listThreads({ filter: { resourceId: 'nobody' } })).toMatchObject({ threads: [], total: 0 });
    await expect(memory.listThreads({ page: -1 })).rejects.toThrow('page');
    await expect(memory.listThreads({ page: 1, perPage: false })).rejects.toThrow('page must be 0');
  });

  test('are found by metadata that is equal, and by resource', async () => {
    const { memory } = begin();
    const [one, two, three] = [{ a: 1, deep: { x: 1 } }, { a: 1, deep: { x: 1, y: 2 } }, { b: 1 }].map((metadata, n) =>
      thread({ metadata, resourceId: n === 1 ? 'two' : 'others' }),
    ) as [StorageThreadType, StorageThreadType, StorageThreadType];
    for (const each of [one, two, three]) await memory.saveThread({ thread: each });
    const idsOf = async (filter: object) =>
      (await memory.listThreads({ filter })).threads.map(({ id }) => id).toSorted();
    expect(await idsOf({ metadata: { a: 1 } })).toEqual([one.id, two.id].toSorted());
    expect(await idsOf({ metadata: { deep: { x: 1 } } })).toEqual([one.id]);
    expect(await idsOf({ metadata: { a: 1 }, resourceId: 'two' })).toEqual([two.id]);
    expect(await idsOf({ metadata: { a: 2 } })).toEqual([]);
    await expect(memory.listThreads({ filter: { metadata: { 'a; drop': 1 } } })).rejects.toThrow(
      'Invalid metadata key',
    );
  });
});

describe('messages', () => {
  test('come back as they were, in the order they were said, whatever the order they came in', async () => {
    const { memory } = begin();
    const of = thread();
    await memory.saveThread({ thread: of });
    const parts = [
      { type: 'text', text: 'Look' },
      {
        type: 'tool-invocation',
        toolInvocation: { state: 'result', toolCallId: 'c', toolName: 't', args: {}, result: [1] },
      },
    ] as MastraDBMessage['content']['parts'];
    const messages = [
      message(of, 'third', 3, { role: 'assistant', content: { format: 2, parts, metadata: { odd: 'a\0b' } } }),
      message(of, 'first', 1, { content: { format: 2, parts: [], content: JSON.stringify({ a: '{"b": 1}' }) } }),
      message(of, 'second', 2, { role: 'system', resourceId: 'another', type: 'note' }),
    ] as [MastraDBMessage, MastraDBMessage, MastraDBMessage];
    await memory.saveMessages({ messages });
    const [third, first, second] = messages;
    expect((await memory.listMessages({ threadId: of.id })).messages).toEqual([first, second, third]);
    const newest = await memory.listMessages({ threadId: of.id, orderBy: { field: 'createdAt', direction: 'DESC' } });
    expect(newest.messages).toEqual([third, second, first]);
    const own = await memory.listMessages({ threadId: of.id, resourceId: of.resourceId });
    expect(own).toMatchObject({ messages: [first, third], total: 2 });
  });

  test('are listed by page', async () => {
    const { memory, of } = await withMessages(5);
    const list = (given: object) => memory.listMessages({ threadId: of.id, ...given });
    const second = await list({ perPage: 2, page: 1 });
    expect(textsOf(second.messages)).toEqual(['3', '4']);
    expect(second).toMatchObject({ total: 5, page: 1, perPage: 2, hasMore: true });
    expect(await list({ perPage: 2, page: 2 })).toMatchObject({ hasMore: false });
    expect(await list({})).toMatchObject({ total: 5, perPage: 40, hasMore: false });
    expect(await list({ perPage: 0 })).toEqual({ messages: [], total: 0, page: 0, perPage: 0, hasMore: false });
    expect(await list({ perPage: false })).toMatchObject({ total: 5, perPage: false, hasMore: false });
    const bounded = await list({ perPage: 2, includeTotal: false });
    expect([textsOf(bounded.messages), bounded.hasMore]).toEqual([['1', '2'], true]);
    expect(await list({ perPage: 5, includeTotal: false })).toMatchObject({ hasMore: false });
    await expect(list({ page: -1 })).rejects.toThrow('page must be >= 0');
    await expect(list({ threadId: '  ' })).rejects.toThrow('threadId must be a non-empty string');
    await expect(list({ threadId: [] })).rejects.toThrow('non-empty');
    expect(await list({ threadId: 'unknown' })).toMatchObject({ messages: [], total: 0, hasMore: false });
  });

  test('are listed of a span of time, with its ends or without, and of some metadata', async () => {
    const { memory, of, messages } = await withMessages(5);
    const [, second, , fourth] = messages as [MastraDBMessage, MastraDBMessage, MastraDBMessage, MastraDBMessage];
    const span = { start: second.createdAt, end: fourth.createdAt };
    const list = async (filter: object) => {
      const { messages: found, total } = await memory.listMessages({ threadId: of.id, filter });
      return [...textsOf(found), total];
    };
    expect(await list({ dateRange: span })).toEqual(['2', '3', '4', 3]);
    expect(await list({ dateRange: { ...span, startExclusive: true, endExclusive: true } })).toEqual(['3', 1]);
    await memory.updateMessages({ messages: [{ id: second.id, content: { metadata: { seen: true } } }] });
    expect(await list({ metadata: { seen: true } })).toEqual(['2', 1]);
    await expect(list({ metadata: { seen: { deep: 1 } } })).rejects.toThrow('Invalid metadata filter value');
  });

  test('are included with those around them, of their own thread, and not of another resource', async () => {
    const { memory, of, messages } = await withMessages(6);
    const other = thread({ resourceId: of.resourceId });
    const foreign = thread();
    const [near, far] = [message(other, 'near', 30), message(foreign, 'far', 31)];
    for (const each of [other, foreign]) await memory.saveThread({ thread: each });
    await memory.saveMessages({ messages: [near, far] });
    const list = async (given: object) => {
      const { messages: found, ...page } = await memory.listMessages({ threadId: other.id, ...given });
      return { texts: textsOf(found), ...page };
    };
    const around = { id: messages[3]?.id, withPreviousMessages: 2, withNextMessages: 1 };
    expect(await list({ include: [around, { id: 'unknown' }] })).toMatchObject({ texts: ['2', '3', '4', '5', 'near'] });
    expect(await list({ perPage: 0, include: [around, { ...around, id: messages[4]?.id }] })).toMatchObject({
      texts: ['2', '3', '4', '5', '6'],
      total: 0,
      hasMore: false,
    });
    expect(await list({ include: [{ id: far.id }] })).toMatchObject({ texts: ['near', 'far'] });
    expect(await list({ include: [{ id: far.id }], resourceId: of.resourceId })).toMatchObject({ texts: ['near'] });
    const whole = { id: messages[0]?.id, withNextMessages: 100 };
    expect(await list({ threadId: of.id, perPage: 3, include: [whole] })).toMatchObject({ total: 6, hasMore: false });
  });

  test('are found by their ids, in threads together, and of a resource', async () => {
    const { memory, of, messages } = await withMessages(3);
    const other = thread({ resourceId: of.resourceId });
    await memory.saveThread({ thread: other });
    const late = message(other, 'late', 40);
    await memory.saveMessages({ messages: [late] });
    const byId = await memory.listMessagesById({ messageIds: [late.id, 'unknown', messages[1]?.id as string] });
    expect(byId.messages).toEqual([messages[1], late]);
    expect((await memory.listMessagesById({ messageIds: [] })).messages).toEqual([]);
    const together = await memory.listMessages({ threadId: [other.id, of.id], perPage: 2, page: 1 });
    expect([...textsOf(together.messages), together.total]).toEqual(['3', 'late', 4]);
    const ofResource = await memory.listMessagesByResourceId({ resourceId: of.resourceId, perPage: 3 });
    expect(ofResource).toMatchObject({ total: 4, hasMore: true });
    expect(await memory.listMessagesByResourceId({ resourceId: 'nobody' })).toMatchObject({ total: 0 });
  });

  test('with a known id are replaced, or moved to the thread that is given', async () => {
    const { memory, of, messages } = await withMessages(2);
    const other = thread({ resourceId: of.resourceId });
    await memory.saveThread({ thread: other });
    const [first, second] = messages as [MastraDBMessage, MastraDBMessage];
    await memory.saveMessages({
      messages: [message(of, 'again', 0, { id: first.id }), { ...second, threadId: other.id }],
    });
    expect(textsOf((await memory.listMessages({ threadId: of.id })).messages)).toEqual(['again']);
    expect((await memory.listMessages({ threadId: other.id })).messages).toEqual([{ ...second, threadId: other.id }]);
    const twice = [message(of, 'one', 5, { id: 'twice' }), message(of, 'two', 5, { id: 'twice' })];
    await memory.saveMessages({ messages: twice });
    expect(textsOf((await memory.listMessages({ threadId: of.id })).messages)).toEqual(['again', 'two']);
  });

  test('of a copy that another program made stay when the original is saved again, moved and deleted', async () => {
    const companion = unique('companion');
    const { memory } = mastraOn(service, { companion });
    const of = thread();
    await memory.saveThread({ thread: of });
    const said = message(of, 'said');
    await memory.saveMessages({ messages: [said] });
    const input = { companion: { key: companion }, conversation: { externalId: of.id }, externalId: 'fork' };
    await service.runUntyped(
      'mutation ($input: CopyConversationInput!) { copyConversation(input: $input) { __typename } }',
      { input },
    );
    const { messages: found } = await memory.listMessagesById({ messageIds: [said.id] });
    expect(found).toEqual([said]);
    await memory.deleteMessages([said.id]);
    expect(textsOf((await memory.listMessages({ threadId: 'fork' })).messages)).toEqual(['said']);
  });

  test('are updated part by part', async () => {
    const { memory, of, messages } = await withMessages(2);
    const [first, second] = messages as [MastraDBMessage, MastraDBMessage];
    const content = { metadata: { a: 1 } };
    const [updated] = await memory.updateMessages({
      messages: [
        { id: first.id, content },
        { id: second.id, role: 'assistant', content: { content: 'new' } },
        { id: 'unknown', role: 'user' },
      ],
    });
    expect(updated).toEqual({ ...first, content: { ...first.content, ...content } });
    await memory.updateMessages({ messages: [{ id: first.id, content: { metadata: { b: 2 } } }] });
    const { messages: found } = await memory.listMessages({ threadId: of.id });
    expect(found).toEqual([
      { ...first, content: { ...first.content, metadata: { a: 1, b: 2 } } },
      { ...second, role: 'assistant', content: { ...second.content, content: 'new' } },
    ]);
  });

  test('are deleted, and unknown ones passed over', async () => {
    const { memory, of, messages } = await withMessages(4);
    await memory.deleteMessages([]);
    await memory.deleteMessages(['unknown', messages[0]?.id as string, messages[2]?.id as string]);
    expect(textsOf((await memory.listMessages({ threadId: of.id })).messages)).toEqual(['2', '4']);
  });

  test('are saved all, or none, where one is too large or has no thread', async () => {
    const { memory, of } = await withMessages(0);
    const large = message(of, 'x'.repeat(2 ** 20));
    await expect(memory.saveMessages({ messages: [message(of, 'fine'), large] })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(`message ${large.id}`),
    });
    const lost = message(of, 'lost', 0, { threadId: undefined });
    await expect(memory.saveMessages({ messages: [message(of, 'fine'), lost] })).rejects.toThrow('no threadId');
    const nobody = message(of, 'nobody', 0, { resourceId: null as never });
    await expect(memory.saveMessages({ messages: [message(of, 'fine'), nobody] })).rejects.toThrow('resourceId');
    expect((await memory.listMessages({ threadId: of.id })).total).toBe(0);
    expect(await memory.saveMessages({ messages: [] })).toEqual({ messages: [] });
  });

  test('of many bytes are read in smaller pages', async () => {
    const { memory, of } = await withMessages(0);
    const large = Array.from({ length: 20 }, (_, n) => message(of, `${n} ${'x'.repeat(480_000)}`, n));
    await memory.saveMessages({ messages: large });
    const { messages } = await memory.listMessages({ threadId: of.id, perPage: false });
    expect(messages.map(({ id }) => id)).toEqual(large.map(({ id }) => id));
  });

  test('are remembered, and of other programs shown as their text', async () => {
    const companion = unique('companion');
    const { memory } = mastraOn(service, { companion });
    const of = thread();
    await memory.saveThread({ thread: of });
    await memory.saveMessages({ messages: [message(of, 'I moved to Porto')] });
    const { memories } = await service.runUntyped(
      'query ($key: String!) { memories(companion: {key: $key}) { nodes { content user { externalId } } } }',
      { key: companion },
    );
    expect(memories.nodes).toEqual([{ content: 'I moved to Porto', user: { externalId: of.resourceId } }]);
    const input = {
      companion: { key: companion },
      conversation: { externalId: of.id },
      messages: [{ role: 'ASSISTANT', content: 'How nice', createdAt: '2026-03-01T10:00:00Z' }],
    };
    await service.runUntyped(
      'mutation ($input: AppendMessagesInput!) { appendMessages(input: $input) { __typename } }',
      { input },
    );
    const { messages } = await memory.listMessages({ threadId: of.id });
    expect(messages[1]).toMatchObject({
      role: 'assistant',
      content: { format: 2, parts: [{ type: 'text', text: 'How nice' }] },
    });
  });
});

describe('a copy of a thread', () => {
  test('has messages of its own, those that are asked for', async () => {
    const { memory, of, messages } = await withMessages(5);
    const { thread: copy, clonedMessages, messageIdMap } = await memory.cloneThread({ sourceThreadId: of.id });
    expect(copy).toMatchObject({
      resourceId: of.resourceId,
      title: 'Clone of A thread',
      metadata: { clone: { sourceThreadId: of.id, lastMessageId: messages[4]?.id } },
    });
    expect(textsOf(clonedMessages)).toEqual(['1', '2', '3', '4', '5']);
    expect(clonedMessages.map(({ id }) => id)).toEqual(messages.map(({ id }) => messageIdMap?.[id]));
    await memory.deleteThread({ threadId: copy.id });
    expect((await memory.listMessages({ threadId: of.id })).total).toBe(5);
    const some = await memory.cloneThread({
      sourceThreadId: of.id,
      newThreadId: 'chosen',
      resourceId: 'another',
      title: 'Mine',
      metadata: { own: 1 },
      options: { messageLimit: 2, messageFilter: { endDate: messages[3]?.createdAt as Date } },
    });
    expect(some.thread).toMatchObject({ id: 'chosen', resourceId: 'another', title: 'Mine', metadata: { own: 1 } });
    expect(textsOf(some.clonedMessages)).toEqual(['3', '4']);
    expect(some.clonedMessages[0]?.resourceId).toBe('another');
    await expect(memory.copyThread({ sourceThreadId: 'unknown' })).rejects.toThrow('not found');
    await expect(memory.copyThread({ sourceThreadId: of.id, newThreadId: 'chosen' })).rejects.toThrow('already exists');
  });
});

describe('a resource', () => {
  const now = new Date('2026-03-01T09:00:00Z');

  test.each([
    ['as it is', { workingMemory: '# Ann', metadata: { a: { b: [null] } } }],
    ['with nothing in it', { workingMemory: '', metadata: {} }],
    ['without anything', {}],
    ['that is large', { workingMemory: 'A'.repeat(99_999) }],
  ])('comes back %s', async (_, given) => {
    const { memory } = begin();
    const resource = { id: unique('resource'), createdAt: now, updatedAt: now, ...given };
    expect(await memory.saveResource({ resource })).toEqual(resource);
    expect(await memory.getResourceById({ resourceId: resource.id })).toEqual(resource);
    expect(await memory.getResourceById({ resourceId: 'unknown' })).toBeNull();
  });

  test('is changed by what is given, by several at once, and made where it is not', async () => {
    const { memory } = begin();
    const resourceId = unique('resource');
    const made = await memory.updateResource({ resourceId, workingMemory: 'one', metadata: { a: 1 } });
    expect(made).toMatchObject({ id: resourceId, workingMemory: 'one', metadata: { a: 1 } });
    await memory.updateResource({ resourceId, metadata: { b: 2 } });
    await memory.updateResource({ resourceId, workingMemory: 'two' });
    const numbers = [0, 1, 2, 3];
    await Promise.all(numbers.map((n) => memory.updateResource({ resourceId, metadata: { [`n${n}`]: n } })));
    const found = await memory.getResourceById({ resourceId });
    expect(found).toMatchObject({ workingMemory: 'two', createdAt: made.createdAt });
    expect(found?.metadata).toEqual({ a: 1, b: 2, n0: 0, n1: 1, n2: 2, n3: 3 });
    expect(found?.updatedAt.getTime()).toBeGreaterThanOrEqual(made.updatedAt.getTime());
  });
});

test('clearing all leaves nothing of the companion, and everything of others', async () => {
  const { memory, of } = await withMessages(2);
  const other = await withMessages(1);
  await memory.updateResource({ resourceId: of.resourceId, workingMemory: 'x' });
  await other.memory.updateResource({ resourceId: of.resourceId, workingMemory: 'y' });
  await memory.dangerouslyClearAll();
  expect((await memory.listThreads({})).total).toBe(0);
  expect(await memory.getResourceById({ resourceId: of.resourceId })).toBeNull();
  expect((await other.memory.listMessages({ threadId: other.of.id })).total).toBe(1);
  expect(await other.memory.getResourceById({ resourceId: of.resourceId })).toMatchObject({ workingMemory: 'y' });
});

test('the store has the domain of memory, and no other', async () => {
  const store = new PalimpsestStore(clientOf(service));
  expect(await store.getStore('memory')).toBeDefined();
  expect(await store.getStore('workflows')).toBeUndefined();
  expect(await new InMemoryStore().getStore('memory')).toBeDefined();
});

test('what it costs: requests for each operation', async () => {
  const { memory, requestsOf, of, messages } = await withMessages(5);
  const ids = messages.map(({ id }) => id);
  const costs = async (running: () => Promise<unknown>) => requestsOf(running);
  expect(await costs(() => memory.saveThread({ thread: thread() }))).toBe(1);
  expect(await costs(() => memory.getThreadById({ threadId: of.id }))).toBe(1);
  expect(await costs(() => memory.updateThread({ id: of.id, title: 'x' }))).toBe(2);
  expect(await costs(() => memory.listThreads({}))).toBe(1);
  expect(await costs(() => memory.listMessages({ threadId: of.id, resourceId: of.resourceId, perPage: 10 }))).toBe(1);
  const include = [{ id: ids[0] as string }, { id: ids[2] as string, withNextMessages: 1 }];
  expect(await costs(() => memory.listMessages({ threadId: of.id, include }))).toBe(4);
  expect(await costs(() => memory.listMessagesById({ messageIds: ids }))).toBe(1);
  expect(await costs(() => memory.saveMessages({ messages: [message(of, 'a'), message(of, 'b')] }))).toBe(3);
  expect(await costs(() => memory.updateMessages({ messages: [{ id: ids[0] as string, role: 'user' }] }))).toBe(3);
  expect(await costs(() => memory.deleteMessages(ids))).toBe(3);
  expect(await costs(() => memory.copyThread({ sourceThreadId: of.id }))).toBe(7);
  expect(await costs(() => memory.getResourceById({ resourceId: 'r' }))).toBe(1);
  expect(await costs(() => memory.updateResource({ resourceId: 'r', workingMemory: 'x' }))).toBe(2);
  expect(await costs(() => memory.deleteThread({ threadId: of.id }))).toBe(1);
});

test('more than 500 messages are saved in several requests, in order', async () => {
  const { memory, requestsOf, of } = await withMessages(0);
  const same = new Date('2026-03-01T09:00:00Z');
  const messages = Array.from({ length: 510 }, (_, n) => message(of, `${n}`, 0, { createdAt: same }));
  const quiet = { memory, requestsOf };
  // 6 to look for the ids, 1 for the thread, 2 to save.
  expect(await quiet.requestsOf(() => memory.saveMessages({ messages }))).toBe(9);
  const { messages: found, total } = await memory.listMessages({ threadId: of.id, perPage: false });
  expect(total).toBe(510);
  expect(textsOf(found)).toEqual(textsOf(messages));
  const [last] = (await memory.listMessages({ threadId: of.id, perPage: 1, page: 509 })).messages;
  expect(last?.content.content).toBe('509');
});

describe('what others have', () => {
  const expectNothing = async ({ memory }: ReturnType<typeof mastraOn>, of: StorageThreadType, ids: string[]) => {
    expect(await memory.getThreadById({ threadId: of.id })).toBeNull();
    expect((await memory.listThreads({ filter: { resourceId: of.resourceId } })).total).toBe(0);
    expect((await memory.listMessages({ threadId: of.id })).total).toBe(0);
    expect((await memory.listMessagesById({ messageIds: ids })).messages).toEqual([]);
    const include = ids.map((id) => ({ id, withNextMessages: 3 }));
    expect((await memory.listMessages({ threadId: 'own', include })).messages).toEqual([]);
    expect(await memory.getResourceById({ resourceId: of.resourceId })).toBeNull();
    expect(await memory.updateMessages({ messages: [{ id: ids[0] as string, role: 'system' }] })).toEqual([]);
    await memory.deleteMessages(ids);
    await memory.deleteThread({ threadId: of.id });
  };

  test('does not exist in another workspace, nor for another user', async () => {
    const companion = unique('companion');
    const { memory } = mastraOn(service, { companion });
    const [of, own] = [thread(), thread()];
    for (const each of [of, own]) await memory.saveThread({ thread: each });
    const messages = [message(of, '1'), message(of, '2')];
    await memory.saveMessages({ messages });
    await memory.updateResource({ resourceId: of.resourceId, workingMemory: 'x' });
    const ids = messages.map(({ id }) => id);
    await expectNothing(mastraOn(service, { companion }, { workspace: 'globex' }), of, ids);
    const restriction = await restrictedTo(service, own.resourceId);
    const narrow = mastraOn(service, { companion }, { restriction });
    await expectNothing(narrow, of, ids);
    await expect(narrow.memory.saveMessages({ messages: [message(of, 'mine')] })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    expect(await narrow.memory.getThreadById({ threadId: own.id })).toEqual(own);
    expect(await memory.getThreadById({ threadId: of.id })).toMatchObject({ id: of.id });
    expect((await memory.listMessages({ threadId: of.id })).total).toBe(2);
  });
});
