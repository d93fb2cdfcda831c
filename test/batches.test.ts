import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BatchSize, inBatches } from '../src/db/batches.ts';
import type { Database, Session } from '../src/db/database.ts';
import { readOnce } from '../src/db/read-transaction.ts';
import type { Tenant } from '../src/db/transaction.ts';
import { decayImportance } from '../src/domain/decay/archive.ts';
import { forgetMemoriesInBatches, forgetUser, purgeExpired } from '../src/domain/memory/forget-many.ts';
import { findUser } from '../src/domain/user/users.ts';
import { NotFound, TookTooLong } from '../src/kernel/errors.ts';
import { parseId } from '../src/kernel/ids.ts';
import { describeCounts } from '../src/transfer/counts.ts';
import { importLines } from '../src/transfer/import.ts';
import { patience } from './support/calibration.ts';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { asSuperuser, runAsSuperuser, tablesWith } from './support/tables.ts';

const tooLong = () => new TookTooLong('Milliseconds', 5_000, 5_000);

describe('the size of batches', () => {
  /** The sizes that were asked for, of so many things of which one batch can do `most`. */
  async function sizesOf(count: number, most: number, sizes: BatchSize): Promise<number[]> {
    const asked: number[] = [];
    let left = count;
    await inBatches(sizes, async (size) => {
      asked.push(size);
      if (size > most) throw tooLong();
      const done = Math.min(size, left);
      left -= done;
      return done;
    });
    expect(left).toBe(0);
    return asked;
  }

  test('falls until a batch can be done, and all is done in the end', async () => {
    const asked = await sizesOf(25, 10, new BatchSize(1_000, { aimMs: Number.POSITIVE_INFINITY }));
    expect(asked.slice(0, 3)).toEqual([1_000, 100, 10]);
    expect(
      await sizesOf(5, 1, new BatchSize(1_000)).then((sizes) => sizes.filter((size) => size === 1).length),
    ).toBeGreaterThanOrEqual(5);
  });

  test('rises again where batches take little time, up to the largest', async () => {
    expect(await sizesOf(1_000, 1_000, new BatchSize(400, { first: 100 }))).toEqual([100, 200, 400, 400]);
  });

  test('follows the time that a batch takes', async () => {
    const sizes = new BatchSize(1_000, { aimMs: 20 });
    await sizes.run(() => new Promise((resolve) => setTimeout(resolve, 200)));
    expect(sizes.size).toBeLessThanOrEqual(100);
    expect(sizes.size).toBeGreaterThanOrEqual(1);
  });

  test('ends at one, which has more time, and what fails otherwise is not tried again', async () => {
    const given: [number, number | undefined][] = [];
    const never = new BatchSize(20).run(async (size, timeoutMs) => {
      given.push([size, timeoutMs]);
      throw tooLong();
    });
    await expect(never).rejects.toThrow(TookTooLong);
    expect(given).toEqual([
      [20, undefined],
      [2, undefined],
      [1, 120_000],
    ]);
    let times = 0;
    const failing = new BatchSize(20).run(async () => {
      times++;
      throw new Error('Something else');
    });
    await expect(failing).rejects.toThrow('Something else');
    expect(times).toBe(1);
  });
});

const service = useService();
const PER_ROW_S = 0.025;
/** Deleting takes so long for each memory, as if all of them were long: 300 take 7.5 s, and a statement has 5. */
const SLOW = `
  create function slowly() returns trigger language plpgsql as $$
    begin perform pg_sleep(case when old.content like 'Slow%' then ${PER_ROW_S} else 0 end); return old; end $$;
  create trigger slowly before delete on memories for each row execute function slowly()`;
const MANY = 300;

let database: Database;
beforeAll(async () => {
  database = (await service.tenant()).database;
  await runAsSuperuser(database, SLOW);
});

/** Slow memories of a workspace of its own; returns their ids. */
async function fill(workspace: string, given: Record<string, unknown> = {}, more: Record<string, unknown> = {}) {
  const memories = Array.from({ length: MANY }, (_, n) => ({
    content: `Slow ${workspace} ${n}`,
    type: 'EXPERIENCE',
    entities: [{ name: `Thing ${workspace} ${n % 7}`, type: 'thing' }],
    ...more,
  }));
  const made = await createMemories(service, { memories, ...given }, { workspace });
  return made.memories.map(({ id }) => id);
}

describe('what takes longer than a statement may is done in batches, to its end:', {
  timeout: patience(120_000),
}, () => {
  test('deleteUser', async () => {
    const user = { externalId: 'zebra31' };
    await fill('zebra31', { user });
    const deleted = await mutation(service, 'deleteUser', 'deletedId')({ user }, { workspace: 'zebra31' });
    expect(deleted).toMatchObject({ deletedId: expect.stringMatching(/^usr_/) });
    expect((await service.run('{ memories { totalCount } }', {}, { workspace: 'zebra31' })).memories.totalCount).toBe(
      0,
    );
  });

  test('deleteCompanion', async () => {
    await fill('zebra32');
    const remove = mutation(service, 'deleteCompanion', 'deletedId');
    const idempotencyKey = 'once';
    const input = { companion: { key: 'iris' }, idempotencyKey };
    const deleted = await remove(input, { workspace: 'zebra32' });
    expect(deleted).toMatchObject({ deletedId: expect.stringMatching(/^cmp_/) });
    // A retry answers the same.
    expect(await remove(input, { workspace: 'zebra32' })).toEqual(deleted);
    expect(await tablesWith(database, 'zebra32 ')).toEqual([]);
  });

  test('forgetMemories, which answers a retry as the first time, and refuses an unknown id before anything is done', async () => {
    const ids = await fill('zebra33');
    const forget = mutation(service, 'forgetMemories', 'forgottenIds');
    const caller = { workspace: 'zebra33' };
    const unknown = 'mem_01h455vb4pex5vsknk084sn02q';
    expect(await forget({ ids: [...ids, unknown] }, caller)).toMatchObject({ code: 'NOT_FOUND', ids: [unknown] });
    expect((await service.run('{ memories { totalCount } }', {}, caller)).memories.totalCount).toBe(MANY);
    const input = { ids, idempotencyKey: 'once' };
    const forgotten = await forget(input, caller);
    expect(forgotten.forgottenIds.toSorted()).toEqual(ids.toSorted());
    expect(await forget(input, caller)).toEqual(forgotten);
    expect(await tablesWith(database, 'zebra33 ')).toEqual([]);
  });

  test('purgeExpiredMemories', async () => {
    await fill('zebra34', {}, { expiresAt: '2020-01-01T00:00:00.000Z', validFrom: '2019-01-01T00:00:00.000Z' });
    const purge = mutation(service, 'purgeExpiredMemories', 'purgedCount');
    expect(await purge({}, { workspace: 'zebra34' })).toMatchObject({ purgedCount: MANY });
  });
});

/** The same database, in which a statement that does more than `most` takes too long. */
let most = Number.POSITIVE_INFINITY;
const slow = (isDue: (text: string, params: readonly unknown[]) => number): Database => ({
  ...database,
  async connect(holder): Promise<Session> {
    const session = await database.connect(holder);
    return {
      ...session,
      async query(text, params, mode) {
        if (isDue(text, params) <= most) return session.query(text, params, mode);
        throw Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' });
      },
    };
  },
});
beforeEach(() => {
  most = Number.POSITIVE_INFINITY;
});

/** How many memories a statement is given to insert. */
const inserted = (text: string, params: readonly unknown[]): number => {
  if (!/insert into "?memories"?/.test(text)) return 0;
  const rows = params.find((param) => typeof param === 'string' && param.startsWith('[{'));
  return JSON.parse(rows as string).length;
};

describe('an import', () => {
  const AGAIN = 'Import the file again to go on: what was imported already stays unchanged.';
  const lines = (count: number) =>
    Array.from({ length: count }, (_, n) =>
      JSON.stringify({ kind: 'memory', id: `m${n}`, companion: 'iris', content: `Said ${n}`, type: 'FACT' }),
    );
  const load = async (workspace: string, texts: readonly string[], on: Database = slow(inserted)) => {
    const chunks = async function* () {
      yield Buffer.from(`${texts.join('\n')}\n`);
    };
    const counts = await importLines({ ...(await service.tenant(workspace)), database: on }, chunks());
    return `${describeCounts(counts.made)}; ${describeCounts(counts.there)}`;
  };
  const count = async (workspace: string) =>
    (await service.run('{ memories { totalCount } }', {}, { workspace })).memories.totalCount;

  test('does in smaller parts what takes too long, and imports all of it', async () => {
    most = 30;
    expect(await load('import slow', lines(620))).toBe('620 memories; nothing');
    expect(await count('import slow')).toBe(620);
    most = Number.POSITIVE_INFINITY;
    expect(await load('import slow', lines(620))).toBe('nothing; 620 memories');
  });

  test('that not even one line can be done of says that the database is too slow, and does not blame the file', async () => {
    most = 30;
    const failure = await load(
      'import stuck',
      lines(20).concat(
        lines(21)
          .slice(20)
          .map((line) => line.replace('Said', 'Slow')),
      ),
      {
        ...slow((text, params) =>
          params.some((param) => String(param).includes('Slow 20')) ? 1_000 : inserted(text, params),
        ),
      },
    ).catch((error) => error);
    expect(failure.name).toBe('TransferError');
    expect(failure.message).toBe(
      'The database is too slow: not even what line 21 says could be done in the time there is. ' +
        `The file has been imported up to line 20. ${AGAIN}`,
    );
    expect(await count('import stuck')).toBe(20);
  });

  test('whose database goes away says so, and goes on when it is sent again', async () => {
    let isGone = false;
    const going = slow((text, params) => {
      if (inserted(text, params) > 0 && isGone) throw Object.assign(new Error('lost'), { code: '57P01' });
      isGone ||= inserted(text, params) > 0;
      return 0;
    });
    await expect(load('import gone', lines(700), going)).rejects.toThrow(
      'The database became unavailable during the import (database error 57P01). ' +
        `The file has been imported up to line 500. ${AGAIN}`,
    );
    expect(await load('import gone', lines(700))).toBe('200 memories; 500 memories');
  });

  test('still names the line that is at fault, in a part as in a whole', async () => {
    most = 30;
    const bad = lines(100).with(80, JSON.stringify({ kind: 'relation', from: 'm1', to: 'nowhere', type: 'FOLLOWS' }));
    await expect(load('import bad', bad)).rejects.toThrow(/^line 81: There is no memory nowhere/);
    expect(await count('import bad')).toBeGreaterThan(0);
  });
});

test('decayImportance examines fewer at once where that takes too long, and counts each once', async () => {
  const workspace = 'decay slow';
  const caller = { workspace };
  await mutation(service, 'setDecayPolicy', 'policy { type }')({ type: 'FACT', archiveBelow: 9 }, caller);
  const memories = Array.from({ length: 120 }, (_, n) => ({ content: `Faded ${n}`, type: 'FACT', importance: 1 }));
  await createMemories(service, { memories }, caller);
  const limitOf = (text: string, params: readonly unknown[]) =>
    text.includes('banded') ? Math.max(...params.filter((param) => typeof param === 'number')) : 0;
  most = 50;
  const tenant = { ...(await service.tenant(workspace)), database: slow(limitOf) };
  expect(await decayImportance(tenant, {})).toMatchObject({ examined: 120, archived: 120 });
  expect(await decayImportance(tenant, {})).toMatchObject({ examined: 0, archived: 0 });
});

describe('a deletion that is cut off', () => {
  /** The same database, which goes away at the second batch. */
  const goingAway = (): Database => {
    let batches = 0;
    return slow((text) => {
      if (/delete from "?lineages"?/.test(text) && ++batches > 1)
        throw Object.assign(new Error('lost'), { code: '57P01' });
      return 0;
    });
  };
  const given = (ids: readonly string[]) => ids.map((id) => ({ given: id, uuid: parseId(id)?.uuid as string }));
  /** How many memories of a workspace there are, and how many of them have all that was said of them. */
  const countRows = async ({ workspaceId }: Tenant) => {
    const [row] = (await asSuperuser(database, ({ query }) =>
      query(
        `select count(*)::int as memories, count(*) filter (where exists (
           select from mentions x where x.workspace_id = m.workspace_id and x.memory_id = m.id) and exists (
           select from events e where e.workspace_id = m.workspace_id and e.memory_id = m.id) and exists (
           select from postings p where p.workspace_id = m.workspace_id and p.memory_id = m.id))::int as whole
         from memories m where m.workspace_id = $1`,
        [workspaceId],
      ),
    )) as { memories: number; whole: number }[];
    return row;
  };

  test.each<[string, string, (tenant: Tenant, ids: string[]) => Promise<unknown>]>([
    [
      'deleteUser',
      'cut 1',
      async (tenant) => {
        const id = await readOnce({ ...tenant, database }, (tx) => findUser(tx, { externalId: 'cut 1' }));
        await forgetUser(tenant, id as string);
      },
    ],
    ['purgeExpiredMemories', 'cut 2', (tenant) => purgeExpired(tenant, null, null)],
    ['forgetMemories', 'cut 3', (tenant, ids) => forgetMemoriesInBatches(tenant, given(ids))],
  ])('%s leaves memories whole or gone, and goes on when it is asked again', async (_name, workspace, run) => {
    const memories = Array.from({ length: 250 }, (_, n) => ({
      content: `Quick ${workspace} ${n}`,
      type: 'EXPERIENCE',
      expiresAt: '2020-01-01T00:00:00.000Z',
      validFrom: '2019-01-01T00:00:00.000Z',
      entities: [{ name: `Of ${workspace}`, type: 'thing' }],
    }));
    const made = await createMemories(service, { user: { externalId: workspace }, memories }, { workspace });
    const ids = made.memories.map(({ id }) => id);
    const tenant = await service.tenant(workspace);
    await expect(run({ ...tenant, database: goingAway() }, ids)).rejects.toThrow('The database is unavailable');
    expect(await countRows(tenant)).toEqual({ memories: 150, whole: 150 });
    const failure = await run(tenant, ids).catch((error) => error);
    // The ids of what is gone are told: without them it goes on.
    if (failure instanceof NotFound)
      await run(
        tenant,
        ids.filter((id) => !failure.ids.includes(id)),
      );
    expect(await countRows(tenant)).toEqual({ memories: 0, whole: 0 });
  });
});
