import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { defaultPlace } from '../src/db/place.ts';
import { openPostgresql } from '../src/db/postgresql.ts';
import { PostgresqlWakeUps } from '../src/db/postgresql-wake-ups.ts';
import type { WakeUps } from '../src/db/wake-ups.ts';
import { patience } from './support/calibration.ts';
import { createTestDatabase, directUrl } from './support/database.ts';
import { openProxy } from './support/proxy.ts';
import { useService } from './support/service.ts';

const WITHIN = { timeout: patience(20_000) };
vi.setConfig({ testTimeout: patience(60_000) });

const closing: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** What a listener has been called with. */
function record(wakeUps: WakeUps) {
  const recorded = { woken: [] as string[], missed: 0, end: () => {} };
  recorded.end = wakeUps.listen({
    woken: (workspaceId) => void recorded.woken.push(workspaceId),
    missed: () => void recorded.missed++,
  });
  return recorded;
}

describe('in one process', () => {
  const service = useService();
  const createMemory = (companion: string) =>
    service.run(
      `mutation ($companion: String!) { createMemory(input: {companion: {key: $companion}, content: "It rains", type: FACT}) {
        __typename } }`,
      { companion },
    );

  test('who listens is woken by each commit that wrote events, and by no other', async () => {
    const { database, workspaceId } = await service.tenant();
    const [recorded, other] = [record(database.wakeUps), record(database.wakeUps)];
    await createMemory('iris');
    expect(recorded.woken).toEqual([workspaceId]);
    expect(other.woken).toEqual([workspaceId]);
    await service.run(`mutation { upsertCompanion(input: {companion: {key: "iris"}, name: "Iris"}) { __typename } }`);
    await service.run(`{ events(first: 1) { nodes { id } } }`);
    expect(recorded.woken).toEqual([workspaceId]);
    other.end();
    await createMemory('otto');
    expect(recorded.woken).toEqual([workspaceId, workspaceId]);
    expect(other.woken).toEqual([workspaceId]);
    recorded.end();
  });
});

test('closing waits no whole connect timeout for a session that is being opened', async () => {
  // A server that takes the connection and says nothing.
  const wakeUps = new PostgresqlWakeUps(defaultPlace, () => new Promise(() => {}));
  record(wakeUps);
  const late = Promise.withResolvers<'not closed'>();
  setTimeout(() => late.resolve('not closed'), patience(8_000)).unref();
  expect(await Promise.race([wakeUps.close(), late.promise])).toBeUndefined();
});

describe.skipIf(!directUrl)('on PostgreSQL', () => {
  const open = async (options: Parameters<typeof openPostgresql>[0]): Promise<Database> => {
    const database = await openPostgresql(options);
    closing.push(() => database.close());
    return database;
  };
  async function open2(more: Partial<Parameters<typeof openPostgresql>[0]> = {}) {
    const { url, directUrl: direct } = await createTestDatabase();
    const options = { url, directUrl: direct, poolSize: 2 };
    return { direct, one: await open(options), other: await open({ ...options, ...more }) };
  }
  /** The sessions of a database beside those of the two pools. */
  async function sessionsOf(url: string, pools: number): Promise<number> {
    const sql = postgres(url, { max: 1 });
    const [row] = await sql`select count(*)::int as count from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`;
    await sql.end();
    return row?.count - pools;
  }
  const listening = (wakeUps: WakeUps) => vi.waitFor(() => expect(wakeUps.receivesOthers).toBe(true), WITHIN);

  test('another process is notified of a commit, once, and this one at once', async () => {
    const { one, other } = await open2();
    const [here, there] = [record(one.wakeUps), record(other.wakeUps)];
    await Promise.all([listening(one.wakeUps), listening(other.wakeUps)]);
    const [first, second] = [randomUUID(), randomUUID()];
    one.wakeUps.announce(first);
    expect(here.woken).toEqual([first]);
    await vi.waitFor(() => expect(there.woken).toEqual([first]), WITHIN);
    other.wakeUps.announce(second);
    await vi.waitFor(() => expect(here.woken).toEqual([first, second]), WITHIN);
    expect(there.woken).toEqual([first, second]);
  });

  test('thousands of workspaces at once all arrive', async () => {
    const { one, other } = await open2();
    const there = record(other.wakeUps);
    await listening(other.wakeUps);
    const ids = Array.from({ length: 3_000 }, () => randomUUID());
    for (const id of ids) for (let times = 0; times < 2; times++) one.wakeUps.announce(id);
    await vi.waitFor(() => expect(new Set(there.woken)).toEqual(new Set(ids)), WITHIN);
    expect(there.woken).toHaveLength(ids.length);
  });

  test('commits to tables of another schema are not announced here', async () => {
    const { one, other } = await open2({ place: { schema: 'other_place', role: 'other_role' } });
    const same = record(one.wakeUps);
    const there = record(other.wakeUps);
    await Promise.all([listening(one.wakeUps), listening(other.wakeUps)]);
    other.wakeUps.announce(randomUUID());
    const id = randomUUID();
    one.wakeUps.announce(id);
    expect(same.woken).toEqual([id]);
    await sleep(300);
    expect(there.woken).toHaveLength(1);
    expect(same.woken).toEqual([id]);
  });

  test('a lost connection is opened again, and says that something may have been missed', async () => {
    const { direct, one } = await open2();
    const way = await openProxy(direct);
    closing.push(() => way.cut());
    const other = await open({ url: way.url, poolSize: 1 });
    const there = record(other.wakeUps);
    await listening(other.wakeUps);
    expect(there.missed).toBe(1);
    await way.cut();
    await vi.waitFor(() => expect(other.wakeUps.receivesOthers).toBe(false), WITHIN);
    one.wakeUps.announce(randomUUID());
    await way.open();
    await listening(other.wakeUps);
    expect(there.missed).toBe(2);
    const id = randomUUID();
    one.wakeUps.announce(id);
    await vi.waitFor(() => expect(there.woken).toContain(id), WITHIN);
  });

  test('a connection that lets nothing through is given up', async () => {
    let opened = 0;
    let lose = () => {};
    const wakeUps = new PostgresqlWakeUps({ schema: 'here', role: 'someone' }, async (_heard, lost) => {
      opened++;
      lose = lost;
      let asked = 0;
      return {
        query: async () => [],
        // It answers what it begins with, and nothing later.
        script: () => (opened > 1 || ++asked <= 2 ? Promise.resolve([]) : new Promise(() => {})),
        release: () => lose(),
        finish() {},
      };
    });
    closing.push(() => wakeUps.close());
    vi.useFakeTimers();
    try {
      const recorded = record(wakeUps);
      await vi.advanceTimersByTimeAsync(1_000);
      expect([opened, wakeUps.receivesOthers, recorded.missed]).toEqual([1, true, 1]);
      await vi.advanceTimersByTimeAsync(25_000);
      expect([opened, wakeUps.receivesOthers, recorded.missed]).toEqual([2, true, 2]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('through a pooler alone no other process is notified, and none notifies', async () => {
    const { direct, one } = await open2();
    const way = await openProxy(direct, { greets: true });
    closing.push(() => way.cut());
    const pooled = await open({ url: way.url, poolSize: 1 });
    const there = record(pooled.wakeUps);
    const recorded = record(one.wakeUps);
    await listening(one.wakeUps);
    const id = randomUUID();
    pooled.wakeUps.announce(id);
    one.wakeUps.announce(randomUUID());
    expect(there.woken).toEqual([id]);
    await sleep(200);
    expect(recorded.woken).toHaveLength(1);
    expect([there.woken.length, pooled.wakeUps.receivesOthers, way.taken]).toEqual([1, false, 1]);
  });

  test('a session is held from the first message or listener on, and none is left after the end', async () => {
    const { direct, one, other } = await open2();
    await sleep(100);
    expect(await sessionsOf(direct, 2)).toBe(0);
    const there = record(other.wakeUps);
    await listening(other.wakeUps);
    expect(await sessionsOf(direct, 2)).toBe(1);
    one.wakeUps.announce(randomUUID());
    await vi.waitFor(() => expect(there.woken).toHaveLength(1), WITHIN);
    expect(await sessionsOf(direct, 2)).toBe(2);
    there.end();
    expect(other.wakeUps.receivesOthers).toBe(false);
    const last = record(other.wakeUps);
    await listening(other.wakeUps);
    // The last message is sent although it ends at once.
    const id = randomUUID();
    one.wakeUps.announce(id);
    await one.close();
    await vi.waitFor(() => expect(last.woken).toEqual([id]), WITHIN);
    await other.close();
    await vi.waitFor(async () => expect(await sessionsOf(direct, 0)).toBe(0), WITHIN);
  });
});
