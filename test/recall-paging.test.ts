import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { hashedVector } from '../src/domain/embedding/hashing.ts';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { type Caller, useService } from './support/service.ts';

const service = useService();
const write = {
  correct: mutation(service, 'correctMemory', 'memory { id }'),
  forget: mutation(service, 'forgetMemories', 'forgottenIds'),
  archive: mutation(service, 'archiveMemories', 'memories { id }'),
  create: mutation(service, 'createMemory', 'memory { id }'),
};

const RECALL = `query ($input: RecallInput!, $at: PointInTime, $first: Int, $after: String) {
  recall(input: $input, at: $at, first: $first, after: $after) {
    mode pageInfo { hasNextPage hasPreviousPage endCursor } edges { cursor score node { id content status } } } }`;
// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
type Page = any;
const LEXICAL = { query: 'heron', companion: { key: 'iris' }, mode: 'LEXICAL' };
const recall = async (input: object = LEXICAL, page: object = {}, caller?: Caller): Promise<Page> =>
  (await service.run(RECALL, { input, ...page }, caller)).recall;
const idsOf = ({ edges }: Page): string[] => edges.map(({ node }: Page) => node.id);
/** Ids and scores, these to the digits that don't change with the time of day. */
const pairsOf = (...pages: { edges: Page[] }[]) =>
  pages.flatMap(({ edges }) => edges.map(({ score, node }) => [node.id, score.toFixed(5)]));

/** Goes through a list page by page; something may happen between two. */
async function readAll(
  input: object,
  first: number,
  caller?: Caller,
  between?: () => Promise<unknown>,
): Promise<Page[]> {
  const edges: Page[] = [];
  for (let after: string | undefined; ; ) {
    const page = await recall(input, { first, after }, caller);
    expect(page.pageInfo.hasPreviousPage).toBe(after !== undefined);
    edges.push(...page.edges);
    if (!page.pageInfo.hasNextPage) return edges;
    expect(page.edges).toHaveLength(first);
    after = page.pageInfo.endCursor;
    await between?.();
  }
}

const say = async (count: number, content: (n: number) => string, caller?: Caller, more: object = {}) => {
  const memories = Array.from({ length: count }, (_, n) => ({ content: content(n), type: 'FACT', ...more }));
  return (await createMemories(service, { memories }, caller)).memories.map(({ id }) => id);
};
/** Thirty memories that a question fits differently. */
const sightings = (caller?: Caller) => say(30, (n) => `Sighting ${n}: ${'heron '.repeat(1 + (n % 10))}`, caller);

describe('pages', () => {
  const caller = { workspace: 'pages' };
  beforeAll(() => sightings(caller));

  test.each([1, 7, 10, 29, 30, 100])('of %i make the whole list', async (first) => {
    for (const input of [LEXICAL, { ...LEXICAL, mode: 'HYBRID' }, { ...LEXICAL, mode: 'SEMANTIC' }]) {
      const whole = await recall(input, { first: 100 }, caller);
      expect(whole.edges).toHaveLength(30);
      const pages = await readAll(input, first, caller);
      expect(pages.map(({ node }) => node.id)).toEqual(idsOf(whole));
    }
  });

  test('of vectors alone', async () => {
    const input = { companion: LEXICAL.companion, embedding: hashedVector('heron', 384) };
    const whole = await recall(input, { first: 100 }, caller);
    expect((await readAll(input, 4, caller)).map(({ node }) => node.id)).toEqual(idsOf(whole));
  });

  test('of vectors alone, where nothing else weighs and many are as near', async () => {
    const tied = { workspace: 'tied' };
    await say(25, (n) => `Tied ${n}`, tied, { embedding: hashedVector('heron', 384) });
    await sightings(tied);
    const weights = { relevance: 1, recency: 0, importance: 0, confidence: 0 };
    const input = { companion: LEXICAL.companion, embedding: hashedVector('heron', 384), weights };
    const whole = await recall(input, { first: 100 }, tied);
    expect(whole.edges).toHaveLength(55);
    for (const first of [4, 25, 54]) {
      expect((await readAll(input, first, tied)).map(({ node }) => node.id)).toEqual(idsOf(whole));
    }
  });

  test('have twenty unless told otherwise, none or up to a hundred', async () => {
    expect((await recall(LEXICAL, {}, caller)).edges).toHaveLength(20);
    const none = await recall(LEXICAL, { first: 0 }, caller);
    expect(none).toMatchObject({ edges: [], pageInfo: { hasNextPage: true, hasPreviousPage: false, endCursor: null } });
    const { errors } = await service.send(RECALL, { input: LEXICAL, first: 101 }, caller);
    expect(errors).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED', limit: 100, given: 101 } }]);
    const negative = await service.send(RECALL, { input: LEXICAL, first: -1 }, caller);
    expect(negative.errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT' } }]);
  });

  test('list the hundred most relevant, and no more', async () => {
    const many = { workspace: 'hundred' };
    await say(130, (n) => `Sighting ${n}: heron`, many);
    expect(await readAll(LEXICAL, 33, many)).toHaveLength(100);
  });
});

describe('what is written between two pages moves none', () => {
  test.each(['LEXICAL', 'HYBRID'])('memories created, corrected and forgotten at random: %s', async (mode) => {
    const change = fc.constantFrom('create', 'correct', 'forget', 'archive', 'other');
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 4, maxLength: 6 }), fc.nat(29), async (changes, start) => {
        const caller = { workspace: `between ${mode} ${run++}` };
        const ids = await sightings(caller);
        const input = { ...LEXICAL, mode };
        const whole = (await recall(input, { first: 100 }, caller)).edges;
        const gone = new Set<string>();
        let step = 0;
        const pages = await readAll(input, 5, caller, async () => {
          const what = changes[step++ % changes.length] as string;
          const id = ids[(start + 7 * step) % 30] as string;
          if (what === 'create') await say(4, (n) => `More ${step} ${n}: heron heron`, caller);
          if (what === 'other') await say(4, (n) => `Other ${step} ${n}: egret`, caller);
          if (what === 'correct') await write.correct({ id, content: `No ${step}: an egret` }, caller);
          if (what === 'archive') await write.archive({ ids: [id] }, caller);
          if (what === 'forget' && gone.size === 0) gone.add(id) && (await write.forget({ ids: [id] }, caller));
        });
        const isLeft = ({ node }: Page) => !gone.has(node.id);
        expect(pairsOf({ edges: pages.filter(isLeft) })).toEqual(pairsOf({ edges: whole.filter(isLeft) }));
        expect(new Set(pages.map(({ node }) => node.id)).size).toBe(pages.length);
      }),
      { numRuns: 4 },
    );
  });

  test.each([
    ['of a few', 5],
    ['of most', 25],
  ])('a word has become a thousand times more common after a page %s', async (_name, first) => {
    const caller = { workspace: `common after ${first}` };
    await sightings(caller);
    const whole = await recall(LEXICAL, { first: 100 }, caller);
    const page = await recall(LEXICAL, { first }, caller);
    await say(900, (n) => `More ${n}: heron`, caller);
    const rest = await recall(LEXICAL, { first: 100, after: page.pageInfo.endCursor }, caller);
    expect(pairsOf(page, rest)).toEqual(pairsOf(whole));
  });

  test('words find just enough, and then one is forgotten', async () => {
    const caller = { workspace: 'just enough' };
    const [, , , id] = await say(50, (n) => `Sighting ${n}: heron`, caller);
    await say(20, (n) => `Other ${n}: egret`, caller);
    const input = { ...LEXICAL, mode: 'HYBRID' };
    const whole = idsOf(await recall(input, { first: 100 }, caller)).filter((each) => each !== id);
    const page = await recall(input, { first: 10 }, caller);
    await write.forget({ ids: [id] }, caller);
    const rest = await recall(input, { first: 100, after: page.pageInfo.endCursor }, caller);
    expect([...idsOf(page), ...idsOf(rest)].filter((each) => each !== id)).toEqual(whole);
  });

  test('where words are shared among speakers first named meanwhile', async () => {
    const caller = { workspace: 'named' };
    const input = { ...LEXICAL, query: 'Did Maya see the heron?' };
    await say(12, (n) => `Sighting ${n}: Maya saw ${'a heron '.repeat(1 + (n % 5))}`, caller);
    const whole = await recall(input, { first: 100 }, caller);
    const page = await recall(input, { first: 5 }, caller);
    await say(1, () => 'I saw a heron', caller, { context: { speaker: 'Maya' } });
    const rest = await recall(input, { first: 100, after: page.pageInfo.endCursor }, caller);
    expect(pairsOf(page, rest)).toEqual(pairsOf(whole));
  });
});

describe('a page finds no fewer than there are', () => {
  const caller = { workspace: 'common' };
  beforeAll(async () => {
    await say(4, (n) => `Rule ${n}: greet the heron`, caller, { type: 'INSTRUCTION' });
    await say(900, (n) => `Sighting ${n}: heron`, caller);
    await say(3, (n) => `Later rule ${n}: greet the heron`, caller, { type: 'INSTRUCTION' });
  });

  test.each([1, 2, 3, 7, 20])('that pass a filter, however common the word, in pages of %i', async (first) => {
    const input = { ...LEXICAL, filter: { types: ['INSTRUCTION'] } };
    expect(await readAll(input, first, caller)).toHaveLength(7);
  });
});

describe('a cursor', () => {
  const caller = { workspace: 'cursors' };
  const embedding = hashedVector('heron', 384);
  const { companion } = LEXICAL;
  let after: string;
  let ofVector: string;
  beforeAll(async () => {
    await sightings(caller);
    after = (await recall(LEXICAL, { first: 5 }, caller)).pageInfo.endCursor;
    ofVector = (await recall({ companion, embedding }, { first: 5 }, caller)).pageInfo.endCursor;
  });

  const refused = async (input: object, cursor: string) => {
    const { errors } = await service.send(RECALL, { input, after: cursor }, caller);
    expect(errors).toMatchObject([
      { path: ['recall'], extensions: { code: 'INVALID_INPUT', issues: [{ path: ['after'] }] } },
    ]);
  };
  test('of another question is refused', () => refused({ ...LEXICAL, query: 'egret' }, after));
  test('of a vector is refused with a question', () => refused(LEXICAL, ofVector));
  test('of a question is refused with a vector', () => refused({ companion, embedding }, after));
  test('of another vector is refused', () =>
    refused({ companion, embedding: hashedVector('an egret on the lawn', 384) }, ofVector));
  test('of another list is refused', async () => {
    const { memories } = await service.runUntyped('{ memories(first: 1) { pageInfo { endCursor } } }', {}, caller);
    await refused(LEXICAL, memories.pageInfo.endCursor);
  });

  /** The same cursor with a part of it changed. */
  const forged = (part: number, value: unknown) => {
    const parts = JSON.parse(Buffer.from(after, 'base64url').toString());
    parts[part] = typeof value === 'function' ? value(parts[part]) : value;
    return Buffer.from(JSON.stringify(parts)).toString('base64url');
  };
  const statistics = (change: (parts: unknown[]) => void) => (state: string) => {
    const [digest, mode, isWide, proposes, text] = JSON.parse(state);
    const parts = JSON.parse(text);
    change(parts);
    return JSON.stringify([digest, mode, isWide, proposes, JSON.stringify(parts)]);
  };
  const withState = (change: (parts: unknown[]) => void) => (state: string) => {
    const parts = JSON.parse(state);
    change(parts);
    return JSON.stringify(parts);
  };
  test.each<[string, number, unknown]>([
    ['a score that is no number', 1, 'high'],
    ['no state', 5, undefined],
    ['a state that is none', 5, 'x'],
    ['an unknown mode', 5, withState((parts) => parts.splice(1, 1, 'GUESSING'))],
    ['no statistics', 5, withState((parts) => parts.splice(4, 1, ''))],
    ['frequencies below zero', 5, statistics((parts) => parts.splice(2, 1, [-1]))],
  ])('made up is refused: %s', async (_name, part, value) => refused(LEXICAL, forged(part, value)));
  test.each(['', 'x', '🦤', 'WyJTQ09SRSBERVNDIl0'])('made up is refused: %j', (text) => refused(LEXICAL, text));
});

describe('at a point in time', () => {
  const caller = { workspace: 'points' };
  let before: string;
  let ids: { mill: string; mended: string; loom: string };
  const companion = { key: 'iris' };
  const input = (query: string, more: object = {}) => ({ query, companion, mode: 'LEXICAL', ...more });
  const contents = ({ edges }: Page) => edges.map(({ node }: Page) => node.content);
  beforeAll(async () => {
    const past = { companion, type: 'FACT', validFrom: '2024-01-01T00:00:00Z' };
    const mill = (await write.create({ ...past, content: 'The mill grinds barley' }, caller)).memory.id;
    const loom = (
      await write.create({ ...past, content: 'The loom stands', validUntil: '2025-01-01T00:00:00Z' }, caller)
    ).memory.id;
    await new Promise((resolve) => setTimeout(resolve, 3));
    before = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 3));
    const mended = (await write.correct({ id: mill, content: 'The mill grinds wheat' }, caller)).memory.id;
    ids = { mill, mended, loom };
  });

  test('a memory is found by what was known then, and carries the point in its id', async () => {
    expect(contents(await recall(input('barley'), {}, caller))).toEqual([]);
    expect(idsOf(await recall(input('wheat'), {}, caller))).toEqual([ids.mended]);
    const at = { knownAt: before };
    const then = await recall(input('barley'), { at }, caller);
    expect(then.edges).toMatchObject([{ node: { id: `${ids.mill}@${before}`, status: 'ACTIVE' } }]);
    expect(contents(await recall(input('wheat'), { at }, caller))).toEqual([]);
    expect(contents(await recall(input('mill'), { at: { knownAt: '2020-01-01T00:00:00Z' } }, caller))).toEqual([]);
  });

  test('a version no longer believed is found by its own words where it is asked for', async () => {
    const filter = { statuses: ['ACTIVE', 'CORRECTED'] };
    expect(idsOf(await recall(input('barley', { filter }), {}, caller))).toEqual([ids.mill]);
    expect(idsOf(await recall(input('wheat', { filter }), {}, caller))).toEqual([ids.mended]);
    expect(new Set(idsOf(await recall(input('mill', { filter }), {}, caller)))).toEqual(
      new Set([ids.mill, ids.mended]),
    );
    expect(idsOf(await recall(input('mill', { filter: { statuses: ['CORRECTED'] } }), {}, caller))).toEqual([ids.mill]);
  });

  test('what held in the world then is found, and recency is measured from there', async () => {
    const validAt = '2024-01-31T00:00:00.000Z';
    expect(contents(await recall(input('loom'), {}, caller))).toEqual([]);
    const { recall: then } = await service.run(
      `query ($input: RecallInput!, $at: PointInTime) { recall(input: $input, at: $at) {
        edges { node { id relations { totalCount } current { id } } explanation { recency } } } }`,
      { input: input('loom'), at: { validAt } },
      caller,
    );
    const id = `${ids.loom}@${validAt}~`;
    expect(then.edges).toMatchObject([
      { node: { id, current: { id } }, explanation: { recency: expect.closeTo(0.5, 9) } },
    ]);
  });

  test('the point goes along from page to page', async () => {
    const at = { validAt: '2024-06-01T00:00:00.000Z' };
    const page = await recall(input('mill loom'), { at, first: 1 }, caller);
    expect(page.pageInfo.hasNextPage).toBe(true);
    const rest = await recall(input('mill loom'), { first: 9, after: page.pageInfo.endCursor }, caller);
    expect([...idsOf(page), ...idsOf(rest)].toSorted()).toEqual(
      [ids.loom, ids.mended].map((id) => `${id}@2024-06-01T00:00:00.000Z~`).toSorted(),
    );
  });
});
