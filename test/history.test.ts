import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultLimits } from '../src/graphql/cost/limits.ts';
import { patience } from './support/calibration.ts';
import { mutation } from './support/mutations.ts';
import { type Caller, useService } from './support/service.ts';

/** How many random sequences of changes are tried; more are asked for by the environment. */
const SEQUENCES = Number(process.env.SEQUENCES ?? 12);

// One document reads all there is, a hundred of each.
const service = useService({ ...defaultLimits, complexity: 1_000_000 });
const write = {
  createMemories: mutation(service, 'createMemories', 'memories { id recordedAt }'),
  updateMemory: mutation(service, 'updateMemory', 'memory { id updatedAt }'),
  archiveMemories: mutation(service, 'archiveMemories', 'memories { id updatedAt }'),
  restoreMemories: mutation(service, 'restoreMemories', 'memories { id updatedAt }'),
  forgetMemories: mutation(service, 'forgetMemories', 'forgottenIds'),
  relateMemories: mutation(service, 'relateMemories', 'relation { id recordedAt }'),
  unrelateMemories: mutation(service, 'unrelateMemories', 'relation { id retractedAt }'),
  mergeEntities: mutation(service, 'mergeEntities', 'entity { id }'),
  correctMemory: mutation(service, 'correctMemory', 'memory { id }'),
  retractMemory: mutation(service, 'retractMemory', 'memory { id }'),
  revertCorrection: mutation(service, 'revertCorrection', 'memory { id }'),
  contradictMemory: mutation(service, 'contradictMemory', 'contradiction { id }'),
  resolveContradiction: mutation(service, 'resolveContradiction', 'contradiction { id }'),
  reopenContradiction: mutation(service, 'reopenContradiction', 'contradiction { id }'),
  reinforceMemories: mutation(service, 'reinforceMemories', 'memories { id }'),
  setDecayPolicy: mutation(service, 'setDecayPolicy', 'policy { type }'),
  decayImportance: mutation(service, 'decayImportance', 'report { archived }'),
};

const EVERY = 'statuses: [ACTIVE, DISPUTED, UPCOMING, ENDED, ARCHIVED, EXPIRED, RETRACTED, CORRECTED]';
const MEMORY = `id content summary type status importance confidence statedConfidence context validFrom validUntil
  recordedAt retractedAt expiresAt archivedAt accessCount lastAccessedAt updatedAt companion { key } user { externalId }`;
const BELIEF = `slot suspect current { id content } versions(first: 100) { totalCount nodes { id content status validUntil } }
  contradictions(first: 100) { totalCount nodes { id side: status } }
  history(first: 100) { totalCount nodes { id kind changes reason actor at } }`;
const CONTRADICTION = `id side: status resolution note strength reason openedAt resolvedAt memory { id content status confidence }
  by { id content status confidence } relation { id retractedAt }`;
const RELATION = 'id joins: type strength metadata recordedAt retractedAt from { id content } to { id content }';
const ENTITY = 'id name sort: type aliases';

/** All that can be read of a workspace at a point in time, in each of the ways it can be read. */
const READ_ALL = `query ($at: PointInTime!, $ids: [ID!]!) {
  every: memories(at: $at, first: 100, filter: {${EVERY}}) { totalCount nodes {
    ${MEMORY} ${BELIEF}
    relations(first: 100) { totalCount edges { direction node { ${RELATION} } neighbor { id status summary confidence } } }
    entities(first: 100) { totalCount nodes { ${ENTITY} } } } }
  shown: memories(at: $at, first: 100, orderBy: {field: CONFIDENCE}) { totalCount nodes { id confidence } }
  important: memories(at: $at, first: 100, orderBy: {field: IMPORTANCE}, filter: {minImportance: 4}) { nodes { id importance } }
  found: memories(at: $at, first: 100, filter: {text: "river"}) { totalCount nodes { id } }
  mentioning: memories(at: $at, first: 100, filter: {entity: {name: "topic 1"}}) { totalCount nodes { id } }
  entities(at: $at, first: 100) { totalCount nodes { ${ENTITY} memories(first: 100) { totalCount nodes { id } } } }
  named: entities(at: $at, first: 100, filter: {name: "topic 1"}) { totalCount nodes { id } }
  contradictions(at: $at, first: 100) { totalCount nodes { ${CONTRADICTION} } }
  answers: memories(at: $at, first: 100, filter: {slots: ["level"], suspect: false}) { totalCount nodes { id } }
  nodes(ids: $ids) { ... on Contradiction { ${CONTRADICTION} } ... on Memory { ${MEMORY} } ... on MemoryRelation { ${RELATION} } ... on Entity { ${ENTITY} } }
}`;

/** A workspace of its own, and the ids of all that has been made in it. */
interface World {
  caller: Caller;
  memories: string[];
  relations: string[];
  entities: string[];
  contradictions: string[];
}

let worlds = 0;
const newWorld = (): World => ({
  caller: { workspace: `world ${++worlds}` },
  memories: [],
  relations: [],
  entities: [],
  contradictions: [],
});
const idsOf = ({ memories, relations, entities, contradictions }: World) => [
  ...memories,
  ...relations,
  ...entities,
  ...contradictions,
];

const readAll = ({ caller }: World, ids: readonly string[], knownAt?: string) =>
  service.run(READ_ALL, { at: { knownAt }, ids: ids.map((id) => (knownAt ? `${id}@${knownAt}` : id)) }, caller);

/** The order by importance, where what differs by less than fades in a few milliseconds counts as equal: then by id. */
const byImportance = (nodes: { id: string; importance: string }[]) =>
  nodes.toSorted((a, b) => Number(b.importance) - Number(a.importance) || a.id.localeCompare(b.id));

/** An answer without what tells its point in time: that of its ids, and the little that importance has faded since. */
const withoutPoint = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer), (key, value) => {
    if (key === 'id') return value.split('@')[0];
    if (key === 'importance' && typeof value === 'number') return value.toFixed(3);
    return key === 'important' ? { nodes: byImportance(value.nodes) } : value;
  });

type Change = (world: World) => Promise<unknown>;

const pick = <T>(values: readonly T[], index: number): T => values[index % values.length] as T;
const which = fc.nat({ max: 1_000 });
const topics = fc.array(fc.nat({ max: 5 }), { maxLength: 3 });
const mentioned = (numbers: readonly number[]) => numbers.map((n) => ({ name: `topic ${n}`, type: 'topic' }));
const days = (count: number) => new Date(Date.now() + count * 86_400_000).toISOString();

/** A change with its name and choices, as a counterexample shows it. */
const named = <C extends object>(
  name: string,
  choices: fc.Arbitrary<C>,
  run: (world: World, choices: C) => Promise<unknown>,
) =>
  choices.map(
    (given): Change =>
      Object.assign((world: World) => run(world, given), {
        [fc.toStringMethod]: () => `${name} ${fc.stringify(given)}`,
      }),
  );

const create = named(
  'create',
  fc.record({
    texts: fc.array(fc.constantFrom('the river rose', 'it rained', 'nothing happened'), { minLength: 1, maxLength: 3 }),
    type: fc.constantFrom('FACT', 'EXPERIENCE', 'INSTRUCTION'),
    importance: fc.constantFrom(0, 2.5, 5, 10),
    confidence: fc.constantFrom(0.1, 0.5, 1),
    user: fc.option(fc.constantFrom('maya', 'noah')),
    validFrom: fc.option(fc.constantFrom(-20, -10, 10)),
    validFor: fc.option(fc.constantFrom(5, 15)),
    slot: fc.option(fc.constant('level')),
    topics,
  }),
  async (world, { texts, user, validFrom, validFor, topics: numbers, ...rest }) => {
    const { memories } = await write.createMemories(
      {
        companion: { key: 'iris' },
        user: user && { externalId: user },
        memories: texts.map((text, index) => ({
          ...rest,
          content: `${text}, note ${world.memories.length + index}`,
          entities: mentioned(numbers),
          validFrom: validFrom && days(validFrom),
          validUntil: validFor && days((validFrom ?? 0) + validFor),
        })),
      },
      world.caller,
    );
    world.memories.push(...memories.map(({ id }: { id: string }) => id));
    await meetContradictions(world);
  },
);

/** Learns of the contradictions that slots have found. */
async function meetContradictions(world: World): Promise<void> {
  const { contradictions } = await service.run('{ contradictions(first: 100) { nodes { id } } }', {}, world.caller);
  world.contradictions = contradictions.nodes.map(({ id }: { id: string }) => id);
}

const correct = named(
  'correct',
  fc.record({
    memory: which,
    kind: fc.constantFrom('MISTAKE', 'CHANGE'),
    effective: fc.constantFrom(-15, -8, -1, 3),
    importance: fc.option(fc.constantFrom(0, 9)),
    topics,
  }),
  async (world, { memory, kind, effective, importance, topics: numbers }) => {
    const { memory: version } = await write.correctMemory(
      {
        id: pick(world.memories, memory),
        kind,
        content: `the river fell, note ${world.memories.length}`,
        ...(kind === 'CHANGE' && { effectiveAt: days(effective) }),
        ...(importance !== null && { importance }),
        ...(numbers.length > 0 && { entities: mentioned(numbers) }),
      },
      world.caller,
    );
    if (version) world.memories.push(version.id);
  },
);
const retract = named(
  'retract',
  fc.record({ memory: which, kind: fc.constantFrom('MISTAKE', 'CHANGE') }),
  (world, { memory, kind }) =>
    write.retractMemory({ id: pick(world.memories, memory), kind, reason: 'so' }, world.caller),
);
const revert = named('revert', fc.record({ memory: which }), (world, { memory }) =>
  write.revertCorrection({ id: pick(world.memories, memory) }, world.caller),
);

const contradict = named(
  'contradict',
  fc.record({ memory: which, by: which, strength: fc.constantFrom(0, 0.5, 1) }),
  async (world, { memory, by, strength }) => {
    const id = pick(world.memories, memory);
    await write.contradictMemory({ id, by: { memoryId: pick(world.memories, by) }, strength }, world.caller);
    await meetContradictions(world);
  },
);
const resolve = named(
  'resolve',
  fc.record({ one: which, resolution: fc.constantFrom('KEEP_MEMORY', 'KEEP_BY', 'SUCCEEDED', 'DISMISSED') }),
  async (world, { one, resolution }) => {
    if (world.contradictions.length === 0) return;
    await write.resolveContradiction({ id: pick(world.contradictions, one), resolution, note: 'said' }, world.caller);
  },
);
const reopen = named('reopen', fc.record({ one: which }), async (world, { one }) => {
  if (world.contradictions.length === 0) return;
  await write.reopenContradiction({ id: pick(world.contradictions, one) }, world.caller);
});

const reinforce = named(
  'reinforce',
  fc.record({ memory: which, delta: fc.constantFrom(-3, 0, 2) }),
  (world, { memory, delta }) => write.reinforceMemories({ ids: [pick(world.memories, memory)], delta }, world.caller),
);
const decay = named(
  'decay',
  fc.record({ halfLifeDays: fc.constantFrom(1, 50, null), archiveBelow: fc.constantFrom(null, 2) }),
  async (world, policy) => {
    await write.setDecayPolicy({ type: 'FACT', ...policy }, world.caller);
    await write.decayImportance({ until: days(20) }, world.caller);
  },
);

const update = named(
  'update',
  fc
    .record(
      {
        summary: fc.option(fc.constantFrom('', 'river', 'rain')),
        context: fc.option(fc.record({ turnNumber: fc.nat({ max: 9 }) })),
        expiresAt: fc.option(fc.constantFrom(-5, 5).map(days)),
        importance: fc.constantFrom(0, 2.5, 5, 10),
        confidence: fc.constantFrom(0.1, 0.5, 1),
        entities: topics.map(mentioned),
      },
      { requiredKeys: [] },
    )
    .chain((changes) => fc.record({ changes: fc.constant(changes), memory: which })),
  (world, { changes, memory }) => write.updateMemory({ id: pick(world.memories, memory), ...changes }, world.caller),
);

const ids = fc.record({ memories: fc.array(which, { minLength: 1, maxLength: 3 }) });
const archive = named('archive', ids, (world, { memories }) =>
  write.archiveMemories({ ids: memories.map((index) => pick(world.memories, index)) }, world.caller),
);
const restore = named('restore', ids, (world, { memories }) =>
  write.restoreMemories({ ids: memories.map((index) => pick(world.memories, index)) }, world.caller),
);

const relate = named(
  'relate',
  fc.record({
    from: which,
    to: which,
    type: fc.constantFrom('FOLLOWS', 'CAUSES'),
    strength: fc.constantFrom(0, 0.5, 1),
  }),
  async (world, { from, to, ...rest }) => {
    const ends = { fromId: pick(world.memories, from), toId: pick(world.memories, to) };
    const { relation } = await write.relateMemories({ ...ends, ...rest }, world.caller);
    if (relation) world.relations.push(relation.id);
  },
);
const unrelate = named('unrelate', fc.record({ relation: which }), async (world, { relation }) => {
  if (world.relations.length > 0)
    await write.unrelateMemories({ relationId: pick(world.relations, relation) }, world.caller);
});

const merge = named('merge', fc.record({ from: which, into: which }), async (world, { from, into }) => {
  if (world.entities.length === 0) return;
  const [fromId, intoId] = [pick(world.entities, from), pick(world.entities, into)];
  await write.mergeEntities({ fromIds: [fromId], intoId }, world.caller);
});

/** Learns of the entities that have come to be mentioned. */
async function meetEntities(world: World): Promise<void> {
  const { entities } = await service.run('{ entities(first: 100) { nodes { id } } }', {}, world.caller);
  world.entities = [...new Set([...world.entities, ...entities.nodes.map(({ id }: { id: string }) => id)])];
}

const change = fc.oneof(
  { weight: 2, arbitrary: create },
  { weight: 5, arbitrary: update },
  { weight: 1, arbitrary: archive },
  { weight: 1, arbitrary: restore },
  { weight: 3, arbitrary: relate },
  { weight: 2, arbitrary: unrelate },
  { weight: 2, arbitrary: merge },
  { weight: 4, arbitrary: correct },
  { weight: 2, arbitrary: retract },
  { weight: 3, arbitrary: revert },
  { weight: 3, arbitrary: contradict },
  { weight: 2, arbitrary: resolve },
  { weight: 1, arbitrary: reopen },
  { weight: 1, arbitrary: reinforce },
  { weight: 1, arbitrary: decay },
);

/**
 * Makes changes one after the other, notes after each what is known then, and asks for all of that again at the end.
 */
async function expectToBeKeptKnown(first: Change, changes: readonly Change[]): Promise<void> {
  const world = newWorld();
  const noted: { knownAt: string; ids: string[]; answer: unknown }[] = [];
  for (const change of [first, ...changes]) {
    await change(world);
    await meetEntities(world);
    await sleep(2); // the change was made in an earlier millisecond, and the next is made in a later one
    const knownAt = new Date().toISOString();
    const ids = idsOf(world);
    noted.push({ knownAt, ids, answer: await readAll(world, ids, knownAt) });
  }
  expect(withoutPoint(noted.at(-1)?.answer), 'what is known now').toEqual(
    withoutPoint(await readAll(world, idsOf(world))),
  );
  for (const { knownAt, ids, answer } of noted) {
    expect(await readAll(world, ids, knownAt), `what was known at ${knownAt}`).toEqual(answer);
  }
}

/** Milliseconds: shrinking ends before the test's time does, or the seed would not be told. */
const TIME = patience(120_000 + SEQUENCES * 6_000);

test('what was known at a moment is answered for that moment for ever', { timeout: TIME + patience(10_000) }, () =>
  fc.assert(
    fc.asyncProperty(create, fc.array(change, { minLength: 1, maxLength: 7, size: 'max' }), expectToBeKeptKnown),
    { numRuns: SEQUENCES, interruptAfterTimeLimit: TIME, markInterruptAsFailure: true },
  ),
);

/** The stamps of changes are told to the millisecond: up to it the past is as it was before. */
const moments = (stamp: string) => ({
  before: { knownAt: new Date(Date.parse(stamp) - 1).toISOString() },
  from: { knownAt: stamp },
});

test('a change is known from its stamp on, and not a millisecond earlier', async () => {
  const world = newWorld();
  const { memories } = await write.createMemories(
    { companion: { key: 'iris' }, memories: [{ content: 'The river rose', type: 'FACT', summary: 'high' }] },
    world.caller,
  );
  const [{ id }] = memories;
  const read = async (at: { knownAt: string }) =>
    (
      await service.run(
        'query ($id: ID!, $at: PointInTime!) { memory(id: $id, at: $at) { summary confidence archivedAt entities { nodes { name } } } }',
        { id, at },
        world.caller,
      )
    ).memory;
  const first = { summary: 'high', confidence: 1, archivedAt: null, entities: { nodes: [] } };

  const told = (await write.updateMemory({ id, summary: 'higher' }, world.caller)).memory.updatedAt;
  expect(await read(moments(told).before)).toEqual(first);
  expect(await read(moments(told).from)).toEqual({ ...first, summary: 'higher' });

  const mentioned = (await write.updateMemory({ id, entities: [{ name: 'river', type: 'place' }] }, world.caller))
    .memory.updatedAt;
  const river = { ...first, summary: 'higher', entities: { nodes: [{ name: 'river' }] } };
  expect(await read(moments(mentioned).before)).toEqual({ ...first, summary: 'higher' });
  expect(await read(moments(mentioned).from)).toEqual(river);

  const aside = (await write.archiveMemories({ ids: [id] }, world.caller)).memories[0].updatedAt;
  const back = (await write.restoreMemories({ ids: [id] }, world.caller)).memories[0].updatedAt;
  expect(await read(moments(aside).before)).toEqual(river);
  expect(await read(moments(aside).from)).toEqual({ ...river, archivedAt: aside });
  expect(await read(moments(back).before)).toEqual({ ...river, archivedAt: aside });
  expect(await read(moments(back).from)).toEqual(river);

  const replaced = (await write.updateMemory({ id, entities: [{ name: 'flood', type: 'event' }] }, world.caller)).memory
    .updatedAt;
  expect(await read(moments(replaced).before)).toEqual(river);
  expect(await read(moments(replaced).from)).toEqual({ ...river, entities: { nodes: [{ name: 'flood' }] } });
  expect(await read(moments(told).before)).toEqual(first);
});

test('a relation is listed from the moment it was made until it was ended, and its end is not known before', async () => {
  const world = newWorld();
  const { memories } = await write.createMemories(
    {
      companion: { key: 'iris' },
      memories: ['It rained', 'The river rose'].map((content) => ({ content, type: 'FACT' })),
    },
    world.caller,
  );
  const [rain, flood] = memories.map(({ id }: { id: string }) => id);
  const { relation } = await write.relateMemories({ fromId: rain, toId: flood, type: 'CAUSES' }, world.caller);
  const ended = (await write.unrelateMemories({ relationId: relation.id }, world.caller)).relation.retractedAt;
  const read = async (at: { knownAt: string }) => {
    const { memory, node } = await service.run(
      `query ($flood: ID!, $relation: ID!, $at: PointInTime!) {
        memory(id: $flood, at: $at) { relations { totalCount nodes { id retractedAt } } }
        node(id: $relation) { ... on MemoryRelation { retractedAt } } }`,
      { flood, relation: `${relation.id}@${at.knownAt}`, at },
      world.caller,
    );
    return { listed: memory?.relations, node };
  };
  const { before, from } = moments(ended);
  const none = { totalCount: 0, nodes: [] };
  const one = { totalCount: 1, nodes: [{ id: `${relation.id}@${before.knownAt}`, retractedAt: null }] };
  expect(await read(moments(relation.recordedAt).before)).toEqual({ listed: none, node: null });
  expect(await read(before)).toEqual({ listed: one, node: { retractedAt: null } });
  expect(await read(from)).toEqual({ listed: none, node: { retractedAt: ended } });
});

test('what is forgotten is forgotten in the past too, and nothing else', async () => {
  const world = newWorld();
  const { memories } = await write.createMemories(
    {
      companion: { key: 'iris' },
      memories: [
        { content: 'It rained', type: 'FACT', entities: mentioned([1]) },
        { content: 'The river rose', type: 'FACT', entities: mentioned([1, 2]) },
        { content: 'The bridge closed', type: 'FACT', entities: mentioned([2]) },
      ],
    },
    world.caller,
  );
  const [rain, flood, bridge] = memories.map(({ id }: { id: string }) => id);
  await write.relateMemories({ fromId: rain, toId: flood, type: 'CAUSES' }, world.caller);
  await write.relateMemories({ fromId: bridge, toId: rain, type: 'FOLLOWS' }, world.caller);
  await write.updateMemory({ id: rain, entities: mentioned([3]), summary: 'a lot' }, world.caller);
  await sleep(2);
  const at = { knownAt: new Date().toISOString() };
  await write.forgetMemories({ ids: [rain] }, world.caller);
  const read = async (point: { knownAt?: string }) =>
    withoutPoint(
      await service.runUntyped(
        `query ($rain: ID!, $at: PointInTime!) {
          memory(id: $rain, at: $at) { id }
          memories(at: $at, orderBy: {field: RECORDED_AT, direction: ASC}) {
            totalCount nodes { content relations { totalCount } entities { nodes { name } } } }
          entities(at: $at) { totalCount nodes { name memories { nodes { content } } } } }`,
        { rain, at: point },
        world.caller,
      ),
    );
  const left = {
    memory: null,
    memories: {
      totalCount: 2,
      nodes: [
        {
          content: 'The river rose',
          relations: { totalCount: 0 },
          entities: { nodes: [{ name: 'topic 2' }, { name: 'topic 1' }] },
        },
        { content: 'The bridge closed', relations: { totalCount: 0 }, entities: { nodes: [{ name: 'topic 2' }] } },
      ],
    },
    entities: {
      totalCount: 2,
      nodes: [
        { name: 'topic 2', memories: { nodes: [{ content: 'The bridge closed' }, { content: 'The river rose' }] } },
        { name: 'topic 1', memories: { nodes: [{ content: 'The river rose' }] } },
      ],
    },
  };
  expect(await read({})).toEqual(left);
  expect(await read(at)).toEqual(left);
  expect(await read({ knownAt: memories[0].recordedAt })).toEqual(left);
});

test('changes at once are all kept, each with a stamp of its own', async () => {
  const world = newWorld();
  const { memories } = await write.createMemories(
    { companion: { key: 'iris' }, memories: [{ content: 'The river rose', type: 'FACT', confidence: 0 }] },
    world.caller,
  );
  const [{ id }] = memories;
  const confidences = Array.from({ length: 12 }, (_, index) => (index + 1) / 16);
  await Promise.all(confidences.map((confidence) => write.updateMemory({ id, confidence }, world.caller)));

  // From the newest state back: what stood a millisecond before each was stated.
  const known: number[] = [];
  for (let point = ''; ; ) {
    const { node } = await service.runUntyped(
      'query ($id: ID!) { node(id: $id) { ... on Memory { confidence recordedAt updatedAt } } }',
      { id: id + point },
      world.caller,
    );
    known.push(node.confidence);
    if (node.updatedAt === node.recordedAt) break;
    point = `@${moments(node.updatedAt).before.knownAt}`;
  }
  expect(known.at(-1)).toBe(0);
  expect(known.toSorted((a, b) => a - b)).toEqual([0, ...confidences]);
});
