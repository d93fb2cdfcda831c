import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ByteBudget, BytePool } from '../src/db/byte-budget.ts';
import type { Database, Session } from '../src/db/database.ts';
import { openPostgresql } from '../src/db/postgresql.ts';
import { ReadTransaction } from '../src/db/read-transaction.ts';
import type { Tenant } from '../src/db/transaction.ts';
import { openWorkspace } from '../src/domain/workspace/workspaces.ts';
import { LimitExceeded, TookTooLong, Unauthenticated, Unavailable } from '../src/kernel/errors.ts';
import { narrowingOf } from '../src/tables/narrowing.ts';
import { ahead } from './support/clock.ts';
import { createTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { createMemories } from './support/memories.ts';
import { serviceOn } from './support/service.ts';
import { runAsSuperuser } from './support/tables.ts';

const PLACE = sql`
  select current_user::text as role, current_setting('palimpsest.workspace_id') as workspace, current_setting('jit') as jit,
    current_setting('statement_timeout') as "timeout", (select count(*)::int from memories) as memories`;

describe.skipIf(!process.env.TEST_DATABASE_URL)('a read of one statement', () => {
  let url: string;
  let database: Database;
  let mine: Tenant;
  let ids: string[];
  beforeAll(async () => {
    ({ url } = await createTestDatabase());
    database = await openPostgresql({ url, poolSize: 1 });
    const service = serviceOn(recordStatements(database), await localEmbeddings());
    const created = [];
    for (const workspace of ['mine', 'theirs'])
      created.push(await createMemories(service, { memories: [{ content: workspace, type: 'FACT' }] }, { workspace }));
    ids = created.map(({ memories }) => memories[0]?.id as string);
    mine = { ...(await openWorkspace(database, 'mine')), statementTimeoutMs: 300 };
  });
  afterAll(() => database.close());

  const readAlone = async <Row>(tenant: Tenant, statement = PLACE): Promise<Row[]> => {
    const tx = new ReadTransaction(tenant);
    try {
      return await tx.alone().rows<Row>(statement);
    } finally {
      await tx.close();
    }
  };
  const onSession = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    const session = await database.connect();
    return work(session).finally(() => session.release());
  };
  const left = () =>
    onSession(({ query }) =>
      query(
        "select current_user::text as role, current_setting('palimpsest.workspace_id', true) as workspace, current_setting('statement_timeout') as \"timeout\"",
        [],
      ),
    );

  test('takes one message, sees the workspace alone, and leaves nothing on the session', async () => {
    const before = await left();
    const { sent } = database.stats();
    expect(await readAlone(mine)).toEqual([
      { role: 'palimpsest_app', workspace: mine.workspaceId, jit: 'off', timeout: '300ms', memories: 1 },
    ]);
    expect(database.stats().sent - sent).toBe(1);
    expect(await left()).toEqual(before);
  });

  test('is how the service answers a memory with its relations, and a page', async () => {
    const service = serviceOn(recordStatements(database), await localEmbeddings());
    const documents = [
      `{ memory(id: "${ids[0]}") { content relations(first: 3) { nodes { type } } versions(first: 2) { nodes { content } } } }`,
      '{ memories(first: 3) { nodes { content } pageInfo { hasNextPage endCursor } } }',
    ];
    for (const document of documents) {
      const { data, errors } = await service.sendUntyped(document, {}, { workspace: 'mine' });
      expect(errors).toBeUndefined();
      expect(JSON.stringify(data)).toContain('mine');
    }
  });

  test('sees of the workspace what the restriction lets through, as its role', async () => {
    const restriction = narrowingOf({ companions: ['00000000-0000-4000-8000-000000000000'], users: null } as never);
    expect(await readAlone({ ...mine, restriction })).toMatchObject([
      { role: 'palimpsest_app_restricted', memories: 0 },
    ]);
    expect(await readAlone(mine)).toMatchObject([{ role: 'palimpsest_app', memories: 1 }]);
  });

  test('reads values of all types as other reads do', async () => {
    const statement = sql`select ${'a'}::text as text, ${3}::int as number, ${true}::boolean as yes, null::text as none,
      '{"a": [1]}'::jsonb as json, 1.5::float8 as float, ${'2026-03-01T09:30:00.123Z'}::timestamptz as moment, 12345678901::bigint as big,
      'Zoë ''quoted'' 日本語' as words, array['a']::text[] as list`;
    const tx = new ReadTransaction(mine);
    const rows = await tx.rows(statement);
    await tx.close();
    expect(await readAlone(mine, statement)).toEqual(rows);
  });

  test('of a workspace that has been deleted is not run', async () => {
    const workspaceId = '00000000-0000-4000-8000-00000000dead';
    await expect(readAlone({ ...mine, workspaceId }, sql`select 1 / 0`)).rejects.toThrow(Unauthenticated);
    expect(await readAlone(mine)).toMatchObject([{ memories: 1 }]);
  });

  test('that fails or takes too long says so, and the session goes on', async () => {
    await expect(readAlone(mine, sql`select 1 / 0`)).rejects.toThrow('division by zero');
    await expect(readAlone(mine, sql`select nothing`)).rejects.toThrow('column "nothing" does not exist');
    await expect(readAlone(mine, sql`select pg_sleep(20)`)).rejects.toThrow(TookTooLong);
    await expect(readAlone({ ...mine, statementTimeoutMs: 10_000 }, sql`select pg_sleep(.4)`)).resolves.toHaveLength(1);
    expect(await readAlone(mine)).toMatchObject([{ memories: 1 }]);
    expect(database.stats()).toMatchObject({ open: 1, idle: 1 });
  });

  test('ends when its answer takes more than the request may hold', async () => {
    const budget = new ByteBudget(1_000, new BytePool(1_000_000));
    const much = sql`select repeat('x', 1000) as text from generate_series(1, 100000)`;
    await expect(readAlone({ ...mine, budget }, much)).rejects.toThrow(LimitExceeded);
    expect(await readAlone(mine)).toMatchObject([{ memories: 1 }]);
  });

  test('comes after what the session has read before, and before what it reads next', async () => {
    const other = new ReadTransaction(mine);
    expect(await other.rows(PLACE)).toMatchObject([{ memories: 1 }]);
    await other.close();
    // The commit is still to be sent.
    expect(await readAlone(mine)).toMatchObject([{ memories: 1 }]);
    await other.close();
    await sleep(20);
    const last = new ReadTransaction(mine);
    await last.rows(PLACE);
    await last.close();
    // Now it is on its way.
    await sleep(3);
    expect(await readAlone(mine)).toMatchObject([{ memories: 1 }]);
    const [open] = (await onSession(({ script }) =>
      script(
        "select count(*)::int as open from pg_stat_activity where datname = current_database() and state like 'idle in%'",
      ),
    )) as { open: number }[];
    expect(open?.open).toBe(0);
  });

  test('is part of a view that has been begun', async () => {
    const tx = new ReadTransaction(mine);
    const [row] = await tx.rows<{ id: string }>(sql`select pg_current_snapshot()::text as id, now()::text as now`);
    expect(await tx.alone().rows(sql`select pg_current_snapshot()::text as id, now()::text as now`)).toEqual([row]);
    await tx.close();
  });

  test('says the moment it read at, and is refused a second time', async () => {
    const view = new ReadTransaction(mine).alone();
    const [row] = await view.rows<{ moment: Date }>(sql`select date_trunc('milliseconds', now()) as moment`);
    expect(await view.now()).toEqual(row?.moment);
    await expect(view.rows(PLACE)).rejects.toThrow('a second statement');
  });

  test('is prepared once, and again when its tables have changed', async () => {
    await runAsSuperuser(database, 'create table changing (a int); grant select on changing to palimpsest_app');
    const statement = sql`select * from changing`;
    await readAlone(mine, statement);
    await readAlone(mine, statement);
    const [row] = (await onSession(({ query }) =>
      query("select count(*)::int as count from pg_prepared_statements where statement = 'select * from changing'", []),
    )) as { count: number }[];
    expect(row?.count).toBe(1);
    await runAsSuperuser(
      database,
      "alter table changing alter a type text, add b int; insert into changing values ('x', 2)",
    );
    expect(await readAlone(mine, statement)).toEqual([{ a: 'x', b: 2 }]);
  });

  test('is read again for the present where the clock is behind what was written', async () => {
    const service = serviceOn(recordStatements(ahead(database, 600_000)), await localEmbeddings());
    await createMemories(service, { memories: [{ content: 'from ahead', type: 'FACT' }] }, { workspace: 'ahead' });
    const { workspaceId } = await openWorkspace(database, 'ahead');
    const statement = sql`select count(*)::int as count from memories where valid_from <= now()`;
    expect(await readAlone({ ...mine, workspaceId }, statement)).toEqual([{ count: 1 }]);
  });

  test('whose connection is lost is unavailable, and the next one has another', async () => {
    const other = await openPostgresql({ url, poolSize: 1 });
    const backend = await onSession(
      async ({ query }) => (await query('select pg_backend_pid() as pid', [])) as { pid: number }[],
    );
    const patient = { ...mine, statementTimeoutMs: 20_000 };
    const asked = readAlone(patient, sql`select pg_sleep(10)`);
    const refused = expect(asked).rejects.toThrow(Unavailable);
    const session = await other.connect();
    await session.query('select pg_sleep(.2), pg_terminate_backend($1)', [backend[0]?.pid]);
    session.release();
    await refused;
    await other.close();
    expect(await readAlone(mine)).toMatchObject([{ memories: 1 }]);
  });
});
