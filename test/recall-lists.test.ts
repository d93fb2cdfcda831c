import { beforeAll, describe, expect, test } from 'vitest';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { type Caller, useService } from './support/service.ts';

const service = useService();
const write = {
  forget: mutation(service, 'forgetMemories', 'forgottenIds'),
  correct: mutation(service, 'correctMemory', 'memory { id }'),
};

const RECALL = `query ($input: RecallInput!, $first: Int, $after: String) {
  recall(input: $input, first: $first, after: $after) { order pageInfo { endCursor hasNextPage }
    edges { score node { id content } explanation { variety terms { term weight } } } } }`;
// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
type Page = any;
const companion = { key: 'iris' };
const recall = async (input: object, page: object = {}, caller?: Caller): Promise<Page> =>
  (await service.runUntyped(RECALL, { input: { companion, ...input }, ...page }, caller)).recall;
const contentsOf = (...pages: Page[]): string[] =>
  pages.flatMap(({ edges }) => edges.map(({ node }: Page) => node.content));
const idsOf = (...pages: Page[]): string[] => pages.flatMap(({ edges }) => edges.map(({ node }: Page) => node.id));
const day = (n: number) => new Date(Date.UTC(2026, 0, n)).toISOString();

describe('a question about an order', () => {
  const caller = { workspace: 'cities' };
  const cities = ['Lima', 'Oslo', 'Rome', 'Porto', 'Turku'];
  beforeAll(async () => {
    // Recorded in another order than they happened in.
    const memories = [3, 1, 5, 2, 4].map((n) => ({
      content: `I visited the city of ${cities[n - 1]}${' city'.repeat(n % 3)}`,
      type: 'EXPERIENCE',
      validFrom: day(n),
    }));
    await createMemories(service, { companion, memories }, caller);
  });
  const visited = (found: Page) => contentsOf(found).map((content) => /of (\w+)/.exec(content)?.[1]);

  test.each([
    'In which order did I visit the cities?',
    'In welcher Reihenfolge: city visits',
    '¿En qué orden? city',
    'Dans quel ordre ? city',
  ])('is answered in it: %s', async (query) => {
    for (const mode of ['LEXICAL', 'HYBRID']) {
      const found = await recall({ query, mode }, {}, caller);
      expect(found.order).toBe('TIME');
      expect(visited(found)).toEqual(cities);
    }
  });

  test('or by score, where that is asked for; and others by time', async () => {
    const query = 'In which order did I visit the cities?';
    const byScore = await recall({ query, order: 'RELEVANCE' }, {}, caller);
    expect(byScore.order).toBe('RELEVANCE');
    const scores = byScore.edges.map(({ score }: Page) => score);
    expect(scores).toEqual(scores.toSorted((a: number, b: number) => b - a));
    expect(visited(byScore)).not.toEqual(cities);
    const byTime = await recall({ query: 'city', order: 'TIME' }, {}, caller);
    expect(visited(byTime)).toEqual(cities);
    expect((await recall({ query: 'city' }, {}, caller)).order).toBe('RELEVANCE');
  });

  test('and of vectors alone, whatever they weigh', async () => {
    const weights = { relevance: 1, recency: 0, importance: 0, confidence: 0 };
    const found = await recall(
      { query: 'visited the city', mode: 'SEMANTIC', order: 'TIME', weights },
      { first: 2 },
      caller,
    );
    expect(visited(found)).toEqual(['Lima', 'Oslo']);
  });

  test('the words it is asked with weigh less', async () => {
    const note = { content: 'The order of the city list', type: 'FACT' };
    await createMemories(service, { companion: { key: 'list' }, memories: [note] }, caller);
    const weightOf = async (query: string) => {
      const { edges } = await recall({ companion: { key: 'list' }, query, mode: 'LEXICAL' }, {}, caller);
      return edges[0].explanation.terms.find(({ term }: Page) => term === 'order')?.weight;
    };
    expect(await weightOf('In which order were the cities?')).toBeCloseTo(
      0.4 * (await weightOf('Who gave the order?')),
      9,
    );
  });
});

describe('a question about many things', () => {
  const caller = { workspace: 'many' };
  const say = (content: string, n: number, conversationId: string) => ({
    content,
    type: 'EXPERIENCE',
    validFrom: day(n),
    context: { conversationId },
  });

  test('is answered from each conversation first, and what is said twice comes late', async () => {
    const memories = [
      ...[1, 2, 3, 4, 5].map((n) => say(`I planted a fern, a fern, number ${n}`, n, 'garden')),
      say('A fern stands in the hall', 9, 'hall'),
      say('I planted a FERN, a FERN: number 1', 6, 'greenhouse'),
    ];
    await createMemories(service, { companion, memories }, caller);
    const found = await recall({ query: 'List all the ferns', mode: 'LEXICAL' }, {}, caller);
    expect(found.order).toBe('VARIETY');
    const plain = await recall({ query: 'List all the ferns', mode: 'LEXICAL', order: 'RELEVANCE' }, {}, caller);
    const placeOf = (page: Page, begins: string) => contentsOf(page).findIndex((content) => content.startsWith(begins));
    expect(placeOf(plain, 'A fern stands')).toBe(6);
    expect(placeOf(found, 'A fern stands')).toBe(4);
    const last = found.edges.at(-1);
    expect(last.node.content).toContain('number 1');
    expect(last.explanation.variety).toBeLessThanOrEqual(0.5);
    expect(contentsOf(found).toSorted()).toEqual(contentsOf(plain).toSorted());
  });

  test('is answered in one order, whether contents are asked for or not', async () => {
    const beginning = 'I planted a fern beside the long wall of the old garden. '.repeat(5);
    const endings = [
      'Later moss, ivy, clover, thyme, sage, mint and yarrow came up around a small pond with frogs.',
      'Nothing of this was watered during August, when trains to Malmö, Uppsala and Kiruna stood still.',
    ];
    const caller = { workspace: 'long' };
    await createMemories(
      service,
      {
        companion,
        memories: [
          ...endings.map((ending, n) => say(beginning + ending, n + 1, 'garden')),
          ...[3, 4, 5].map((n) => say(`A fern number ${n} stands in the hall`, n, 'garden')),
        ],
      },
      caller,
    );
    const input = { companion, query: 'List all the ferns', mode: 'LEXICAL' };
    const found = await recall(input, {}, caller);
    expect(found.order).toBe('VARIETY');
    const bare = await service.runUntyped(
      'query ($input: RecallInput!) { recall(input: $input) { nodes { id } } }',
      { input },
      caller,
    );
    expect(bare.recall.nodes.map(({ id }: Page) => id)).toEqual(idsOf(found));
  });
});

describe('pages of such a list', () => {
  const sightings = (caller: Caller) =>
    createMemories(
      service,
      {
        companion,
        memories: Array.from({ length: 75 }, (_, n) => ({
          content: `Sighting ${n}: ${'heron '.repeat(1 + (n % 10))}`,
          type: 'EXPERIENCE',
          validFrom: day(1 + ((n * 7) % 40)),
          context: { conversationId: `walk ${n % 6}` },
        })),
      },
      caller,
    );
  async function readAll(input: object, first: number, caller: Caller, between?: (page: Page) => Promise<unknown>) {
    const pages: Page[] = [];
    for (let after: string | undefined; ; ) {
      const page = await recall(input, { first, after }, caller);
      pages.push(page);
      if (!page.pageInfo.hasNextPage) return pages;
      after = page.pageInfo.endCursor;
      await between?.(page);
    }
  }

  test.each(['TIME', 'VARIETY'])('make one list, however large they are: %s', async (order) => {
    const caller = { workspace: `pages ${order}` };
    await sightings(caller);
    const input = { query: 'heron', order, mode: 'LEXICAL' };
    const whole = await recall(input, { first: 100 }, caller);
    expect(new Set(idsOf(whole)).size).toBe(75);
    for (const first of [7, 10, 50]) {
      const pages = await readAll(input, first, caller);
      expect(idsOf(...pages)).toEqual(idsOf(whole));
      expect(pages.map((page) => page.order)).toEqual(pages.map(() => order));
      const varieties = (...all: Page[]) =>
        all.flatMap(({ edges }) => edges.map(({ explanation }: Page) => explanation.variety));
      expect(varieties(...pages)).toEqual(varieties(whole));
    }
  });

  test.each(['In which order did we see a heron?', 'List all heron sightings'])(
    'keep their places while memories are forgotten, corrected and added: %s',
    async (query) => {
      const caller = { workspace: query };
      await sightings(caller);
      const input = { query, mode: 'LEXICAL' };
      const whole = idsOf(await recall(input, { first: 100 }, caller));
      const gone = new Set<string>();
      let turn = 0;
      const pages = await readAll(input, 9, caller, async (page) => {
        const last = idsOf(page).at(-1) as string;
        const next = whole[whole.indexOf(last) + 2];
        turn++;
        if (turn === 1) {
          // The one that the cursor stands at, one to come, and one of the first.
          for (const id of [last, next, whole[0]] as string[]) gone.add(id);
          await write.forget({ ids: [...gone] }, caller);
        }
        if (turn === 2 && next) await write.correct({ id: next, content: 'It was an egret' }, caller);
        if (turn === 3)
          await createMemories(
            service,
            { companion, memories: [{ content: 'heron heron heron', type: 'FACT' }] },
            caller,
          );
      });
      const left = (ids: readonly string[]) => ids.filter((id) => !gone.has(id));
      expect(left(idsOf(...pages))).toEqual(left(whole));
    },
  );
});

test('a list takes as many statements as any other', async () => {
  const caller = { workspace: 'cities' };
  const count = (query: string) =>
    service.countStatements(RECALL, { input: { companion, query, mode: 'LEXICAL' } }, caller);
  expect(await count('In which order did I visit the cities?')).toBe(await count('When did I visit the cities?'));
});
