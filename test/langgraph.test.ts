import { type BaseStore, InMemoryStore, InvalidNamespaceError, type Item } from '@langchain/langgraph-checkpoint';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PalimpsestStore, type PalimpsestStoreOptions } from '../src/adapters/langgraph/index.ts';
import { executeOf, restrictedTo } from './support/executes.ts';
import { type Caller, useService } from './support/service.ts';

const service = useService();

let count = 0;
/** A store of its own. */
function begin(options: Partial<PalimpsestStoreOptions> = {}, caller?: Caller) {
  const { execute, requestsOf } = executeOf(service, caller);
  const companion = `store ${++count}`;
  return { store: new PalimpsestStore({ execute, companion, ...options }), companion, requestsOf };
}

const keysOf = (items: readonly Item[]) => items.map(({ key }) => key);
const tea = { text: 'Ann drinks green tea in the morning' };

describe('an item', () => {
  test('comes back exactly, whatever JSON it is', async () => {
    const { store } = begin();
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), async (value) => {
        const given = JSON.parse(JSON.stringify(value));
        await store.put(['any'], 'json', given);
        expect((await store.get(['any'], 'json'))?.value).toEqual(given);
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ['a NUL', { text: 'a\0b', 'na\0me': 1 }],
    ['half of a surrogate pair', { text: '\ud800', '\udc00': [] }],
    ['large and small numbers', { huge: 1e300, tiny: 5e-324, id: 2 ** 60 }],
    ['nothing', {}],
    ['a name of the language', JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}')],
  ])('may have %s', async (_, value) => {
    const { store } = begin();
    await store.put(['odd'], 'it', value);
    expect(JSON.stringify((await store.get(['odd'], 'it'))?.value)).toBe(JSON.stringify(value));
    expect(keysOf(await store.search(['odd']))).toEqual(['it']);
  });

  test('keeps when it was made, and says when it was changed', async () => {
    const { store } = begin();
    await store.put(['a'], 'x', { n: 1 });
    const before = (await store.get(['a'], 'x')) as Item;
    await store.put(['a'], 'x', { n: 2 });
    const after = (await store.get(['a'], 'x')) as Item;
    expect(after).toMatchObject({ namespace: ['a'], key: 'x', value: { n: 2 }, createdAt: before.createdAt });
    expect(after.updatedAt.getTime()).toBeGreaterThan(before.updatedAt.getTime());
  });

  test('that says the same but for case is changed all the same, and its time moves', async () => {
    const { store } = begin();
    await store.put(['a'], 'x', { text: 'Green tea' });
    const before = (await store.get(['a'], 'x')) as Item;
    await store.put(['a'], 'x', { text: 'green tea' });
    const after = (await store.get(['a'], 'x')) as Item;
    expect(after.value).toEqual({ text: 'green tea' });
    expect(after.updatedAt.getTime()).toBeGreaterThan(before.updatedAt.getTime());
  });

  test('is a memory that answers a slot: what it said before is its past', async () => {
    const { store, companion } = begin();
    await store.put(['users', 'ann'], 'home', { city: 'Porto' });
    await store.put(['users', 'ann'], 'home', { city: 'Lisbon' });
    const { memories } = await service.runUntyped(
      'query ($key: String!) { memories(companion: {key: $key}) { nodes { content type versions { nodes { content status } } } } }',
      { key: companion },
    );
    expect(memories.nodes).toEqual([
      {
        content: 'Lisbon',
        type: 'FACT',
        versions: {
          nodes: [
            { content: 'Porto', status: 'ENDED' },
            { content: 'Lisbon', status: 'ACTIVE' },
          ],
        },
      },
    ]);
  });

  test('that is deleted is forgotten with its past', async () => {
    const { store, companion } = begin();
    await store.put(['a'], 'x', { n: 1 });
    await store.put(['a'], 'x', { n: 2 });
    await store.delete(['a'], 'x');
    await store.delete(['a'], 'never was');
    expect(await store.get(['a'], 'x')).toBeNull();
    const { memories } = await service.runUntyped(
      'query ($key: String!) { memories(companion: {key: $key}, filter: {statuses: [ACTIVE, ENDED, CORRECTED, RETRACTED]}) { totalCount } }',
      { key: companion },
    );
    expect(memories.totalCount).toBe(0);
  });

  test('that is too large is refused by its code, and nothing of its batch is written', async () => {
    const { store } = begin();
    const running = store.batch([
      { namespace: ['a'], key: 'small', value: { n: 1 } },
      { namespace: ['a'], key: 'large', value: { text: 'x'.repeat(70_000) } },
    ]);
    await expect(running).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', details: { limit: 65_536 } });
    expect(await store.search(['a'])).toEqual([]);
  });

  test.each([[[]], [['']], [['a.b']], [['a:b']], [['a\0']]])('is not put into the namespace %j', async (namespace) => {
    const { store } = begin();
    const running = store.batch([{ namespace, key: 'x', value: {} }]);
    await expect(running).rejects.toThrow(InvalidNamespaceError);
  });
});

describe('a search', () => {
  test('with a query is a recall within the prefix, with scores', async () => {
    const { store } = begin();
    await store.put(['users', 'ann'], 'tea', tea);
    await store.put(['users', 'ann'], 'car', { text: 'Ann drives a red car' });
    await store.put(['users', 'ben'], 'tea', { text: 'Ben likes tea, too' });
    const [first] = await store.search(['users', 'ann'], { query: 'What does she drink? Tea?' });
    expect(first).toMatchObject({ key: 'tea', value: tea, score: expect.any(Number) });
    const found = await store.search(['users', 'ann'], { query: 'tea' });
    expect(found.map(({ namespace }) => namespace)).not.toContainEqual(['users', 'ben']);
    expect(keysOf(await store.search(['users'], { query: 'tea', filter: { text: 'Ben likes tea, too' } }))).toEqual([
      'tea',
    ]);
  });

  test('does not find by query what is not indexed, or not at these paths', async () => {
    const { store } = begin();
    await store.put(['a'], 'hidden', { text: 'zebra' }, false);
    await store.put(['a'], 'by note', { text: 'zebra', notes: [{ on: 'giraffe' }, { on: 'lion' }] }, ['notes[*].on']);
    expect(await store.search(['a'], { query: 'zebra' })).toEqual([]);
    expect(keysOf(await store.search(['a'], { query: 'giraffe' }))).toEqual(['by note']);
    expect(keysOf(await store.search(['a'])).toSorted()).toEqual(['by note', 'hidden']);
  });

  test('by default answers ten, and goes on at an offset', async () => {
    const { store } = begin();
    const numbers = Array.from({ length: 23 }, (_, n) => n);
    await store.batch(numbers.map((n) => ({ namespace: ['n'], key: `${n}`, value: { n } })));
    expect(await store.search(['n'])).toHaveLength(10);
    const pages = [0, 10, 20].map((offset) => store.search(['n'], { offset }));
    const found = (await Promise.all(pages)).flat();
    expect(keysOf(found).toSorted()).toEqual(numbers.map(String).toSorted());
  });
});

const labels = fc.constantFrom('a', 'b', 'A', 'users');
const namespaces = fc.array(labels, { minLength: 1, maxLength: 3 });
const members = fc.oneof(
  fc.constantFrom('x', 'X', '', 1, 2, 10, 1.5, true, false, null),
  fc.array(fc.constant(1), { minLength: 1, maxLength: 1 }),
);
const values = fc.dictionary(fc.constantFrom('color', 'n', 'deep'), members);
const conditions = fc.oneof(
  members,
  fc.dictionary(fc.constantFrom('$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in'), members),
);
const filters = fc.option(fc.dictionary(fc.constantFrom('color', 'n'), conditions), { nil: undefined });
const key = fc.constantFrom('one', 'two', 'three');

type Step = (store: BaseStore) => Promise<unknown>;
const steps = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(fc.record({ namespace: namespaces, key, value: fc.option(values) }), { minLength: 1, maxLength: 4 })
      .map(
        (puts): Step =>
          async (store) =>
            void (await store.batch(puts)),
      ),
  },
  fc.tuple(namespaces, key).map(
    ([namespace, name]): Step =>
      (store) =>
        store.get(namespace, name),
  ),
  fc.tuple(fc.array(labels, { maxLength: 2 }), filters).map(
    ([prefix, filter]): Step =>
      async (store) =>
        inOrder(await store.search(prefix, { filter, limit: 1_000 })),
  ),
);

const inOrder = (items: readonly Item[]) =>
  items.toSorted((a, b) => (JSON.stringify([a.namespace, a.key]) < JSON.stringify([b.namespace, b.key]) ? -1 : 1));

/** An item without its moments, which two stores do not share. */
const timeless = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer ?? null, (name, value) => (/^(created|updated)At$/.test(name) ? undefined : value)));

describe('after any sequence of operations', () => {
  test('gets and searches answer what InMemoryStore answers, and namespaces those of its items', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(steps, { minLength: 1, maxLength: 12 }),
        fc.record(
          {
            prefix: fc.array(fc.oneof(labels, fc.constant('*')), { maxLength: 2 }),
            suffix: namespaces,
            maxDepth: fc.integer({ min: 1, max: 3 }),
          },
          { requiredKeys: [] },
        ),
        async (sequence, listed) => {
          const { store } = begin();
          const oracle = new InMemoryStore();
          for (const step of sequence) expect(timeless(await step(store))).toEqual(timeless(await step(oracle)));
          // It lists namespaces whose items are all deleted, too.
          const items = await oracle.search([], { limit: 1_000 });
          const filled = new InMemoryStore();
          await filled.batch(items.map(({ namespace, key: name, value }) => ({ namespace, key: name, value })));
          expect(await store.listNamespaces(listed)).toEqual(await filled.listNamespaces(listed));
          expect(inOrder(await store.search([], { limit: 1_000 })).map(timeless)).toEqual(inOrder(items).map(timeless));
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('what it costs', () => {
  test('a request for each batch of writes, of reads by key, and of each search', async () => {
    const { store, requestsOf } = begin();
    const some = Array.from({ length: 50 }, (_, n) => ({ namespace: ['n'], key: `${n}` }));
    expect(await requestsOf(() => store.put(['a'], 'x', tea))).toBe(1);
    expect(await requestsOf(() => store.put(['a'], 'x', { text: 'coffee' }))).toBe(1);
    expect(await requestsOf(() => store.put(['a'], 'x', { text: 'Coffee' }))).toBe(2);
    expect(await requestsOf(() => store.get(['a'], 'x'))).toBe(1);
    expect(await requestsOf(() => store.delete(['a'], 'x'))).toBe(2);
    expect(await requestsOf(() => store.batch(some.map((of, n) => ({ ...of, value: { n } }))))).toBe(1);
    expect(await requestsOf(() => store.batch(some))).toBe(1);
    expect(await requestsOf(() => store.search(['n'], { filter: { n: 3 } }))).toBe(1);
    expect(await requestsOf(() => store.search(['n'], { filter: { n: { $gt: 3 } } }))).toBe(1);
    expect(await requestsOf(() => store.search(['n'], { query: 'three' }))).toBe(1);
    expect(await requestsOf(() => store.listNamespaces())).toBe(1);
  });

  test('more than 500 items are written in several requests, in order', async () => {
    const { store, requestsOf } = begin();
    const many = Array.from({ length: 510 }, (_, n) => ({ namespace: ['m'], key: `${n}`, value: { n } }));
    expect(await requestsOf(() => store.batch(many))).toBe(2);
    expect(await requestsOf(async () => expect(await store.search(['m'], { limit: 1_000 })).toHaveLength(510))).toBe(6);
    expect(await store.search(['m'], { filter: { n: { $gte: 505 } } })).toHaveLength(5);
  });
});

describe('what others have', () => {
  test('does not exist in another workspace, or for another companion', async () => {
    const { store, companion } = begin();
    await store.put(['users', 'ann'], 'tea', tea);
    const others = [begin({ companion }, { workspace: 'globex' }).store, begin().store];
    for (const other of others) {
      expect(await other.get(['users', 'ann'], 'tea')).toBeNull();
      expect(await other.search([], { query: 'tea' })).toEqual([]);
      expect(await other.listNamespaces()).toEqual([]);
      await other.delete(['users', 'ann'], 'tea');
    }
    expect(await store.get(['users', 'ann'], 'tea')).toMatchObject({ value: tea });
  });

  test('does not exist for a credential that is restricted to another user', async () => {
    const user = ([, name]: readonly string[]) => name;
    const { store, companion } = begin({ user });
    await store.put(['users', 'ann'], 'tea', tea);
    await store.put(['users', 'ben'], 'tea', { text: 'Ben drinks water' });
    const restriction = await restrictedTo(service, ['ben']);
    const { store: narrow } = begin({ user, companion }, { restriction });
    expect(await narrow.get(['users', 'ann'], 'tea')).toBeNull();
    expect((await narrow.search(['users'])).map(({ namespace }) => namespace)).toEqual([['users', 'ben']]);
    expect(await narrow.listNamespaces()).toEqual([['users', 'ben']]);
    await narrow.delete(['users', 'ann'], 'tea');
    await expect(narrow.put(['users', 'ann'], 'tea', { text: 'mine' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await store.get(['users', 'ann'], 'tea')).toMatchObject({ value: tea });
  });
});
