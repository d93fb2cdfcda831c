import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { patience } from './support/calibration.ts';
import { createMemories } from './support/memories.ts';
import { type Caller, useService } from './support/service.ts';

const service = useService();

interface Page {
  edges: { cursor: string; node: { id: string } }[];
  nodes: { id: string }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
  /** Recall is not counted. */
  totalCount?: number;
}

/** A list of the schema: the document that asks for a page of it, and where the answer has it. */
interface List {
  document(page: string): string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
  read(data: any): Page;
}

const UNCOUNTED =
  'edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
const PAGE = `totalCount ${UNCOUNTED}`;

const idsOf = (page: Page) => page.edges.map(({ node }) => node.id);

const readPage = async (list: List, page: string, caller?: Caller): Promise<Page> =>
  list.read(await service.run(list.document(page), {}, caller));

/**
 * Reads a list page by page until there is no more, the sizes as given and then 100, and checks what each page says of
 * itself. `between` runs after each page. Returns the pages in the order they were read.
 */
async function pageThrough(
  list: List,
  sizes: readonly number[],
  {
    way = 'forward',
    caller,
    between,
  }: { way?: Way; caller?: Caller; between?: (page: Page, index: number) => Promise<void> } = {},
): Promise<Page[]> {
  const [size, cursor, more, less] =
    way === 'forward'
      ? (['first', 'after', 'hasNextPage', 'hasPreviousPage'] as const)
      : (['last', 'before', 'hasPreviousPage', 'hasNextPage'] as const);
  const pages: Page[] = [];
  for (let position: string | null = null; ; ) {
    const args: string = `${size}: ${sizes[pages.length] ?? 100}${position ? `, ${cursor}: "${position}"` : ''}`;
    const page = await readPage(list, args, caller);
    const { pageInfo, edges, nodes } = page;
    expect(pageInfo[less]).toBe(pages.length > 0);
    expect(pageInfo.startCursor).toBe(edges[0]?.cursor ?? null);
    expect(pageInfo.endCursor).toBe(edges.at(-1)?.cursor ?? null);
    expect(nodes).toEqual(edges.map(({ node }) => node));
    pages.push(page);
    if (!pageInfo[more]) return pages;
    expect(edges).toHaveLength(sizes[pages.length - 1] ?? 100);
    position = way === 'forward' ? pageInfo.endCursor : pageInfo.startCursor;
    await between?.(page, pages.length - 1);
  }
}
type Way = 'forward' | 'backward';

/** The whole list at page size 100, which must be as long as it says. */
async function readWhole(list: List, caller?: Caller): Promise<string[]> {
  const pages = await pageThrough(list, [], { caller });
  const ids = pages.flatMap(idsOf);
  for (const { totalCount = ids.length } of pages) expect(totalCount).toBe(ids.length);
  return ids;
}

/** Page sizes: a dozen of any size, so that the rest of a thousand rows is soon read. */
const pageSizes = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 12 });
/** Shrinking ends before the test's time does, or the seed would not be told. */
const few = { numRuns: 3, interruptAfterTimeLimit: patience(20_000), markInterruptAsFailure: true };

/** Pages of any sizes, forward and backward, make the whole list. */
async function expectPagesToMake(list: List, whole: readonly string[], ways: readonly Way[]): Promise<void> {
  await fc.assert(
    fc.asyncProperty(pageSizes, fc.constantFrom(...ways), async (sizes, way) => {
      const pages = await pageThrough(list, sizes, { way });
      const inOrder = way === 'forward' ? pages : pages.toReversed();
      expect(inOrder.flatMap(idsOf)).toEqual(whole);
      for (const { totalCount = whole.length } of pages) expect(totalCount).toBe(whole.length);
    }),
    few,
  );
}

interface Known {
  id: string;
  recordedAt: string;
  validFrom: string;
  type: 'INSTRUCTION' | 'FACT' | 'EXPERIENCE';
  importance: number;
  confidence: number;
  user: string | null;
  entities: string[];
}

const BATCHES = 4;
const BATCH = 250;
const moments = [
  '0044-03-15T12:00:00.000Z',
  '1066-10-14T09:00:00.000Z',
  '1969-12-31T23:59:59.999Z',
  '1970-01-01T00:00:00.000Z',
  '2024-02-29T23:59:59.999Z',
  '2024-03-01T00:00:00.000Z',
];
const types = ['INSTRUCTION', 'FACT', 'EXPERIENCE'] as const;
const strengths = [1, 0.5, 0.1];

/** Of the thousand, every eleventh: fewer than a recall lists at most. */
const isRecalled = (index: number) => index % 11 === 0;

let known: Known[];
let relations: { id: string; strength: number; from: string; to: string }[];

/**
 * A thousand memories in four batches, and so four values of recordedAt, with few values of everything else that orders
 * them. The first is joined to 150 others, half of the relations each way, and mentions a hundred entities.
 */
beforeAll(async () => {
  known = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const given = Array.from({ length: BATCH }, (_, place) => {
      const index = batch * BATCH + place;
      return {
        content: `Note ${index}: the ${'river '.repeat((index % 3) + 1)}rose${isRecalled(index) ? ` ${'heron '.repeat((index % 4) + 1)}` : ''}`,
        type: types[index % 3] as Known['type'],
        importance: ((index * 7) % 5) * 2.5,
        confidence: ((index * 3) % 4) / 3,
        validFrom: moments[(index * 5) % moments.length] as string,
        user: index % 2 ? null : 'maya',
        entities: index === 0 ? Array.from({ length: 100 }, (_, n) => `topic ${n}`) : [`topic ${index % 40}`],
      };
    });
    const { createMemories: made } = await service.runUntyped(
      `mutation ($input: CreateMemoriesInput!) { createMemories(input: $input) {
        ... on CreateMemoriesPayload { memories { id recordedAt } } } }`,
      {
        input: {
          companion: { key: 'iris' },
          detect: 'OFF',
          memories: given.map(({ user, entities, ...memory }) => ({
            ...memory,
            user: user && { externalId: user },
            entities: entities.map((name) => ({ name, type: 'topic' })),
          })),
        },
      },
    );
    known.push(...given.map((memory, index) => ({ ...memory, ...made.memories[index] })));
  }
  const [hub] = known as [Known];
  const joined = known.slice(1, 151).map(({ id }, index) => ({
    from: index % 2 ? hub.id : id,
    to: index % 2 ? id : hub.id,
    strength: strengths[index % 3] as number,
  }));
  const made = await createMemories(service, {
    memories: [],
    relations: joined.map(({ from, to, strength }) => ({
      from: { id: from },
      to: { id: to },
      type: 'REFERENCES',
      strength,
    })),
  });
  relations = joined.map((relation, index) => ({ ...relation, id: made.relations[index]?.id as string }));
  for (const [mutation, many] of [
    [(n: number) => `upsertCompanion(input: {companion: {key: "companion ${n}"}})`, 130],
    [(n: number) => `upsertUser(input: {externalId: "user ${n}"})`, 130],
  ] as const) {
    const fields = Array.from({ length: many }, (_, index) => `f${index}: ${mutation(1000 + index)} { __typename }`);
    await service.run(`mutation { ${fields.join(' ')} }`);
  }
});

/** The ids of what is known, ordered by a value and, where that is the same, by id: both in the direction. */
function ordered<Row extends { id: string }>(
  rows: readonly Row[],
  value: (row: Row) => number | string,
  direction: 'ASC' | 'DESC',
): string[] {
  const compare = <V extends number | string>(a: V, b: V) => (a < b ? -1 : a > b ? 1 : 0);
  const sorted = rows.toSorted((a, b) => compare(value(a), value(b)) || compare(a.id, b.id));
  return (direction === 'ASC' ? sorted : sorted.reverse()).map(({ id }) => id);
}

/** Days in which importance halves; instructions do not fade. */
const halfLife = { INSTRUCTION: Number.POSITIVE_INFINITY, FACT: 180, EXPERIENCE: 30 };

/** How each order ranks a memory, worked out without the service. */
const rank = {
  RECORDED_AT: ({ recordedAt }: Known) => Date.parse(recordedAt),
  VALID_FROM: ({ validFrom }: Known) => Date.parse(validFrom),
  CONFIDENCE: ({ confidence }: Known) => confidence,
  IMPORTANCE: ({ importance, type, recordedAt }: Known, at = Date.now()) =>
    importance * 2 ** (-(at - Date.parse(recordedAt)) / 86_400_000 / halfLife[type]),
};
type OrderField = keyof typeof rank;
const orders = (Object.keys(rank) as OrderField[]).flatMap((field) =>
  (['ASC', 'DESC'] as const).map((direction) => ({ field, direction })),
);

const memoriesBy = (field: OrderField, direction: string): List => ({
  document: (page) => `{ memories(orderBy: {field: ${field}, direction: ${direction}}, ${page}) { ${PAGE} } }`,
  read: (data) => data.memories,
});

describe('pages of a thousand memories', () => {
  test.each(orders)('by $field $direction, of any sizes, make the list', async ({ field, direction }) => {
    const at = Date.now();
    const whole = ordered(known, (row) => rank[field](row, at), direction);
    const list = memoriesBy(field, direction);
    expect(await readWhole(list)).toEqual(whole);
    await expectPagesToMake(list, whole, ['forward', 'backward']);
  });

  test('most recently recorded first, unless told otherwise', async () => {
    const list: List = { document: (page) => `{ memories(${page}) { ${PAGE} } }`, read: (data) => data.memories };
    expect(await readWhole(list)).toEqual(ordered(known, rank.RECORDED_AT, 'DESC'));
    expect(idsOf(await readPage(list, 'after: null'))).toEqual(ordered(known, rank.RECORDED_AT, 'DESC').slice(0, 20));
  });

  test('between two cursors', async () => {
    const list = memoriesBy('CONFIDENCE', 'DESC');
    const whole = ordered(known, rank.CONFIDENCE, 'DESC');
    const { edges } = await readPage(list, 'first: 100');
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 2, maxLength: 2 }),
        fc.constantFrom<Way>('forward', 'backward'),
        fc.integer({ min: 0, max: 100 }),
        async (ends, way, size) => {
          const [start, end] = ends.sort((a, b) => a - b) as [number, number];
          const args = `after: "${edges[start]?.cursor}", before: "${edges[end]?.cursor}"`;
          const inside = whole.slice(start + 1, end);
          const page = await readPage(list, `${way === 'forward' ? 'first' : 'last'}: ${size}, ${args}`);
          expect(idsOf(page)).toEqual(way === 'forward' ? inside.slice(0, size) : size ? inside.slice(-size) : []);
          expect(page.pageInfo[way === 'forward' ? 'hasNextPage' : 'hasPreviousPage']).toBe(inside.length > size);
          expect(page.totalCount).toBe(whole.length);
        },
      ),
      { numRuns: 10 },
    );
  });

  test('behind the last and before the first there is nothing', async () => {
    const list = memoriesBy('VALID_FROM', 'ASC');
    const nothing = { edges: [], nodes: [], totalCount: known.length };
    const last = await readPage(list, 'last: 1');
    expect(await readPage(list, `first: 5, after: "${last.pageInfo.endCursor}"`)).toEqual({
      ...nothing,
      pageInfo: { hasNextPage: false, hasPreviousPage: true, startCursor: null, endCursor: null },
    });
    const first = await readPage(list, 'first: 1');
    expect(await readPage(list, `last: 5, before: "${first.pageInfo.startCursor}"`)).toEqual({
      ...nothing,
      pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
    expect(await readPage(list, 'first: 0')).toEqual({
      ...nothing,
      pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
  });

  test.each([
    ['first: 101', 'LIMIT_EXCEEDED', 'at most 100, given 101'],
    ['last: 101', 'LIMIT_EXCEEDED', 'at most 100, given 101'],
    ['first: -1', 'INVALID_INPUT', '0 to 100 items, not -1'],
    ['first: 1, last: 1', 'INVALID_INPUT', 'cannot be used together'],
    ['after: "bm90IGEgY3Vyc29y"', 'INVALID_INPUT', 'not a cursor'],
    ['after: "CURSOR", orderBy: {field: CONFIDENCE}', 'INVALID_INPUT', 'ordered by RECORDED_AT DESC'],
    ['before: "CURSOR", orderBy: {field: RECORDED_AT, direction: ASC}', 'INVALID_INPUT', 'ordered by RECORDED_AT DESC'],
  ])('%s is refused', async (args, code, message) => {
    const { memories } = await service.runUntyped('{ memories { pageInfo { endCursor } } }');
    const answer = await service.sendUntyped(
      `{ memories(${args.replace('CURSOR', memories.pageInfo.endCursor)}) { nodes { id } } }`,
    );
    expect(answer.errors).toEqual([
      expect.objectContaining({
        message: expect.stringContaining(message),
        extensions: expect.objectContaining({ code }),
      }),
    ]);
  });
});

/** A list that hangs on something, and what it must be; the ids are known once the rows are there. */
interface Nested {
  list(): List;
  whole(): Promise<string[]> | string[];
  /** Lists without `last` and `before` are read forward alone. */
  ways?: readonly Way[];
}

const hubId = () => (known[0] as Known).id;
const both = ['forward', 'backward'] as const;
const forward = ['forward'] as const;

const recorded = (rows: readonly Known[]) => ordered(rows, rank.RECORDED_AT, 'DESC');

/** How many memories mention each topic. */
const mentions = () =>
  Map.groupBy(
    known.flatMap(({ entities }) => entities),
    (name) => name,
  );

/** The topics with their ids, most mentioned first. */
async function topics(): Promise<string[]> {
  const { memories } = await service.runUntyped(
    `{ memories(first: 1, filter: {text: "\\"Note 0\\""}) { nodes { entities(first: 100) { nodes { id name } } } } }`,
  );
  const rows: { id: string; name: string }[] = memories.nodes[0].entities.nodes;
  expect(rows).toHaveLength(100);
  return ordered(rows, ({ name }) => mentions().get(name)?.length ?? 0, 'DESC');
}

const nested: Record<string, Nested> = {
  'Companion.memories': {
    list: () => ({
      document: (page) =>
        `{ companion(by: {key: "iris"}) { memories(orderBy: {field: CONFIDENCE}, ${page}) { ${PAGE} } } }`,
      read: (data) => data.companion.memories,
    }),
    whole: () => ordered(known, rank.CONFIDENCE, 'DESC'),
    ways: both,
  },
  'User.memories': {
    list: () => ({
      document: (page) => `{ user(by: {externalId: "maya"}) { memories(${page}) { ${PAGE} } } }`,
      read: (data) => data.user.memories,
    }),
    whole: () => recorded(known.filter(({ user }) => user === 'maya')),
    ways: both,
  },
  'Entity.memories': {
    list: () => ({
      document: (page) =>
        `{ entities(first: 1, filter: {name: "topic 7"}) { nodes { memories(${page}) { ${PAGE} } } } }`,
      read: (data) => data.entities.nodes[0].memories,
    }),
    whole: () => recorded(known.filter(({ entities }) => entities.includes('topic 7'))),
    ways: both,
  },
  'Memory.relations, either way': {
    list: () => relationsOfHub(''),
    whole: () => ordered(relations, ({ strength }) => strength, 'DESC'),
  },
  'Memory.relations, outward': {
    list: () => relationsOfHub('direction: OUT,'),
    whole: () =>
      ordered(
        relations.filter(({ from }) => from === hubId()),
        ({ strength }) => strength,
        'DESC',
      ),
  },
  'Memory.relations, inward': {
    list: () => relationsOfHub('direction: IN,'),
    whole: () =>
      ordered(
        relations.filter(({ to }) => to === hubId()),
        ({ strength }) => strength,
        'DESC',
      ),
  },
  'Memory.entities': {
    list: () => ({
      document: (page) => `{ memory(id: "${hubId()}") { entities(${page}) { ${PAGE} } } }`,
      read: (data) => data.memory.entities,
    }),
    whole: topics,
  },
  'Query.entities': {
    list: () => ({ document: (page) => `{ entities(${page}) { ${PAGE} } }`, read: (data) => data.entities }),
    whole: topics,
  },
  'Query.companions': {
    list: () => ({ document: (page) => `{ companions(${page}) { ${PAGE} } }`, read: (data) => data.companions }),
    whole: () =>
      byKeys('companion', 'key', ['iris', ...Array.from({ length: 130 }, (_, n) => `companion ${1000 + n}`)]),
    ways: both,
  },
  'Query.users': {
    list: () => ({ document: (page) => `{ users(${page}) { ${PAGE} } }`, read: (data) => data.users }),
    whole: () => byKeys('user', 'externalId', ['maya', ...Array.from({ length: 130 }, (_, n) => `user ${1000 + n}`)]),
    ways: both,
  },
  'Query.recall': { list: () => recallOf('heron'), whole: () => recalled('heron') },
  'Query.recall, of few different scores': {
    list: () => recallOf('heron', ONLY_WORDS),
    whole: () => recalled('heron', ONLY_WORDS, 5),
  },
};

/** What a recall is told so that memories of as many of the words score the same. */
const ONLY_WORDS = 'mode: LEXICAL, weights: {recency: 0, importance: 0, confidence: 0}';

const recallOf = (word: string, how = ''): List => ({
  document: (page) =>
    `{ recall(input: {query: "${word}", companion: {key: "iris"}, ${how}}, ${page}) { ${UNCOUNTED} } }`,
  read: (data) => data.recall,
});

/** What a recall finds of the thousand: all that have the word, by score, then key. */
async function recalled(word: string, how = '', fewScores?: number): Promise<string[]> {
  const { recall } = await service.runUntyped(
    `{ recall(input: {query: "${word}", companion: {key: "iris"}, ${how}}, first: 100) { edges { score node { id } } } }`,
  );
  const rows = recall.edges.map(({ score, node }: { score: number; node: { id: string } }) => ({ score, id: node.id }));
  const wanted = known.filter((_, index) => isRecalled(index)).map(({ id }) => id);
  expect(rows.map(({ id }: { id: string }) => id).toSorted()).toEqual(wanted.toSorted());
  if (fewScores) expect(new Set(rows.map(({ score }: { score: number }) => score)).size).toBeLessThan(fewScores);
  return ordered(rows as { score: number; id: string }[], ({ score }) => score, 'DESC');
}

const relationsOfHub = (args: string): List => ({
  document: (page) => `{ memory(id: "${hubId()}") { relations(${args} ${page}) { ${PAGE} } } }`,
  read: (data) => data.memory.relations,
});

/** The ids of companions or users, in the order of their keys. */
async function byKeys(field: 'companion' | 'user', key: string, keys: readonly string[]): Promise<string[]> {
  const sorted = keys.toSorted();
  const data = await service.runUntyped(
    `{ ${sorted.map((each, index) => `f${index}: ${field}(by: {${key}: "${each}"}) { id }`).join(' ')} }`,
  );
  return sorted.map((_, index) => data[`f${index}`].id);
}

describe('pages of every other list', () => {
  test.each(Object.entries(nested))('%s', async (_name, { list, whole, ways = forward }) => {
    const rows = await whole();
    expect(rows.length).toBeGreaterThan(20);
    expect(await readWhole(list())).toEqual(rows);
    await expectPagesToMake(list(), rows, ways);
  });
});

/** Something that is written while somebody pages; numbers choose among what there is. */
type Change =
  | { write: 'create'; importance: number; confidence: number; content: string }
  | { write: 'importance' | 'confidence'; which: number; value: number }
  | { write: 'summary'; which: number; text: string }
  | { write: 'mention'; which: number; topics: number[] }
  | { write: 'archive' | 'restore' | 'forget'; which: number[] }
  | { write: 'relate'; which: number; strength: number }
  | { write: 'unrelate'; which: number }
  | { write: 'merge'; which: number; into: number };

const which = fc.nat({ max: 1_000 });
const part = fc.constantFrom(0, 0.25, 0.5, 1);
const someOf = fc.array(which, { minLength: 1, maxLength: 5 });
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    write: fc.constant('create' as const),
    importance: part.map((n) => n * 10),
    confidence: part,
    content: fc.constantFrom('river', 'river and river', 'a river rose'),
  }),
  fc.record({ write: fc.constant('importance' as const), which, value: part.map((n) => n * 10) }),
  fc.record({ write: fc.constant('confidence' as const), which, value: part }),
  fc.record({ write: fc.constant('summary' as const), which, text: fc.constantFrom('', 'river', 'no water at all') }),
  fc.record({ write: fc.constant('mention' as const), which, topics: fc.array(which, { maxLength: 3 }) }),
  fc.record({ write: fc.constantFrom('archive' as const, 'restore' as const), which: someOf }),
  fc.record({ write: fc.constant('relate' as const), which, strength: part }),
  fc.record({ write: fc.constant('unrelate' as const), which }),
);
const forgetting: fc.Arbitrary<Change> = fc.record({ write: fc.constant('forget' as const), which: someOf });
const merging: fc.Arbitrary<Change> = fc.record({ write: fc.constant('merge' as const), which, into: which });

/** A small graph in a workspace of its own, that is written to while it is paged through. */
interface Graph {
  caller: Caller;
  /** The first is the hub: it is joined to others, mentions every topic, and stays. */
  memories: string[];
  relations: string[];
  topics: string[];
  forgotten: Set<string>;
}

let graphs = 0;
const TOPICS = 12;
const topic = (n: number) => ({ name: `topic ${n % TOPICS}`, type: 'topic' });

async function growGraph(): Promise<Graph> {
  const caller = { workspace: `graph ${++graphs}` };
  const { memories, relations: made } = await createMemories(
    service,
    {
      user: { externalId: 'maya' },
      memories: Array.from({ length: 40 }, (_, index) => ({
        ref: `${index}`,
        content: `Note ${index}: the ${'river '.repeat((index % 3) + 1)}rose`,
        type: types[index % 3],
        importance: (index % 5) * 2.5,
        confidence: (index % 4) / 3,
        validFrom: moments[index % moments.length],
        entities: index === 0 ? Array.from({ length: TOPICS }, (_, n) => topic(n)) : [topic(0), topic(index)],
      })),
      relations: Array.from({ length: 30 }, (_, index) => {
        const ends = [{ ref: '0' }, { ref: `${index + 1}` }];
        const [from, to] = index % 2 ? ends : ends.toReversed();
        return { from, to, type: 'REFERENCES', strength: strengths[index % 3] };
      }),
    },
    caller,
  );
  const { entities } = await service.run('{ entities { nodes { id } } }', {}, caller);
  const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);
  return { caller, memories: ids(memories), relations: ids(made), topics: ids(entities.nodes), forgotten: new Set() };
}

const pick = <T>(values: readonly T[], index: number): T => values[index % values.length] as T;

/**
 * Writes a change; one that the service must refuse (a relation there is, or is no more; a merge into itself) is none.
 */
async function apply(graph: Graph, given: Change): Promise<void> {
  const [hub, ...others] = graph.memories.filter((id) => !graph.forgotten.has(id));
  const write = async (field: string, input: Record<string, unknown>, selection = '') => {
    const type = `${field[0]?.toUpperCase()}${field.slice(1)}`;
    const document = `mutation ($input: ${type}Input!) { ${field}(input: $input) {
      __typename ... on Error { message } ... on ${type}Payload { __typename ${selection} } } }`;
    const result = (await service.runUntyped(document, { input }, graph.caller))[field];
    const mayRefuse = {
      relateMemories: 'RelationExistsError',
      unrelateMemories: 'NotFoundError',
      mergeEntities: 'InvalidInputError',
    }[field];
    expect([`${type}Payload`, mayRefuse], result.message).toContain(result.__typename);
    return result;
  };
  switch (given.write) {
    case 'create': {
      const { write: _, content, ...rest } = given;
      const made = await createMemories(
        service,
        {
          user: { externalId: 'maya' },
          memories: [{ ...rest, content: `${content}, ${graph.memories.length}`, type: 'FACT', entities: [topic(0)] }],
          relations: [],
        },
        graph.caller,
      );
      graph.memories.push(made.memories[0]?.id as string);
      return;
    }
    case 'importance':
    case 'confidence':
      return write('updateMemory', {
        id: pick(others, given.which),
        [given.write]: given.value,
      });
    case 'summary':
      return write('updateMemory', { id: pick(others, given.which), summary: given.text });
    case 'mention':
      return write('updateMemory', { id: pick(others, given.which), entities: given.topics.map(topic) });
    case 'archive':
    case 'restore':
      return write(`${given.write}Memories`, { ids: given.which.map((index) => pick(others, index)) });
    case 'forget': {
      const ids = given.which.map((index) => pick(others, index));
      await write('forgetMemories', { ids });
      for (const id of ids) graph.forgotten.add(id);
      return;
    }
    case 'relate': {
      const input = { fromId: hub, toId: pick(others, given.which), type: 'ELABORATES', strength: given.strength };
      const { relation } = await write('relateMemories', input, 'relation { id }');
      if (relation) graph.relations.push(relation.id);
      return;
    }
    case 'unrelate':
      return write('unrelateMemories', { relationId: pick(graph.relations, given.which) });
    case 'merge':
      return write('mergeEntities', {
        fromIds: [pick(graph.topics, given.which)],
        intoId: pick(graph.topics, given.into),
      });
  }
}

interface Watched {
  list(graph: Graph): List;
  ways?: readonly Way[];
  /** What may be written beside what may always be. */
  also: fc.Arbitrary<Change>;
}

const watchedOrders = orders.map(({ field, direction }): [string, Watched] => [
  `Query.memories by ${field} ${direction}`,
  { list: () => memoriesBy(field, direction), ways: both, also: forgetting },
]);

const watched: [string, Watched][] = [
  ...watchedOrders,
  ['Companion.memories', { list: () => nested['Companion.memories']?.list() as List, ways: both, also: forgetting }],
  ['User.memories', { list: () => nested['User.memories']?.list() as List, ways: both, also: forgetting }],
  [
    'Entity.memories',
    {
      list: ({ topics: [id] }) => ({
        document: (page) => `{ node(id: "${id}") { ... on Entity { memories(${page}) { ${PAGE} } } } }`,
        read: (data) => data.node.memories,
      }),
      ways: both,
      also: forgetting,
    },
  ],
  [
    'Memory.relations',
    {
      list: ({ memories: [id] }) => ({
        document: (page) => `{ memory(id: "${id}") { relations(${page}) { ${PAGE} } } }`,
        read: (data) => data.memory.relations,
      }),
      also: merging,
    },
  ],
  [
    'Memory.entities',
    {
      list: ({ memories: [id] }) => ({
        document: (page) => `{ memory(id: "${id}") { entities(${page}) { ${PAGE} } } }`,
        read: (data) => data.memory.entities,
      }),
      also: merging,
    },
  ],
  ['Query.entities', { list: () => nested['Query.entities']?.list() as List, also: merging }],
  ['Query.recall', { list: () => recallOf('river'), also: forgetting }],
  ['Query.recall, of few different scores', { list: () => recallOf('river', ONLY_WORDS), also: forgetting }],
];

describe('what is written meanwhile does not move the pages that follow', () => {
  test('a cursor keeps the moment of the first page', async () => {
    const graph = await growGraph();
    const list = memoriesBy('IMPORTANCE', 'DESC');
    const [first, second, ...others] = await readWhole(list, graph.caller);
    const { edges } = await readPage(list, 'first: 1', graph.caller);
    await apply(graph, { write: 'create', importance: 10, confidence: 1, content: 'The river is high' });
    await service.run(
      'mutation ($id: ID!) { updateMemory(input: {id: $id, importance: 0}) { __typename } }',
      { id: second },
      graph.caller,
    );
    const rest = await readPage(list, `first: 100, after: "${edges[0]?.cursor}"`, graph.caller);
    expect(idsOf(rest)).toEqual([second, ...others]);
    expect(rest.totalCount).toBe(40);
    const fresh = await readPage(list, 'first: 100', graph.caller);
    expect(idsOf(fresh)).not.toEqual([first, second, ...others]);
    expect(fresh.totalCount).toBe(41);
  });

  test.each<[string, string, (last: string, first: string) => Record<string, unknown>]>([
    ['the summary', 'updateMemory', (id) => ({ id, summary: 'river river river' })],
    ['the speaker', 'updateMemory', (id) => ({ id, context: { speaker: 'River' } })],
    ['whether it is archived', 'archiveMemories', (id) => ({ ids: [id] })],
  ])('nor page two of a recall, where its last memory changes: %s', async (_what, field, inputOf) => {
    const { caller } = await growGraph();
    const list = recallOf('river', ONLY_WORDS);
    const whole = await readWhole(list, caller);
    const { edges } = await readPage(list, 'first: 2', caller);
    const type = `${field[0]?.toUpperCase()}${field.slice(1)}`;
    const written = await service.runUntyped(
      `mutation ($input: ${type}Input!) { ${field}(input: $input) { __typename } }`,
      { input: inputOf(whole.at(-1) as string, whole[0] as string) },
      caller,
    );
    expect(written[field].__typename).toBe(`${type}Payload`);
    const rest = await readPage(list, `first: 100, after: "${edges[1]?.cursor}"`, caller);
    expect(idsOf(rest)).toEqual(whole.slice(2));
  });

  test.each([
    ['companions', 'upsertCompanion', (key: string) => ({ companion: { key } })],
    ['users', 'upsertUser', (externalId: string) => ({ externalId })],
  ])('%s named meanwhile come with the next reading', async (field, mutation, input) => {
    const caller = { workspace: `named meanwhile: ${field}` };
    const type = `U${mutation.slice(1)}Input`;
    const name = (key: string) =>
      service.runUntyped(
        `mutation ($input: ${type}!) { ${mutation}(input: $input) { __typename } }`,
        { input: input(key) },
        caller,
      );
    for (const key of ['a', 'c', 'e', 'g']) await name(key);
    const list: List = { document: (page) => `{ ${field}(${page}) { ${PAGE} } }`, read: (data) => data[field] };
    for (const way of both) {
      const whole = await readWhole(list, caller);
      const pages = await pageThrough(list, [1, 1, 1], { way, caller, between: (_, index) => name(`${way} ${index}`) });
      expect((way === 'forward' ? pages : pages.toReversed()).flatMap(idsOf)).toEqual(whole);
      for (const { totalCount } of pages) expect(totalCount).toBe(whole.length);
    }
    expect(await readWhole(list, caller)).toHaveLength(4 + 3 + 3);
  });

  test.each(watched)('%s', async (_name, { list, ways = forward, also }) => {
    const changes = fc.array(fc.oneof({ weight: 6, arbitrary: change }, { weight: 1, arbitrary: also }), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 3, maxLength: 5 }),
        fc.constantFrom(...ways),
        fc.array(changes, { minLength: 3, maxLength: 5 }),
        async (sizes, way, written) => {
          const graph = await growGraph();
          const watching = list(graph);
          const before = await readWhole(watching, graph.caller);
          const seen = new Set<string>();
          const pages = await pageThrough(watching, sizes, {
            way,
            caller: graph.caller,
            between: async (page, read) => {
              for (const id of idsOf(page)) seen.add(id);
              for (const each of written[read] ?? []) await apply(graph, each);
            },
          });
          const kept = before.filter((id) => seen.has(id) || !graph.forgotten.has(id));
          expect((way === 'forward' ? pages : pages.toReversed()).flatMap(idsOf)).toEqual(kept);
          if (graph.forgotten.size === 0) {
            for (const { totalCount = before.length } of pages) expect(totalCount).toBe(before.length);
          }
        },
      ),
      few,
    );
  });
});

describe('a list at another point in time', () => {
  const past = '2024-02-29T23:59:59.999Z';
  const clocks = {
    /** As far as is known now, before most of it became true. */
    validAt: () => ({
      at: `{validAt: "${past}"}`,
      mark: `@${past}~`,
      listed: known.filter(({ validFrom }) => validFrom <= past),
    }),
    /** When half of it had been recorded. */
    knownAt: () => {
      const { recordedAt } = known[known.length / 2 - 1] as Known;
      const listed = known.filter((row) => row.recordedAt <= recordedAt);
      return { at: `{knownAt: "${recordedAt}"}`, mark: `@${recordedAt}`, listed };
    },
  };
  const names = ['validAt', 'knownAt'] as const;

  test.each(names)('its nodes carry the point, and so do later pages without being told again: %s', async (clock) => {
    const { at, mark, listed } = clocks[clock]();
    expect(listed.length).toBeGreaterThan(200);
    expect(listed.length).toBeLessThan(known.length);
    const list: List = {
      document: (page) => `{ memories(orderBy: {field: VALID_FROM}, ${page}) { ${PAGE} } }`,
      read: (data) => data.memories,
    };
    const pages = [await readPage(list, `first: 30, at: ${at}`)];
    for (let [page] = pages; page?.pageInfo.hasNextPage; pages.push(page)) {
      page = await readPage(list, `first: 100, after: "${page.pageInfo.endCursor}"`);
    }
    expect(pages.flatMap(idsOf)).toEqual(ordered(listed, rank.VALID_FROM, 'DESC').map((id) => id + mark));
    for (const { totalCount } of pages) expect(totalCount).toBe(listed.length);
  });

  test.each(names)('what it lists is read again by its id, at that point: %s', async (clock) => {
    const { at, mark } = clocks[clock]();
    const fields = 'id status importance validFrom companion { id } entities { nodes { id name } }';
    const { memories } = await service.runUntyped(
      `{ memories(at: ${at}, filter: {statuses: [ACTIVE, UPCOMING]}, orderBy: {field: IMPORTANCE}, first: 100) {
        nodes { ${fields} } } }`,
    );
    expect(memories.nodes).toHaveLength(100);
    for (const { id, companion, entities } of memories.nodes) {
      expect([id, companion.id, entities.nodes[0].id].map((each) => each.slice(each.indexOf('@')))).toEqual([
        mark,
        mark,
        mark,
      ]);
    }
    const { nodes } = await service.run(`query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Memory { ${fields} } } }`, {
      ids: memories.nodes.map(({ id }: { id: string }) => id),
    });
    expect(nodes).toEqual(memories.nodes);
  });

  const relationsAt = (page: string) => `relations(${page}) { totalCount pageInfo { endCursor }
    edges { direction node { id strength retractedAt } neighbor { id status confidence } } }`;
  const entitiesAt = (page: string) =>
    `entities(${page}) { totalCount pageInfo { endCursor } nodes { id name aliases } }`;

  test('page two of a list below it, by its id, is of that point too', async () => {
    const graph = await growGraph();
    const at = `{knownAt: "${new Date().toISOString()}"}`;
    const readHub = async (page: string) => {
      const { memories } = await service.runUntyped(
        `{ memories(at: ${at}, filter: {text: "\\"Note 0\\""}) { nodes { id ${relationsAt(page)} ${entitiesAt(page)} } } }`,
        {},
        graph.caller,
      );
      return memories.nodes[0];
    };
    const whole = await readHub('first: 100');
    expect(whole.relations.edges).toHaveLength(30);
    expect(whole.entities.nodes).toHaveLength(TOPICS);
    const first = await readHub('first: 4');

    const changes: Change[] = [
      ...graph.relations.slice(10).map((_, index): Change => ({ write: 'unrelate', which: index })),
      { write: 'relate', which: 1, strength: 1 },
      { write: 'archive', which: [4, 5, 6] },
      { write: 'confidence', which: 7, value: 0 },
      { write: 'merge', which: 3, into: 4 },
      { write: 'mention', which: 9, topics: [8, 9, 10] },
    ];
    for (const each of changes) await apply(graph, each);

    const { node: second } = await service.runUntyped(
      `query ($id: ID!, $relation: String, $entity: String) { node(id: $id) { ... on Memory {
        ${relationsAt('first: 100, after: $relation')} ${entitiesAt('first: 100, after: $entity')} } } }`,
      { id: first.id, relation: first.relations.pageInfo.endCursor, entity: first.entities.pageInfo.endCursor },
      graph.caller,
    );
    expect([...first.relations.edges, ...second.relations.edges]).toEqual(whole.relations.edges);
    expect([...first.entities.nodes, ...second.entities.nodes]).toEqual(whole.entities.nodes);
    expect(second.relations.totalCount).toBe(30);
    expect(second.entities.totalCount).toBe(TOPICS);
  });
});
