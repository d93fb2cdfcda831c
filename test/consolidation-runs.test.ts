import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ByteBudget, BytePool } from '../src/db/byte-budget.ts';
import type { Database, Session, Urgency } from '../src/db/database.ts';
import { readOnce } from '../src/db/read-transaction.ts';
import type { Tenant } from '../src/db/transaction.ts';
import { write } from '../src/db/write.ts';
import { whenFewRun } from '../src/domain/consolidation/at-once.ts';
import { consolidate } from '../src/domain/consolidation/consolidate.ts';
import { keepConsolidating } from '../src/domain/consolidation/consolidating.ts';
import type { ConsolidationTrigger } from '../src/domain/consolidation/settings.ts';
import { stoppable } from '../src/domain/consolidation/stoppable.ts';
import { ConsolidationTally } from '../src/domain/consolidation/tally.ts';
import { takeTurn } from '../src/domain/consolidation/turn.ts';
import { createMemories } from '../src/domain/memory/create.ts';
import { Unavailable } from '../src/kernel/errors.ts';
import { parseId } from '../src/kernel/ids.ts';
import { patience } from './support/calibration.ts';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { mutation } from './support/mutations.ts';
import { serviceOn, type TestService } from './support/service.ts';

vi.setConfig({ testTimeout: patience(120_000) });

let opened: Database;
let service: TestService;
beforeAll(async () => {
  opened = await openTestDatabase();
  service = serviceOn(recordStatements(opened), await localEmbeddings());
});
afterAll(() => opened.close());

const WHERE = ['garden', 'kitchen', 'harbour', 'office', 'attic', 'cellar'];
/** So many memories of each of so many topics. */
const texts = (topics: number, each: number, name: string) =>
  Array.from({ length: topics * each }, (_, index) => {
    const topic = `${name}${index % topics}`;
    return `The ${topic} lantern ${topic} of the ${topic} museum was seen in the ${WHERE[Math.floor(index / topics) % WHERE.length]}.`;
  });

const leave = (tenant: Tenant, key: string, contents: readonly string[], user?: string) =>
  write(tenant, (tx) =>
    createMemories(
      tx,
      { key },
      contents.map((content) => ({
        content,
        type: 'FACT' as const,
        importance: 5,
        confidence: 1,
        ...(user && { user: { externalId: user } }),
        entities: [{ name: `${/The (\w+) /.exec(content)?.[1]} of ${key} ${user ?? ''}`, type: 'thing' }],
      })),
      () => [],
    ),
  );

interface Row {
  content: string;
  /** Its kind, and the entity that it is a profile of. */
  of: string;
  lines: number;
  quotes: number;
  size: number;
  sources: number;
}

/** Every summary of a companion that holds, as what it says, quotes and is made of agree. */
const wholeOf = async (tenant: Tenant, key: string): Promise<Row[]> => {
  const rows = await readOnce(tenant, (tx) =>
    tx.rows<Row>(sql`
      select m.content, s.size, concat(s.kind, ' ', (select p.entity_id from profiles p
          where p.workspace_id = s.workspace_id and p.summary_lineage_id = s.lineage_id)) as of,
        (select count(*)::int from summary_sources x where x.workspace_id = s.workspace_id
          and x.summary_lineage_id = s.lineage_id and x.is_member) as sources,
        (select count(*)::int from summary_sources x where x.workspace_id = s.workspace_id
          and x.summary_lineage_id = s.lineage_id and x.line is not null) as lines,
        (select count(*)::int from relations r where r.workspace_id = s.workspace_id and r.from_memory_id = m.id
          and r.type = 'REFERENCES' and r.retracted_at is null) as quotes
      from summaries s join companions c on c.workspace_id = s.workspace_id and c.id = s.companion_id
      join memories m on m.workspace_id = s.workspace_id and m.id = s.memory_id
      where s.workspace_id = ${tx.workspaceId} and c.key = ${key} and s.size > 0
      order by m.content`),
  );
  for (const { content, lines, quotes, size, sources } of rows) {
    const said = content.split('\n').length;
    expect({ lines, quotes, sources }).toEqual({ lines: said, quotes: said, sources: size });
  }
  return rows;
};

const range = (key: string) => ({ companion: { key }, minClusterSize: 4, method: 'EXTRACTIVE' as const });
const ranAt = async (tenant: Tenant, key: string): Promise<Date | undefined> => {
  const rows = await readOnce(tenant, (tx) =>
    tx.rows<{ at: Date }>(sql`select k.ran_at as at from consolidations k
      join companions c on c.workspace_id = k.workspace_id and c.id = k.companion_id
      where k.workspace_id = ${tx.workspaceId} and c.key = ${key}`),
  );
  return rows[0]?.at;
};

describe('runs', () => {
  test('four at once over one companion make nothing twice, and none fails', async () => {
    const tenant = await service.tenant('four');
    await leave(tenant, 'iris', texts(6, 6, 'Quill'));
    const done = await Promise.all([1, 2, 3, 4].map(() => consolidate(tenant, range('iris'), null)));
    expect(done.map(({ examined }) => examined)).toEqual([36, 36, 36, 36]);
    const rows = await wholeOf(tenant, 'iris');
    expect(new Set(rows.map(({ of, content }) => `${of} ${content}`)).size).toBe(rows.length);
    expect(done.reduce((sum, { made }) => sum + made, 0)).toBe(rows.length);
    expect(rows.length).toBeGreaterThanOrEqual(6);
    const after = await consolidate(tenant, range('iris'), null);
    const again = await consolidate(tenant, range('iris'), null);
    expect(again).toEqual({ ...after, createdIds: [], made: 0, remade: 0, retracted: 0 });
    expect(after.made).toBe(0);
  });

  test('may read more than the answer to the request may have, and hold nothing of it afterwards', async () => {
    const tenant = await service.tenant('bytes');
    await leave(tenant, 'iris', texts(3, 6, 'Pool'));
    const pool = new BytePool(2 ** 30);
    const done = await consolidate({ ...tenant, budget: new ByteBudget(2_000, pool) }, range('iris'), null);
    expect(done.examined).toBe(18);
    expect(done.made).toBeGreaterThanOrEqual(3);
    expect(pool.held).toBeLessThanOrEqual(4_000);
  });

  test('wait for each other, and are refused where too many wait', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const runs = Array.from({ length: 40 }, () => whenFewRun(() => promise));
    const refused = await Promise.allSettled(runs.slice(36));
    expect(refused.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
    await expect(runs[36]).rejects.toBeInstanceOf(Unavailable);
    resolve();
    await Promise.all(runs.slice(0, 36));
    await whenFewRun(async () => {});
  });

  test('by a credential that is restricted to users are over their memories alone, and are no run over all', async () => {
    const tenant = await service.tenant('acme');
    await leave(tenant, 'restricted', texts(2, 5, 'Mine'), 'maya');
    await leave(tenant, 'restricted', texts(2, 5, 'Other'), 'noor');
    const { user } = await service.runUntyped('{ user(by: { externalId: "maya" }) { id } }');
    const run = mutation(service, 'consolidate', 'examined created { content user { externalId } }');
    const uuid = (id: string) => parseId(id)?.uuid as string;
    const restricted = { restriction: { companions: null, users: [uuid(user.id)] } };
    const done = await run({ companion: { key: 'restricted' } }, restricted);
    expect(done.examined).toBe(10);
    expect(done.created.length).toBeGreaterThan(0);
    for (const { content, user: of } of done.created) {
      expect(content).not.toContain('Other');
      expect(of).toEqual({ externalId: 'maya' });
    }
    expect(await ranAt(tenant, 'restricted')).toBeUndefined();
    const elsewhere = { restriction: { companions: [uuid(user.id)], users: null } };
    const none = await run({ companion: { key: 'restricted' } }, elsewhere);
    expect(none.examined ?? 0).toBe(0);
    expect(none.created ?? []).toEqual([]);
  });
});

describe('in the background', () => {
  const DAY = sql`interval '1 day'`;
  const begin = (tenant: Tenant, trigger: ConsolidationTrigger, database: Database = opened) => {
    const tally = new ConsolidationTally();
    const said: string[] = [];
    const log = (text: string) => void said.push(text);
    const work = keepConsolidating(database, trigger, { findTenants: async () => [tenant], tally, log, lookMs: 20 });
    return { work, tally, said };
  };
  const until = (look: () => unknown, value: unknown) =>
    expect.poll(look, { timeout: patience(60_000), interval: 20 }).toEqual(value);

  test('daily: once a day, also by another process', async () => {
    const tenant = await service.tenant('daily');
    await leave(tenant, 'iris', texts(2, 5, 'Moor'));
    const first = begin(tenant, { when: 'daily' });
    await until(() => first.tally.runs.success, 1);
    expect(first.tally.summaries.made).toBe((await wholeOf(tenant, 'iris')).length);
    await leave(tenant, 'iris', texts(1, 5, 'Fen'));
    // The embedded database is one process's: there the second is the next.
    if (opened.kind === 'embedded') await first.work.stop();
    const second = begin(tenant, { when: 'daily' });
    await sleep(300);
    expect([first.tally.runs.success, second.tally.runs.success]).toEqual([1, 0]);
    await write(tenant, (tx) =>
      tx.rows(sql`update consolidations set ran_at = ran_at - ${DAY} where workspace_id = ${tx.workspaceId}`),
    );
    await until(() => first.tally.runs.success + second.tally.runs.success, 2);
    await sleep(100);
    await Promise.all([first.work.stop(), second.work.stop()]);
    expect(first.tally.runs.success + second.tally.runs.success).toBe(2);
    expect([...first.said, ...second.said]).toEqual([]);
  });

  test('threshold: as soon as so many memories have been recorded since the last run, summaries left out', async () => {
    const tenant = await service.tenant('threshold');
    await leave(tenant, 'iris', texts(1, 6, 'Heath'));
    const { work, tally, said } = begin(tenant, { when: 'threshold', threshold: 7 });
    await sleep(300);
    expect(tally.runs.success).toBe(0);
    await leave(tenant, 'iris', ['One more lies in the attic.']);
    await until(() => tally.runs.success, 1);
    await leave(tenant, 'iris', texts(3, 2, 'Vale'));
    await sleep(300);
    expect(tally.runs.success).toBe(1);
    await leave(tenant, 'iris', ['Yet another lies in the cellar.']);
    await until(() => tally.runs.success, 2);
    await work.stop();
    expect(said).toEqual([]);
  });

  test('all of it is done in the background', async () => {
    const tenant = await service.tenant('urgency');
    await leave(tenant, 'iris', texts(2, 5, 'Dale'));
    const asked: (Urgency | undefined)[] = [];
    const watched: Database = {
      ...opened,
      connect(holder, urgency): Promise<Session> {
        asked.push(urgency);
        return opened.connect(holder, urgency);
      },
    };
    const { work, tally } = begin({ ...tenant, database: watched }, { when: 'daily' }, watched);
    await until(() => tally.runs.success, 1);
    await work.stop();
    expect(asked.length).toBeGreaterThan(5);
    expect(new Set(asked)).toEqual(new Set(['background']));
  });

  test('waits while another process has its turn', async ({ skip }) => {
    if (opened.kind === 'embedded') skip('the embedded database is one process’s');
    const tenant = await service.tenant('turns');
    await leave(tenant, 'iris', texts(1, 5, 'Glen'));
    const giveBack = await takeTurn(opened);
    expect(await takeTurn(opened)).toBeNull();
    const { work, tally } = begin(tenant, { when: 'daily' });
    await sleep(300);
    expect(tally.runs.success).toBe(0);
    giveBack?.();
    await until(() => tally.runs.success, 1);
    await work.stop();
  });

  test('a failure is counted, said once, and not repeated at once', async () => {
    const tenant = await service.tenant('failing');
    await leave(tenant, 'iris', texts(1, 5, 'Tarn'));
    const session = await opened.connect();
    await session.script(`alter table summaries add constraint none_now check (refreshed_at < '2000-01-01') not valid`);
    session.release();
    const { work, tally, said } = begin(tenant, { when: 'daily' });
    await until(() => tally.runs.failed, 1);
    await sleep(200);
    await work.stop();
    const again = await opened.connect();
    await again.script('alter table summaries drop constraint none_now');
    again.release();
    expect(tally.runs).toEqual({ success: 0, failed: 1, stopped: 0 });
    expect(said).toHaveLength(1);
    expect(said[0]).not.toContain('Tarn');
  });

  test('what is stopped begins nothing more, and is taken up by the next', async () => {
    const tenant = await service.tenant('stopped');
    await leave(tenant, 'iris', texts(12, 5, 'Crag'));
    const stopping = new AbortController();
    const { database, settled } = stoppable(opened, stopping.signal);
    let begun = 0;
    const counting: Database = {
      ...database,
      connect: (...given) => {
        // Amid the new summaries.
        if (++begun === 6) stopping.abort();
        return database.connect(...given);
      },
    };
    await expect(consolidate({ ...tenant, database: counting }, range('iris'), null)).rejects.toThrow();
    await settled;
    expect(await ranAt(tenant, 'iris')).toBeUndefined();
    const { work, tally } = begin(tenant, { when: 'daily' });
    await until(() => tally.runs.success, 1);
    await work.stop();
    const rows = await wholeOf(tenant, 'iris');
    expect(rows.length).toBeGreaterThanOrEqual(12);
    expect(new Set(rows.map(({ of, content }) => `${of} ${content}`)).size).toBe(rows.length);
    expect((await consolidate(tenant, range('iris'), null)).made).toBe(0);
  });
});
