import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { inBackground, Pace } from '../src/db/background.ts';
import type { Database, Session, Urgency } from '../src/db/database.ts';
import { write } from '../src/db/write.ts';
import { Upkeep } from '../src/domain/embedding/upkeep.ts';
import { keepVectorsUp } from '../src/domain/embedding/upkeep-loop.ts';
import { createMemories } from '../src/domain/memory/create.ts';
import { keepStatistics } from '../src/tables/statistics.ts';
import { patience } from './support/calibration.ts';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { measureStatements } from './support/plans/measure.ts';
import { serviceOn, type TestService } from './support/service.ts';

vi.setConfig({ testTimeout: patience(120_000) });

const isPostgresql = process.env.TEST_DATABASE_URL !== undefined;

interface Asked {
  urgency: Urgency;
  /** How many sessions background work has been given while this one was waited for. */
  overtaken: number;
}

/** The same database, with who asked for a session noted. */
function watched(database: Database): Database & { asked: Asked[] } {
  const asked: Asked[] = [];
  let given = 0;
  return {
    ...database,
    asked,
    async connect(holder, urgency = 'request'): Promise<Session> {
      const before = given;
      const session = await database.connect(holder, urgency);
      asked.push({ urgency, overtaken: given - before });
      if (urgency === 'background') given++;
      return session;
    },
  };
}

let database: ReturnType<typeof watched>;
let service: TestService;
beforeAll(async () => {
  database = watched(await openTestDatabase({ poolSize: 2 }));
  service = serviceOn(recordStatements(database), await localEmbeddings());
});
afterAll(() => database.close());

const CREATE = 'mutation ($input: CreateMemoriesInput!) { createMemories(input: $input) { __typename } }';
let made = 0;
const memories = (count: number, length: number) =>
  Array.from({ length: count }, () => ({
    type: 'FACT' as const,
    content: `Note ${made++} ${'of the harbour and its boats '.repeat(length / 29)}`,
    importance: 5,
    confidence: 1,
  }));

/** Memories whose vectors are left to the background, as an import leaves them. */
const leavePending = async (count: number, length: number) =>
  write(await service.tenant(), (tx) => createMemories(tx, { key: 'iris' }, memories(count, length), () => []));

test('a lone writer of long batches is never overtaken by the background, nor refused', async () => {
  const tenant = await service.tenant();
  await leavePending(600, 300);
  const embeddings = await localEmbeddings();
  const said: string[] = [];
  const upkeep = keepVectorsUp(
    async () => [tenant],
    embeddings,
    (text) => said.push(text),
  );
  database.asked.length = 0;
  for (let batch = 0; batch < 4; batch++) {
    const input = { companion: { key: 'iris' }, memories: memories(100, 3_000) };
    const answer = await service.sendUntyped(CREATE, { input });
    expect(answer).toEqual({ data: { createMemories: { __typename: 'CreateMemoriesPayload' } } });
  }
  await upkeep.stop();
  const requests = database.asked.filter(({ urgency }) => urgency === 'request');
  expect(requests.length).toBeGreaterThanOrEqual(4);
  // One of two sessions may go to the background while the other one is opened.
  expect(Math.max(...requests.map(({ overtaken }) => overtaken))).toBeLessThanOrEqual(isPostgresql ? 1 : 0);
  expect(said).toEqual([]);
});

test('all that upkeep and statistics do, they do in the background', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    await leavePending(40, 300);
    const upkeep = new Upkeep(await service.tenant(), await localEmbeddings());
    database.asked.length = 0;
    while ((await upkeep.step()) > 0);
    const steps = database.asked.length;
    const statistics = keepStatistics(database);
    vi.advanceTimersByTime(60_000);
    await expect.poll(() => database.asked.length, { timeout: patience(20_000) }).toBeGreaterThan(steps + 20);
    statistics.stop();
  } finally {
    vi.useRealTimers();
  }
  expect(new Set(database.asked.map(({ urgency }) => urgency))).toEqual(new Set(['background']));
});

test('no piece of a backlog reads all of it', async () => {
  const measured = measureStatements(await openTestDatabase({ poolSize: 2 }));
  const filled = serviceOn(recordStatements(measured), await localEmbeddings());
  const tenant = await filled.tenant();
  await write(tenant, (tx) => createMemories(tx, { key: 'iris' }, memories(1_000, 60), () => []));
  measured.measured.length = 0;
  const upkeep = new Upkeep(tenant, await localEmbeddings());
  let done = 0;
  for (let step = 0; step < 5; step++) done += await upkeep.step();
  const most = Math.max(...measured.measured.map(({ pages, rows }) => pages / rows));
  await measured.close();
  expect(done).toBeGreaterThan(0);
  // A thousand and more where each row reads what is pending.
  expect(most).toBeLessThan(150);
});

describe('a session for background work', () => {
  const held: Session[] = [];
  afterEach(() => {
    vi.useRealTimers();
    for (const session of held.splice(0)) session.release();
  });
  const take = async (of: Database) => {
    const session = await of.connect('acme');
    held.push(session);
    return session;
  };

  test.skipIf(!isPostgresql)('is never the last one that is free, unless there is one alone', async () => {
    const pool = await openTestDatabase({ poolSize: 2 });
    for (const session of await Promise.all([pool.connect(), pool.connect()])) session.release();
    // Work that has waited for long takes its turn like a request: here no time goes by.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const first = await pool.connect();
    let isGiven = false;
    const work = inBackground(pool)
      .connect('acme')
      .then((session) => {
        isGiven = true;
        return session;
      });
    await sleep(patience(100));
    expect(isGiven).toBe(false);
    // The last one is there for a request.
    const second = await pool.connect();
    second.release();
    first.release();
    (await work).release();
    vi.useRealTimers();
    await pool.close();
    const one = await openTestDatabase({ poolSize: 1 });
    (await inBackground(one).connect()).release();
    await one.close();
  });

  test('is not counted as its workspace’s, and waits until a request gives its own back', async () => {
    const pool = await openTestDatabase({ poolSize: 1 });
    const mine = await take(pool);
    const order: string[] = [];
    const work = inBackground(pool)
      .connect('acme')
      .then((session) => {
        order.push('background');
        session.release();
      });
    const request = pool.connect('acme').then((session) => {
      order.push('request');
      session.release();
    });
    mine.release();
    await Promise.all([work, request]);
    expect(order).toEqual(['request', 'background']);
    await pool.close();
  });
});

describe('the size of a piece', () => {
  afterEach(() => void vi.useRealTimers());
  /** A machine that takes so many milliseconds for a row. */
  const run = async (pace: Pace, msPerRow: number, rows = pace.size) => {
    await pace.measure(
      async () => void vi.advanceTimersByTime(rows * msPerRow),
      () => rows,
    );
    return pace.size;
  };

  test('is what takes a fortieth of a second, however long rows are', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] });
    const pace = new Pace(30, 200);
    for (const [msPerRow, least, most] of [
      [0.01, 200, 200],
      [1, 12, 25],
      [40, 1, 1],
      [0.25, 50, 100],
    ] as const) {
      for (let time = 0; time < 15; time++) await run(pace, msPerRow);
      expect(pace.size).toBeGreaterThanOrEqual(least);
      expect(pace.size).toBeLessThanOrEqual(most);
    }
  });

  test('is not learnt from pieces that were not full', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] });
    const pace = new Pace(30, 200);
    for (let time = 0; time < 10; time++) expect(await run(pace, 0.01, 3)).toBe(30);
  });
});
