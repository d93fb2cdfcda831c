import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  type ClusterAnswer,
  clusterMemories,
  MAX_CLUSTER,
  pickSentences,
} from '../src/domain/consolidation/clusters.ts';
import { hashedVector } from '../src/domain/embedding/hashing.ts';
import { drawsOf } from '../src/model/summary/draws.ts';
import { nearest } from '../src/model/summary/neighbors.ts';
import { product } from '../src/model/summary/vectors.ts';
import { patience } from './support/calibration.ts';

vi.setConfig({ testTimeout: patience(30_000) });

const DIMENSION = 384;
const free = (count: number) => new Int32Array(count).fill(-1);

/** Memories by their texts, with the vectors of the embedder that needs no model. */
const ofTexts = (texts: readonly string[]) => ({
  dimension: DIMENSION,
  vectors: Float32Array.from(texts.flatMap((text) => hashedVector(text, DIMENSION))),
  entities: texts.map((): number[] => []),
  taken: free(texts.length),
  minSize: 4,
});

/** Memories around random topics: so many of each size, and some that are alone. */
function random(seed: number, sizes: readonly number[], alone: number, dimension = 64) {
  const draw = drawsOf(seed);
  const vector = () => Array.from({ length: dimension }, () => draw() + draw() - 1);
  const centres = sizes.map(vector);
  const topics = [...sizes.flatMap((size, topic) => Array(size).fill(topic)), ...Array(alone).fill(-1)] as number[];
  const vectors = topics.flatMap((topic) => {
    const centre = centres[topic];
    const own = vector().map((number, at) => number * (centre ? 0.9 : 1) + (centre?.[at] ?? 0));
    const length = Math.hypot(...own);
    return own.map((number) => number / length);
  });
  const entities = topics.map(() => Array.from({ length: Math.floor(draw() * 4) }, () => Math.floor(draw() * 30)));
  return {
    topics,
    request: { dimension, vectors: Float32Array.from(vectors), entities, taken: free(topics.length), minSize: 4 },
  };
}

/** What is taken once an answer has been applied; new topics get other numbers than those there are. */
function applied(taken: Int32Array, { joins, clusters }: ClusterAnswer): Int32Array<ArrayBuffer> {
  const after = Int32Array.from(taken, (topic, place) => (topic === -1 ? (joins[place] as number) : topic));
  const next = Math.max(-1, ...taken) + 7;
  for (const [at, members] of clusters.entries())
    for (const place of members) after[place] = next + clusters.length - at;
  return after;
}

const isNothing = ({ joins, clusters }: ClusterAnswer) => clusters.length === 0 && joins.every((topic) => topic === -1);

const dogs = [
  'Rex the dog chewed the red shoes in the hall.',
  'The dog Rex barks at the mailman every morning.',
  'Rex the dog needs a walk before breakfast.',
  'Took the dog Rex to the vet for his shots.',
  'Rex the dog sleeps on the sofa at night.',
];
const taxes = [
  'The tax return for the income of last year is due in May.',
  'Income tax is paid quarterly by bank transfer.',
  'The tax office sent a letter about income from rent.',
  'An accountant prepares the income tax return.',
  'Donations lower the income tax.',
];

describe('clusters', () => {
  test('texts about the same are together, apart from others', async () => {
    const mixed = dogs.flatMap((dog, at) => [dog, taxes[at] as string]);
    const { clusters, joins } = await clusterMemories(ofTexts([...mixed, 'Quantum chromodynamics!']));
    expect(clusters).toEqual([
      [0, 2, 4, 6, 8],
      [1, 3, 5, 7, 9],
    ]);
    expect([...joins]).toEqual(Array(11).fill(-1));
  });

  test('random topics are found, and what is alone is left alone', async () => {
    const { topics, request } = random(3, [30, 20, 12, 8, 5], 40);
    const { clusters } = await clusterMemories({ ...request, entities: topics.map(() => []) });
    for (const [topic, size] of [30, 20, 12, 8, 5].entries()) {
      const members = topics.flatMap((each, place) => (each === topic ? [place] : []));
      const most = Math.max(...clusters.map((cluster) => members.filter((place) => cluster.includes(place)).length));
      expect(most / size, `topic ${topic}`).toBeGreaterThan(0.75);
    }
  });

  test('the answer is the same for the same, and nothing more is found once it is taken', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 80 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        sizes,
        fc.nat(40),
        fc.integer({ min: 2, max: 6 }),
        async (seed, of, alone, minSize) => {
          const request = { ...random(seed, of, alone).request, minSize };
          const answer = await clusterMemories(request);
          expect(await clusterMemories(request)).toEqual(answer);
          expect(isNothing(await clusterMemories({ ...request, taken: applied(request.taken, answer) }))).toBe(true);
          const members = answer.clusters.flat();
          expect(new Set(members).size).toBe(members.length);
          for (const cluster of answer.clusters) {
            expect(cluster.length).toBeGreaterThanOrEqual(minSize);
            expect(cluster.length).toBeLessThanOrEqual(MAX_CLUSTER);
            expect(cluster).toEqual(cluster.toSorted((a, b) => a - b));
          }
          const lengths = answer.clusters.map(({ length }) => length);
          expect(lengths).toEqual(lengths.toSorted((a, b) => b - a));
        },
      ),
      { numRuns: 25 },
    );
  });

  test('what is new joins topics or makes new ones, and then nothing more', async () => {
    let found = 0;
    for (let seed = 0; seed < 20; seed++) {
      const { request, topics } = random(seed, [40, 25, 70, 6], 30);
      const draw = drawsOf(seed);
      // A part of some topics is taken already.
      const taken = Int32Array.from(topics, (topic) => (topic >= 0 && topic < 3 && draw() < 0.6 ? topic : -1));
      const answer = await clusterMemories({ ...request, taken });
      for (const [place, topic] of answer.joins.entries()) {
        if (topic === -1) continue;
        found++;
        expect(taken[place]).toBe(-1);
        expect([0, 1, 2]).toContain(topic);
      }
      expect(answer.clusters.flat().filter((place) => taken[place] !== -1 || answer.joins[place] !== -1)).toEqual([]);
      const after = applied(taken, answer);
      for (const topic of [0, 1, 2])
        expect(after.filter((each) => each === topic).length).toBeLessThanOrEqual(MAX_CLUSTER);
      expect(isNothing(await clusterMemories({ ...request, taken: after }))).toBe(true);
    }
    expect(found).toBeGreaterThan(100);
  });

  test('a memory joins the topic that has half of what ties it to others, and a full one never', async () => {
    const request = ofTexts([...dogs, ...taxes]);
    const taken = Int32Array.from([5, 5, 5, 5, -1, 9, 9, 9, 9, 9]);
    const { joins, clusters } = await clusterMemories({ ...request, taken });
    expect([...joins]).toEqual([-1, -1, -1, -1, 5, -1, -1, -1, -1, -1]);
    expect(clusters).toEqual([]);
    const same = ofTexts(Array(MAX_CLUSTER + 3).fill(dogs[0]));
    const full = same.taken.map((_, place) => (place < MAX_CLUSTER ? 0 : -1));
    expect(isNothing(await clusterMemories({ ...same, taken: full }))).toBe(true);
  });

  test('rare entities tie memories together, and those of all memories do not', async () => {
    const words = [
      'alpha',
      'bravo',
      'cedar',
      'delta',
      'ember',
      'fjord',
      'grape',
      'heron',
      'igloo',
      'joker',
      'kayak',
      'lemur',
    ];
    const texts = Array.from({ length: 60 }, (_, at) => `${words[at % 12]}${at * 7919} ${at * 104729}`);
    const request = ofTexts(texts);
    const all = texts.map(() => [1]);
    const { clusters: before } = await clusterMemories({ ...request, entities: all });
    expect(before).toEqual((await clusterMemories(request)).clusters);
    const entities = all.map((each, at) => (at < 10 ? [...each, 2] : at < 16 ? [...each, 3] : each));
    const { clusters } = await clusterMemories({ ...request, entities });
    const together = (places: readonly number[]) =>
      Math.max(...clusters.map((cluster) => places.filter((place) => cluster.includes(place)).length));
    expect(together([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])).toBeGreaterThanOrEqual(9);
    expect(together([10, 11, 12, 13, 14, 15])).toBeGreaterThanOrEqual(5);
  });

  test('without any vectors entities alone decide', async () => {
    const entities = [[1], [1], [1], [1], [2], [2], [2], [2], [], [3]];
    const none = { dimension: 0, vectors: new Float32Array(0), entities, taken: free(10), minSize: 4 };
    const answer = {
      joins: free(10),
      clusters: [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
      ],
    };
    expect(await clusterMemories(none)).toEqual(answer);
    expect(await clusterMemories({ ...none, dimension: 8, vectors: new Float32Array(80) })).toEqual(answer);
  });

  test('nothing, one, zeros, and too few have no clusters', async () => {
    for (const request of [ofTexts([]), ofTexts(['One.']), ofTexts(dogs.slice(0, 3))]) {
      expect(isNothing(await clusterMemories(request))).toBe(true);
    }
    const zeros = { ...ofTexts(dogs), vectors: new Float32Array(dogs.length * DIMENSION) };
    expect(isNothing(await clusterMemories(zeros))).toBe(true);
  });

  test('very many of the same are clusters of at most as many as a cluster may have', async () => {
    const request = ofTexts(Array(500).fill(dogs[0]));
    const { clusters } = await clusterMemories(request);
    expect(clusters.flat()).toHaveLength(500);
    expect(Math.max(...clusters.map(({ length }) => length))).toBeLessThanOrEqual(MAX_CLUSTER);
  });

  test('neighbours are found by signatures as by comparing all', () => {
    const { request } = random(11, Array(60).fill(12), 300, 128);
    const { vectors: numbers, dimension, taken } = request;
    const vectors = { count: taken.length, dimension, numbers };
    const near = nearest(vectors, 10, 0.3);
    let [right, all] = [0, 0];
    for (const [place, found] of near.entries()) {
      const exact = [...taken.keys()]
        .filter((other) => other !== place && product(vectors, place, other) >= 0.3)
        .sort((a, b) => product(vectors, place, b) - product(vectors, place, a) || a - b)
        .slice(0, 10);
      all += exact.length;
      right += found.filter((each) => exact.includes(each.place)).length;
    }
    expect(all).toBeGreaterThan(5_000);
    expect(right / all).toBeGreaterThan(0.97);
  });
});

describe('sentences', () => {
  const pick = async (texts: readonly string[], most = 3) => {
    const { dimension, vectors } = ofTexts(texts);
    return pickSentences({ dimension, vectors, texts, groups: [[...texts.keys()]], most });
  };
  const sentences = async (texts: readonly string[], most?: number) =>
    (await pick(texts, most)).picks[0]?.map(({ sentence }) => sentence);

  test('are of the most central memories, unlike each other, each of another', async () => {
    const texts = [...dogs, dogs[0] as string, `${dogs[0]} `, 'It rained in Oslo.'];
    const { picks, centroids } = await pick(texts, 4);
    const members = picks[0]?.map(({ member }) => member) ?? [];
    expect(members).toHaveLength(4);
    expect(new Set(members).size).toBe(4);
    expect(members).not.toContain(7);
    expect(members.filter((member) => [0, 5, 6].includes(member)).length).toBeLessThanOrEqual(1);
    const { vectors } = ofTexts(texts);
    const central = (member: number) =>
      centroids.reduce((sum, number, at) => sum + number * (vectors[member * DIMENSION + at] as number), 0);
    expect(members).toEqual(members.toSorted((a, b) => central(b) - central(a)));
    for (let at = 0; at < DIMENSION; at++) {
      const mean = texts.reduce((sum, _, place) => sum + (vectors[place * DIMENSION + at] as number), 0) / texts.length;
      expect(centroids[at]).toBeCloseTo(mean, 6);
    }
  });

  test('are those whose words are frequent in the group, and not greetings', async () => {
    const greeting = 'Hello Anna! ';
    expect(
      await sentences(
        dogs.map((dog) => greeting + dog),
        5,
      ),
    ).toEqual(expect.arrayContaining(dogs));
  });

  test('are on one line, and end where sentences do', async () => {
    const text = 'On 3. May Dr. J. Smith paid $3.5\n   million to Acme Inc. for\tit.\r\nNobody knew.';
    expect(await sentences([text])).toEqual(['On 3. May Dr. J. Smith paid $3.5 million to Acme Inc. for it.']);
    expect(await sentences(['const first = second;\nreturn third(first);\n'])).toEqual(['const first = second;']);
    expect((await sentences(['\n - \n', '  ', '…']))?.toSorted()).toEqual(['-', '…']);
    expect(await sentences(['👍🏽', ''])).toEqual(['👍🏽']);
  });

  test.each([
    [
      'German',
      'Guten Tag. Der Vertrag mit der Bank läuft bis z. B. Juni.',
      'Der Vertrag mit der Bank endet im Juni.',
      /Vertrag/,
    ],
    ['Chinese', '你好。我在北京大学学习物理。', '我喜欢北京大学的物理课。', /北京大学/],
    ['Japanese', 'こんにちは！東京の会社で働いています。', '東京の会社は楽しいです。', /東京の会社/],
    ['Arabic', 'مرحبا. أسكن في مدينة القاهرة. ', 'مدينة القاهرة كبيرة.', /القاهرة/],
    ['Hindi', 'नमस्ते। मैं दिल्ली में काम करता हूँ।', 'दिल्ली में मेरा काम है।', /दिल्ली/],
    ['Thai', 'สวัสดีครับ', 'ผมทำงานที่กรุงเทพ', /กรุงเทพ|สวัสดี/],
  ])('are found in %s', async (_, first, second, expected) => {
    const found = await sentences([first, second]);
    expect(found).toHaveLength(2);
    for (const sentence of found ?? []) expect(sentence).toMatch(expected);
  });

  test.each([
    ['words', 'word '.repeat(200), /^(?:word )+word…$/],
    ['Chinese', '我在北京大学学习物理'.repeat(60), /^[^…]+…$/],
    ['emoji', '👩‍👩‍👧‍👦'.repeat(100), /^(?:👩‍👩‍👧‍👦)+…$/u],
    ['one long word', 'x'.repeat(1_000), /^x{299}…$/],
    ['surrogate pairs', '𝒳'.repeat(500), /^(?:𝒳)+…$/u],
    ['marks without end', `a${'\u0301'.repeat(2_000)}`, /^a\u0301+…$/],
  ])('that are too long are cut: %s', async (_, text, expected) => {
    const [sentence = ''] = (await sentences([text])) ?? [];
    expect(sentence).toMatch(expected);
    expect(sentence.length).toBeLessThanOrEqual(300);
    expect(sentence.length).toBeGreaterThan(200);
    expect(sentence.isWellFormed()).toBe(true);
  });

  test('of no group, an empty one, and texts without vectors', async () => {
    const texts = ['One thing.', 'Another thing.'];
    const none = { dimension: 0, vectors: new Float32Array(0), texts, groups: [], most: 2 };
    expect(await pickSentences(none)).toEqual({ picks: [], centroids: new Float32Array(0) });
    expect((await pickSentences({ ...none, groups: [[], [1, 0]] })).picks).toEqual([
      [],
      [
        { member: 0, sentence: 'One thing.' },
        { member: 1, sentence: 'Another thing.' },
      ],
    ]);
    const zeros = { ...none, dimension: 2, vectors: new Float32Array(4), groups: [[0, 1]], most: 1 };
    const { picks, centroids } = await pickSentences(zeros);
    expect([picks[0]?.length, ...centroids]).toEqual([1, 0, 0]);
  });

  test('the vectors given are still there afterwards', async () => {
    const { dimension, vectors } = ofTexts(dogs);
    const before = vectors.slice();
    await pickSentences({ dimension, vectors, texts: dogs, groups: [[0, 1]], most: 1 });
    expect(vectors).toEqual(before);
  });
});
