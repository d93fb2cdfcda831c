import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database, Session } from '../src/db/database.ts';
import { FollowsGraph } from '../src/domain/neighborhood/follows-graph.ts';
import { openTestDatabase } from './support/database.ts';
import { type Candidate, type Source, spread as spreadOn } from './support/recall-model.ts';

let database: Database;
let session: Session;
beforeAll(async () => {
  database = await openTestDatabase({ poolSize: 1 });
  session = await database.connect();
});
afterAll(async () => {
  session.release();
  await database.close();
});
const spread = (sources: readonly Source[]) => spreadOn(session, sources);

const close = (value: number) => expect.closeTo(value, 12);
/** A memory `a` of the lineage `A` that has terms of a question, and what lies around it, and how long that is. */
const source = (
  id: string,
  terms: Record<number, number>,
  around: Record<string, number> = {},
  lengths: Record<string, number> = {},
): Source => ({
  id,
  lineageId: id.toUpperCase().slice(0, 1),
  terms: Object.keys(terms).map(Number),
  owns: Object.values(terms),
  lengths: Object.keys(around).map((name) => lengths[name] ?? 5),
  near: Object.keys(around),
  hops: Object.values(around),
});
const of = (candidates: readonly Candidate[], lineageId: string) =>
  candidates.find((candidate) => candidate.lineageId === lineageId);

describe('what a memory scores spreads', () => {
  test('to what came after it less with each relation, to what came before once less', async () => {
    const candidates = await spread([source('m', { 0: 10 }, { B: 1, C: 2, D: 3, E: 4, Y: -1, X: -2, W: -3, V: -4 })]);
    const scores = { M: 10, B: 7, C: 4.9, Y: 4.9, D: 3.43, X: 3.43, E: 2.401, W: 2.401, V: 1.6807 };
    expect(Object.fromEntries(candidates.map(({ lineageId, score }) => [lineageId, close(score)]))).toEqual(scores);
    for (const [lineageId, score] of Object.entries(scores)) {
      expect(of(candidates, lineageId)?.score).toBeCloseTo(score, 12);
    }
    expect(candidates[0]).toEqual({
      id: 'm',
      lineageId: 'M',
      score: 10,
      own: 10,
      terms: [{ term: 0, value: 10, from: null }],
      sources: [],
      spreadDivisor: 1,
    });
    expect(of(candidates, 'B')).toEqual({
      id: null,
      lineageId: 'B',
      score: close(7),
      own: 0,
      terms: [{ term: 0, value: close(7), from: 'm' }],
      sources: ['m'],
      spreadDivisor: 1,
    });
  });

  test('to a long memory the less the longer it is, whoever it comes from', async () => {
    const lengths = { B: 100, C: 25, D: 26 };
    const candidates = await spread([
      source('m', { 0: 10 }, { B: 1, C: 1, D: 1 }, lengths),
      source('b', { 0: 20 }, { M: -1 }),
      source('e', { 1: 8 }, { B: 1 }, lengths),
    ]);
    expect(of(candidates, 'B')).toMatchObject({ spreadDivisor: 4, score: close(20 + 5.6 / 4) });
    expect(of(candidates, 'C')).toMatchObject({ spreadDivisor: 1, score: close(7) });
    expect(of(candidates, 'D')).toMatchObject({ spreadDivisor: 1.04, score: close(7 / 1.04) });
    expect(of(candidates, 'M')).toMatchObject({ spreadDivisor: 1, score: 10 });
  });

  test('term by term: of each the highest counts, and they are added up', async () => {
    const candidates = await spread([
      source('a', { 0: 10, 1: 1 }, { B: 1 }),
      source('b', { 0: 2, 2: 3 }, { A: -1 }),
      source('c', { 1: 4 }, { B: -1 }),
    ]);
    expect(of(candidates, 'B')).toEqual({
      id: 'b',
      lineageId: 'B',
      score: close(7 + 0.49 * 4 + 3),
      own: 5,
      spreadDivisor: 1,
      terms: [
        { term: 0, value: close(7), from: 'a' },
        { term: 1, value: close(1.96), from: 'c' },
        { term: 2, value: 3, from: null },
      ],
      sources: ['a', 'c'],
    });
    expect(of(candidates, 'A')?.score).toBeCloseTo(11 + 0.49 * 3, 12);
  });

  test('not on from where it came to', async () => {
    const candidates = await spread([source('a', { 0: 10 }, { B: 1 }), source('b', { 1: 1 }, { A: -1, C: 1 })]);
    expect(of(candidates, 'C')?.terms).toEqual([{ term: 1, value: close(0.7), from: 'b' }]);
  });

  test('where its own words score as much, they count', async () => {
    const candidates = await spread([source('a', { 0: 10 }, { B: 1 }), source('b', { 0: 7 })]);
    expect(of(candidates, 'B')).toMatchObject({ own: 7, score: 7, terms: [{ term: 0, from: null }] });
  });

  test('to every version of a lineage, and to whichever has no words of its own', async () => {
    const versions = [source('b1', { 0: 1 }), source('b2', { 1: 2 })];
    const candidates = await spread([source('a', { 0: 10 }, { B: 1 }), ...versions]);
    const ofB = candidates.filter(({ lineageId }) => lineageId === 'B');
    expect(ofB.map(({ id, score, own }) => [id, score, own])).toEqual([
      ['b2', close(9), 2],
      ['b1', close(7), 1],
      [null, close(7), 0],
    ]);
  });

  test('and nothing spreads from nothing', async () => expect(await spread([])).toEqual([]));
});

describe('for all memories', () => {
  const hops = fc.constantFrom(-4, -3, -2, -1, 1, 2, 3, 4);
  /** Up to two versions of ten lineages. */
  const sources = fc
    .uniqueArray(
      fc.record({
        id: fc.constantFrom(...[...'abcdefghij'].flatMap((name) => [`${name}1`, `${name}2`])),
        terms: fc.dictionary(fc.constantFrom('0', '1', '2'), fc.double({ min: 0.01, max: 20, noNaN: true }), {
          minKeys: 1,
        }),
        around: fc.dictionary(fc.constantFrom(...'ABCDEFGHIJKL'), hops),
      }),
      { selector: ({ id }) => id },
    )
    .map((given) =>
      given.map(({ id, terms, around }) => {
        const { [id.toUpperCase().slice(0, 1)]: _, ...others } = around;
        return source(id, terms, others);
      }),
    );
  const factor = (hop: number) => 0.7 ** (hop > 0 ? hop : 1 - hop);

  test('a candidate scores, term by term, the best of its own and of all around it', async () => {
    await fc.assert(
      fc.asyncProperty(sources, async (given) => {
        const candidates = await spread(given);
        const reached = new Set(given.flatMap(({ near }) => near));
        const expected = [
          ...given.map(({ id, lineageId }) => ({ id, lineageId })),
          ...[...reached].map((lineageId) => ({ id: null, lineageId })),
        ];
        const key = ({ id, lineageId }: { id: string | null; lineageId: string }) => `${lineageId} ${id}`;
        expect(candidates.map(key).toSorted()).toEqual(expected.map(key).toSorted());
        for (const { id, lineageId, score, own, terms, sources: from } of candidates) {
          const itself = given.find((each) => each.id === id);
          const best = [0, 1, 2].map((term) => {
            const ownScore = itself?.owns[itself.terms.indexOf(term)] ?? 0;
            const around = given.flatMap((each) => {
              const at = each.near.indexOf(lineageId);
              const value = each.owns[each.terms.indexOf(term)];
              return at < 0 || value === undefined ? [] : [value * factor(each.hops[at] as number)];
            });
            return { ownScore, score: Math.max(ownScore, ...around) };
          });
          expect(score).toBeCloseTo(
            best.reduce((sum, each) => sum + each.score, 0),
            9,
          );
          expect(own).toBeCloseTo(
            best.reduce((sum, each) => sum + each.ownScore, 0),
            9,
          );
          expect(terms.map(({ term }) => term)).toEqual([0, 1, 2].filter((term) => (best[term]?.score ?? 0) > 0));
          expect([...new Set(terms.flatMap((each) => each.from ?? []))].sort()).toEqual(from);
          for (const { term, value, from } of terms) {
            expect(value).toBeCloseTo(best[term]?.score as number, 9);
            const origin = given.find((each) => each.id === (from ?? id)) as Source;
            const at = from === null ? 1 : factor(origin.hops[origin.near.indexOf(lineageId)] as number);
            expect((origin.owns[origin.terms.indexOf(term)] as number) * at).toBeCloseTo(value, 9);
          }
        }
      }),
    );
  });

  test('they come best first, in the same order and from the same memories, however they were given', async () => {
    await fc.assert(
      fc.asyncProperty(sources, fc.nat(), async (given, turn) => {
        const candidates = await spread(given);
        const scores = candidates.map(({ score }) => score);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
        const at = turn % (given.length + 1);
        const order = (list: Candidate[]) =>
          list.map(({ id, lineageId, score, sources: from }) => [id, lineageId, score, from]);
        expect(order(await spread([...given.slice(at), ...given.slice(0, at)]))).toEqual(order(candidates));
      }),
    );
  });
});

test('a graph is walked to either side, the nearest first, and no further than four relations', () => {
  const chain = Array.from({ length: 9 }, (_, n) => ({
    later: `${n + 1}`,
    earlier: `${n}`,
    recordedAt: new Date(n),
    id: `${n}`,
  }));
  const near = new FollowsGraph(chain).within('5');
  const around = { '6': 1, '4': -1, '7': 2, '3': -2, '8': 3, '2': -3, '9': 4, '1': -4 };
  expect(Object.fromEntries(near.map(({ id, hops }) => [id, hops]))).toEqual(around);
  expect(near.map(({ hops }) => Math.abs(hops))).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
  expect(new FollowsGraph(chain).within('elsewhere')).toEqual([]);
});
