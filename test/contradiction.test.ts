import { describe, expect, test } from 'vitest';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { type Caller, useService } from './support/service.ts';

const service = useService();
const SIDE = 'id content status confidence validUntil';
const C = `contradiction { id status resolution note memory { ${SIDE} } by { ${SIDE} } relation { type retractedAt } }`;
const HELD = 'retractedAt versions { totalCount } contradictions { nodes { id status } } history { totalCount }';
const write = {
  create: mutation(service, 'createMemory', `memory { ${SIDE} } duplicate ${C}`),
  correct: mutation(service, 'correctMemory', 'memory { id }'),
  retract: mutation(service, 'retractMemory', 'memory { id }'),
  contradict: mutation(service, 'contradictMemory', C, `... on RelationExistsError { there: ${C} }`),
  resolve: mutation(service, 'resolveContradiction', C, `... on AlreadyResolvedError { there: ${C} }`),
  reopen: mutation(service, 'reopenContradiction', C),
  relate: mutation(service, 'relateMemories', 'relation { id }'),
};
const companion = { key: 'iris' };
const remember = async (content: string, more: Record<string, unknown> = {}, caller?: Caller): Promise<string> =>
  (await write.create({ companion, type: 'FACT', content, ...more }, caller)).memory.id;
const read = async (id: string, fields: string, at?: object, caller?: Caller) =>
  (
    await service.runUntyped(
      `query ($id: ID!, $at: PointInTime) { memory(id: $id, at: $at) { ${fields} } }`,
      { id, at },
      caller,
    )
  ).memory;

/** a·P / (1 − a + a·P), P = Π (1 − sᵢ·bᵢ), stated confidences capped at 0.99. */
function confidence(stated: number, against: readonly (readonly [strength: number, stated: number])[]): number {
  const a = Math.min(stated, 0.99);
  const P = against.reduce((product, [strength, b]) => product * (1 - strength * Math.min(b, 0.99)), 1);
  return (a * P) / (1 - a + a * P);
}

describe('confidence', () => {
  test('falls on both sides by what speaks against them, and is restored when it is dismissed', async () => {
    const id = await remember('The mill is open', { confidence: 0.8 });
    const { contradiction } = await write.contradict({
      id,
      by: { newMemory: { type: 'FACT', content: 'The mill is shut', confidence: 0.5 } },
      strength: 0.6,
    });
    expect(contradiction).toMatchObject({
      status: 'OPEN',
      resolution: null,
      memory: { status: 'DISPUTED', confidence: expect.closeTo(confidence(0.8, [[0.6, 0.5]]), 12) },
      by: { status: 'DISPUTED', confidence: expect.closeTo(confidence(0.5, [[0.6, 0.8]]), 12) },
      relation: { type: 'CONTRADICTS', retractedAt: null },
    });
    const second = await write.contradict({ id, by: { newMemory: { type: 'FACT', content: 'The mill burnt down' } } });
    expect(second.contradiction.memory.confidence).toBeCloseTo(
      confidence(0.8, [
        [0.6, 0.5],
        [1, 1],
      ]),
      12,
    );
    expect(second.contradiction.memory.confidence).toBeGreaterThan(0);
    await write.resolve({ id: second.contradiction.id, resolution: 'DISMISSED' });
    await write.resolve({ id: contradiction.id, resolution: 'DISMISSED' });
    expect(await read(id, 'status confidence statedConfidence')).toEqual({
      status: 'ACTIVE',
      confidence: 0.8,
      statedConfidence: 0.8,
    });
  });

  test('counts only while both hold: at a moment when one does not, nothing is disputed', async () => {
    const id = await remember('Open on Mondays', { validFrom: '2026-01-01T00:00:00Z' });
    const by = await remember('Shut on Mondays', {
      validFrom: '2026-06-01T00:00:00Z',
      validUntil: '2026-08-01T00:00:00Z',
    });
    await write.contradict({ id, by: { memoryId: by } });
    const at = (month: string) => read(id, 'status', { validAt: `2026-${month}-15T00:00:00Z` });
    expect([await at('03'), await at('07'), await at('09')]).toEqual([
      { status: 'ACTIVE' },
      { status: 'DISPUTED' },
      { status: 'ACTIVE' },
    ]);
  });
});

describe('a resolution', () => {
  const pair = async () => {
    const memory = await remember(`Claim ${crypto.randomUUID()}`, { validFrom: '2026-01-01T00:00:00Z' });
    const by = await remember(`Counterclaim ${crypto.randomUUID()}`, { validFrom: '2026-05-01T00:00:00Z' });
    const { contradiction } = await write.contradict({ id: memory, by: { memoryId: by } });
    return contradiction;
  };
  test.each([
    ['KEEP_MEMORY', 'RESOLVED', { status: 'ACTIVE' }, { status: 'RETRACTED' }],
    ['KEEP_BY', 'RESOLVED', { status: 'RETRACTED' }, { status: 'ACTIVE' }],
    ['SUCCEEDED', 'RESOLVED', { status: 'ENDED', validUntil: '2026-05-01T00:00:00.000Z' }, { status: 'ACTIVE' }],
    ['DISMISSED', 'DISMISSED', { status: 'ACTIVE' }, { status: 'ACTIVE' }],
  ])('%s does what it says, and reopened all is as before', async (resolution, status, memory, by) => {
    const opened = await pair();
    const { contradiction } = await write.resolve({ id: opened.id, resolution, note: 'Asked Maya' });
    expect(contradiction).toMatchObject({ id: opened.id, status, resolution, note: 'Asked Maya', memory, by });
    expect(contradiction.relation.retractedAt).toEqual(expect.any(String));
    const reopened = await write.reopen({ id: opened.id });
    expect(reopened.contradiction).toEqual(opened);
  });

  test('follows a side that was mended meanwhile', async () => {
    const { id, memory } = await pair();
    const { memory: mended } = await write.correct({ id: memory.id, content: `Mended ${memory.content}` });
    const { contradiction } = await write.resolve({ id, resolution: 'KEEP_BY' });
    expect(contradiction.memory).toMatchObject({ id: mended.id, status: 'RETRACTED' });
  });
});

test('suspect is what rests, within three relations, on something disputed or no longer believed', async () => {
  const [ground, first, second, third, fourth, effect, follower] = (await Promise.all(
    ['ground', 'first', 'second', 'third', 'fourth', 'effect', 'follower'].map((name) => remember(`Rests: ${name}`)),
  )) as [string, string, string, string, string, string, string];
  const relate = (fromId: string, toId: string, type: string) => write.relate({ fromId, toId, type });
  await relate(first, ground, 'ELABORATES');
  await relate(second, first, 'REFERENCES');
  await relate(third, second, 'ELABORATES');
  await relate(fourth, third, 'ELABORATES');
  await relate(ground, effect, 'CAUSES');
  await relate(follower, ground, 'FOLLOWS');
  const suspects = async () => {
    const names: Record<string, string> = { ground, first, second, third, fourth, effect, follower };
    const found = await Promise.all(
      Object.entries(names).map(async ([name, id]) => ((await read(id, 'suspect')).suspect ? [name] : [])),
    );
    const { memories } = await service.runUntyped(
      '{ memories(filter: {suspect: true, text: "rests"}) { totalCount } }',
    );
    expect(memories.totalCount).toBe(found.flat().length);
    return found.flat();
  };
  expect(await suspects()).toEqual([]);
  const { contradiction } = await write.contradict({
    id: ground,
    by: { newMemory: { type: 'FACT', content: 'Groundless' } },
  });
  expect(await suspects()).toEqual(['first', 'second', 'third', 'effect']);
  await write.resolve({ id: contradiction.id, resolution: 'DISMISSED' });
  expect(await suspects()).toEqual([]);
  await write.correct({ id: ground, content: 'Rests: firmer ground' });
  expect(await suspects()).toEqual(['first', 'second', 'third', 'effect']);
});

test('the lists of contradictions are filtered, paged and of their point in time and workspace', async () => {
  const caller = { workspace: 'listed' };
  const id = await remember('Hub', {}, caller);
  const ids: string[] = [];
  for (const n of [1, 2, 3]) {
    const by = { newMemory: { type: 'FACT', content: `Against ${n}` } };
    ids.push((await write.contradict({ id, by }, caller)).contradiction.id);
  }
  await new Promise((resolve) => setTimeout(resolve, 3));
  const knownAt = new Date().toISOString();
  await new Promise((resolve) => setTimeout(resolve, 3));
  await write.resolve({ id: ids[1], resolution: 'DISMISSED' }, caller);
  const list = async (args: string, who: Caller = caller) =>
    (
      await service.runUntyped(
        `{ contradictions${args} { totalCount pageInfo { endCursor hasNextPage } nodes { id status } } }`,
        {},
        who,
      )
    ).contradictions;
  expect((await list('')).totalCount).toBe(3);
  expect((await list('(filter: {statuses: [OPEN]})')).nodes.map((each: { id: string }) => each.id).toSorted()).toEqual(
    [ids[0], ids[2]].toSorted(),
  );
  expect((await list('(filter: {statuses: [DISMISSED]})')).nodes).toEqual([{ id: ids[1], status: 'DISMISSED' }]);
  const first = await list('(first: 2)');
  const rest = await list(`(first: 2, after: "${first.pageInfo.endCursor}")`);
  expect([...first.nodes, ...rest.nodes].map((each) => each.id).toSorted()).toEqual(ids.toSorted());
  const then = await list(`(at: {knownAt: "${knownAt}"})`);
  expect(new Set(then.nodes.map(({ status }: { status: string }) => status))).toEqual(new Set(['OPEN']));
  expect((await list('', { workspace: 'elsewhere' })).totalCount).toBe(0);
  const own = await read(id, 'contradictions(first: 2) { totalCount nodes { by { content } } }', undefined, caller);
  expect([own.contradictions.totalCount, own.contradictions.nodes.length]).toEqual([3, 2]);
});

test('a new memory that speaks against another is of its companion and user, unless it names another user', async () => {
  const id = await remember('About Maya', { user: { externalId: 'maya' } });
  const against = async (more: object) => {
    const by = { newMemory: { type: 'FACT', content: `Against ${JSON.stringify(more)}`, ...more } };
    const { contradiction } = await write.contradict({ id, by });
    return read(contradiction.by.id, 'companion { key } user { externalId }');
  };
  expect(await against({})).toEqual({ companion, user: { externalId: 'maya' } });
  expect(await against({ user: { externalId: 'noah' } })).toEqual({ companion, user: { externalId: 'noah' } });
  for (const [filter, count] of [
    ['user: {externalId: "noah"}', 1],
    ['user: {externalId: "maya"}', 2],
    ['user: {externalId: "maya"}, companion: {key: "nobody"}', 0],
  ] as const) {
    const { contradictions } = await service.run(`{ contradictions(filter: {${filter}}) { totalCount } }`);
    expect([filter, contradictions.totalCount]).toEqual([filter, count]);
  }
});

type Sides = { id: string; memory: string; by: string };
test.each<[string, (sides: Sides) => Promise<unknown>, object]>([
  ['RELATION_EXISTS', ({ memory, by }) => write.contradict({ id: by, by: { memoryId: memory } }), {}],
  ['INVALID_INPUT', ({ id }) => write.resolve({ id, resolution: 'SUCCEEDED' }), {}],
  ['INVALID_INPUT', ({ memory }) => write.contradict({ id: memory, by: { memoryId: memory } }), {}],
  ['INVALID_INPUT', ({ id }) => write.reopen({ id }), {}],
  ['RELATION_EXISTS', ({ memory, by }) => write.contradict({ id: memory, by: { memoryId: by } }), { DISMISSED: true }],
  ['ALREADY_RESOLVED', ({ id }) => write.resolve({ id, resolution: 'KEEP_BY' }), { DISMISSED: true }],
  ['INVALID_INPUT', ({ id }) => write.resolve({ id, resolution: 'KEEP_BY' }), { unbelieved: true }],
  ['NOT_FOUND', ({ id }) => write.resolve({ id, resolution: 'KEEP_BY' }, { workspace: 'globex' }), {}],
  ['FORBIDDEN', ({ id }) => write.resolve({ id, resolution: 'KEEP_BY' }, { scopes: ['READ'] }), {}],
])('what is refused as %s leaves both sides as they were (%#)', async (code, attempt, prepared) => {
  const validFrom = '2026-01-01T00:00:00Z';
  const memory = await remember(`One ${crypto.randomUUID()}`, { validFrom });
  const by = await remember(`Other ${crypto.randomUUID()}`, { validFrom });
  const { contradiction } = await write.contradict({ id: memory, by: { memoryId: by } });
  if ('DISMISSED' in prepared) await write.resolve({ id: contradiction.id, resolution: 'DISMISSED' });
  if ('unbelieved' in prepared) await write.retract({ id: memory });
  const all = () => Promise.all([memory, by].map((id) => read(id, `${SIDE} ${HELD}`)));
  const before = await all();
  const there = { id: contradiction.id, status: 'DISMISSED' in prepared ? 'DISMISSED' : 'OPEN' };
  const carries = code === 'RELATION_EXISTS' || code === 'ALREADY_RESOLVED' ? { there } : {};
  expect(await attempt({ id: contradiction.id, memory, by })).toMatchObject({ code, ...carries });
  expect(await all()).toEqual(before);
});

describe('a slot', () => {
  const at = (month: number) => new Date(Date.UTC(2026, month - 1, 1)).toISOString();
  const say = (content: string, slot: string, month: number, more: object = {}) =>
    write.create({ companion, type: 'FACT', content, slot, validFrom: at(month), ...more });

  test('is of one companion, one user and one workspace', async () => {
    const maya = { user: { externalId: 'maya' } };
    await say('Tea', 'drink', 1);
    for (const [more, caller] of [
      [maya, {}],
      [{ companion: { key: 'echo' } }, {}],
      [{}, { workspace: 'globex' }],
    ] as const) {
      const said = await write.create(
        { companion, type: 'FACT', content: 'Coffee', slot: 'drink', validFrom: at(1), ...more },
        caller,
      );
      expect([said.contradiction, said.duplicate]).toEqual([null, false]);
    }
    const { memories } = await service.runUntyped(
      '{ memories(filter: {slots: ["drink"]}) { totalCount nodes { slot } } }',
    );
    expect(memories).toEqual({ totalCount: 3, nodes: Array(3).fill({ slot: 'drink' }) });
  });

  test('takes a batch in any order, and says what is disputed', async () => {
    const { memories } = await createMemories(service, {
      memories: [
        { type: 'FACT', content: 'Size 40', slot: 'shoe', validFrom: at(5) },
        { type: 'FACT', content: 'Size 38', slot: 'shoe', validFrom: at(1) },
        { type: 'FACT', content: 'Size 39', slot: 'shoe', validFrom: at(3) },
      ],
    });
    const line = await read(memories[1]?.id as string, 'versions { nodes { content validUntil } }');
    expect(line.versions.nodes).toEqual([
      { content: 'Size 38', validUntil: at(3) },
      { content: 'Size 39', validUntil: at(5) },
      { content: 'Size 40', validUntil: null },
    ]);
  });

  test.each([
    ['KEEP_MEMORY', ['Red']],
    ['KEEP_BY', ['Blue']],
    ['DISMISSED', ['Blue', 'Red']],
  ])('with two answers for one moment is in dispute, until %s', async (resolution, told) => {
    const slot = `colour ${resolution}`;
    await say('Red', slot, 1);
    const { contradiction } = await say('Blue', slot, 1);
    expect(contradiction).toMatchObject({ memory: { content: 'Red' }, by: { content: 'Blue', status: 'DISPUTED' } });
    const listed = async () => {
      const { memories } = await service.runUntyped(
        'query ($ids: [ID!]!) { memories: nodes(ids: $ids) { ... on Memory { content status } } }',
        { ids: [contradiction.memory.id, contradiction.by.id] },
      );
      return memories
        .filter(({ status }: { status: string }) => status === 'ACTIVE')
        .map(({ content }: { content: string }) => content)
        .toSorted();
    };
    const resolved = await write.resolve({ id: contradiction.id, resolution });
    expect(await listed()).toEqual(told);
    expect((await write.reopen({ id: contradiction.id })).contradiction).toEqual(contradiction);
    expect(resolved.contradiction.resolution).toBe(resolution);
    expect(await say('Green', slot, 6)).toMatchObject({ contradiction: null });
  });
});
