import type { MastraDBMessage } from '@mastra/core/memory';
import { InMemoryStore, type MemoryStorage } from '@mastra/core/storage';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mastraOn, unique } from './support/mastra.ts';
import { useService } from './support/service.ts';

const service = useService();

const minute = (n: number) => new Date(Date.UTC(2026, 2, 1, 9, n));
const threads = ['t1', 't2', 't3'];
const resourceOf = (threadId: string) => (threadId === 't3' ? 'r2' : 'r1');
const threadId = fc.constantFrom(...threads);
const text = fc.constantFrom('one', 'two', 'three', '');
const json = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });
// Whole numbers beyond 2^53 - 1 are refused.
const metadata = json
  .filter((value) => !/\d{16}/.test(JSON.stringify(value)))
  .map((value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>);

/** Messages m0, m1 … are said at minutes of their own, so that both stores have one order. */
const messages = fc
  .record({
    n: fc.integer({ min: 0, max: 11 }),
    threadId,
    text,
    // Whatever the role, it answers an update as of a user.
    role: fc.constantFrom('user', 'assistant'),
    isOfOther: fc.boolean(),
    metadata: fc.option(metadata, { nil: undefined }),
  })
  .map(
    ({ n, threadId: of, text: said, role, isOfOther, metadata: notes }): MastraDBMessage => ({
      id: `m${n}`,
      threadId: of,
      resourceId: isOfOther ? 'other' : resourceOf(of),
      role: role as 'user',
      type: 'text',
      createdAt: minute(n),
      content: { format: 2, parts: [{ type: 'text', text: said }], content: said, ...(notes && { metadata: notes }) },
    }),
  );

interface Step {
  says: string;
  run(memory: MemoryStorage): Promise<unknown>;
}
const step = (says: string, run: Step['run']): Step => ({ says, run });

const ids = fc.array(
  fc.integer({ min: 0, max: 12 }).map((n) => `m${n}`),
  { maxLength: 4 },
);
const perPage = fc.option(fc.constantFrom<(number | false)[]>(false, 0, 1, 2, 3), { nil: undefined });
const direction = fc.constantFrom<('ASC' | 'DESC')[]>('ASC', 'DESC');
const present = <Value>(value: Value | undefined, name: string) => (value === undefined ? {} : { [name]: value });

const saveThread = fc
  .record({ threadId, title: fc.option(text, { nil: undefined }), metadata: fc.option(metadata, { nil: undefined }) })
  .map(({ threadId: id, title, metadata: notes }) =>
    step(`saveThread ${id}`, (memory) => {
      const n = threads.indexOf(id);
      const thread = { id, resourceId: resourceOf(id), createdAt: minute(n), updatedAt: minute(n) };
      return memory.saveThread({
        thread: { ...thread, ...present(title, 'title'), ...present(notes && { ...notes }, 'metadata') },
      });
    }),
  );
const updateThread = fc
  .record({ threadId, title: fc.option(text, { nil: undefined }), metadata: fc.option(metadata, { nil: undefined }) })
  .map(({ threadId: id, title, metadata: notes }) =>
    step(`updateThread ${id}`, (memory) =>
      memory.updateThread({ id, ...present(title, 'title'), ...present(notes, 'metadata') } as { id: string }),
    ),
  );
/** A conversation is of the resource that it begins with: until the thread is saved, messages are of its own. */
const saving = (some: readonly MastraDBMessage[]) => async (memory: MemoryStorage) => {
  const of = async (message: MastraDBMessage) => {
    const there = await memory.getThreadById({ threadId: message.threadId as string });
    return structuredClone(there ? message : { ...message, resourceId: resourceOf(message.threadId as string) });
  };
  return memory.saveMessages({ messages: await Promise.all(some.map(of)) });
};
const saveMessages = fc
  .uniqueArray(messages, { minLength: 1, maxLength: 4, selector: ({ id }) => id })
  .map((some) => step(`saveMessages ${some.map(({ id }) => id)}`, saving(some)));
const updateMessages = fc
  .record({
    id: ids,
    to: fc.option(threadId, { nil: undefined }),
    text: fc.option(text, { nil: undefined }),
    metadata: fc.option(metadata, { nil: undefined }),
  })
  .map(({ id: some, to, text: said, metadata: notes }) =>
    step(`updateMessages ${some} ${to}`, async (memory) => {
      const there = to && (await memory.getThreadById({ threadId: to }));
      const content = {
        ...present(said, 'content'),
        ...present(notes, 'metadata'),
      } as unknown as MastraDBMessage['content'];
      const isSaid = said !== undefined || notes !== undefined;
      return memory.updateMessages({
        messages: [...new Set(some)].map((id) => ({
          id,
          ...(there && { threadId: to }),
          ...(isSaid && { content: structuredClone(content) }),
        })),
      });
    }),
  );
const listMessages = fc
  .record({
    threadId: fc.oneof(threadId, fc.uniqueArray(threadId, { minLength: 1, maxLength: 3 })),
    resourceId: fc.option(fc.constantFrom('r1', 'r2', 'other'), { nil: undefined }),
    perPage,
    page: fc.integer({ min: 0, max: 2 }),
    orderBy: fc.option(fc.record({ field: fc.constant('createdAt' as const), direction }), { nil: undefined }),
    include: fc.array(
      fc.record({
        id: fc.integer({ min: 0, max: 12 }).map((n) => `m${n}`),
        withPreviousMessages: fc.integer({ min: 0, max: 3 }),
        withNextMessages: fc.integer({ min: 0, max: 3 }),
      }),
      { maxLength: 2 },
    ),
    range: fc.option(
      fc.record({
        start: fc.integer({ min: 0, max: 11 }),
        end: fc.integer({ min: 0, max: 11 }),
        startExclusive: fc.boolean(),
        endExclusive: fc.boolean(),
      }),
      { nil: undefined },
    ),
  })
  .map(({ perPage: size, page, range, ...rest }) =>
    step('listMessages', async (memory) => {
      const dateRange = range && { ...range, start: minute(range.start), end: minute(range.end) };
      const answer = await memory.listMessages({
        ...(rest as { threadId: string }),
        ...present(size, 'perPage'),
        // All is one page.
        page: size === false ? 0 : page,
        ...(dateRange && { filter: { dateRange } }),
      });
      // With an include it says that there is more behind the last page, too.
      return rest.include.length > 0 ? { ...answer, hasMore: undefined } : answer;
    }),
  );
const listThreads = fc
  .record({
    perPage,
    page: fc.integer({ min: 0, max: 2 }),
    direction,
    resourceId: fc.option(fc.constantFrom('r1', 'r2'), { nil: undefined }),
    metadata: fc.option(metadata, { nil: undefined }),
  })
  .map(({ perPage: size, page, direction: order, resourceId, metadata: wanted }) =>
    step('listThreads', (memory) =>
      memory.listThreads({
        ...present(size, 'perPage'),
        page: size === false ? 0 : page,
        orderBy: { field: 'createdAt', direction: order },
        filter: { ...present(resourceId, 'resourceId'), ...present(wanted, 'metadata') },
      }),
    ),
  );
const resourceId = fc.constantFrom('r1', 'r2');
const updateResource = fc
  .record({
    resourceId,
    workingMemory: fc.option(text, { nil: undefined }),
    metadata: fc.option(metadata, { nil: undefined }),
  })
  .map(({ resourceId: id, workingMemory, metadata: notes }) =>
    step('updateResource', (memory) =>
      memory.updateResource({
        resourceId: id,
        ...present(workingMemory, 'workingMemory'),
        ...present(notes, 'metadata'),
      }),
    ),
  );

const steps = fc.oneof(
  { weight: 3, arbitrary: saveThread },
  { weight: 4, arbitrary: saveMessages },
  { weight: 2, arbitrary: updateMessages },
  { weight: 4, arbitrary: listMessages },
  updateThread,
  listThreads,
  updateResource,
  resourceId.map((id) => step('getResourceById', (memory) => memory.getResourceById({ resourceId: id }))),
  threadId.map((id) => step(`getThreadById ${id}`, (memory) => memory.getThreadById({ threadId: id }))),
  threadId.map((id) => step(`deleteThread ${id}`, (memory) => memory.deleteThread({ threadId: id }))),
  ids.map((some) => step(`deleteMessages ${some}`, (memory) => memory.deleteMessages(some))),
  ids.map((some) =>
    step(`listMessagesById ${some}`, (memory) => memory.listMessagesById({ messageIds: [...new Set(some)] })),
  ),
);

/** An answer, or how it was refused; moments that the stores take from the clock are left out. */
async function answerOf({ run }: Step, memory: MemoryStorage): Promise<unknown> {
  try {
    const answer = await run(memory);
    return JSON.parse(
      JSON.stringify(answer ?? null, (name, value) =>
        name === 'updatedAt' || isOfClock(name, value) ? undefined : value,
      ),
    );
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
}
const isOfClock = (name: string, value: unknown) => name === 'createdAt' && !String(value).startsWith('2026-03-01T09:');

test('after any sequence of operations each answers what the memory of InMemoryStore answers', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 14 }), async (sequence) => {
      const { memory } = mastraOn(service, { companion: unique('companion') });
      const oracle = (await new InMemoryStore().getStore('memory')) as MemoryStorage;
      const said: string[] = [];
      for (const each of sequence) {
        said.push(each.says);
        expect(await answerOf(each, memory), said.join(', ')).toEqual(await answerOf(each, oracle));
      }
      const all = (of: MemoryStorage) =>
        answerOf(
          step('all', (store) => store.listMessages({ threadId: threads, perPage: false })),
          of,
        );
      expect(await all(memory), said.join(', ')).toEqual(await all(oracle));
    }),
    { numRuns: 60 },
  );
});
