import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { day, iso, type Step, take, World } from './beliefs-steps.ts';
import type { TestService } from './service.ts';

export const ALL =
  'first: 100, filter: {statuses: [ACTIVE, DISPUTED, UPCOMING, ENDED, ARCHIVED, EXPIRED, RETRACTED, CORRECTED]}';
const READ = `query ($companion: CompanionRef!, $at: PointInTime) {
  memories(companion: $companion, at: $at, ${ALL}) { totalCount nodes {
    id content slot status confidence statedConfidence validFrom validUntil recordedAt retractedAt archivedAt updatedAt
    accessCount suspect current { id } versions(first: 100) { nodes { id status } }
    relations(first: 100) { nodes { id type strength recordedAt retractedAt from { id } to { id } } }
    contradictions(first: 100) { nodes { id state: status resolution strength openedAt resolvedAt note
      memory { id confidence } by { id confidence } relation { id retractedAt } } } } }
  shown: memories(companion: $companion, at: $at, first: 100) { totalCount nodes { id status } }
}`;
const THEN = `memories(companion: $companion, at: $at, ${ALL}) { nodes { id status confidence current { id } } }`;
const READ_THEN = `query ($companion: CompanionRef!, $at: PointInTime) { ${THEN} }`;

// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
export type Read = any;
export const read = (world: World, at?: { knownAt?: string; validAt?: string }, document = READ): Promise<Read> =>
  world.service.run(document, { companion: world.companion, at });
/** An answer about another point in time as if it were about now. */
const withoutPoint = (answer: unknown): Read =>
  JSON.parse(JSON.stringify(answer), (key, value) => (key === 'id' ? value.split('@')[0] : value));
export const idsOf = ({ nodes }: Read): string[] => nodes.map(({ id }: Read) => id);
const round = (confidence: number) => Number(confidence.toFixed(9));

/** What the service says of each version is what the model does, now and at a moment of the world. */
async function expectBeliefs(world: World, answer: Read, moment: number): Promise<void> {
  const { model } = world;
  const now = Date.now();
  const beliefs = model.beliefs();
  const told = answer.memories.nodes.map((node: Read) => [
    node.id,
    [node.content, node.slot, node.status, node.validFrom, node.validUntil, round(node.confidence)],
  ]);
  const expected = model.versions.map(({ id, content }) => {
    const { slot, start, end } = model.belief(id);
    const validUntil = end === Number.POSITIVE_INFINITY ? null : iso(end);
    return [id, [content, slot, model.status(id, now), iso(start), validUntil, round(model.confidence(id, now))]];
  });
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(expected));
  expectRelations(world, answer);
  const then = withoutPoint(await read(world, { validAt: iso(moment) }, READ_THEN));
  for (const { id, status, confidence, current } of then.memories.nodes) {
    const { lineage } = model.belief(id);
    const holding = model.versions.filter((v) => beliefs.get(v.id)?.lineage === lineage && model.holds(v.id, moment));
    const stated = [model.status(id, moment), round(model.confidence(id, moment))];
    expect([id, iso(moment), status, round(confidence)]).toEqual([id, iso(moment), ...stated]);
    if (holding[0]) expect(current.id, `the current version at ${iso(moment)}`).toBe(holding[0].id);
  }
}

/** What must hold after everything that can be said. */
function expectInvariants({ memories: { nodes } }: Read): void {
  const lineage = new Map<string, string>(nodes.map((n: Read) => [n.id, idsOf(n.versions).sort()[0]]));
  for (const moment of nodes.map(({ validFrom }: Read) => validFrom)) {
    const holds: Read[] = nodes.filter(
      (n: Read) => n.retractedAt === null && n.validFrom <= moment && (n.validUntil === null || moment < n.validUntil),
    );
    const lines = holds.map(({ id }) => lineage.get(id));
    expect(new Set(lines).size, `one version of a lineage holds at ${moment}`).toBe(lines.length);
    const isCounting = ({ state, memory, by }: Read) =>
      state === 'OPEN' && [memory, by].every((side) => holds.some(({ id }) => id === side.id));
    const slots = holds.filter((n) => n.slot !== null && !n.contradictions.nodes.some(isCounting)).map((n) => n.slot);
    expect(new Set(slots).size, `one memory of a slot holds at ${moment}`).toBe(slots.length);
  }
  let causes: [string | undefined, string | undefined][] = [];
  for (const { id, status, retractedAt, validFrom, validUntil, versions, relations } of nodes) {
    expect(idsOf(versions)).toContain(id);
    expect([id, retractedAt !== null]).toEqual([id, ['RETRACTED', 'CORRECTED'].includes(status)]);
    if (validUntil !== null) expect(validUntil > validFrom, `${id} has an interval`).toBe(true);
    for (const { type, from, to, retractedAt: ended } of relations.nodes) {
      if (type === 'CORRECTS') expect(lineage.get(from.id), 'CORRECTS within a lineage').toBe(lineage.get(to.id));
      if (type === 'CAUSES' && ended === null) causes.push([lineage.get(from.id), lineage.get(to.id)]);
    }
  }
  for (let count = -1; count !== causes.length; ) {
    count = causes.length;
    causes = causes.filter(([, to]) => causes.some(([from]) => from === to));
  }
  expect(causes, 'CAUSES is acyclic').toEqual([]);
}

/** An answer without the version that a correction taken back has left behind. */
const without = ({ memories }: Read, gone: string | undefined): Read => {
  const isLeft = ({ id, from, to }: Read) => ![id, from?.id, to?.id].includes(gone);
  const left = (list: Read) => ({ nodes: list.nodes.filter(isLeft) });
  return left(memories).nodes.map((n: Read) => ({ ...n, versions: left(n.versions), relations: left(n.relations) }));
};

/** What there is, without ids and the moments that were now: the same whichever way it came to be. */
export const shapeOf = ({ memories }: Read, hidden: ReadonlySet<string>): string[] => {
  const time = (moment: string | null) => (moment && !moment.endsWith('.000Z') ? 'now' : moment);
  return memories.nodes
    .filter(({ id }: Read) => !hidden.has(id))
    .map((n: Read) =>
      JSON.stringify([n.content, n.slot, n.status, time(n.validFrom), time(n.validUntil), round(n.confidence)]),
    )
    .sort();
};

/**
 * A relation leads to whichever version holds, and is there where both of its ends hold. A CAUSES may stay behind where
 * a slot takes an end in or lets it go, since it could close a circle.
 */
function expectRelations({ model, relations }: World, { memories }: Read): void {
  const beliefs = model.beliefs();
  const lineageOf = (id: string) => beliefs.get(id)?.lineage as string;
  const now = Date.now();
  const holding = new Map(model.versions.filter(({ id }) => model.holds(id, now)).map(({ id }) => [lineageOf(id), id]));
  for (const { type, ends, lineages } of relations) {
    const [from, to] = ends.map(lineageOf) as [string, string];
    const hasMoved = from !== lineages[0] || to !== lineages[1];
    if (!holding.has(from) || !holding.has(to) || from === to || (hasMoved && type === 'CAUSES')) continue;
    for (const end of [holding.get(from), holding.get(to)]) {
      const node = memories.nodes.find(({ id }: Read) => id === end);
      const joined = node.relations.nodes.map((each: Read) => [
        each.type,
        lineageOf(each.from.id),
        lineageOf(each.to.id),
      ]);
      expect(joined, `the relations of ${end}`).toContainEqual([type, from, to]);
    }
  }
}

const TENDING = ['relate', 'archive', 'restore', 'reinforce', 'decay'];

/** Does the steps one after the other, and after each compares the service with the model and with itself. */
export async function expectToFollowTheModel(service: TestService, sequence: readonly Step[]): Promise<void> {
  const world = new World(service);
  const noted: { knownAt: string; answer: Read }[] = [];
  let before = await read(world);
  for (const [index, step] of sequence.entries()) {
    const { model } = world;
    const moment = day(([-19, -15, -11, -7, -3, 5] as const)[index % 6] as number);
    const takeBack = await take(world, step, index);
    let answer = await read(world);
    if (world.model === model && !TENDING.includes(step.op)) {
      expect(answer, 'what is refused changes nothing').toEqual(before);
    }
    expectInvariants(answer);
    await expectBeliefs(world, answer, moment);
    if (takeBack && 'back' in step && step.back) {
      await takeBack();
      const made = idsOf(answer.memories).find((id) => !idsOf(before.memories).includes(id));
      answer = await read(world);
      expect(without(answer, made), 'taken back at once it is as before').toEqual(without(before, made));
      await expectBeliefs(world, answer, moment);
    }
    before = answer;
    if (index % 3 !== 2) continue;
    await sleep(2); // the step was made in an earlier millisecond, and the next is made in a later one
    noted.push({ knownAt: new Date().toISOString(), answer });
    await sleep(2);
  }
  for (const { knownAt, answer } of noted) {
    expect(withoutPoint(await read(world, { knownAt })), `what was known at ${knownAt}`).toEqual(answer);
  }
}

type Creation = Step & { op: 'create' };
const said = (said: number, from: Creation['from']): Step => {
  const rest = { lasts: null, confidence: 1, importance: 5.5 } as const;
  return { op: 'create', slot: 'diet', said, from, ...rest };
};
const against = (which: number, by: number | null = null): Step => {
  const rest = { from: -20, strength: 0.4 } as const;
  return { op: 'contradict', which, by, ...rest };
};
const retracted = (which: number): Step => ({ op: 'retract', which, kind: 'MISTAKE', at: null, back: false });
const corrected = (which: number): Step => ({ op: 'correct', which, kind: 'MISTAKE', at: null, back: false });
const kept = (which: number): Step => ({ op: 'resolve', which, resolution: 'KEEP_BY', back: false });
const dismissed = (which: number): Step => ({ op: 'resolve', which, resolution: 'DISMISSED', back: false });
/** A memory of a slot, and one of the same slot that begins at the same moment. */
const tie = [said(0, -8), said(1, -8)];

/** Sequences that once went wrong: what must not happen again, and the steps. */
export const EXAMPLES: [string, Step[]][] = [
  ['a newcomer keeps its slot where what contradicts it is retracted', [...tie, against(1), retracted(2)]],
  [
    'nothing ends where a newcomer that was decided against would begin',
    [said(3, -16), ...tie, against(0), against(2), kept(2), retracted(1), retracted(3)],
  ],
  [
    'all versions of a newcomer go where it goes',
    [...tie, corrected(1), kept(0), { op: 'revert', which: 1 }, said(2, -4)],
  ],
  [
    'a newcomer that was let go and retracted is of the slot again when that is taken back',
    [...tie, dismissed(0), retracted(1), { op: 'reopen', which: 0 }],
  ],
  [
    'nothing begins where what was decided for does',
    [...tie, kept(0), said(0, -4), { op: 'correct', which: 2, kind: 'MISTAKE', at: -8, back: false }],
  ],
  [
    'what changes after it has left a slot is not of the slot',
    [...tie, dismissed(0), { op: 'correct', which: 1, kind: 'CHANGE', at: null, back: false }],
  ],
  ['of two newcomers the one decided for has the place', [...tie, said(2, -8), kept(1)]],
  ['what a newcomer says already is a duplicate where both hold', [...tie, said(1, -4)]],
  ['two newcomers dispute the slot when the first is gone', [...tie, said(2, -8), retracted(0)]],
  ['what a slot took in is not contradicted twice by the same', [...tie, against(1), kept(0), against(1, 2)]],
  ['a place decided for elsewhere hinders nobody', [...tie, against(0), kept(0), against(2), corrected(3)]],
];
