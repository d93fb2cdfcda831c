import { beforeEach, describe, expect, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { mutation } from './support/mutations.ts';
import { type Caller, useService } from './support/service.ts';
import { asSuperuser } from './support/tables.ts';

vi.setConfig({ testTimeout: patience(120_000) });

/** How often each race is run; more is asked for by the environment. */
const ROUNDS = Number(process.env.ROUNDS ?? 2);
const CLIENTS = 20;

const service = useService();
const VERSION = 'id content status validFrom validUntil retractedAt';
const createMemory = mutation(service, 'createMemory', `memory { ${VERSION} } duplicate contradiction { id }`);
const correct = mutation(
  service,
  'correctMemory',
  'memory { id content }',
  '... on AlreadyCorrectedError { current { id content } }',
);
const contradict = mutation(
  service,
  'contradictMemory',
  'contradiction { id relation { id } }',
  '... on RelationExistsError { relation { id type } there: contradiction { id } }',
);
const resolve = mutation(
  service,
  'resolveContradiction',
  'contradiction { id resolution }',
  '... on AlreadyResolvedError { there: contradiction { id resolution } }',
);
const setPolicy = mutation(service, 'setDecayPolicy', 'policy { type }');
const decay = mutation(service, 'decayImportance', 'report { examined archived }');
const update = mutation(service, 'updateMemory', 'memory { id }');
const reinforce = mutation(service, 'reinforceMemories', 'memories { id }');
const archive = mutation(service, 'archiveMemories', 'memories { id }');

const READ = `query ($id: ID!, $at: PointInTime) { memory(id: $id, at: $at) {
  ${VERSION} confidence current { id }
  versions(first: 100) { totalCount nodes { ${VERSION} } }
  relations(first: 100) { totalCount edges { node { id type } } }
  contradictions(first: 100) { totalCount nodes { id status resolution memory { id status } by { id status }
    relation { id retractedAt } } }
} }`;

/** What each resolution makes of the memory that came first and of the one that speaks against it. */
const OUTCOMES = {
  SUCCEEDED: ['ENDED', 'ACTIVE'],
  KEEP_MEMORY: ['ACTIVE', 'RETRACTED'],
  KEEP_BY: ['RETRACTED', 'ACTIVE'],
  DISMISSED: ['ACTIVE', 'ACTIVE'],
};

/** A day of 2026, by its number. */
const day = (number: number) => new Date(Date.UTC(2026, 0, number)).toISOString();

/** Twenty clients at once; what each was answered, in their order. */
const atOnce = <T>(client: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)));

/** The answers that are of a type, and those that are not. */
const split = <T extends { __typename: string }>(answers: readonly T[], type: string): [T[], T[]] => [
  answers.filter(({ __typename }) => __typename === type),
  answers.filter(({ __typename }) => __typename !== type),
];

/** The one answer of the type, and all others. */
function oneWinner<T extends { __typename: string }>(answers: readonly T[], type: string): [T, T[]] {
  const [won, lost] = split(answers, type);
  expect([won.length, lost.length]).toEqual([1, CLIENTS - 1]);
  return [won[0] as T, lost];
}

/** At no moment do two versions of a lineage hold, whichever way it is looked at. */
async function expectTimeLines(id: string, caller: Caller): Promise<void> {
  for (const validAt of [1, 10, 15, 20, 21, 30, 60].map(day)) {
    const { memory } = await service.runUntyped(READ, { id, at: { validAt } }, caller);
    const holding = memory.versions.nodes.filter(({ status }: { status: string }) => /ACTIVE|DISPUTED/.test(status));
    expect(holding.length, `at ${validAt}`).toBeLessThanOrEqual(1);
    if (holding.length === 1) expect(memory.current.id).toBe(holding[0].id);
  }
  const { database } = await service.tenant(caller.workspace);
  const overlaps = await asSuperuser(database, (connection) =>
    connection.script(`select a.id from memories a join memories b on b.workspace_id = a.workspace_id
      and b.lineage_id = a.lineage_id and b.id > a.id and b.retracted_at is null
      and tstzrange(b.valid_from, b.valid_until) && tstzrange(a.valid_from, a.valid_until)
      where a.retracted_at is null`),
  );
  expect(overlaps).toEqual([]);
}

let races = 0;

const rounds = Array.from({ length: ROUNDS }, (_, index) => index + 1);
const onPostgresql = describe.skipIf(!process.env.TEST_DATABASE_URL);

onPostgresql.each(rounds)('twenty clients at once, round %i:', () => {
  /** A workspace of its own for each race. */
  let caller: Caller;
  beforeEach(async () => {
    caller = { workspace: `race ${++races}` };
    await service.tenant(caller.workspace);
    service.logged.length = 0;
    return () => expect(service.logged, 'nothing went wrong unseen').toEqual([]);
  });

  const input = (content: string, more: object = {}) => ({
    companion: { key: 'iris' },
    user: { externalId: 'maya' },
    type: 'FACT',
    content,
    validFrom: day(1),
    ...more,
  });
  const remember = async (content: string, more?: object): Promise<string> =>
    (await createMemory(input(content, more), caller)).memory.id;
  const read = async (id: string) => (await service.runUntyped(READ, { id }, caller)).memory;

  test.each([
    ['MISTAKE', {}],
    ['CHANGE', { effectiveAt: day(20) }],
  ])('one memory corrected by %s: one wins, and the others are told who', async (kind, more) => {
    const id = await remember('The rate is 80');
    const answers = await atOnce((n) => correct({ id, kind, content: `The rate is ${n}`, ...more }, caller));
    const [won, lost] = oneWinner(answers, 'CorrectMemoryPayload');
    for (const each of lost) expect(each).toMatchObject({ code: 'ALREADY_CORRECTED', current: won.memory });
    const memory = await read(id);
    expect(memory.status).toBe(kind === 'MISTAKE' ? 'CORRECTED' : 'ENDED');
    expect(memory.current.id).toBe(won.memory.id);
    expect(memory.versions.totalCount).toBe(2);
    expect(memory.relations.edges).toMatchObject([{ node: { type: 'CORRECTS' } }]);
    await expectTimeLines(id, caller);
  });

  test('one slot written from different days on: a time line without gap or overlap', async () => {
    const shuffled = (n: number) => 1 + ((n * 7) % CLIENTS);
    const answers = await atOnce((n) =>
      createMemory(input(`On day ${shuffled(n)}`, { slot: 'rate', validFrom: day(shuffled(n)) }), caller),
    );
    expect(split(answers, 'CreateMemoryPayload')[1]).toEqual([]);
    expect(answers.every(({ duplicate, contradiction }) => !duplicate && contradiction === null)).toBe(true);
    const { id } = answers[0].memory;
    const { versions } = await read(id);
    expect(versions.nodes).toMatchObject(
      Array.from({ length: CLIENTS }, (_, index) => ({
        content: `On day ${index + 1}`,
        status: index === CLIENTS - 1 ? 'ACTIVE' : 'ENDED',
        validFrom: day(index + 1),
        validUntil: index === CLIENTS - 1 ? null : day(index + 2),
        retractedAt: null,
      })),
    );
    await expectTimeLines(id, caller);
  });

  test('one slot written from the same day on: one holds it, and the others contradict it', async () => {
    const answers = await atOnce((n) => createMemory(input(`The rate is ${n}`, { slot: 'rate' }), caller));
    expect(split(answers, 'CreateMemoryPayload')[1]).toEqual([]);
    const first = answers.filter(({ contradiction }) => contradiction === null);
    expect(first).toHaveLength(1);
    const { id } = first[0].memory;
    const others = answers.filter((answer) => answer !== first[0]);
    const { status, versions, contradictions } = await read(id);
    expect(status).toBe('DISPUTED');
    expect(versions.totalCount).toBe(1);
    expect(new Set(contradictions.nodes)).toEqual(
      new Set(
        others.map(({ memory, contradiction }) => ({
          id: contradiction.id,
          status: 'OPEN',
          resolution: null,
          memory: { id, status: 'DISPUTED' },
          by: { id: memory.id, status: 'DISPUTED' },
          relation: { id: expect.stringMatching(/^rel_/), retractedAt: null },
        })),
      ),
    );
    await expectTimeLines(id, caller);
    await expectTimeLines(others[0].memory.id, caller);
  });

  test('one pair contradicted, from either side: there is one contradiction, and the others are shown it', async () => {
    const [one, other] = [await remember('It rained'), await remember('It was dry')];
    const answers = await atOnce((n) => {
      const [id, memoryId] = n % 2 ? [one, other] : [other, one];
      return contradict({ id, by: { memoryId } }, caller);
    });
    const [won, lost] = oneWinner(answers, 'ContradictMemoryPayload');
    const { id, relation } = won.contradiction;
    const shown = { code: 'RELATION_EXISTS', there: { id }, relation: { id: relation.id, type: 'CONTRADICTS' } };
    for (const each of lost) expect(each).toMatchObject(shown);
    for (const side of [await read(one), await read(other)]) {
      expect(side.status).toBe('DISPUTED');
      expect(side.contradictions.nodes).toMatchObject([{ id, status: 'OPEN', relation: { retractedAt: null } }]);
      expect(side.relations.edges).toEqual([{ node: { id: relation.id, type: 'CONTRADICTS' } }]);
    }
    await expectTimeLines(one, caller);
  });

  test.each([
    ['of different days', day(10)],
    ['valid from the same day', day(1)],
  ])('one contradiction of memories %s resolved in all ways: one wins', async (_, validFrom) => {
    const [memoryId, byId] = [await remember('It rained'), await remember('It was dry', { validFrom })];
    const { contradiction } = await contradict({ id: memoryId, by: { memoryId: byId } }, caller);
    const ways = Object.keys(OUTCOMES);
    const answers = await atOnce((n) => resolve({ id: contradiction.id, resolution: ways[n % 4] }, caller));
    const [won, lost] = oneWinner(answers, 'ResolveContradictionPayload');
    const { resolution } = won.contradiction as { resolution: keyof typeof OUTCOMES };
    const [resolved, refused] = split(lost, 'AlreadyResolvedError');
    for (const each of resolved) expect(each.there).toEqual({ id: contradiction.id, resolution });
    // Only what one moment cannot be split into is refused, and only until another has won.
    if (validFrom !== day(1)) expect(refused).toEqual([]);
    for (const each of refused) {
      expect(each.code).toBe('INVALID_INPUT');
      expect(ways[answers.indexOf(each) % 4]).toBe('SUCCEEDED');
    }
    const [memory, by] = [await read(memoryId), await read(byId)];
    expect([memory.status, by.status]).toEqual(OUTCOMES[resolution]);
    const status = resolution === 'DISMISSED' ? 'DISMISSED' : 'RESOLVED';
    const relation = { retractedAt: expect.any(String) };
    expect(memory.contradictions.nodes).toMatchObject([{ status, resolution, relation }]);
    await expectTimeLines(memoryId, caller);
    await expectTimeLines(byId, caller);
  });

  test('importance decayed again and again while others write: nothing fails, and nothing is lost', async () => {
    await setPolicy({ type: 'EXPERIENCE', halfLifeDays: 10, archiveBelow: 2 }, caller);
    const until = new Date(Date.now() + 10 * 86_400_000).toISOString();
    const make = (content: string, type: string, importance: number) =>
      createMemory(input(content, { type, importance }), caller);
    const all: string[] = [];
    for (let n = 0; n < 30; n++) all.push((await make(`Fades ${n}`, 'EXPERIENCE', 1 + (n % 6))).memory.id);
    for (let n = 0; n < 10; n++) all.push((await make(`Lasts ${n}`, 'INSTRUCTION', 5)).memory.id);
    const lasting = all.slice(30);
    const [accesses, nudges] = [new Map<string, number>(), new Map<string, number>()];
    const [summaries, contexts] = [new Map<string, string>(), new Map<string, object>()];
    const count = (counts: Map<string, number>, id: string) => counts.set(id, (counts.get(id) ?? 0) + 1);
    let decayed = 0;
    const pick = (seed: number) => all[(seed * 17) % all.length] as string;
    const jobs: ((client: number, turn: number) => Promise<{ __typename: string }>)[] = [
      async () => {
        const answer = await decay({ until }, caller);
        decayed += answer.report.archived;
        return answer;
      },
      async (client, turn) => {
        const answer = await make(`Comes ${client} ${turn}`, 'EXPERIENCE', 3);
        all.push(answer.memory.id);
        return answer;
      },
      async (client, turn) => {
        const ids = [...new Set([0, 1, 2, 3, 4].map((n) => pick(client * 5 + turn * 3 + n * (client + 1))))];
        for (const id of ids) count(accesses, id);
        return reinforce({ ids }, caller);
      },
      async (client, turn) => {
        // One client alone says each thing: what the others do must leave it as it is.
        const [id, note] = [all[turn * 4] as string, `${client} in turn ${turn}`];
        if (client === 3) summaries.set(id, note);
        if (client === 13) contexts.set(id, { note });
        if (client === 3) return update({ id, summary: note }, caller);
        if (client === 13) return update({ id, context: { note } }, caller);
        count(nudges, id);
        return reinforce({ ids: [id], delta: -0.01 }, caller);
      },
      async (client, turn) => archive({ ids: [pick(client + turn), pick(client * turn)] }, caller),
    ];
    const answers = await atOnce(async (client) => {
      const given = [];
      for (let turn = 0; turn < 10; turn++) given.push(await jobs[client % jobs.length]?.(client, turn));
      return given;
    });
    expect(answers.flat().filter((answer) => !answer?.__typename.endsWith('Payload'))).toEqual([]);
    decayed += (await decay({ until }, caller)).report.archived;
    expect((await decay({ until }, caller)).report.archived).toBe(0);

    const { nodes } = await service.runUntyped(
      `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Memory {
        id summary context accessCount archivedAt importance history(first: 100) { nodes { kind } } } } }`,
      { ids: all },
      caller,
    );
    let events = 0;
    for (const { id, summary, context, accessCount, archivedAt, importance, history } of nodes) {
      const kinds = history.nodes.map(({ kind }: { kind: string }) => kind);
      const archivals = kinds.filter((kind: string) => kind === 'ARCHIVED' || kind === 'DECAYED');
      expect(archivals.length, `${id}: ${kinds}`).toBe(archivedAt ? 1 : 0);
      events += archivals.filter((kind: string) => kind === 'DECAYED').length;
      const said = { summary: summaries.get(id) ?? null, context: contexts.get(id) ?? {} };
      expect({ accessCount, summary, context }, id).toEqual({ accessCount: accesses.get(id) ?? 0, ...said });
      if (lasting.includes(id)) expect(importance).toBeCloseTo(5 - 0.01 * (nudges.get(id) ?? 0), 9);
    }
    expect(events).toBe(decayed);
    expect(decayed).toBeGreaterThan(0);
  });
});
