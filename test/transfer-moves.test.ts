import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultLimits } from '../src/graphql/cost/limits.ts';
import { patience } from './support/calibration.ts';
import type { Caller } from './support/service.ts';
import { useService } from './support/service.ts';
import { useTransfer } from './support/transfer.ts';
import { type Source, type Step, transferWrites } from './support/transfer-step.ts';
import { someOf, steps } from './support/transfer-steps.ts';

/** How many sequences are tried, and the seed they are drawn from. */
const SEQUENCES = Number(process.env.SEQUENCES ?? 12);
const SEED = Number(process.env.SEED ?? Date.now() & 0x7fffffff);
console.info(`moves: SEED=${SEED} SEQUENCES=${SEQUENCES}`);
const TIME = patience(120_000 + SEQUENCES * 8_000);
const RUNS = { seed: SEED, numRuns: SEQUENCES, interruptAfterTimeLimit: TIME, markInterruptAsFailure: true };

// One document reads all there is, a hundred of each.
const service = useService({ ...defaultLimits, complexity: 1_000_000 });
const { importText, exportText } = useTransfer(service);

const EVERY = 'statuses: [ACTIVE, DISPUTED, UPCOMING, ENDED, ARCHIVED, EXPIRED, RETRACTED, CORRECTED]';
/** What decisions make of a memory: answered for the past as well. */
const BELIEF = `id content type slot validFrom validUntil recordedAt retractedAt companion { key } user { externalId }
  current { id } versions(first: 100) { nodes { id } }
  contradictions(first: 100) { nodes { memory { id } by { id } side: status resolution note strength reason openedAt resolvedAt } }
  relations(first: 100, types: [CONTRADICTS, CORRECTS]) { nodes { joins: type strength recordedAt retractedAt from { id } to { id } } }`;
const READ_BELIEFS = `query ($at: PointInTime!) {
  memories(at: $at, first: 100, filter: {${EVERY}}) { totalCount nodes { ${BELIEF} } }
}`;
/** All else has its present values alone. */
const READ_ALL = `{
  memories(first: 100, filter: {${EVERY}}) { totalCount nodes {
    ${BELIEF} message { id } conversation { externalId } summary status importance confidence statedConfidence context expiresAt archivedAt accessCount lastAccessedAt suspect
    all: relations(first: 100) { nodes { joins: type strength metadata recordedAt retractedAt from { id } to { id } } }
    entities(first: 100) { nodes { name sort: type aliases } } } }
  shown: memories(first: 100) { nodes { id } }
  ann: memories(first: 100, filter: {entity: {name: "Ann"}, ${EVERY}}) { nodes { id } }
  bea: memories(first: 100, filter: {entity: {name: "Bea"}, ${EVERY}}) { nodes { id } }
  entities(first: 100) { nodes { name sort: type aliases memories(first: 100) { nodes { id } } } }
  companions(first: 100) { nodes { key name description config isActive } }
  users(first: 100) { nodes { externalId metadata } }
  conversations(first: 100) { totalCount nodes {
    externalId title metadata createdAt updatedAt lastMessageAt messageCount companion { key } user { externalId }
    messages(first: 100) { nodes { id externalId role name format content text position tokens metadata createdAt updatedAt
      isForgotten memory { id content } } } } }
  viewer { workspace { decayPolicies { type halfLifeDays floor archiveBelow accessStretch } } }
}`;

/** An answer without what tells its point in time, and without an order where ids that differ decide. */
const plain = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer), (key, value) => {
    if (key === 'id') return value.split('@')[0];
    if (key === 'importance' && typeof value === 'number') return value.toFixed(3);
    if (key === 'confidence' && typeof value === 'number') return value.toFixed(9);
    if (key === 'nodes' || key === 'aliases')
      return value.toSorted((a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    return value;
  });
const readAll = async (caller: Caller) => plain(await service.run(READ_ALL, {}, caller));

/** The memories whose time a duplicate has changed: of that, too, only the present value is exported. */
async function restatedIn(caller: Caller): Promise<Set<string>> {
  const { memories } = await service.runUntyped(
    `{ memories(first: 100, filter: {${EVERY}}) { nodes { id history(first: 100) { nodes { kind changes } } } } }`,
    {},
    caller,
  );
  type Node = { id: string; history: { nodes: { kind: string; changes: object }[] } };
  const isRestated = ({ history }: Node) =>
    history.nodes.some(
      ({ kind, changes }) => kind === 'UPDATED' && ('validFrom' in changes || 'validUntil' in changes),
    );
  return new Set(memories.nodes.filter(isRestated).map(({ id }: Node) => id));
}

const readBeliefs = async (caller: Caller, knownAt: string, restated: ReadonlySet<string>) =>
  JSON.parse(JSON.stringify(plain(await service.run(READ_BELIEFS, { at: { knownAt } }, caller))), (_key, value) =>
    restated.has(value?.id) ? { ...value, validFrom: null, validUntil: null, current: null } : value,
  );

/** Learns the ids of what there is. */
async function meet(source: Source): Promise<void> {
  const { memories, entities, contradictions, conversations } = await service.runUntyped(
    `{ memories(first: 100, filter: {${EVERY}}) { nodes { id relations(first: 50) { nodes { id } } } }
      entities(first: 100) { nodes { id } } contradictions(first: 100) { nodes { id } }
      conversations(first: 100) { nodes { messages(first: 100) { nodes { id memory { id } } } } } }`,
    {},
    source.caller,
  );
  const ids = ({ nodes }: { nodes: { id: string }[] }) => nodes.map(({ id }) => id).sort();
  source.memories = ids(memories);
  source.entities = ids(entities);
  source.contradictions = ids(contradictions);
  type Said = { id: string; memory: { id: string } | null };
  const messages: Said[] = conversations.nodes.flatMap((node: { messages: { nodes: Said[] } }) => node.messages.nodes);
  source.messages = ids({ nodes: messages });
  source.said = ids({ nodes: messages.flatMap(({ memory }) => memory ?? []) });
  source.relations = ids({
    nodes: memories.nodes.flatMap((node: { relations: { nodes: [] } }) => node.relations.nodes),
  });
}

let worlds = 0;

async function expectToMove(sequence: readonly Step[]): Promise<void> {
  const name = `world ${++worlds}`;
  const caller = { workspace: name };
  const source: Source = {
    caller,
    write: transferWrites(service),
    memories: [],
    relations: [],
    entities: [],
    contradictions: [],
    messages: [],
    said: [],
  };
  const moments: string[] = [];
  for (const step of sequence) {
    await step(source);
    await meet(source);
    await sleep(2); // the step was made in an earlier millisecond, and the next is made in a later one
    moments.push(new Date().toISOString());
    await sleep(2);
  }
  const file = await exportText(name);
  const copy = { workspace: `${name}, moved` };
  await importText(copy.workspace, file);
  expect(await exportText(copy.workspace), 'the file of the copy').toBe(file);
  expect(await readAll(copy), 'what is known').toEqual(await readAll(caller));
  const restated = await restatedIn(caller);
  for (const moment of moments) {
    expect(await readBeliefs(copy, moment, restated), `what was known at ${moment}`).toEqual(
      await readBeliefs(caller, moment, restated),
    );
  }
  expect(await importText(copy.workspace, file), 'imported again').toMatch('Made: nothing.');
  expect(await exportText(copy.workspace), 'the file of the copy, imported again').toBe(file);
  for (const moment of moments) {
    expect(await readBeliefs(copy, moment, restated), `known at ${moment}`).toEqual(
      await readBeliefs(caller, moment, restated),
    );
  }
}

const anything = someOf({
  create: 7,
  correct: 7,
  retract: 4,
  revert: 4,
  contradict: 4,
  resolve: 5,
  reopen: 3,
  relate: 3,
  unrelate: 1,
  merge: 2,
  update: 3,
  owners: 1,
  decay: 1,
  archive: 1,
  restore: 1,
  reinforce: 1,
  forget: 1,
  say: 6,
  converse: 1,
  copy: 2,
  recollect: 2,
  unsay: 1,
  forgetSaid: 2,
});

test('what is exported and imported is the same, now and at every moment', { timeout: TIME + patience(15_000) }, () =>
  fc.assert(
    fc.asyncProperty(steps.create, fc.array(anything, { minLength: 2, maxLength: 10, size: 'max' }), (first, rest) =>
      expectToMove([first, ...rest]),
    ),
    RUNS,
  ),
);
