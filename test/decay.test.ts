import { beforeAll, describe, expect, test } from 'vitest';
import { patience } from './support/calibration.ts';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';

const service = useService();
const POLICY = 'type halfLifeDays floor archiveBelow accessStretch';
const REPORT = `report { examined decayed archived importanceBefore { bands mean } importanceAfter { bands mean }
  archivedMemories { id content status importance } }`;
const setPolicy = mutation(service, 'setDecayPolicy', `policy { ${POLICY} } workspace { decayPolicies { ${POLICY} } }`);
const decay = mutation(service, 'decayImportance', REPORT);
const reinforce = mutation(
  service,
  'reinforceMemories',
  'memories { id importance accessCount lastAccessedAt updatedAt } clampedIds',
);
const update = mutation(service, 'updateMemory', 'memory { importance updatedAt }');
const archive = mutation(service, 'archiveMemories', 'memories { id }');
const correct = mutation(service, 'correctMemory', 'memory { id importance accessCount }');

const DAY = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY).toISOString();
const read = (id: string, fields: string, variables: Record<string, unknown> = {}, caller = {}) =>
  service
    .runUntyped(
      `query ($id: ID!, $on: DateTime, $at: PointInTime) { memory(id: $id, at: $at) { ${fields} at: importance(on: $on) } }`,
      { id, ...variables },
      caller,
    )
    .then(({ memory }) => memory);

async function remember(type: string, importance: number, extra: Record<string, unknown> = {}, caller = {}) {
  const content = `Something of importance ${importance}, ${crypto.randomUUID()}`;
  const { memories } = await createMemories(service, { memories: [{ type, content, importance, ...extra }] }, caller);
  return memories[0]?.id as string;
}

describe('the policies', () => {
  test('are the defaults, one of each type', async () => {
    const { viewer } = await service.runUntyped(
      `{ viewer { workspace { decayPolicies { ${POLICY} } } } }`,
      {},
      { workspace: 'fresh' },
    );
    const rest = { floor: 0, archiveBelow: null, accessStretch: 0.5 };
    expect(viewer.workspace.decayPolicies).toEqual([
      { type: 'FACT', halfLifeDays: 180, ...rest },
      { type: 'EXPERIENCE', halfLifeDays: 30, ...rest },
      { type: 'PREFERENCE', halfLifeDays: 120, ...rest },
      { type: 'INSTRUCTION', halfLifeDays: null, ...rest },
      { type: 'REFLECTION', halfLifeDays: 60, ...rest },
    ]);
  });

  test('keep what is left out; null puts back or clears', async () => {
    const caller = { workspace: 'policies' };
    const set = (input: Record<string, unknown>) => setPolicy({ type: 'FACT', ...input }, caller);
    expect((await set({ halfLifeDays: 10, floor: 2, archiveBelow: 3, accessStretch: 0 })).policy).toEqual({
      type: 'FACT',
      halfLifeDays: 10,
      floor: 2,
      archiveBelow: 3,
      accessStretch: 0,
    });
    expect((await set({ halfLifeDays: 20 })).policy).toMatchObject({ halfLifeDays: 20, floor: 2, archiveBelow: 3 });
    const { policy, workspace } = await set({
      halfLifeDays: null,
      floor: null,
      archiveBelow: null,
      accessStretch: null,
    });
    expect(policy).toEqual({ type: 'FACT', halfLifeDays: null, floor: 0, archiveBelow: null, accessStretch: 0.5 });
    expect(workspace.decayPolicies).toContainEqual(policy);
    expect(workspace.decayPolicies).toHaveLength(5);
  });

  test.each([
    ['halfLifeDays', 0, 'At least 0.001 is expected.'],
    ['halfLifeDays', -3, 'At least 0.001 is expected.'],
    ['halfLifeDays', 1e9, 'At most 1000000 is allowed.'],
    ['floor', -1, 'At least 0 is expected.'],
    ['floor', 10.5, 'At most 10 is allowed.'],
    ['archiveBelow', 11, 'At most 10 is allowed.'],
    ['accessStretch', -0.1, 'At least 0 is expected.'],
  ])('refuse %s %d', async (field, value, message) => {
    expect(await setPolicy({ type: 'FACT', [field]: value })).toMatchObject({
      code: 'INVALID_INPUT',
      issues: [{ path: ['input', field], message }],
    });
  });

  test.each(['1e999', '-1e999'])('refuse the infinite half-life %s', async (value) => {
    const document = `mutation { setDecayPolicy(input: {type: FACT, halfLifeDays: ${value}}) { ... on Error { code message } } }`;
    const { setDecayPolicy } = await service.runUntyped(document);
    expect(setDecayPolicy).toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching('A number from 0.001 to 1000000'),
    });
  });

  test('are those of their workspace, and at a past point those of then', async () => {
    const [one, other] = [{ workspace: 'one' }, { workspace: 'other' }];
    const [mine, theirs] = [await remember('FACT', 8, {}, one), await remember('FACT', 8, {}, other)];
    const on = inDays(180);
    const knownAt = (await read(mine, 'recordedAt', {}, one)).recordedAt;
    await setPolicy({ type: 'FACT', halfLifeDays: 90 }, one);
    expect((await read(mine, 'id', { on }, one)).at).toBeCloseTo(2, 3);
    expect((await read(mine, 'id', { on, at: { knownAt } }, one)).at).toBeCloseTo(4, 3);
    expect((await read(theirs, 'id', { on }, other)).at).toBeCloseTo(4, 3);
  });
});

describe('importance', () => {
  test('halves above the floor with each half-life, and is not stored', async () => {
    const caller = { workspace: 'halves' };
    await setPolicy({ type: 'FACT', halfLifeDays: 10, floor: 2 }, caller);
    const [high, low] = [await remember('FACT', 10, {}, caller), await remember('FACT', 1, {}, caller)];
    const { updatedAt } = await read(high, 'updatedAt', {}, caller);
    for (const [days, expected] of [
      [0, 10],
      [10, 6],
      [20, 4],
      [100_000, 2],
    ] as const) {
      expect((await read(high, 'id', { on: inDays(days) }, caller)).at).toBeCloseTo(expected, 4);
      expect((await read(low, 'id', { on: inDays(days) }, caller)).at).toBe(1);
    }
    expect((await read(high, 'updatedAt', {}, caller)).updatedAt).toBe(updatedAt);
  });

  test('orders and filters lists, at the point of the reading, across types', async () => {
    const caller = { workspace: 'orders' };
    const fact = await remember('FACT', 5, {}, caller);
    const experience = await remember('EXPERIENCE', 8, {}, caller);
    const instruction = await remember('INSTRUCTION', 1, {}, caller);
    const list = async (days: number, minImportance?: number) => {
      const { memories } = await service.runUntyped(
        `query ($filter: MemoryFilter, $at: PointInTime) {
          memories(orderBy: {field: IMPORTANCE}, filter: $filter, at: $at) { totalCount nodes { id importance } } }`,
        { at: { validAt: inDays(days) }, filter: minImportance === undefined ? null : { minImportance } },
        caller,
      );
      expect(memories.totalCount).toBe(memories.nodes.length);
      return memories.nodes.map(({ id }: { id: string }) => id.split('@')[0]);
    };
    expect(await list(0)).toEqual([experience, fact, instruction]);
    expect(await list(60)).toEqual([fact, experience, instruction]);
    expect(await list(600)).toEqual([instruction, fact, experience]);
    expect(await list(60, 1.5)).toEqual([fact, experience]);
    expect(await list(60, 2.1)).toEqual([fact]);
  });

  test('the most important come first, wherever among many they are', async () => {
    const caller = { workspace: 'important' };
    const types = ['FACT', 'EXPERIENCE', 'INSTRUCTION', 'REFLECTION'];
    await setPolicy({ type: 'REFLECTION', floor: 4 }, caller);
    const { memories } = await createMemories(
      service,
      {
        memories: Array.from({ length: 560 }, (_, n) => ({
          content: `Number ${n}`,
          type: types[(n * 7) % 4],
          importance: n < 30 ? 9 - n / 20 : Math.floor((n * 37) % 70) / 10,
        })),
      },
      caller,
    );
    const first = memories.slice(0, 30).map(({ id }) => id);
    await reinforce({ ids: first.slice(0, 5), delta: 0.5 }, caller);
    const at = { knownAt: new Date().toISOString(), validAt: inDays(45) };
    type Node = { id: string; importance: number };
    const page = (by: string, more: Record<string, unknown>, then: typeof at | null) =>
      service
        .runUntyped(
          `query ($at: PointInTime, $first: Int, $last: Int, $after: String, $companion: CompanionRef) {
            memories(companion: $companion, orderBy: {${by}}, first: $first, last: $last, after: $after, at: $at) {
              nodes { id importance } pageInfo { endCursor hasNextPage } } }`,
          { at: then, ...more },
          caller,
        )
        .then((answer) => answer.memories as { nodes: Node[]; pageInfo: { endCursor: string; hasNextPage: boolean } });
    const all = async (by: string, then: typeof at | null, more: Record<string, unknown> = {}) => {
      const nodes: Node[] = [];
      for (let after: string | undefined, hasNext = true; hasNext; ) {
        const { pageInfo, ...read } = await page(by, { first: 100, after, ...more }, then);
        nodes.push(...read.nodes);
        after = pageInfo.endCursor;
        hasNext = pageInfo.hasNextPage;
      }
      return nodes;
    };
    const plain = ({ id }: Node) => id.split('@')[0] as string;
    const sorted = (await all('field: RECORDED_AT', at))
      .sort((a, b) => b.importance - a.importance || (plain(a) < plain(b) ? 1 : -1))
      .map(plain);
    expect(sorted).toHaveLength(560);
    for (const companion of [undefined, { key: 'iris' }]) {
      const more = { companion };
      expect((await all('field: IMPORTANCE', at, more)).map(plain)).toEqual(sorted);
      const { nodes } = await page('field: IMPORTANCE, direction: ASC', { last: 40, ...more }, at);
      expect(nodes.map(plain)).toEqual(sorted.slice(0, 40).reverse());
      const now = await page('field: IMPORTANCE', { first: 30, ...more }, null);
      expect(new Set(now.nodes.map(plain))).toEqual(new Set(first));
    }
  });

  test('pages by it without missing one while others are reinforced', async () => {
    const caller = { workspace: 'pages' };
    const ids = await Promise.all([...Array(9).keys()].map((n) => remember('EXPERIENCE', n + 1, {}, caller)));
    const page = (after?: string) =>
      service
        .runUntyped(
          `query ($after: String) { memories(orderBy: {field: IMPORTANCE}, first: 3, after: $after) {
          nodes { id } pageInfo { endCursor } } }`,
          { after },
          caller,
        )
        .then(({ memories }) => memories);
    const first = await page();
    await reinforce({ ids: [ids[0]], delta: 9 }, caller);
    const second = await page(first.pageInfo.endCursor);
    const third = await page(second.pageInfo.endCursor);
    const seen = [first, second, third].flatMap(({ nodes }) => nodes.map(({ id }: { id: string }) => id));
    expect(seen).toEqual([...ids].reverse());
  });
});

describe('reinforceMemories', () => {
  test('stores what importance has come to, plus delta, and counts the access', async () => {
    const id = await remember('EXPERIENCE', 6);
    const { updatedAt } = await read(id, 'updatedAt');
    const [memory] = (await reinforce({ ids: [id, id], delta: 1.5 })).memories;
    expect(memory).toMatchObject({ accessCount: 1, updatedAt });
    expect(memory.importance).toBeCloseTo(7.5, 4);
    // 30 days stretched by one access: 30 · (1 + 0.5 · ln 2)
    const halfLife = 30 * (1 + 0.5 * Math.log(2));
    expect((await read(id, 'id', { on: inDays(halfLife) })).at).toBeCloseTo(3.75, 3);
    const { history } = await read(id, 'history(first: 10) { nodes { kind actor changes } }');
    expect(history.nodes.at(-1)).toEqual({
      kind: 'REINFORCED',
      actor: 'tester',
      changes: {
        importance: { from: expect.closeTo(6, 4), to: expect.closeTo(7.5, 4) },
        accessCount: { from: 0, to: 1 },
      },
    });
  });

  test('keeps importance within 0–10, and says where it had to', async () => {
    const [high, low, middle] = [await remember('FACT', 9), await remember('FACT', 1), await remember('FACT', 5)];
    const up = await reinforce({ ids: [high, middle], delta: 3 });
    expect(up.clampedIds).toEqual([high]);
    expect(up.memories[0].importance).toBeCloseTo(10, 4);
    const down = await reinforce({ ids: [low, middle], delta: -1e300 });
    expect(down.clampedIds).toEqual([low, middle]);
    expect(down.memories.map(({ importance }: { importance: number }) => importance)).toEqual([0, 0]);
    expect(down.memories.map(({ accessCount }: { accessCount: number }) => accessCount)).toEqual([0, 1]);
  });

  test('touches none where one is unknown, or of another workspace', async () => {
    const [mine, theirs] = [await remember('FACT', 5), await remember('FACT', 5, {}, { workspace: 'globex' })];
    expect(await reinforce({ ids: [mine, theirs], delta: 1 })).toMatchObject({ code: 'NOT_FOUND', ids: [theirs] });
    expect(await read(mine, 'accessCount')).toMatchObject({ accessCount: 0 });
  });

  test('is what a correction takes over', async () => {
    const id = await remember('FACT', 5);
    await reinforce({ ids: [id], delta: 2 });
    const { memory } = await correct({ id, content: `Another, ${crypto.randomUUID()}` });
    expect(memory).toMatchObject({ accessCount: 1, importance: expect.closeTo(7, 4) });
  });

  test('refuses 1,001 memories', async () => {
    const id = await remember('FACT', 5);
    expect(await reinforce({ ids: Array(1_001).fill(id) })).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      limit: 1_000,
      given: 1_001,
    });
  });
});

describe('decayImportance', () => {
  const caller = { workspace: 'decaying' };
  const companion = { key: 'iris' };
  let ids: string[];
  const DOCUMENT = `query ($until: DateTime, $types: [MemoryType!], $companion: CompanionRef) {
    decayPreview(until: $until, types: $types, companion: $companion) ${REPORT.slice(REPORT.indexOf('{'))} }`;
  const preview = async (variables: Record<string, unknown>) =>
    (await service.runUntyped(DOCUMENT, variables, caller)).decayPreview;

  beforeAll(async () => {
    await setPolicy({ type: 'EXPERIENCE', halfLifeDays: 10, archiveBelow: 1 }, caller);
    ids = [];
    for (const importance of [8, 4, 3, 10]) ids.push(await remember('EXPERIENCE', importance, {}, caller));
    ids.push(await remember('FACT', 0.5, {}, caller));
    await archive({ ids: [ids[3]] }, caller);
    await remember('EXPERIENCE', 2, {}, { workspace: 'elsewhere' });
  });

  test('archives what is below, and reports; a preview reports the same and writes nothing', async () => {
    const until = inDays(20); // 8 → 2, 4 → 1 and a bit less than that, 3 → 0.75
    const updated = (await read(ids[1] as string, 'updatedAt', {}, caller)).updatedAt;
    const before = await preview({ until });
    expect(before).toMatchObject({
      examined: 4,
      decayed: 4,
      archived: 2,
      importanceBefore: { bands: [1, 0, 0, 1, 1, 0, 0, 0, 1, 0], mean: expect.closeTo(15.5 / 4, 6) },
      archivedMemories: [
        { id: ids[2], status: 'ACTIVE' },
        { id: ids[1], status: 'ACTIVE' },
      ],
    });
    expect(await preview({ until })).toEqual({ ...before, archivedMemories: expect.anything() });
    const { report } = await decay({ until }, caller);
    expect(report).toMatchObject({
      ...before,
      archivedMemories: [
        { id: ids[2], status: 'ARCHIVED' },
        { id: ids[1], status: 'ARCHIVED' },
      ],
    });
    const faded = await read(
      ids[1] as string,
      'updatedAt archivedAt importance history(first: 9) { nodes { kind changes } }',
      {},
      caller,
    );
    expect(faded.updatedAt).toBe(updated);
    expect(faded.importance).toBeCloseTo(4, 4);
    expect(faded.history.nodes.at(-1)).toEqual({
      kind: 'DECAYED',
      changes: {
        importance: { from: 4, to: expect.closeTo(1, 4) },
        archivedAt: { from: null, to: faded.archivedAt },
      },
    });
    const again = await decay({ until }, caller);
    expect(again.report).toMatchObject({ examined: 2, decayed: 2, archived: 0, archivedMemories: [] });
    expect(await preview({ until: null, companion: { key: 'nobody' } })).toEqual({
      examined: 0,
      decayed: 0,
      archived: 0,
      archivedMemories: [],
      importanceBefore: { bands: Array(10).fill(0), mean: 0 },
      importanceAfter: { bands: Array(10).fill(0), mean: 0 },
    });
  });

  test('looks at the types, the companion and the workspace named alone', async () => {
    expect(await preview({ types: ['FACT'] })).toMatchObject({ examined: 1 });
    expect(await preview({ companion })).toMatchObject({ examined: 2 });
    const { report } = await decay({ until: inDays(1_000), companion: { key: 'other' } }, caller);
    expect(report).toMatchObject({ examined: 0, archived: 0 });
  });

  test('restores at a past point what it archived since', async () => {
    const id = await remember('EXPERIENCE', 2, {}, caller);
    const knownAt = (await read(id, 'recordedAt', {}, caller)).recordedAt;
    const once = { until: inDays(30), idempotencyKey: 'once' };
    const first = await decay(once, caller);
    expect(await read(id, 'status', {}, caller)).toMatchObject({ status: 'ARCHIVED' });
    expect(await read(id, 'status', { at: { knownAt } }, caller)).toMatchObject({ status: 'ACTIVE' });
    const { report } = await decay(once, caller);
    const now = { importance: expect.any(Number) };
    const memories = first.report.archivedMemories.map((memory: object) => ({ ...memory, ...now }));
    expect(report).toEqual({ ...first.report, archivedMemories: memories });
    expect(report.archived).toBeGreaterThan(0);
  });

  test(
    'goes through more than one batch, and counts each once',
    async () => {
      const many = { workspace: 'many' };
      await setPolicy({ type: 'EXPERIENCE', archiveBelow: 5 }, many);
      for (let batch = 0; batch < 6; batch++) {
        const memories = [...Array(1_000).keys()].map((n) => ({
          type: 'EXPERIENCE',
          content: `Walk ${batch * 1_000 + n}`,
          importance: (n % 100) / 10,
        }));
        await createMemories(service, { memories }, many);
      }
      const { report } = await decay({}, many);
      expect(report).toMatchObject({ examined: 6_000, archived: 3_060 });
      expect(report.archivedMemories).toHaveLength(100);
      expect(report.importanceBefore.bands).toEqual(Array(10).fill(600));
      const { events } = await service.runUntyped('{ events(kinds: [DECAYED], first: 1) { totalCount } }', {}, many);
      expect(events.totalCount).toBe(3_060);
    },
    patience(60_000),
  );

  test('updating states importance again, and decay starts from there', async () => {
    const id = await remember('EXPERIENCE', 2, {}, caller);
    await update({ id, importance: 9 }, caller);
    expect((await read(id, 'id', { on: inDays(10) }, caller)).at).toBeCloseTo(4.5, 3);
  });
});
