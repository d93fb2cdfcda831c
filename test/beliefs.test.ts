import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits } from '../src/graphql/cost/limits.ts';
import { ALL, EXAMPLES, expectToFollowTheModel, idsOf, type Read, read, shapeOf } from './support/beliefs-checks.ts';
import { day, iso, type Step, someOf, steps, take, World } from './support/beliefs-steps.ts';
import { patience } from './support/calibration.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';

/** How many sequences each property is tried with, and the seed they are drawn from. */
const SEQUENCES = Number(process.env.SEQUENCES ?? 12);
const SEED = Number(process.env.SEED ?? Date.now() & 0x7fffffff);
console.info(`beliefs: SEED=${SEED} SEQUENCES=${SEQUENCES}`);
/** Milliseconds: shrinking ends before the test's time does, or the seed would not be told. */
const TIME = patience(120_000 + SEQUENCES * 8_000);
const RUNS = { seed: SEED, numRuns: SEQUENCES, interruptAfterTimeLimit: TIME, markInterruptAsFailure: true };
const timeout = TIME + patience(15_000);

// One document reads all there is, a hundred of each.
const service = useService({ ...defaultLimits, complexity: 1_000_000 });
const setPolicy = mutation(service, 'setDecayPolicy', 'policy { type }');
const POLICY = { archiveBelow: 1, floor: 0.25, halfLifeDays: 180, accessStretch: 0.5 };
beforeAll(() => setPolicy({ type: 'FACT', ...POLICY }));

const { create, contradict, resolve, correct, retract } = steps;
const anything = someOf({
  create: 6,
  correct: 8,
  retract: 3,
  revert: 5,
  contradict: 4,
  resolve: 7,
  reopen: 4,
  relate: 3,
  archive: 1,
  restore: 1,
  reinforce: 1,
  decay: 1,
});

/** Two memories, often of one slot from the same moment, and what contradicts one of them. */
const start = fc.tuple(create, create, contradict, fc.boolean()).map(([one, other, third, isTie]): Step[] => {
  const tied = { ...other, slot: one.slot, from: one.from, said: (one.said + 1) % 4 };
  return [one, isTie ? tied : other, third];
});

test.each(EXAMPLES)('%s', (_, sequence) => expectToFollowTheModel(service, sequence));

test('beliefs follow the decisions in force, and what was known stays known', { timeout }, () =>
  fc.assert(
    fc.asyncProperty(start, fc.array(anything, { minLength: 3, maxLength: 11, size: 'max' }), (first, rest) =>
      expectToFollowTheModel(service, [...first, ...rest]),
    ),
    RUNS,
  ),
);

/** Does the steps, of which one is taken back at the end, or left out from the beginning. */
async function replay(first: readonly Step[], decision: Step | undefined, later: readonly Step[]) {
  const world = new World(service);
  for (const [index, step] of first.entries()) await take(world, step, index);
  const known = world.model.versions.length;
  const takeBack = decision && (await take(world, decision, 100));
  world.hidden = new Set(world.model.versions.slice(known).map(({ id }) => id));
  const since = world.outcomes.length;
  for (const [index, step] of later.entries()) await take(world, step, 200 + index);
  const outcomes = world.outcomes.slice(since);
  await takeBack?.();
  return { isTakenBack: takeBack !== undefined, outcomes, shape: shapeOf(await read(world), world.hidden) };
}

const later = (weights: Parameters<typeof someOf>[0]) =>
  fc.array(someOf(weights), { minLength: 1, maxLength: 5, size: 'max' });

test.each([
  ['resolution', resolve, { create: 3, correct: 3, retract: 2, contradict: 2, archive: 1 }],
  [
    'correction',
    fc.oneof<fc.Arbitrary<Step>[]>(correct, retract),
    { create: 3, contradict: 2, resolve: 2, archive: 1 },
  ],
] as const)('a %s taken back later is as if it had never been made', { timeout }, (_, decision, weights) =>
  fc.assert(
    fc.asyncProperty(
      fc.tuple(start, anything).map(([first, one]) => [...first, one]),
      decision,
      later(weights),
      async (first, one, rest) => {
        const made = await replay(first, one, rest);
        if (!made.isTakenBack) return;
        const never = await replay(first, undefined, rest);
        // Where what came later was received otherwise, it is not the same that has been said.
        if (JSON.stringify(made.outcomes) === JSON.stringify(never.outcomes)) expect(made.shape).toEqual(never.shape);
      },
    ),
    RUNS,
  ),
);

describe('the order of arrival does not matter', () => {
  const shuffled = <T>(items: fc.Arbitrary<T[]>) =>
    items.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
  const moments = fc.integer({ min: -400, max: 40 });
  const line = async (world: World) =>
    (await read(world)).memories.nodes
      .map(({ content, validFrom, validUntil }: Read) => ({ content, validFrom, validUntil }))
      .sort((a: Read, b: Read) => (a.validFrom < b.validFrom ? -1 : 1));
  const said = { type: 'FACT', slot: 'diet' };

  test('of what is written to a slot', { timeout }, () => {
    const written = fc.record({ from: moments, lasts: fc.option(fc.integer({ min: 1, max: 200 })) });
    const all = fc.uniqueArray(written, { minLength: 2, maxLength: 6, selector: ({ from }) => from });
    const writeAll = async (items: { from: number; lasts: number | null }[]) => {
      const world = new World(service);
      for (const { from, lasts } of items) {
        const validUntil = lasts === null ? null : iso(day(from + lasts));
        const input = { ...said, content: `diet of day ${from}`, validFrom: iso(day(from)), validUntil };
        await world.write.create({ companion: world.companion, ...input });
      }
      return line(world);
    };
    return fc.assert(
      fc.asyncProperty(shuffled(all), async ([one, other]) => {
        const expected = one
          .map(({ from, lasts }) => ({
            from,
            until: Math.min(from + (lasts ?? 1_000), ...one.map((next) => next.from).filter((next) => next > from)),
          }))
          .sort((a, b) => a.from - b.from)
          .map(({ from, until }) => ({
            content: `diet of day ${from}`,
            validFrom: iso(day(from)),
            validUntil: until === from + 1_000 ? null : iso(day(until)),
          }));
        expect(await writeAll(one)).toEqual(expected);
        expect(await writeAll(other)).toEqual(expected);
      }),
      RUNS,
    );
  });

  test('of changes', { timeout }, () => {
    const changeAll = async (at: number[]) => {
      const world = new World(service);
      const { memory } = await world.write.create({
        companion: world.companion,
        type: 'FACT',
        content: 'at first',
        validFrom: iso(day(-401)),
        validUntil: iso(day(50)),
      });
      const versions = [{ id: memory.id, from: -401 }];
      for (const moment of at) {
        const holding = versions.filter(({ from }) => from < moment).sort((a, b) => b.from - a.from)[0];
        const change = { kind: 'CHANGE', effectiveAt: iso(day(moment)), content: `from day ${moment}` };
        const answer = await world.write.correct({ id: holding?.id, ...change });
        expect(answer.code, answer.message).toBeUndefined();
        versions.push({ id: answer.memory.id, from: moment });
      }
      return line(world);
    };
    return fc.assert(
      fc.asyncProperty(shuffled(fc.uniqueArray(moments, { minLength: 2, maxLength: 6 })), async ([one, other]) => {
        const sorted = [...one].sort((a, b) => a - b);
        const expected = [-401, ...sorted].map((from, index) => ({
          content: index === 0 ? 'at first' : `from day ${from}`,
          validFrom: iso(day(from)),
          validUntil: iso(day(sorted[index] ?? 50)),
        }));
        expect(await changeAll(one)).toEqual(expected);
        expect(await changeAll(other)).toEqual(expected);
      }),
      RUNS,
    );
  });

  test('and no share is too small to be told', async () => {
    const world = new World(service);
    const stated = { companion: world.companion, type: 'FACT', validFrom: iso(day(-1)) };
    const { memory } = await world.write.create({ ...stated, content: 'the claim', confidence: 0.5 });
    const newMemory = { type: 'FACT', content: 'hardly an objection', confidence: 1e-200, validFrom: iso(day(-1)) };
    await world.write.contradict({ id: memory.id, by: { newMemory }, strength: 1e-200 });
    expect((await read(world)).memories.nodes.map((n: Read) => n.confidence)).toEqual([1e-200, 0.5]);
  });

  test('of contradictions, to the last digit', { timeout }, () => {
    const share = fc.oneof(
      fc.constantFrom(0, 1),
      fc.integer({ min: 1, max: 999 }).map((n) => n / 1_000),
    );
    const against = fc.record({ confidence: share, strength: share, turned: fc.boolean() });
    type Against = { confidence: number; strength: number; turned: boolean; name: string };
    const all = fc
      .array(against, { minLength: 2, maxLength: 6 })
      .map((items) => items.map((item, index): Against => ({ ...item, name: `objection ${index}` })));
    const contradictAll = async (confidence: number, items: Against[]) => {
      const world = new World(service);
      const stated = { companion: world.companion, type: 'FACT', validFrom: iso(day(-1)) };
      const { memory } = await world.write.create({ ...stated, content: 'the claim', confidence });
      for (const { name, strength, turned, confidence: of } of items) {
        const other = (await world.write.create({ ...stated, content: name, confidence: of })).memory.id;
        const [id, memoryId] = turned ? [other, memory.id] : [memory.id, other];
        await world.write.contradict({ id, by: { memoryId }, strength });
      }
      const { memories } = await read(world);
      return Object.fromEntries(memories.nodes.map((n: Read) => [n.content, n.confidence]));
    };
    return fc.assert(
      fc.asyncProperty(share, shuffled(all), async (confidence, [one, other]) => {
        const told = await contradictAll(confidence, one);
        expect(await contradictAll(confidence, other)).toEqual(told);
        const a = Math.min(0.99, confidence);
        const p = one.reduce((product, o) => product * (1 - o.strength * Math.min(0.99, o.confidence)), 1);
        expect(told['the claim']).toBeCloseTo((a * p) / (1 - a + a * p), 9);
      }),
      RUNS,
    );
  });
});

describe('nothing rises by decaying', () => {
  const until = fc.integer({ min: 0, max: 2_000 });
  const importance = fc.double({ min: 0, max: 10, noNaN: true });
  const report = 'examined decayed archived importanceBefore { bands mean } importanceAfter { bands mean }';
  const PREVIEW = `query ($companion: CompanionRef!, $until: DateTime) { decayPreview(companion: $companion, until: $until) { ${report} } }`;

  test('importance falls towards its floor', { timeout }, () =>
    fc.assert(
      fc.asyncProperty(
        importance,
        fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 2, maxLength: 8 }),
        fc.array(fc.constantFrom(0, 0.5, -0.5), { maxLength: 3 }),
        async (stated, ages, deltas) => {
          const world = new World(service);
          const input = { companion: world.companion, type: 'FACT', content: 'the claim', importance: stated };
          const { id } = (await world.write.create(input)).memory;
          for (const delta of deltas) await world.write.reinforce({ ids: [id], delta });
          const now = Date.now();
          const sorted = ages.sort((a, b) => a - b);
          const fields = sorted.map((age, index) => `on${index}: importance(on: "${iso(now + age * 86_400_000)}")`);
          const { memory } = await service.runUntyped(
            `{ memory(id: "${id}") { stored: importance(on: "${iso(now)}") accessCount ${fields.join(' ')} } }`,
          );
          const { stored, accessCount } = memory;
          expect(accessCount).toBe(deltas.filter((delta) => delta >= 0).length);
          const { floor, halfLifeDays, accessStretch } = POLICY;
          let last = stored;
          for (const [index, age] of sorted.entries()) {
            const told = memory[`on${index}`];
            expect(told).toBeLessThanOrEqual(last);
            expect(told).toBeGreaterThanOrEqual(Math.min(floor, stored));
            const halfLife = halfLifeDays * (1 + accessStretch * Math.log(1 + accessCount));
            const faded = floor + (stored - floor) * 2 ** (-age / halfLife);
            expect(told).toBeCloseTo(stored <= floor ? stored : faded, 3);
            last = told;
          }
        },
      ),
      RUNS,
    ),
  );

  test('decaying twice is once, and what the preview says', { timeout }, () =>
    fc.assert(
      fc.asyncProperty(fc.array(importance, { minLength: 1, maxLength: 6 }), until, async (all, days) => {
        const world = new World(service);
        const { companion } = world;
        for (const [index, stated] of all.entries()) {
          await world.write.create({ companion, type: 'FACT', content: `claim ${index}`, importance: stated });
        }
        const on = iso(day(days + 1));
        const state = async () => {
          const document = `query ($companion: CompanionRef!) { memories(companion: $companion, ${ALL}) { nodes {
            id archivedAt updatedAt accessCount on: importance(on: "${on}") } } }`;
          return (await read(world, undefined, document)).memories.nodes;
        };
        const before = await state();
        const { decayPreview } = await service.run(PREVIEW, { companion, until: on });
        expect(await state()).toEqual(before);
        const first = (await world.write.decay({ companion, until: on })).report;
        expect(first).toEqual(decayPreview);
        expect(first.archived).toBe(before.filter((n: Read) => n.on < POLICY.archiveBelow).length);
        const once = await state();
        expect(once.filter((n: Read) => n.archivedAt !== null)).toHaveLength(first.archived);
        expect(once.map((n: Read) => ({ ...n, archivedAt: null }))).toEqual(before);
        expect((await world.write.decay({ companion, until: on })).report).toMatchObject({ archived: 0 });
        expect(await state()).toEqual(once);
        await world.write.reinforce({ ids: idsOf({ nodes: once }), delta: 1 });
        expect((await state()).map((n: Read) => n.updatedAt)).toEqual(once.map((n: Read) => n.updatedAt));
      }),
      RUNS,
    ),
  );
});
