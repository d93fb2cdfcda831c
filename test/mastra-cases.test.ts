import { TypeDetector } from '@mastra/core/agent';
import type { MastraDBMessage, StorageThreadType } from '@mastra/core/memory';
import { InMemoryStore, type MemoryStorage } from '@mastra/core/storage';
import { describe, expect, test } from 'vitest';
import { mastraOn, message, textsOf, thread, unique } from './support/mastra.ts';
import { useService } from './support/service.ts';

const service = useService();

/** Mastra's own store has to do the same, so that a case is not one of ours alone. */
const stores: [string, () => Promise<MemoryStorage>][] = [
  ['ours', async () => mastraOn(service, { companion: unique('companion') }).memory],
  ['in memory', async () => (await new InMemoryStore().getStore('memory')) as MemoryStorage],
];

const range = (count: number) => Array.from({ length: count }, (_, n) => n);
const idsOf = (items: readonly { id: string }[]) => items.map(({ id }) => id);

// What Mastra asks of the memory of every store of its own, as far as other tests have not asked it.
describe.each(stores)('a memory of Mastra, %s:', (_, open) => {
  /** A memory with a thread, and messages in it that say 1, 2, 3 … a minute apart. */
  async function withMessages(count: number, given: Partial<StorageThreadType> = {}) {
    const memory = await open();
    const of = thread(given);
    await memory.saveThread({ thread: of });
    const messages = range(count).map((n) => message(of, `${n + 1}`, n));
    if (count > 0) await memory.saveMessages({ messages });
    return { memory, of, messages, idOf: (n: number) => (messages[n - 1] as MastraDBMessage).id };
  }

  describe('threads', () => {
    test('have ids and days as they were given, also as texts', async () => {
      const memory = await open();
      const [id, resourceId, day] = ['1346362547862769664', '532374164040974346', new Date('2023-01-01T00:00:00Z')];
      const given = thread({ id, resourceId, createdAt: day.toISOString() as never, updatedAt: day });
      await memory.saveThread({ thread: given });
      const found = (await memory.getThreadById({ threadId: id })) as StorageThreadType;
      expect([found.id, found.resourceId, new Date(found.createdAt)]).toEqual([id, resourceId, day]);
    });

    test('are saved by many at once, and counted whole', async () => {
      const memory = await open();
      const threads = range(17).map(() => thread({ resourceId: 'r' }));
      await Promise.all(threads.map((each) => memory.saveThread({ thread: each })));
      const pages = await Promise.all(
        [0, 1, 2].map((page) => memory.listThreads({ filter: { resourceId: 'r' }, page, perPage: 7 })),
      );
      expect(pages.map(({ threads: some, hasMore }) => [some.length, hasMore])).toEqual([
        [7, true],
        [7, true],
        [3, false],
      ]);
      expect(pages.map(({ total }) => total)).toEqual([17, 17, 17]);
      expect(new Set(pages.flatMap(({ threads: some }) => idsOf(some)))).toEqual(new Set(idsOf(threads)));
    });

    test.each<['createdAt' | 'updatedAt' | undefined, 'ASC' | 'DESC' | undefined, number[]]>([
      [undefined, undefined, [5, 4, 3, 2, 1]],
      [undefined, 'ASC', [1, 2, 3, 4, 5]],
      ['createdAt', undefined, [5, 4, 3, 2, 1]],
      ['updatedAt', undefined, [1, 3, 5, 4, 2]],
      ['updatedAt', 'DESC', [1, 3, 5, 4, 2]],
      ['updatedAt', 'ASC', [2, 4, 5, 3, 1]],
    ])('are in order of %s, %s, over all pages', async (field, direction, expected) => {
      const memory = await open();
      const at = (second: number) => new Date(Date.UTC(2024, 0, 1, 0, 0, second));
      for (const [n, updated] of [5, 1, 4, 2, 3].entries()) {
        const of = { title: `${n + 1}`, resourceId: 'r', createdAt: at(n), updatedAt: at(updated) };
        await memory.saveThread({ thread: thread(of) });
      }
      const orderBy = { ...(field && { field }), ...(direction && { direction }) };
      const pages = await Promise.all(
        [0, 1, 2].map((page) => memory.listThreads({ filter: { resourceId: 'r' }, page, perPage: 2, orderBy })),
      );
      expect(pages.flatMap(({ threads }) => threads.map(({ title }) => Number(title)))).toEqual(expected);
    });

    test('that were made at one moment are all there', async () => {
      const memory = await open();
      const threads = range(3).map(() => thread({ resourceId: 'r' }));
      for (const each of threads) await memory.saveThread({ thread: each });
      const { threads: found } = await memory.listThreads({ filter: { resourceId: 'r' }, perPage: 3 });
      expect(new Set(idsOf(found))).toEqual(new Set(idsOf(threads)));
    });

    test('are found by several notes at once, and not where one is missing', async () => {
      const memory = await open();
      const notes = [{ a: 'x', b: 'high', c: 1 }, { a: 'x', b: 'low' }, { a: 'y', b: 'high', c: 1 }, undefined];
      const threads = notes.map((metadata) => thread({ metadata }));
      for (const each of threads) await memory.saveThread({ thread: each });
      const found = async (metadata: Record<string, unknown>) => {
        const { threads: some, total } = await memory.listThreads({ filter: { metadata }, perPage: false });
        expect(total).toBe(some.length);
        return some.map(({ id }) => threads.findIndex((each) => each.id === id)).toSorted();
      };
      expect(await found({ a: 'x' })).toEqual([0, 1]);
      expect(await found({ a: 'x', b: 'high' })).toEqual([0]);
      expect(await found({ c: 1 })).toEqual([0, 2]);
      expect(await found({ a: 'x', b: 'high', c: 2 })).toEqual([]);
    });
  });

  describe('messages', () => {
    test('are of the kind that Mastra wants, and answered by saveMessages as they were', async () => {
      const { memory, of, messages } = await withMessages(3);
      const { messages: listed } = await memory.listMessages({ threadId: of.id });
      const { messages: byId } = await memory.listMessagesById({ messageIds: idsOf(messages) });
      expect([listed, byId].every((some) => some.every(TypeDetector.isMastraDBMessage))).toBe(true);
      expect((await memory.saveMessages({ messages })).messages).toEqual(messages);
    });

    test('are told apart by the millisecond, also where the span is given as texts', async () => {
      const memory = await open();
      const of = thread();
      await memory.saveThread({ thread: of });
      const base = Date.UTC(2026, 2, 1);
      const at = (n: number) => new Date(base + n);
      await memory.saveMessages({ messages: range(5).map((n) => message(of, `${n}`, 0, { createdAt: at(n) })) });
      const list = async (dateRange: object) => {
        const { messages, total } = await memory.listMessages({ threadId: of.id, filter: { dateRange } });
        expect(total).toBe(messages.length);
        return textsOf(messages);
      };
      const span = { start: at(1), end: at(3) };
      expect(await list(span)).toEqual(['1', '2', '3']);
      expect(await list({ start: at(1).toISOString(), end: at(3).toISOString() })).toEqual(['1', '2', '3']);
      expect(await list({ ...span, startExclusive: true })).toEqual(['2', '3']);
      expect(await list({ ...span, endExclusive: true })).toEqual(['1', '2']);
      expect(await list({ ...span, startExclusive: true, endExclusive: true })).toEqual(['2']);
      expect(await list({ end: at(3) })).toEqual(['0', '1', '2', '3']);
      expect(await list({ start: at(100) })).toEqual([]);
    });

    test('are paged within a span, and before the oldest of a page though others came', async () => {
      const { memory, of, messages } = await withMessages(10);
      const [third, eighth] = [messages[2]?.createdAt as Date, messages[7]?.createdAt as Date];
      const pages = await Promise.all(
        [0, 1, 2].map((page) =>
          memory.listMessages({
            threadId: of.id,
            ...{ page, perPage: 2 },
            filter: { dateRange: { start: third, end: eighth } },
          }),
        ),
      );
      expect(pages.map(({ messages: some, total, hasMore }) => [...textsOf(some), total, hasMore])).toEqual([
        ['3', '4', 6, true],
        ['5', '6', 6, true],
        ['7', '8', 6, false],
      ]);
      const orderBy = { field: 'createdAt', direction: 'DESC' } as const;
      const newest = await memory.listMessages({ threadId: of.id, perPage: 5, orderBy });
      await memory.saveMessages({ messages: [message(of, '11', 11), message(of, '12', 12)] });
      const dateRange = { end: newest.messages.at(-1)?.createdAt as Date, endExclusive: true };
      const before = await memory.listMessages({ threadId: of.id, perPage: 5, orderBy, filter: { dateRange } });
      expect([...textsOf(newest.messages), ...textsOf(before.messages)]).toEqual(range(10).map((n) => `${10 - n}`));
    });

    test('of one resource are paged among those of others in a thread', async () => {
      const { memory, of } = await withMessages(5);
      await memory.saveMessages({
        messages: range(3).map((n) => message(of, 'other', 20 + n, { resourceId: 'other' })),
      });
      const list = (resourceId: string) => memory.listMessages({ threadId: of.id, resourceId, perPage: 3 });
      expect(await list(of.resourceId)).toMatchObject({ total: 5, hasMore: true });
      expect(textsOf((await list(of.resourceId)).messages)).toEqual(['1', '2', '3']);
      expect(await list('other')).toMatchObject({ total: 3, hasMore: false });
    });

    test('are refused a page of fewer than none', async () => {
      const { memory, of } = await withMessages(1);
      await expect(memory.listMessages({ threadId: of.id, perPage: -5 })).rejects.toThrow('perPage must be >= 0');
    });

    test('are moved by saving them to another thread, and changed by saving them again', async () => {
      const { memory, of, messages } = await withMessages(2);
      const other = thread();
      await memory.saveThread({ thread: other });
      const [first, second] = messages as [MastraDBMessage, MastraDBMessage];
      await memory.saveMessages({ messages: [message(other, 'moved', 9, { id: first.id })] });
      await memory.saveMessages({ messages: [message(of, 'changed', 9, { id: second.id })] });
      expect(textsOf((await memory.listMessages({ threadId: of.id })).messages)).toEqual(['changed']);
      expect(textsOf((await memory.listMessages({ threadId: other.id })).messages)).toEqual(['moved']);
    });
  });

  describe('included messages', () => {
    test('come alone where the page has none, in the order that is asked for, each once', async () => {
      const { memory, of, idOf } = await withMessages(6);
      const list = async (given: object) => {
        const { messages, ...page } = await memory.listMessages({ threadId: of.id, perPage: 0, ...given });
        expect(page).toMatchObject({ total: 0, hasMore: false });
        return textsOf(messages);
      };
      const around = { id: idOf(3), withPreviousMessages: 1, withNextMessages: 1 };
      expect(await list({ include: [around] })).toEqual(['2', '3', '4']);
      expect(await list({ include: [around], orderBy: { field: 'createdAt', direction: 'DESC' } })).toEqual([
        '4',
        '3',
        '2',
      ]);
      expect(await list({ include: [around, { id: idOf(2), withNextMessages: 1 }] })).toEqual(['2', '3', '4']);
      expect(await list({ include: [] })).toEqual([]);
    });

    test('come before, between and behind those of a page, by their times', async () => {
      const { memory, of, idOf } = await withMessages(6);
      const other = thread({ resourceId: of.resourceId });
      await memory.saveThread({ thread: other });
      const between = message(other, 'between', 0, { createdAt: new Date(Date.UTC(2026, 2, 1, 9, 1, 30)) });
      await memory.saveMessages({ messages: [between] });
      const list = async (given: object) =>
        textsOf((await memory.listMessages({ threadId: of.id, ...given })).messages);
      expect(await list({ perPage: 3, include: [{ id: between.id, threadId: other.id }] })).toEqual([
        '1',
        '2',
        'between',
        '3',
      ]);
      const newest = { perPage: 2, orderBy: { field: 'createdAt', direction: 'DESC' } };
      const early = { id: idOf(1), withNextMessages: 1 };
      expect(await list({ ...newest, include: [early] })).toEqual(['6', '5', '2', '1']);
      expect(await list({ perPage: 2, include: [{ id: idOf(3), withPreviousMessages: 1 }] })).toEqual(['1', '2', '3']);
    });

    test('come with those around them in their own thread, whatever thread is said', async () => {
      const { memory, of, idOf } = await withMessages(3);
      const [own, foreign] = [thread({ resourceId: of.resourceId }), thread()];
      for (const each of [own, foreign]) await memory.saveThread({ thread: each });
      const late = message(own, 'late', 20);
      await memory.saveMessages({ messages: [late, message(foreign, 'foreign', 21)] });
      const include = [{ id: idOf(2), threadId: foreign.id, withPreviousMessages: 1, withNextMessages: 1 }];
      const list = async ({ id, resourceId }: StorageThreadType, more: object = {}) =>
        textsOf((await memory.listMessages({ threadId: id, resourceId, include, ...more })).messages);
      expect(await list(own)).toEqual(['1', '2', '3', 'late']);
      expect(await list(foreign)).toEqual(['foreign']);
      expect(await list(foreign, { perPage: 0 })).toEqual([]);
      expect(await list(foreign, { resourceId: undefined })).toEqual(['1', '2', '3', 'foreign']);
    });

    test('are found scattered over a long thread', async () => {
      const { memory, of, idOf } = await withMessages(200);
      const include = [1, 50, 100, 151, 199].map((n) => ({
        id: idOf(n),
        withPreviousMessages: 2,
        withNextMessages: 2,
      }));
      const { messages } = await memory.listMessages({ threadId: of.id, perPage: 0, include });
      const expected = [
        1, 2, 3, 48, 49, 50, 51, 52, 98, 99, 100, 101, 102, 149, 150, 151, 152, 153, 197, 198, 199, 200,
      ];
      expect(textsOf(messages)).toEqual(expected.map(String));
    });
  });

  test('an update keeps the parts of a message, and what is noted beside', async () => {
    const { memory, of } = await withMessages(0);
    const parts: MastraDBMessage['content']['parts'] = [
      { type: 'text', text: 'What is in this picture?' },
      { type: 'file', data: 'https://example.com/gone.png', mimeType: 'image/png' },
    ];
    const content = { format: 2 as const, parts, content: 'What?', metadata: { mastra: { sealed: true }, other: 1 } };
    const asked = message(of, '', 0, { content });
    await memory.saveMessages({ messages: [asked] });
    const metadata = { ...content.metadata, mastra: { sealed: true, unavailableAttachments: ['gone.png'] } };
    await memory.updateMessages({ messages: [{ id: asked.id, content: { ...content, metadata } }] });
    const { messages } = await memory.listMessagesById({ messageIds: [asked.id] });
    expect(messages[0]?.content).toEqual({ ...content, metadata });
  });

  test('many messages of several threads are deleted together, and the same by several at once', async () => {
    const { memory, of, idOf, messages } = await withMessages(100);
    const other = thread();
    await memory.saveThread({ thread: other });
    const others = [message(other, 'one'), message(other, 'two', 1)] as const;
    await memory.saveMessages({ messages: [...others] });
    await memory.deleteMessages([...messages.slice(50).map(({ id }) => id), others[1].id, 'unknown']);
    const left = async (threadId: string) =>
      textsOf((await memory.listMessages({ threadId, perPage: false })).messages);
    expect([await left(of.id), await left(other.id)]).toEqual([range(50).map((n) => `${n + 1}`), ['one']]);
    await Promise.all([[1], [3], [1, 2]].map((some) => memory.deleteMessages(some.map(idOf))));
    expect((await left(of.id)).slice(0, 2)).toEqual(['4', '5']);
  });

  test('a resource keeps what an update leaves out, and its notes are merged', async () => {
    const memory = await open();
    const now = new Date('2026-03-01T09:00:00Z');
    const deep = { object: { arrays: [1, 'a', { nested: null }], booleans: true } };
    const resource = {
      id: unique('resource'),
      workingMemory: '# Ann',
      metadata: { deep },
      createdAt: now,
      updatedAt: now,
    };
    await memory.saveResource({ resource });
    const resourceId = resource.id;
    await memory.updateResource({ resourceId, workingMemory: 'new' });
    await memory.updateResource({ resourceId, metadata: { added: true } });
    const found = await memory.getResourceById({ resourceId });
    expect(found).toMatchObject({ workingMemory: 'new', createdAt: now });
    expect(found?.metadata).toEqual({ deep, added: true });
    expect(found?.updatedAt.getTime()).toBeGreaterThan(now.getTime());
  });
});
