import fc from 'fast-check';
import { conversationSteps } from './conversation-steps.ts';
import { day, days, named, pick, type Source, type Step, which } from './transfer-step.ts';

// Everything that can be done to a workspace, as steps with choices: what an export must be able to say.

const kind = fc.constantFrom('MISTAKE', 'CHANGE');
const topics = fc.array(
  fc.record({ name: fc.constantFrom('Ann', 'ann', 'Bea', 'Cid'), type: fc.constantFrom('person', 'place') }),
  { maxLength: 2 },
);

const said = fc.record({
  content: fc.constantFrom('vegan', 'omnivore', 'Vegan', 'fish'),
  slot: fc.option(fc.constantFrom('diet', 'diet', 'home'), { freq: 1 }),
  type: fc.constantFrom('FACT', 'FACT', 'FACT', 'EXPERIENCE'),
  importance: fc.constantFrom(0.5, 5.5),
  confidence: fc.constantFrom(0.3, 1),
  from: fc.option(days),
  lasts: fc.option(fc.constantFrom(3, 9), { freq: 1 }),
  expires: fc.option(fc.constantFrom(-3, 30), { freq: 1 }),
  turn: fc.option(fc.nat({ max: 3 }), { freq: 1 }),
  entities: topics,
});

const memoryOf = ({ from, lasts, expires, turn, ...rest }: typeof said extends fc.Arbitrary<infer V> ? V : never) => ({
  ...rest,
  validFrom: from === null ? null : day(from),
  validUntil: lasts === null ? null : from === null ? day(lasts + 1) : day(from + lasts),
  expiresAt: expires === null ? null : day(expires),
  context: turn === null ? null : { turn },
});

const create = named(
  'create',
  fc.record({
    memories: fc.array(said, { minLength: 1, maxLength: 3 }),
    user: fc.option(fc.constantFrom('maya', 'noah')),
    companion: fc.constantFrom('iris', 'iris', 'otto'),
    related: fc.boolean(),
  }),
  (source, { memories, user, companion, related }) =>
    source.write.createMemories(
      {
        companion: { key: companion },
        user: user && { externalId: user },
        memories: memories.map((memory, index) => ({ ...memoryOf(memory), ref: String(index) })),
        ...(related &&
          memories.length > 1 && { relations: [{ from: { ref: '0' }, to: { ref: '1' }, type: 'FOLLOWS' }] }),
      },
      source.caller,
    ),
);

const correct = named(
  'correct',
  fc.record({
    memory: which,
    kind,
    content: fc.constantFrom('vegan', 'fish', 'nothing'),
    at: fc.option(fc.constantFrom(-18, -14, -10, -6, -2, 2)),
    importance: fc.option(fc.constantFrom(0, 9), { freq: 1 }),
    entities: fc.option(topics, { freq: 1 }),
    summary: fc.option(fc.constant('in short'), { freq: 1 }),
  }),
  (source, { memory, kind, content, at, importance, entities, summary }) =>
    source.write.correctMemory(
      {
        id: pick(source.memories, memory),
        kind,
        content,
        reason: 'so',
        ...(at !== null && (kind === 'CHANGE' ? { effectiveAt: day(at) } : { validFrom: day(at) })),
        ...(importance !== null && { importance }),
        ...(entities !== null && { entities }),
        ...(summary !== null && { summary }),
      },
      source.caller,
    ),
);

const retract = named(
  'retract',
  fc.record({ memory: which, kind, at: fc.option(fc.constantFrom(-14, -9, -5, -1)) }),
  (source, { memory, kind, at }) =>
    source.write.retractMemory(
      { id: pick(source.memories, memory), kind, ...(kind === 'CHANGE' && at !== null && { effectiveAt: day(at) }) },
      source.caller,
    ),
);

const onMemory = (name: string, run: (source: Source, id: string) => Promise<unknown>) =>
  named(name, fc.record({ memory: which }), (source, { memory }) => run(source, pick(source.memories, memory)));

const contradict = named(
  'contradict',
  fc.record({ memory: which, by: fc.option(which), said, strength: fc.constantFrom(0, 0.5, 1) }),
  (source, { memory, by, said, strength }) =>
    source.write.contradictMemory(
      {
        id: pick(source.memories, memory),
        by: by === null ? { newMemory: memoryOf(said) } : { memoryId: pick(source.memories, by) },
        strength,
        reason: 'cannot be',
      },
      source.caller,
    ),
);

const resolve = named(
  'resolve',
  fc.record({ one: which, resolution: fc.constantFrom('KEEP_MEMORY', 'KEEP_BY', 'SUCCEEDED', 'DISMISSED') }),
  (source, { one, resolution }) =>
    source.write.resolveContradiction(
      { id: pick(source.contradictions, one), resolution, note: 'asked' },
      source.caller,
    ),
);

const reopen = named('reopen', fc.record({ one: which }), (source, { one }) =>
  source.write.reopenContradiction({ id: pick(source.contradictions, one) }, source.caller),
);

const relate = named(
  'relate',
  fc.record({ from: which, to: which, type: fc.constantFrom('FOLLOWS', 'CAUSES', 'ELABORATES') }),
  (source, { from, to, type }) =>
    source.write.relateMemories(
      { fromId: pick(source.memories, from), toId: pick(source.memories, to), type, metadata: { by: 'hand' } },
      source.caller,
    ),
);

const unrelate = named('unrelate', fc.record({ one: which }), (source, { one }) =>
  source.write.unrelateMemories({ relationId: pick(source.relations, one) }, source.caller),
);

const merge = named('merge', fc.record({ from: which, into: which }), (source, { from, into }) =>
  source.write.mergeEntities(
    { fromIds: [pick(source.entities, from)], intoId: pick(source.entities, into) },
    source.caller,
  ),
);

const update = named(
  'update',
  fc.record({
    memory: which,
    changes: fc.record(
      {
        summary: fc.constantFrom(null, 'short'),
        context: fc.record({ turn: fc.nat({ max: 9 }) }),
        expiresAt: fc.constantFrom(null, -5, 5).map((days) => days && day(days)),
        importance: fc.constantFrom(0, 8),
        confidence: fc.constantFrom(0.1, 1),
        entities: topics,
      },
      { requiredKeys: [] },
    ),
  }),
  (source, { memory, changes }) =>
    source.write.updateMemory({ id: pick(source.memories, memory), ...changes }, source.caller),
);

const owners = named(
  'owners',
  fc.record({ name: fc.constantFrom('Iris', null), isActive: fc.boolean(), metadata: fc.constantFrom({}, { a: 1 }) }),
  async (source, { name, isActive, metadata }) => {
    await source.write.upsertCompanion({ companion: { key: 'iris' }, name, isActive, config: metadata }, source.caller);
    await source.write.upsertUser({ externalId: 'maya', metadata }, source.caller);
  },
);

const decay = named(
  'decay',
  fc.record({
    halfLifeDays: fc.constantFrom(1, 50, null),
    archiveBelow: fc.constantFrom(null, 2),
    type: fc.constantFrom('FACT', 'EXPERIENCE'),
  }),
  async (source, policy) => {
    await source.write.setDecayPolicy({ ...policy, floor: 0.25, accessStretch: 0.5 }, source.caller);
    await source.write.decayImportance({ until: day(20) }, source.caller);
  },
);

export const steps = {
  ...conversationSteps,
  create,
  correct,
  retract,
  revert: onMemory('revert', ({ write, caller }, id) => write.revertCorrection({ id }, caller)),
  contradict,
  resolve,
  reopen,
  relate,
  unrelate,
  merge,
  update,
  owners,
  decay,
  archive: onMemory('archive', ({ write, caller }, id) => write.archiveMemories({ ids: [id] }, caller)),
  restore: onMemory('restore', ({ write, caller }, id) => write.restoreMemories({ ids: [id] }, caller)),
  reinforce: onMemory('reinforce', ({ write, caller }, id) => write.reinforceMemories({ ids: [id], delta: 1 }, caller)),
  forget: onMemory('forget', ({ write, caller }, id) => write.forgetMemories({ ids: [id] }, caller)),
};

/** Steps of these names, so often. */
export const someOf = (weights: Partial<Record<keyof typeof steps, number>>): fc.Arbitrary<Step> =>
  fc.oneof(
    ...Object.entries(weights).map(([name, weight]) => ({ weight, arbitrary: steps[name as keyof typeof steps] })),
  );
