import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { readOnce } from '../src/db/read-transaction.ts';
import { under } from '../src/db/typed-sql.ts';
import { write } from '../src/db/write.ts';
import { Reanalysis } from '../src/domain/recall/reanalysis.ts';
import { lengthSql } from '../src/domain/recall/sources.ts';
import { PASSAGE_WORDS } from '../src/model/recall/length.ts';
import { countHits, placesSql } from '../src/model/recall/passages.ts';
import { memories } from '../src/tables/memory.ts';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { columnsOf, eachPosting } from './support/postings.ts';
import { useService } from './support/service.ts';

const service = useService();

const RECALL = `query ($input: RecallInput!, $first: Int, $after: String, $at: PointInTime) {
  recall(input: $input, first: $first, after: $after, at: $at) {
    pageInfo { endCursor }
    edges { score node { id content } explanation {
      passage { from until lengthFactor } matchedTerms terms { term frequency frequencyInPassage }
      lexical length lengthFactor excerpt { text from until } } } } }`;

interface Term {
  term: string;
  frequency: number;
  frequencyInPassage: number | null;
}
interface Explanation {
  terms: Term[];
}

const filler = (words: number) => Array.from({ length: words }, (_, n) => `word${n % 7}x`).join(' ');
const sentence = 'The violin from Lisbon went to a luthier.';
const contents = {
  /** What is asked stands together once. */
  together: `${filler(250)} ${sentence} ${filler(250)}`,
  /** The same words, each more often, and far from each other. */
  scattered: ['violin', 'Lisbon', 'luthier', 'violin', 'Lisbon', 'luthier']
    .map((word) => `${word} ${filler(90)}`)
    .join(' '),
  short: 'Nobody plays.',
};
let ids: Record<keyof typeof contents, string>;

beforeAll(async () => {
  const { memories: made } = await createMemories(service, {
    companion: { key: 'long' },
    memories: Object.values(contents).map((content) => ({ type: 'EXPERIENCE', content })),
  });
  ids = Object.fromEntries(Object.keys(contents).map((name, at) => [name, made[at]?.id])) as typeof ids;
});

const recall = async (query: string, companion = 'long', more: object = {}) => {
  const variables = { input: { companion: { key: companion }, query, mode: 'LEXICAL' }, ...more };
  return (await service.runUntyped(RECALL, variables)).recall;
};

test('a long memory is found by the part that has what is asked, and that part is shown', async () => {
  const { edges } = await recall('Which luthier of Lisbon has the violin?');
  expect(edges.map(({ node }: { node: { id: string } }) => node.id)).toEqual([ids.together, ids.scattered]);
  const [{ explanation: best }, { explanation: other }] = edges;
  expect(best.passage.lengthFactor).toBeCloseTo(Math.SQRT2, 12);
  expect([best.passage.from, best.passage.until]).toEqual([3 * PASSAGE_WORDS, 4 * PASSAGE_WORDS]);
  expect(best.excerpt.text).toContain('violin from Lisbon went to a luthier');
  expect(contents.together.slice(best.excerpt.from, best.excerpt.until)).toBe(best.excerpt.text);
  const counted = ({ terms }: Explanation) =>
    Object.fromEntries(terms.map(({ term, frequency, frequencyInPassage }) => [term, [frequency, frequencyInPassage]]));
  expect(counted(best)).toEqual({ luthier: [1, 1], lisbon: [1, 1], violin: [1, 1] });
  // Of the other the first of its best passages counts: whatever else it has is told, and scores nothing.
  expect(other.matchedTerms.toSorted()).toEqual(['lisbon', 'luthier', 'violin']);
  expect(other.terms.map(({ frequency }: Term) => frequency)).toEqual([2, 2, 2]);
  expect(other.terms.some(({ frequencyInPassage }: Term) => frequencyInPassage === 0)).toBe(true);
});

test('what the summary alone says, or has no place among the words, counts with every passage', async () => {
  await createMemories(service, {
    companion: { key: 'placeless' },
    memories: [
      { type: 'EXPERIENCE', content: `${filler(200)} the kettle ${filler(200)}`, summary: 'About herons' },
      { type: 'EXPERIENCE', content: `${'天气没有什么可说的。'.repeat(40)}今天玩成语接龙游戏。` },
      { type: 'EXPERIENCE', content: `${filler(170)} ABC-1234 ${filler(100)} kettle` },
    ],
  });
  const [{ explanation: summed }] = (await recall('heron kettle', 'placeless')).edges;
  expect(summed.passage.from).toBe(2 * PASSAGE_WORDS);
  expect(
    summed.terms.map(({ frequencyInPassage }: { frequencyInPassage: number | null }) => frequencyInPassage).toSorted(),
  ).toEqual([1, null]);
  const [{ explanation: unspaced }] = (await recall('成语接龙', 'placeless')).edges;
  expect(unspaced).toMatchObject({ passage: null, lengthFactor: expect.closeTo(Math.sqrt(unspaced.length / 25), 12) });
  const [{ explanation: id }] = (await recall('ABC-1234', 'placeless')).edges;
  expect(id.terms.find(({ term }: { term: string }) => term === 'abc-1234').frequencyInPassage).toBeNull();
});

test('a correction has passages of its own, and the past those it had', async () => {
  const { memories: made } = await createMemories(service, {
    companion: { key: 'corrected' },
    memories: [{ type: 'FACT', content: `${filler(300)} the piano tuner of Porto ${filler(100)}` }],
  });
  const before = (await recall('piano tuner Porto', 'corrected')).edges[0];
  const { updatedAt } = (await service.runUntyped(`{ node(id: "${made[0]?.id}") { ... on Memory { updatedAt } } }`))
    .node;
  await mutation(
    service,
    'correctMemory',
    'memory { id }',
  )({
    id: made[0]?.id as string,
    content: `The piano tuner of Porto ${filler(400)}`,
    reason: 'It stands elsewhere',
  });
  const now = (await recall('piano tuner Porto', 'corrected')).edges[0];
  const then = (await recall('piano tuner Porto', 'corrected', { at: { knownAt: updatedAt } })).edges[0];
  expect(before.explanation.passage.from).toBe(3 * PASSAGE_WORDS);
  expect(now.explanation.passage.from).toBe(0);
  const { lexical, ...same } = before.explanation;
  expect(then.explanation).toEqual({ ...same, lexical: expect.closeTo(lexical, 12) });
});

test('a later page reads the passages that a memory had when its list began', async () => {
  const { memories: made } = await createMemories(service, {
    companion: { key: 'paged' },
    memories: [0, 1, 2].map((n) => ({
      type: 'FACT',
      content: `${filler(100 + n)} the harbour bell ${filler(300)} (${n})`,
    })),
  });
  const whole = await recall('harbour bell', 'paged');
  const first = await recall('harbour bell', 'paged', { first: 1 });
  for (const { id } of made) {
    await mutation(
      service,
      'updateMemory',
      'memory { id }',
    )({ id, summary: 'What the harbour bell said, and nothing else' });
  }
  const rest = await recall('harbour bell', 'paged', { after: first.pageInfo.endCursor });
  const told = (edges: { explanation: { passage: unknown; terms: unknown; lexical: number } }[]) =>
    edges.map(({ explanation: { passage, terms, lexical } }) => ({ passage, terms, lexical }));
  expect(told([...first.edges, ...rest.edges])).toEqual(told(whole.edges));
});

test('what is written is what the past is read by', async () => {
  const m = under(memories, 'm');
  const length = lengthSql(m.content);
  const wrong = await readOnce(await service.tenant(), (tx) =>
    tx.rows(sql`
      select p.term, p.places from ${sql.raw(eachPosting)} join memories m on m.workspace_id = p.workspace_id and m.id = p.memory_id
      join lateral unnest(m.search) t on t.lexeme = p.term
      where p.workspace_id = ${tx.workspaceId}
        and p.places is distinct from ${placesSql({ positions: sql`t.positions`, weights: sql`t.weights`, length })}`),
  );
  expect(wrong).toEqual([]);
  const [counted] = await readOnce(await service.tenant(), (tx) =>
    tx.rows<{ long: number }>(sql`
      select count(places)::int as long from ${sql.raw(eachPosting)} where p.workspace_id = ${tx.workspaceId}`),
  );
  expect(counted?.long).toBeGreaterThan(100);
});

test('what the analysis before has written gets its passages in the background, and keeps its day', async () => {
  const validFrom = '2026-07-13T22:30:00-05:00';
  await createMemories(service, {
    companion: { key: 'earlier' },
    memories: [{ type: 'FACT', content: `${filler(300)} the quay lantern ${filler(100)}`, validFrom }],
  });
  const tenant = await service.tenant();
  await write(tenant, async (tx) => {
    await tx.rows(sql`update memories set analysis = 1 where workspace_id = ${tx.workspaceId}`);
    const unknown = sql.raw(
      columnsOf('places')
        .map((name) => `${name} = null`)
        .join(', '),
    );
    await tx.rows(sql`update postings set ${unknown} where workspace_id = ${tx.workspaceId}`);
  });
  expect((await recall('quay lantern', 'earlier')).edges[0].explanation.passage).toBeNull();
  const work = new Reanalysis(tenant);
  while ((await work.step()) > 0);
  expect((await recall('quay lantern', 'earlier')).edges[0].explanation.passage.from).toBe(3 * PASSAGE_WORDS);
  expect((await recall('13 July', 'earlier')).edges[0].explanation.matchedTerms).toContain('--07-13');
});

describe('the passage that counts', () => {
  const hit = (term: number, passage: number, own: number) => ({ term, passage, own, frequency: 3, inPassage: 2 });

  test('is the one whose terms score most, the first of equal ones', () => {
    expect(countHits([hit(0, 4, 1), hit(0, 2, 1), hit(1, 2, 2), hit(1, 4, 2), hit(2, 7, 2.5)])).toEqual({
      terms: [0, 1, 2],
      owns: [1, 2, 0],
      frequencies: [3, 3, 3],
      inPassage: [2, 2, 0],
      passage: 2,
    });
  });

  test('has what has no place beside it', () => {
    expect(countHits([hit(0, -1, 9), hit(1, 5, 1)])).toMatchObject({ owns: [9, 1], inPassage: [null, 2], passage: 5 });
  });

  test('is the one that adds most to what counts with every passage', () => {
    const name = { term: 0, passage: -1, own: 0.5, frequency: 0, inPassage: 0 };
    expect(countHits([name, hit(0, 3, 0.9), hit(1, 5, 0.6)])).toEqual({
      terms: [0, 1],
      owns: [0.5, 0.6],
      frequencies: [0, 3],
      inPassage: [null, 2],
      passage: 5,
    });
    expect(countHits([name, hit(0, 3, 0.9), hit(1, 3, 0.6)])).toMatchObject({ owns: [0.9, 0.6], frequencies: [3, 3] });
  });

  test('is none of a short content', () => {
    expect(countHits([hit(0, -1, 9)])).toMatchObject({ owns: [9], inPassage: [null], passage: null });
    expect(countHits([])).toMatchObject({ terms: [], passage: null });
  });
});
