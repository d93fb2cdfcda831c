import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { ahead } from './support/clock.ts';
import { migratedFolder } from './support/data-folder.ts';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { createMemories } from './support/memories.ts';
import { type Mutate, mutation } from './support/mutations.ts';
import { post, useProcesses } from './support/server-process.ts';
import { serviceOn, type TestService } from './support/service.ts';

/** How far the clock steps back: longer than a test may take, and than a statement may. */
const STEP_MS = 600_000;

let database: Database;
/** The service before the clock steps back, and after. */
let before: TestService;
let after: TestService;

beforeAll(async () => {
  database = await openTestDatabase();
  before = serviceOn(recordStatements(ahead(database, STEP_MS)), await localEmbeddings());
  after = serviceOn(recordStatements(database), await localEmbeddings());
});
afterAll(() => database.close());

let workspaces = 0;
/** A workspace of a test's own, filled before the step: two memories, related and in dispute, a slot, an entity. */
async function fill() {
  const workspace = `clock ${++workspaces}`;
  const caller = { workspace };
  const { memories, relations } = await createMemories(
    before,
    {
      user: { externalId: 'maya' },
      memories: [
        { ref: 'a', content: 'Maya lives in Oslo', type: 'FACT', entities: [{ name: 'Oslo', type: 'place' }] },
        { ref: 'b', content: 'Maya moved for the work', type: 'FACT', entities: [{ name: 'The town', type: 'place' }] },
        { ref: 'c', content: 'Maya eats no meat', type: 'PREFERENCE', slot: 'user.diet' },
        { ref: 'd', content: 'Maya was never in Oslo', type: 'FACT' },
      ],
      relations: [{ from: { ref: 'b' }, to: { ref: 'a' }, type: 'CAUSES' }],
    },
    caller,
  );
  const [home, move, diet, never] = memories.map(({ id }) => id) as [string, string, string, string];
  const on = (service: TestService, name: string, fields: string): Mutate => {
    const mutate = mutation(service, name, fields);
    return (input) => mutate(input, caller);
  };
  const { contradiction } = await on(
    before,
    'contradictMemory',
    'contradiction { id }',
  )({ id: home, by: { memoryId: never } });
  return { caller, home, move, diet, never, relation: relations[0]?.id as string, contradiction: contradiction.id, on };
}

/** The moment of the latest event. */
async function latest(caller: { workspace: string }): Promise<string> {
  const { events } = await after.runUntyped('{ events(first: 100) { nodes { at } } }', {}, caller);
  return events.nodes.at(-1).at;
}

const MEMORY = 'id content status confidence validFrom validUntil recordedAt updatedAt archivedAt retractedAt';
/** All that lists, fields and searches show of the present. */
const READ = `query ($after: String) {
  memories(first: 2, after: $after) { totalCount nodes { ${MEMORY}
    entities(first: 5) { totalCount nodes { name } } relations(first: 5) { totalCount edges { node { id type } } }
    contradictions(first: 5) { totalCount nodes { id status } } versions(first: 5) { totalCount nodes { id status } }
  } pageInfo { hasNextPage endCursor } }
  companions(first: 5) { totalCount nodes { key memories(first: 10) { totalCount } } }
  users(first: 5) { totalCount nodes { externalId memories(first: 10) { totalCount } } }
  events(first: 100) { totalCount nodes { kind at } }
  recall(input: { companion: { key: "iris" }, query: "Oslo" }, first: 5) { edges { node { id } } }
}`;

/** The pages of the list, beginning with one service and going on with another. */
async function readAll(first: TestService, then: TestService, caller: { workspace: string }) {
  const one = await first.runUntyped(READ, {}, caller);
  const two = await then.runUntyped(READ, { after: one.memories.pageInfo.endCursor }, caller);
  const { pageInfo: _, ...memories } = two.memories;
  return { one: { ...one, memories: { ...one.memories, pageInfo: null } }, rest: memories };
}

describe('a clock that steps back by ten minutes', () => {
  test('hides nothing that was written before, on no page of any list', async () => {
    const { caller } = await fill();
    const shown = await readAll(before, before, caller);
    expect(shown.one.memories.totalCount).toBe(4);
    expect(shown.one.companions.totalCount).toBe(1);
    expect(shown.one.recall.edges.length).toBeGreaterThan(1);
    expect(await readAll(after, after, caller)).toEqual(shown);
    expect(await readAll(before, after, caller)).toEqual(shown);
  });

  test('keeps nobody from changing what was just written, and each change is seen at once', async () => {
    const { on, home, caller } = await fill();
    const update = on(after, 'updateMemory', `memory { ${MEMORY} summary }`);
    let last = '';
    for (const summary of ['one', 'two', 'three']) {
      const { memory } = await update({ id: home, summary });
      expect(memory.summary).toBe(summary);
      expect(memory.updatedAt > last).toBe(true);
      last = memory.updatedAt;
      const read = await after.runUntyped(
        `query ($id: ID!) { memory(id: $id) { ${MEMORY} summary } }`,
        { id: home },
        caller,
      );
      expect(read.memory).toEqual(memory);
    }
  });

  /** Each mutation there is of a kind, with what it answers. */
  const changes: [string, (of: Awaited<ReturnType<typeof fill>>) => Promise<unknown>, unknown][] = [
    [
      'createMemory',
      ({ on }) =>
        on(
          after,
          'createMemory',
          'memory { status } duplicate',
        )({ companion: { key: 'iris' }, content: 'New', type: 'FACT' }),
      { memory: { status: 'ACTIVE' }, duplicate: false },
    ],
    [
      'createMemory of what is there',
      ({ on }) =>
        on(
          after,
          'createMemory',
          'duplicate',
        )({
          companion: { key: 'iris' },
          user: { externalId: 'maya' },
          content: 'Maya moved for the work',
          type: 'FACT',
        }),
      { duplicate: true },
    ],
    [
      'createMemory in a slot',
      ({ on }) =>
        on(
          after,
          'createMemory',
          'memory { status versions(first: 5) { nodes { status } } } duplicate',
        )({
          companion: { key: 'iris' },
          user: { externalId: 'maya' },
          content: 'Maya eats meat',
          type: 'PREFERENCE',
          slot: 'user.diet',
        }),
      {
        memory: { status: 'ACTIVE', versions: { nodes: [{ status: 'ENDED' }, { status: 'ACTIVE' }] } },
        duplicate: false,
      },
    ],
    [
      'correctMemory: MISTAKE',
      ({ on, move }) => on(after, 'correctMemory', 'memory { status }')({ id: move, kind: 'MISTAKE', content: 'No' }),
      { memory: { status: 'ACTIVE' } },
    ],
    [
      'correctMemory: CHANGE',
      ({ on, move }) => on(after, 'correctMemory', 'memory { status }')({ id: move, kind: 'CHANGE', content: 'No' }),
      { memory: { status: 'ACTIVE' } },
    ],
    [
      'retractMemory: CHANGE',
      ({ on, move }) => on(after, 'retractMemory', 'memory { status }')({ id: move, kind: 'CHANGE' }),
      { memory: { status: 'ENDED' } },
    ],
    [
      'revertCorrection',
      async ({ on, move }) => {
        await on(before, 'retractMemory', 'memory { status }')({ id: move, kind: 'MISTAKE' });
        return on(after, 'revertCorrection', 'memory { status }')({ id: move });
      },
      { memory: { status: 'ACTIVE' } },
    ],
    [
      'relateMemories',
      ({ on, move, diet }) =>
        on(after, 'relateMemories', 'relation { to { status } }')({ fromId: move, toId: diet, type: 'REFERENCES' }),
      { relation: { to: { status: 'ACTIVE' } } },
    ],
    [
      'unrelateMemories',
      ({ on, relation }) => on(after, 'unrelateMemories', 'relation { id }')({ relationId: relation }),
      { relation: { id: expect.any(String) } },
    ],
    [
      'resolveContradiction',
      ({ on, contradiction }) =>
        on(
          after,
          'resolveContradiction',
          'contradiction { status memory { status } }',
        )({
          id: contradiction,
          resolution: 'KEEP_MEMORY',
        }),
      { contradiction: { status: 'RESOLVED', memory: { status: 'ACTIVE' } } },
    ],
    [
      'reopenContradiction',
      async ({ on, contradiction }) => {
        await on(before, 'resolveContradiction', 'contradiction { id }')({ id: contradiction, resolution: 'KEEP_BY' });
        return on(after, 'reopenContradiction', 'contradiction { status memory { status } }')({ id: contradiction });
      },
      { contradiction: { status: 'OPEN', memory: { status: 'DISPUTED' } } },
    ],
    [
      'mergeEntities',
      async ({ on, caller }) => {
        const { entities } = await after.runUntyped('{ entities(first: 5) { nodes { id name } } }', {}, caller);
        const [oslo, town] = ['Oslo', 'The town'].map(
          (name) => entities.nodes.find((each: { name: string }) => each.name === name).id,
        );
        return on(after, 'mergeEntities', 'entity { name aliases }')({ fromIds: [town], intoId: oslo });
      },
      { entity: { name: 'Oslo', aliases: ['The town'] } },
    ],
    [
      'reinforceMemories',
      ({ on, move }) =>
        on(after, 'reinforceMemories', 'memories { accessCount importance } clampedIds')({ ids: [move], delta: 10 }),
      { memories: [{ accessCount: 1, importance: 10 }], clampedIds: [expect.any(String)] },
    ],
    [
      'archiveMemories',
      ({ on, move }) => on(after, 'archiveMemories', 'memories { status }')({ ids: [move] }),
      { memories: [{ status: 'ARCHIVED' }] },
    ],
    [
      'restoreMemories',
      async ({ on, move }) => {
        await on(before, 'archiveMemories', 'memories { status }')({ ids: [move] });
        return on(after, 'restoreMemories', 'memories { status }')({ ids: [move] });
      },
      { memories: [{ status: 'ACTIVE' }] },
    ],
    [
      'setDecayPolicy',
      async ({ on }) => {
        await on(before, 'setDecayPolicy', 'policy { floor }')({ type: 'FACT', floor: 2 });
        return on(after, 'setDecayPolicy', 'policy { floor }')({ type: 'FACT', floor: 3 });
      },
      { policy: { floor: 3 } },
    ],
    [
      'decayImportance',
      async ({ on }) => {
        await on(before, 'setDecayPolicy', 'policy { floor }')({ type: 'FACT', archiveBelow: 9 });
        return on(after, 'decayImportance', 'report { examined archived }')({});
      },
      { report: { examined: 4, archived: 3 } },
    ],
    [
      'purgeExpiredMemories',
      async ({ on, move }) => {
        const expiresAt = new Date(Date.now() + STEP_MS / 2).toISOString();
        await on(before, 'updateMemory', 'memory { status }')({ id: move, expiresAt });
        return on(after, 'purgeExpiredMemories', 'purgedCount')({});
      },
      { purgedCount: 1 },
    ],
    [
      'forgetMemories',
      ({ on, home }) => on(after, 'forgetMemories', 'forgottenIds')({ ids: [home] }),
      expect.anything(),
    ],
    [
      'deleteUser',
      ({ on }) => on(after, 'deleteUser', 'deletedId')({ user: { externalId: 'maya' } }),
      { deletedId: expect.any(String) },
    ],
    [
      'upsertUser',
      async ({ on }) => {
        const { user } = await on(before, 'upsertUser', 'user { updatedAt }')({ externalId: 'noor' });
        const { user: changed } = await on(
          after,
          'upsertUser',
          'user { updatedAt }',
        )({ externalId: 'noor', metadata: { a: 1 } });
        return { isLater: changed.updatedAt > user.updatedAt };
      },
      { isLater: true },
    ],
    [
      'upsertCompanion',
      async ({ on, caller }) => {
        const upsert = on(before, 'upsertCompanion', 'companion { updatedAt }');
        const { companion } = await upsert({ companion: { key: 'noa' } });
        const changed = await on(
          after,
          'upsertCompanion',
          'companion { updatedAt }',
        )({ companion: { key: 'noa' }, name: 'Noa' });
        const list = '{ companions(first: 1) { totalCount pageInfo { endCursor } } }';
        const { companions } = await after.runUntyped(list, {}, caller);
        const rest = await after.runUntyped(
          'query ($after: String) { companions(first: 1, after: $after) { totalCount nodes { key } } }',
          { after: companions.pageInfo.endCursor },
          caller,
        );
        return { isLater: changed.companion.updatedAt > companion.updatedAt, rest: rest.companions };
      },
      { isLater: true, rest: { totalCount: 2, nodes: [{ key: 'noa' }] } },
    ],
  ];

  test.each(changes)('%s works after it as before', async (_name, change, answer) => {
    const filled = await fill();
    const { __typename: _, ...answered } = (await change(filled)) as Record<string, unknown>;
    expect(answered).toEqual(answer);
    const { events } = await after.runUntyped('{ events(first: 100) { nodes { at } } }', {}, filled.caller);
    const moments = events.nodes.map(({ at }: { at: string }) => at);
    expect(moments).toEqual(moments.toSorted());
  });

  test('leaves every earlier moment as it was', async () => {
    const { on, home, move, caller } = await fill();
    const read = async (knownAt: string) => {
      const query = `query ($knownAt: DateTime!) { memories(first: 10, at: { knownAt: $knownAt }) { totalCount nodes { ${MEMORY} summary } } }`;
      return (await after.runUntyped(query, { knownAt }, caller)).memories;
    };
    const moments: string[] = [];
    const answers: unknown[] = [];
    const changes = [
      () => on(after, 'updateMemory', 'memory { updatedAt }')({ id: home, summary: 'one' }),
      () => on(after, 'updateMemory', 'memory { updatedAt }')({ id: home, summary: 'two' }),
      () => on(after, 'retractMemory', 'memory { id }')({ id: move, kind: 'MISTAKE' }),
      () => on(after, 'createMemory', 'memory { id }')({ companion: { key: 'iris' }, content: 'Newer', type: 'FACT' }),
    ];
    for (const change of changes) {
      await change();
      // This is no moment in the future.
      const moment = await latest(caller);
      moments.push(moment);
      answers.push(await read(moment));
    }
    expect(new Set(moments).size).toBe(changes.length);
    for (const [index, moment] of moments.entries()) expect(await read(moment)).toEqual(answers[index]);
    const later = new Date(Date.parse(moments.at(-1) as string) + 60_000).toISOString();
    const { errors } = await after.sendUntyped(`{ memories(at: { knownAt: "${later}" }) { totalCount } }`, {}, caller);
    expect(errors?.[0]?.message).toMatch(/is in the future: knownAt must not be after now/);
  });

  test('is spoken of in the log, once and not with each change', async () => {
    const { on, home } = await fill();
    for (const summary of ['one', 'two']) await on(after, 'updateMemory', 'memory { id }')({ id: home, summary });
    const spoken = after.logged.filter((text) => text.includes('behind what has been written'));
    expect(spoken).toEqual([
      expect.stringMatching(
        /^The clock of the database is 6\d\d\.\d s behind|^The clock of the database is 59\d\.\d s behind/,
      ),
    ]);
  });
});

describe.skipIf(process.env.TEST_DATABASE_URL)('a computer whose clock is set back between two starts', () => {
  const launch = useProcesses();
  // PGlite takes its clock from the thread's.
  const early = `const clock = Date.now; Date.now = () => clock() + ${STEP_MS};`;
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(early)}`;
  const DOCUMENT = `mutation ($content: String!) { createMemory(input: {
    companion: { key: "iris" }, content: $content, type: FACT, slot: "home"
  }) { ... on CreateMemoryPayload { memory { id status recordedAt } duplicate } } }`;
  const READ = '{ memories { totalCount nodes { content status recordedAt versions { nodes { content status } } } } }';

  test('loses nothing from sight, and lets what was just written be changed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'palimpsest-clock-'));
    const DATA_DIR = migratedFolder(join(folder, 'data'));
    const run = async <T>(settings: Record<string, string>, use: (url: string) => Promise<T>): Promise<T> => {
      const server = launch({ DATA_DIR, EMBEDDING_PROVIDER: 'none', ...settings });
      try {
        return await use(await server.ready);
      } finally {
        server.child.kill('SIGTERM');
        await server.ended;
      }
    };
    const shown = await run({ NODE_OPTIONS }, async (url) => {
      const { body } = await post(url, DOCUMENT, { content: 'Maya lives in Oslo' });
      expect(Date.parse(body.data.createMemory.memory.recordedAt)).toBeGreaterThan(Date.now() + STEP_MS / 2);
      return (await post(url, READ)).body;
    });
    expect(shown.data.memories.nodes).toMatchObject([{ status: 'ACTIVE' }]);
    await run({}, async (url) => {
      expect((await post(url, READ)).body).toEqual(shown);
      const { body } = await post(url, DOCUMENT, { content: 'Maya lives in Bergen' });
      expect(body.data.createMemory).toMatchObject({ memory: { status: 'ACTIVE' }, duplicate: false });
      expect((await post(url, READ)).body.data.memories.nodes).toMatchObject([
        {
          content: 'Maya lives in Bergen',
          versions: { nodes: [{ content: 'Maya lives in Oslo', status: 'ENDED' }, { status: 'ACTIVE' }] },
        },
      ]);
    });
    await rm(folder, { recursive: true });
  });
});

test('a clock that is not behind is asked for as ever: no statement is sent twice, nor changed', async () => {
  const own = recordStatements(database);
  const service = serviceOn(own, await localEmbeddings(), 'usual');
  await createMemories(service, { memories: [{ content: 'Usual', type: 'FACT' }] });
  const statements = await service.statementsOf('{ memories { totalCount nodes { content } } }');
  expect(new Set(statements).size).toBe(statements.length);
  expect(own.statements.join()).not.toContain('palimpsest.present');
});
