import fc from 'fast-check';
import { expect } from 'vitest';
import { BeliefsModel, type Dispute, Refused, type Resolution } from './beliefs-model.ts';
import { mutation } from './mutations.ts';
import type { TestService } from './service.ts';

/** What steps do, as functions of their input. */
const beliefWrites = (service: TestService) => ({
  create: mutation(service, 'createMemory', 'memory { id validFrom } duplicate contradiction { id }'),
  correct: mutation(service, 'correctMemory', 'memory { id validFrom }'),
  retract: mutation(service, 'retractMemory', 'memory { id validUntil }'),
  revert: mutation(service, 'revertCorrection', 'memory { id }'),
  contradict: mutation(service, 'contradictMemory', 'contradiction { id by { id } }'),
  resolve: mutation(service, 'resolveContradiction', 'contradiction { id status resolution }'),
  reopen: mutation(service, 'reopenContradiction', 'contradiction { id status resolution }'),
  relate: mutation(service, 'relateMemories', 'relation { id }'),
  archive: mutation(service, 'archiveMemories', 'memories { id }'),
  restore: mutation(service, 'restoreMemories', 'memories { id }'),
  reinforce: mutation(service, 'reinforceMemories', 'memories { id updatedAt }'),
  decay: mutation(
    service,
    'decayImportance',
    'report { examined decayed archived importanceBefore { bands mean } importanceAfter { bands mean } }',
  ),
});

const DAY = 86_400_000;
const BASE = Math.floor(Date.now() / 1000) * 1000;
/** The moment so many days from now. */
export const day = (days: number) => BASE + days * DAY;
export const iso = (ms: number) => new Date(ms).toISOString();

/** The names of companions, one for each world. */
let worlds = 0;

/** A companion of its own, beside what it should believe. */
export class World {
  readonly companion = { key: `companion ${++worlds}` };
  model = new BeliefsModel();
  /** What became of each step: a failure's code, or what of it can be told without ids. */
  outcomes: string[] = [];
  /** What relateMemories has made. */
  relations: { type: string; ends: [string, string]; lineages: string[] }[] = [];
  /** Versions that no step is about. */
  hidden = new Set<string>();
  readonly service: TestService;
  readonly write: ReturnType<typeof beliefWrites>;

  constructor(service: TestService) {
    this.service = service;
    this.write = beliefWrites(service);
  }

  memory(index: number): string {
    const open = this.model.versions.filter(({ id }) => !this.hidden.has(id));
    return open[index % open.length]?.id ?? 'mem_none';
  }

  /** Takes the model where the service went; both must have refused, or neither. */
  follow(
    answer: { code?: string; message?: string; duplicate?: boolean },
    change: (model: BeliefsModel) => void,
  ): void {
    let next: BeliefsModel | undefined;
    let refusal = 'nothing';
    try {
      next = this.model.after(change);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refusal = error.message;
    }
    const { code = 'accepted', message = '' } = answer;
    expect(code === 'accepted', `service: ${code} ${message}; model refuses: ${refusal}`).toBe(next !== undefined);
    const opened = (next?.disputes.length ?? 0) - this.model.disputes.length;
    this.outcomes.push(next ? `accepted ${answer.duplicate ?? ''} ${opened}` : code);
    if (next) this.model = next;
  }
}

const which = fc.nat({ max: 1_000 });
const days = fc.constantFrom(-20, -16, -12, -8, -4, 4);
const confidence = fc.constantFrom(0.3, 0.8, 1);
const kind = fc.constantFrom('MISTAKE' as const, 'CHANGE' as const);
const resolution = fc.constantFrom<Resolution>('KEEP_MEMORY', 'KEEP_BY', 'SUCCEEDED', 'DISMISSED');
/** Taken back at once. */
const back = fc.boolean();
const named = <N extends string>(name: N) => fc.constant(name);

export const steps = {
  create: fc.record({
    op: named('create'),
    slot: fc.constantFrom('diet', 'diet', 'home', null),
    said: fc.nat({ max: 3 }),
    from: fc.option(days, { freq: 8 }),
    lasts: fc.option(fc.constantFrom(3, 9), { freq: 1 }),
    confidence,
    importance: fc.constantFrom(0.5, 5.5),
  }),
  correct: fc.record({
    op: named('correct'),
    which,
    kind,
    at: fc.option(fc.constantFrom(-18, -14, -12, -10, -8, -6, -2, 2), { freq: 6 }),
    back,
  }),
  retract: fc.record({
    op: named('retract'),
    which,
    kind,
    at: fc.option(fc.constantFrom(-18, -14, -12, -9, -5, -1), { freq: 6 }),
    back,
  }),
  revert: fc.record({ op: named('revert'), which }),
  contradict: fc.record({
    op: named('contradict'),
    which,
    by: fc.option(which, { freq: 1 }),
    from: days,
    strength: fc.constantFrom(0, 0.4, 1),
  }),
  resolve: fc.record({ op: named('resolve'), which, resolution, back }),
  reopen: fc.record({ op: named('reopen'), which }),
  relate: fc.record({ op: named('relate'), which, to: which, type: fc.constantFrom('CAUSES', 'CAUSES', 'ELABORATES') }),
  archive: fc.record({ op: named('archive'), which }),
  restore: fc.record({ op: named('restore'), which }),
  reinforce: fc.record({ op: named('reinforce'), which, delta: fc.constantFrom(0, 2, -2) }),
  decay: fc.record({ op: named('decay') }),
};
type Steps = typeof steps;
type StepOf<N extends keyof Steps> = Steps[N] extends fc.Arbitrary<infer V> ? V : never;
export type Step = { [N in keyof Steps]: StepOf<N> }[keyof Steps];

/** Steps of these names, so often. */
export const someOf = (weights: Partial<Record<keyof Steps, number>>): fc.Arbitrary<Step> =>
  fc.oneof(
    ...Object.entries(weights).map(([name, weight]) => ({
      weight,
      arbitrary: steps[name as keyof Steps] as fc.Arbitrary<Step>,
    })),
  );

type Undo = () => Promise<void>;

/**
 * Does a step, the index-th, in the service and the model. Answers what takes it back at once, where something does.
 */
export async function take(world: World, step: Step, index: number): Promise<Undo | undefined> {
  if (step.op === 'create') return create(world, step, index);
  if (step.op === 'correct' || step.op === 'retract') return decide(world, step, index);
  if (step.op === 'contradict') return contradict(world, step, index);
  if (step.op === 'resolve' || step.op === 'reopen') return settle(world, step);
  if (step.op === 'decay') return decay(world);
  if (step.op === 'revert') {
    const id = world.memory(step.which);
    return world.follow(await world.write.revert({ id }), (next) => next.revert(id)) as undefined;
  }
  return tend(world, step);
}

async function create(world: World, step: StepOf<'create'>, index: number): Promise<undefined> {
  const { slot, from, lasts, importance, confidence: stated } = step;
  const content = slot === null ? `statement ${index}` : `${slot} ${step.said}`;
  const until = lasts === null ? null : (from === null ? Date.now() : day(from)) + lasts * DAY;
  const answer = await world.write.create({
    companion: world.companion,
    type: 'FACT',
    content,
    slot,
    confidence: stated,
    importance,
    validFrom: from === null ? null : iso(day(from)),
    validUntil: until === null ? null : iso(until),
  });
  const { memory, duplicate, contradiction } = answer;
  const start = from !== null ? day(from) : duplicate ? Date.now() : Date.parse(memory?.validFrom);
  const version = { id: memory?.id ?? 'none', content, slot, start, until, confidence: stated, importance };
  world.follow(answer, (next) => {
    const opened = next.disputes.length;
    expect(next.create(version, contradiction?.id), 'what it is a duplicate of').toBe(
      duplicate ? memory.id : undefined,
    );
    expect(next.disputes.length > opened, 'a contradiction is opened').toBe(contradiction !== null);
  });
}

async function decide(world: World, step: StepOf<'correct'> | StepOf<'retract'>, index: number) {
  const id = world.memory(step.which);
  const content = `statement ${index}`;
  const isChange = step.kind === 'CHANGE';
  const given = step.at === null ? null : day(step.at);
  const { correct, retract, revert } = world.write;
  const when = isChange ? 'effectiveAt' : 'validFrom';
  const answer = await (step.op === 'correct'
    ? correct({ id, kind: step.kind, content, ...(given !== null && { [when]: iso(given) }) })
    : retract({ id, kind: step.kind, ...(isChange && given !== null && { effectiveAt: iso(given) }) }));
  const told: string | undefined = step.op === 'correct' ? answer.memory?.validFrom : answer.memory?.validUntil;
  const now = told ? Date.parse(told) : Date.now();
  world.follow(answer, (next) => {
    if (step.op === 'retract') next.retract(id, step.kind, isChange ? (given ?? now) : null);
    else next.correct(id, step.kind, given ?? (isChange ? now : null), { id: answer.memory?.id ?? 'none', content });
  });
  if (answer.code !== undefined) return;
  return async () => world.follow(await revert({ id }), (next) => next.revert(id));
}

async function contradict(world: World, step: StepOf<'contradict'>, index: number): Promise<undefined> {
  const id = world.memory(step.which);
  const start = day(step.from);
  const made = { content: `statement ${index}`, confidence: 0.8, importance: 5.5 };
  const there = step.by === null ? undefined : world.memory(step.by);
  const by = there ? { memoryId: there } : { newMemory: { ...made, type: 'FACT', validFrom: iso(start) } };
  const answer = await world.write.contradict({ id, by, strength: step.strength });
  const byId = there ?? answer.contradiction?.by.id ?? 'none';
  world.follow(answer, (next) => {
    if (!there) next.create({ ...made, id: byId, slot: null, start, until: null }, undefined);
    next.contradict(answer.contradiction?.id ?? 'none', id, byId, step.strength);
  });
}

async function settle(world: World, step: StepOf<'resolve'> | StepOf<'reopen'>): Promise<Undo | undefined> {
  const id = world.model.disputes[step.which % world.model.disputes.length]?.id;
  if (!id) return;
  const found = (model: BeliefsModel) => model.disputes.find((dispute) => dispute.id === id) as Dispute;
  const reopen = async () => world.follow(await world.write.reopen({ id }), (next) => next.reopen(found(next)));
  if (step.op === 'reopen') return reopen() as Promise<undefined>;
  const answer = await world.write.resolve({ id, resolution: step.resolution });
  world.follow(answer, (next) => next.resolve(found(next), step.resolution));
  return answer.code === undefined ? reopen : undefined;
}

async function decay({ model, companion, write }: World): Promise<undefined> {
  const low = model.versions.filter(
    ({ id, importance }) => importance < 1 && ['ACTIVE', 'DISPUTED'].includes(model.status(id, Date.now())),
  );
  const { report } = await write.decay({ companion });
  expect(report.archived, 'archived by decay').toBe(low.length);
  for (const version of low) version.isArchived = true;
}

/** Steps that decide nothing. */
async function tend(
  world: World,
  step: StepOf<'relate'> | StepOf<'archive'> | StepOf<'restore'> | StepOf<'reinforce'>,
): Promise<undefined> {
  const { write, model } = world;
  const id = world.memory(step.which);
  const version = model.version(id);
  if (!version) return;
  if (step.op === 'relate') {
    const toId = world.memory(step.to);
    const { relation } = await write.relate({ fromId: id, toId, type: step.type });
    const ends: [string, string] = [id, toId];
    if (relation)
      world.relations.push({ type: step.type, ends, lineages: ends.map((end) => model.belief(end).lineage) });
  } else if (step.op === 'reinforce') {
    const { code } = await write.reinforce({ ids: [id], delta: step.delta });
    if (code === undefined) version.importance = Math.min(10, Math.max(0, version.importance + step.delta));
  } else {
    await write[step.op]({ ids: [id] });
    version.isArchived = step.op === 'archive';
  }
}
