import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { hashedVector } from '../src/domain/embedding/hashing.ts';
import { createMemories } from './support/memories.ts';
import { useService } from './support/service.ts';

const service = useService();
const DAY = 86_400_000;

const RECALL = `query ($input: RecallInput!, $at: PointInTime, $first: Int) {
  recall(input: $input, at: $at, first: $first) {
    mode order weights { vector lexical relevance recency importance confidence }
    edges { score node { id content importance confidence validFrom entities { nodes { name } } } explanation { variety
      similarity similarityAround lexical matchedTerms terms { term weight frequency frequencyInPassage isOfName }
      passage { from until lengthFactor } highest
      length lengthFactor lengthDivisor spread spreadDivisor spreadFrom { id content } cues { name factor }
      relevance recency importance confidence } } } }`;

// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
type Recalled = any;
const recall = async (input: object, at?: object): Promise<Recalled> =>
  (await service.run(RECALL, { input: { mode: 'LEXICAL', ...input }, at, first: 100 })).recall;
const contentsOf = ({ edges }: Recalled): string[] => edges.map(({ node }: Recalled) => node.content);
/** What a question finds by its words, best first. */
const found = async (key: string, query: string) => contentsOf(await recall({ companion: { key }, query }));
const explained = async (key: string, query: string) => {
  const { edges } = await recall({ companion: { key }, query });
  return Object.fromEntries(edges.map(({ node, explanation }: Recalled) => [node.content, explanation]));
};

/** Makes one memory of each text, and FOLLOWS relations from each to the one before where it is a conversation. */
async function remember(key: string, contents: readonly (string | object)[], relation?: string): Promise<string[]> {
  const { memories } = await createMemories(service, {
    companion: { key },
    memories: contents.map((given, index) => ({
      ref: `${index}`,
      type: 'EXPERIENCE',
      ...(typeof given === 'string' ? { content: given } : given),
    })),
    relations: relation
      ? contents
          .slice(1)
          .map((_, index) => ({ from: { ref: `${index + 1}` }, to: { ref: `${index}` }, type: relation }))
      : [],
  });
  return memories.map(({ id }) => id);
}

/** The rarity of a word that n of N memories have; and what it scores where a memory has it so often. */
const rarity = (N: number, n: number) => Math.log(1 + (N - n + 0.5) / (n + 0.5));
const scored = (weight: number, times = 1) => (weight * 2 * times) / (times + 1);
/** What words score, as a part of the most that they could. */
const partOf = (score: number, weights: readonly number[]) => score / (2 * weights.reduce((sum, w) => sum + w, 0));
const close = (value: number) => expect.closeTo(value, 9);

describe('what it finds by words', () => {
  test('any word of the question is enough, and the more and the rarer of them the better', async () => {
    await remember('any', [
      'Maya bakes bread',
      'Noah sails and bakes',
      'The bicycle is blue',
      'Noah sails',
      'Noah rows',
    ]);
    expect(await found('any', 'Who bakes pies and sails boats, and where is Noah?')).toEqual([
      'Noah sails and bakes',
      'Noah sails',
      'Maya bakes bread',
      'Noah rows',
    ]);
  });

  test('a word counts by its rarity, more with each time it is said, and less where every question has it', async () => {
    const cups = Array.from({ length: 9 }, (_, n) => `A cup of coffee, number ${n}`);
    await remember('rare', ['Coffee and coffee and coffee', 'Espresso', 'That kind of day', ...cups]);
    const explanations = await explained('rare', 'what kind of coffee: espresso?');
    const weights = { espresso: rarity(12, 1), kind: 0.4 * rarity(12, 1), coffe: rarity(12, 10) };
    const lexical = (score: number) => close(partOf(score, Object.values(weights)));
    expect(explanations).toMatchObject({
      Espresso: { matchedTerms: ['espresso'], lexical: lexical(scored(weights.espresso)), spread: null },
      'That kind of day': { matchedTerms: ['kind'], lexical: lexical(scored(weights.kind)) },
      'Coffee and coffee and coffee': { matchedTerms: ['coffe'], lexical: lexical(scored(weights.coffe, 3)) },
      'A cup of coffee, number 0': { lexical: lexical(scored(weights.coffe)) },
    });
    expect(Object.keys(explanations)[0]).toBe('Espresso');
  });

  test('words of a summary find a memory, those of its type and context do not', async () => {
    await remember('summary', [
      { content: 'It rained', summary: 'weather in Porto', type: 'FACT', context: { mood: 'gloomy' } },
    ]);
    expect(await found('summary', 'Porto')).toEqual(['It rained']);
    expect(await found('summary', 'gloomy fact')).toEqual([]);
  });
});

describe('cues', () => {
  const cuesOf = async (key: string, query: string) =>
    Object.fromEntries(
      Object.entries(await explained(key, query)).map(([content, { cues }]) => [
        content,
        (cues as Recalled).map(({ name }: Recalled) => name),
      ]),
    );

  test('the one speaker that the question names, by the whole name or the first', async () => {
    await remember('speakers', [
      { content: 'I paint lakes', context: { speaker: '  Melanie   Grey ' } },
      { content: 'I paint hills', context: { speaker: 'Caroline' } },
      { content: 'Melanie can paint', context: {} },
    ]);
    const speakerOf = ['I paint lakes', 'I paint hills', 'Melanie can paint'];
    const cues = (...lists: string[][]) => Object.fromEntries(speakerOf.map((content, n) => [content, lists[n]]));
    expect(await cuesOf('speakers', "What does Melanie's brother paint?")).toEqual(cues(['speaker'], [], []));
    expect(await cuesOf('speakers', 'melanie GREY: what does she paint?')).toEqual(cues(['speaker'], [], []));
    expect(await cuesOf('speakers', 'Do Melanie and Caroline paint?')).toEqual(cues([], [], []));
    expect(await cuesOf('speakers', 'What does Grey paint?')).toEqual(cues([], [], []));
    const { edges } = await recall({ companion: { key: 'speakers' }, query: 'What does Caroline paint?' });
    expect(edges[0]).toMatchObject({
      node: { content: 'I paint hills' },
      explanation: { matchedTerms: ['paint'], cues: [{ name: 'speaker', factor: 1.5 }] },
    });
  });

  test('a speaker in either form of accents and in full width', async () => {
    const said = ['I paint fjords', 'I paint dunes', 'I paint moors'];
    await remember('forms', [
      { content: said[0], context: { speaker: 'Zoe\u0308 Berg' } },
      { content: said[1], context: { speaker: '\uff2e\uff4f\uff41\uff48' } },
      { content: said[2], context: { speaker: 'Caroline' } },
    ]);
    const cues = (named: string) => Object.fromEntries(said.map((each) => [each, each === named ? ['speaker'] : []]));
    expect(await cuesOf('forms', 'What does Zo\u00eb paint?')).toEqual(cues('I paint fjords'));
    expect(await cuesOf('forms', 'What does Noah paint?')).toEqual(cues('I paint dunes'));
  });

  test('a time, where one is asked for and told', async () => {
    const told = ['We moved yesterday.', 'We moved in 2021', 'We moved house last week', 'We moved yesterday'];
    await remember('times', [...told, 'We moved house']);
    for (const query of ['When did we move?', 'How long ago have we moved?', 'Which year did we move?']) {
      expect(await cuesOf('times', query)).toEqual({
        ...Object.fromEntries(told.map((content) => [content, ['time']])),
        'We moved house': [],
      });
    }
    expect(Object.values(await cuesOf('times', 'Why have we moved?')).flat()).toEqual([]);
  });

  test('the user’s own words, where the question speaks of whoever asks', async () => {
    const said = ['the dog is Rex', 'a dog needs walks', 'my dog is old', 'no dog', 'dog of a speaker'];
    await remember('self', [
      { content: said[0], context: { role: ' User ' } },
      { content: said[1], context: { role: 'assistant', speaker: 'user' } },
      { content: said[2], context: { speaker: 'USER' } },
      { content: said[3] },
      { content: said[4], context: { speaker: 'Maya' } },
    ]);
    const withCue = (...own: string[]) =>
      Object.fromEntries(said.map((content) => [content, own.includes(content) ? ['self'] : []]));
    for (const query of ['What is my dog called?', 'Do WE have a dog', 'Did I walk the dog?']) {
      expect(await cuesOf('self', query)).toEqual(withCue('the dog is Rex', 'my dog is old'));
    }
    expect(await cuesOf('self', 'Who has a dog? It is mined')).toEqual(withCue());
    expect((await cuesOf('self', 'Does Maya know my dog?'))['dog of a speaker']).toEqual(['speaker']);
    expect((await cuesOf('self', 'Does Maya know my dog?'))['my dog is old']).toEqual([]);
  });

  test('a question answers worse than what is none', async () => {
    const asked = (times: number) => `The mill is ${'very '.repeat(times)}open?`;
    await remember('questions', ['Is the mill open?', 'The mill is open', asked(46), asked(47), asked(500)]);
    const explanations = await explained('questions', 'mill');
    const [first, second] = ['The mill is open', 'Is the mill open?'].map((content) =>
      Object.keys(explanations).indexOf(content),
    );
    expect(first).toBeLessThan(second as number);
    for (const [content, { cues }] of Object.entries(explanations)) {
      const isShortQuestion = content.endsWith('?') && content.length <= 250;
      expect(cues, content).toEqual(isShortQuestion ? [{ name: 'question', factor: 0.85 }] : []);
    }
    expect(asked(46).length).toBeLessThanOrEqual(250);
    expect(asked(47).length).toBeGreaterThan(250);
  });

  test('whether its content is asked for or not: the beginning of a long one is looked at', async () => {
    const long = (middle: string, end: string) => `The dam ${'🙂'.repeat(1_995)}${middle}${'x'.repeat(1_200)}${end}`;
    await remember('long', [
      long('', '?'),
      long('x on 4th May', '.'),
      long(' in May 1', '.'),
      long(' 4th ', '.'),
      'The dam broke yesterday',
    ]);
    const input = { companion: { key: 'long' }, query: 'When has the dam broken?' };
    const document = (fields: string) => `query ($input: RecallInput!) { recall(input: $input) {
      edges { score explanation { cues { name } } node { id ${fields} } } } }`;
    const without = (await service.runUntyped(document(''), { input })).recall.edges;
    expect(without.map(({ explanation }: Recalled) => explanation.cues.length).toSorted()).toEqual([0, 0, 0, 0, 1]);
    const withContent = (await service.runUntyped(document('content'), { input })).recall.edges;
    for (const { node } of withContent) delete node.content;
    for (const edge of [...without, ...withContent]) edge.score = Number(edge.score.toFixed(6));
    expect(withContent).toEqual(without);
  });
});

describe('words spread', () => {
  const turns = Array.from({ length: 12 }, (_, n) => (n === 5 ? 'The zeppelin lands' : `Turn ${n}`));

  test('along FOLLOWS to what came before and after, four relations far', async () => {
    await remember('talk', turns, 'FOLLOWS');
    const explanations = await explained('talk', 'zeppelin');
    const own = partOf(scored(1), [1]);
    const factors = [0.7 ** 5, 0.7 ** 4, 0.7 ** 3, 0.7 ** 2, 1, 0.7, 0.7 ** 2, 0.7 ** 3, 0.7 ** 4];
    expect(Object.keys(explanations)).toHaveLength(9);
    for (const [place, factor] of factors.entries()) {
      const isSource = place === 4;
      expect(explanations[turns[place + 1] as string]).toMatchObject({
        lexical: isSource ? close(own) : null,
        spread: isSource ? null : close(own * factor),
        spreadFrom: isSource ? [] : [{ content: 'The zeppelin lands' }],
        matchedTerms: isSource ? ['zeppelin'] : [],
      });
    }
  });

  test.each(['ELABORATES', 'REFERENCES', 'CAUSES'])('not over %s', async (type) => {
    await remember(type, turns, type);
    expect(await found(type, 'zeppelin')).toEqual(['The zeppelin lands']);
  });
});

describe('the sides of a search', () => {
  const companion = { key: 'sides' };
  const query = 'Where does the heron nest?';
  beforeAll(() =>
    remember('sides', ['The heron nests by the weir', 'A herring net', 'Noah plays chess', 'Nothing is said']),
  );

  test('HYBRID weighs words and vectors as the embedder is worth; each mode alone says so', async () => {
    const hybrid = await recall({ companion, query, mode: 'HYBRID' });
    expect(hybrid).toMatchObject({
      mode: 'HYBRID',
      weights: { vector: 0.03, lexical: 0.97, relevance: 1, recency: 0.05, importance: 0.05, confidence: 0.05 },
    });
    expect(hybrid.edges[0].explanation).toMatchObject({ lexical: expect.any(Number), similarity: expect.any(Number) });
    const semantic = await recall({ companion, query, mode: 'SEMANTIC' });
    expect(semantic).toMatchObject({ mode: 'SEMANTIC', weights: { vector: 1, lexical: 0 } });
    expect(contentsOf(semantic).slice(0, 2)).toEqual(['The heron nests by the weir', 'A herring net']);
    for (const { explanation } of semantic.edges) {
      expect(explanation).toMatchObject({ lexical: null, spread: null, matchedTerms: [], spreadFrom: [] });
    }
    const lexical = await recall({ companion, query });
    expect(lexical).toMatchObject({ mode: 'LEXICAL', weights: { vector: 0, lexical: 1 } });
    expect(lexical.edges).toMatchObject([{ explanation: { similarity: null } }]);
  });

  test('a vector instead of a question, or beside it', async () => {
    const embedding = hashedVector('Noah plays chess', 384);
    for (const mode of ['HYBRID', 'SEMANTIC']) {
      const alone = await recall({ companion, embedding, mode });
      expect(alone).toMatchObject({ mode: 'SEMANTIC', weights: { vector: 1, lexical: 0 } });
      expect(alone.edges).toHaveLength(4);
      expect(alone.edges[0]).toMatchObject({ node: { content: 'Noah plays chess' }, explanation: { cues: [] } });
      expect(alone.edges[0].explanation.similarity).toBeCloseTo(1, 5);
    }
    const both = await recall({ companion, embedding, query: 'heron', mode: 'HYBRID' });
    const chess = both.edges.find(({ node }: Recalled) => node.content === 'Noah plays chess');
    expect(chess.explanation.similarity).toBeCloseTo(1, 5);
    expect(both.edges[0].explanation.matchedTerms).toEqual(['heron']);
  });

  test('minSimilarity leaves out what is less similar, where vectors take part', async () => {
    const all = await recall({ companion, query, mode: 'SEMANTIC' });
    const second = all.edges[1].explanation.similarity;
    const nearer = await recall({ companion, query, mode: 'SEMANTIC', minSimilarity: second });
    expect(contentsOf(nearer)).toEqual(contentsOf(all).slice(0, 2));
    const hybrid = await recall({ companion, query, mode: 'HYBRID', minSimilarity: 0.99 });
    expect(hybrid.edges).toEqual([]);
    expect((await recall({ companion, query, minSimilarity: 0.99 })).edges).toHaveLength(1);
  });

  test('weights given partly keep the defaults of the others', async () => {
    const { weights } = await recall({ companion, query, weights: { relevance: 0, recency: 2, importance: null } });
    expect(weights).toEqual({ vector: 0, lexical: 1, relevance: 0, recency: 2, importance: 0.05, confidence: 0.05 });
  });
});

describe('what has nothing to do with the question is not listed', () => {
  const companion = { key: 'nothing' };
  const said = ['The heron nests by the weir', 'A herring net', 'Maya prefers Kotlin for work', 'Rain all day'];
  beforeAll(() => remember('nothing', said));
  const hybrid = async (input: object) => recall({ companion, mode: 'HYBRID', ...input });

  test.each(['What colour is the zeppelin?', 'Quantum physics lectures', '??? 🦤', 'the of and'])(
    'nothing is stored of %j',
    async (query) => {
      expect(contentsOf(await hybrid({ query }))).toEqual([]);
      expect(contentsOf(await hybrid({ query, minSimilarity: -1 }))).toHaveLength(4);
      expect(contentsOf(await hybrid({ query, mode: 'SEMANTIC' }))).toHaveLength(4);
    },
  );

  test('one word in common is enough, and so is being written alike', async () => {
    const { edges } = await hybrid({ query: 'Is Maya at sea?' });
    expect(edges).toMatchObject([{ node: { content: said[2] }, explanation: { matchedTerms: ['maya'] } }]);
    const alike = await hybrid({ query: 'preferring Kotlinn' });
    expect(alike.edges).toMatchObject([{ node: { content: said[2] } }]);
    expect(alike.edges[0].explanation.similarity).toBeGreaterThan(0.25);
  });

  test('minScore leaves out what scores less, on every page', async () => {
    const query = 'heron weir rain';
    const all = await hybrid({ query, minSimilarity: -1 });
    expect(all.edges).toHaveLength(4);
    for (const [count, { score }] of all.edges.entries()) {
      const found = await hybrid({ query, minSimilarity: -1, minScore: score - 1e-6 });
      expect(contentsOf(found)).toEqual(contentsOf(all).slice(0, count + 1));
    }
    expect((await hybrid({ query, minScore: 1_000 })).edges).toEqual([]);
    const { errors } = await service.send(RECALL, { input: { companion, query, minScore: 1e9 } });
    expect(errors?.[0]?.extensions.code).toBe('INVALID_INPUT');
  });
});

describe('times', () => {
  const at = '2026-11-28T15:00:00Z';
  const days = ['2026-11-27', '2026-11-18', '2026-03-14', '2025-03-14'];
  const contentOf = (day: string) => `The lighthouse was painted, as of ${day.replaceAll('-', ' ')}`;
  beforeAll(() =>
    remember(
      'dates',
      days.map((day) => ({ content: contentOf(day), validFrom: `${day}T09:00:00Z` })),
    ),
  );
  const foundAt = async (query: string, validAt = at) => {
    const { edges } = await recall({ companion: { key: 'dates' }, query }, { validAt });
    return edges.map(({ node, explanation }: Recalled) => [
      days.find((day) => node.content === contentOf(day)),
      explanation.cues.map(({ name, factor }: Recalled) => `${name} ${factor}`).join(),
    ]);
  };

  test.each([
    ['Was the lighthouse painted yesterday?', '2026-11-27'],
    ['Was the lighthouse painted last week?', '2026-11-18'],
    ['Was the lighthouse painted in March?', '2026-03-14'],
    ['Was the lighthouse painted last year?', '2025-03-14'],
    ['Was the lighthouse painted before 2026?', '2025-03-14'],
  ])('%s', async (query, day) => {
    const found = await foundAt(query);
    expect(found).toHaveLength(4);
    expect(found.filter(([, cues]: string[]) => cues === 'date 1.25')).toEqual([[day, 'date 1.25']]);
    // The dates of the others have a word of this question.
    if (!query.includes('2026')) expect(found[0][0]).toBe(day);
  });

  test('are seen from the point in time that is read', async () => {
    expect((await foundAt('Was the lighthouse painted in March?', '2025-12-01T00:00:00Z'))[0]).toEqual([
      '2025-03-14',
      'date 1.25',
    ]);
  });

  test('where it asks for what is so now, recency weighs more, unless weights are given', async () => {
    const weightsOf = async (query: string, weights?: object) =>
      (await recall({ companion: { key: 'dates' }, query, weights })).weights.recency;
    expect(await weightsOf('Is the lighthouse still painted?')).toBeCloseTo(0.2, 12);
    expect(await weightsOf('Is the lighthouse painted?')).toBeCloseTo(0.05, 12);
    expect(await weightsOf('Is the lighthouse still painted?', { relevance: 1 })).toBeCloseTo(0.05, 12);
  });

  test('the version that holds comes before one that has ended', async () => {
    const [old] = await remember('versions', ['Maya works at the mill', 'Noah works at the quay']);
    await service.run(
      `mutation ($id: ID!) { correctMemory(input: {id: $id, kind: CHANGE, content: "Maya works at the weir"}) {
        ... on CorrectMemoryPayload { memory { id } } ... on Error { message } } }`,
      { id: old },
    );
    const filter = { statuses: ['ACTIVE', 'ENDED'] };
    const { edges } = await recall({ companion: { key: 'versions' }, query: 'Where does Maya work?', filter });
    expect(edges.slice(0, 2)).toMatchObject([
      { node: { content: 'Maya works at the weir' }, explanation: { cues: [] } },
      { node: { content: 'Maya works at the mill' }, explanation: { cues: [{ name: 'ended', factor: 0.8 }] } },
    ]);
  });
});

describe('a reader can recompute every score', () => {
  const words = ['heron', 'weir', 'kettle', 'Lisbon', 'chess', 'violin', 'rain', 'yesterday'];
  const now = Date.now();
  let ids: string[];
  beforeAll(async () => {
    const said = Array.from({ length: 60 }, (_, n) => ({
      content:
        `${words[n % 7]} and ${words[(n * n + 3) % 8]}${n % 5 === 0 ? '?' : ''} (${n})${n % 5 === 0 ? '?' : ''}` +
        `${n % 4 === 1 ? ` ${words[n % 8]} ${'filler '.repeat(n * 12)}` : ''}`,
      type: ['FACT', 'EXPERIENCE', 'PREFERENCE'][n % 3],
      importance: n % 11,
      confidence: (n % 6) / 5,
      context: { speaker: ['Noah', 'Maya', 'user'][n % 3] },
      validFrom: new Date(now - n * n * DAY).toISOString(),
      entities: n % 4 < 2 ? [{ type: 'place', name: n % 8 < 2 ? 'Weir Mill' : 'Kettle_Yard' }] : [],
    }));
    ids = await remember('recompute', said, 'FOLLOWS');
  });

  /** The order that the scores, their varieties and, for tens of TIME, the moments make. */
  const expectOrder = (order: string, edges: readonly Recalled[]) => {
    const falls = (values: readonly number[]) => expect(values).toEqual(values.toSorted((a, b) => b - a));
    const first = order === 'RELEVANCE' ? [] : edges.slice(0, 50);
    falls(edges.slice(first.length).map(({ score }) => score));
    const weighed = ({ score, explanation }: Recalled) => score * explanation.variety;
    const timeOf = ({ node }: Recalled) => Date.parse(node.validFrom);
    for (let ten = 0; order === 'TIME' && ten < first.length; ten += 10) {
      falls(first.slice(ten, ten + 10).map((each) => -timeOf(each)));
      const next = first.slice(ten + 10, ten + 20);
      expect(Math.min(...first.slice(ten, ten + 10).map(weighed))).toBeGreaterThanOrEqual(
        Math.max(...next.map(weighed)),
      );
    }
    const taken = first.toSorted((a, b) => weighed(b) - weighed(a));
    if (order === 'VARIETY') falls(first.map(weighed));
    for (const [place, each] of taken.entries()) {
      const before = taken
        .slice(0, place)
        .filter((other) => Math.floor(timeOf(other) / DAY) === Math.floor(timeOf(each) / DAY));
      const left = each.score > 0 ? 0.9 ** before.length : 1;
      expect([left, left / 2].map((value) => value.toFixed(5))).toContain(each.explanation.variety.toFixed(5));
    }
    for (const { explanation } of edges.slice(first.length)) expect(explanation.variety).toBe(1);
  };

  test('from the weights and its explanation', async () => {
    const weight = fc.oneof(fc.constant(undefined), fc.constant(0), fc.double({ min: 0.01, max: 1000, noNaN: true }));
    const input = fc.record({
      query: fc
        .subarray([...words, 'When', 'Maya', 'Noah', 'kind', 'my', 'Mill', 'yard'], { minLength: 1 })
        .map((chosen) => chosen.join(' ')),
      near: fc.option(fc.constantFrom(...words), { nil: undefined }),
      mode: fc.constantFrom('HYBRID', 'SEMANTIC', 'LEXICAL'),
      weights: fc.record({ relevance: fc.constant(1), recency: weight, importance: weight, confidence: weight }),
      minSimilarity: fc.constantFrom(undefined, -1, 0, 0.2),
      order: fc.constantFrom(undefined, 'VARIETY', 'TIME'),
      filter: fc.constantFrom(undefined, { types: ['FACT'] }, { minImportance: 4 }, { context: { speaker: 'Maya' } }),
      daysAgo: fc.constantFrom(0, 100, 2000),
    });
    await fc.assert(
      fc.asyncProperty(input, async ({ daysAgo, near, ...asked }) => {
        const embedding = near && hashedVector(near, 384);
        const validAt = new Date(now - daysAgo * DAY + 1000).toISOString();
        const {
          weights: w,
          order,
          edges,
        } = await recall({ companion: { key: 'recompute' }, embedding, ...asked }, { validAt });
        for (const { score, node, explanation: e } of edges) {
          const factor = e.cues.reduce((product: number, cue: Recalled) => product * cue.factor, 1);
          expect(e.relevance).toBeCloseTo(
            (w.vector * (e.similarityAround ?? 0) + w.lexical * (e.lexical + e.spread)) * factor,
            9,
          );
          expect(e.length).toBe(Math.floor(Buffer.byteLength(node.content) / 10));
          const times = Math.max(1, e.length / 25);
          expect([e.lengthFactor, e.lengthDivisor]).toEqual([
            close(Math.sqrt(times)),
            close(1 + 0.05 * Math.log(times)),
          ]);
          expect([1, close(times)]).toContainEqual(e.spreadDivisor);
          if (e.passage) expect([e.length > 50, e.passage.lengthFactor]).toEqual([true, close(Math.SQRT2)]);
          const own = e.terms
            .map(({ weight, frequency, frequencyInPassage: inPassage }: Recalled) => {
              expect(inPassage === null || e.passage !== null).toBe(true);
              return inPassage === null
                ? (weight * 2 * frequency) / (frequency + e.lengthFactor)
                : (weight * 2 * inPassage) / (inPassage + e.passage.lengthFactor);
            })
            .reduce((sum: number, score: number) => sum + score, 0);
          expect(e.lexical ?? 0).toBeCloseTo(e.highest > 0 ? own / e.lengthDivisor / e.highest : 0, 9);
          expect(e.terms.map(({ term }: Recalled) => term)).toEqual(e.matchedTerms);
          const names = node.entities.nodes.map(({ name }: Recalled) => name.toLowerCase()).join();
          for (const { term, frequency, frequencyInPassage, isOfName } of e.terms) {
            const times = node.content.toLowerCase().split(term).length - 1;
            if (isOfName) {
              const counted = [frequency, frequencyInPassage, names, times > 0 && e.passage === null];
              expect(counted).toEqual([1, null, expect.stringContaining(term), false]);
            } else expect(times).toBeGreaterThanOrEqual(frequency);
          }
          const parts = ['relevance', 'recency', 'importance', 'confidence'];
          const whole = parts.reduce((sum, part) => sum + w[part] * e[part], 0);
          expect(Math.abs(score - whole)).toBeLessThan(1e-9 * Math.max(1, whole));
          const days = (Date.parse(validAt) - Date.parse(node.validFrom)) / DAY;
          expect(e.recency).toBeCloseTo(2 ** (-days / 30), 9);
          expect(e.importance).toBeCloseTo(node.importance / 10, 9);
          expect(e.confidence).toBeCloseTo(node.confidence, 9);
          expect(e.lexical === null).toBe(e.matchedTerms.length === 0);
          expect(e.spread === null).toBe(e.spreadFrom.length === 0);
          const place = ids.findIndex((id) => node.id.startsWith(id));
          for (const { id } of e.spreadFrom) {
            const distance = Math.abs(ids.findIndex((each) => id.startsWith(each)) - place);
            expect([1, 2, 3, 4]).toContain(distance);
            expect(id.split('@')[1], 'the point in time').toBe(node.id.split('@')[1]);
          }
          if (embedding && asked.mode !== 'LEXICAL') {
            const vector = hashedVector(node.content, 384);
            const cosine = vector.reduce((sum, value, at) => sum + value * (embedding[at] as number), 0);
            expect(e.similarity).toBeCloseTo(cosine, 5);
          }
        }
        expect(order).toBe(asked.order ?? 'RELEVANCE');
        expectOrder(order, edges);
      }),
      { numRuns: 60 },
    );
  });
});
