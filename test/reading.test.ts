import { SQL, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { openPostgresql } from '../src/db/postgresql.ts';
import { ReadTransaction } from '../src/db/read-transaction.ts';
import { placeholder, prepared, toQuery } from '../src/db/sql.ts';
import { write } from '../src/db/write.ts';
import { patience } from './support/calibration.ts';
import { createTestDatabase } from './support/database.ts';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';

const service = useService();
const NOBODY = 'mem_01h455vb4pex5vsknk084sn02q';

const RELATIONS = `query ($id: ID!, $first: Int) { memory(id: $id) {
  content relations(first: $first) { nodes { type from { content } to { content } } } } }`;

/** Two memories of a workspace, the first before the second. */
async function pair(workspace: string): Promise<[string, string]> {
  const { memories } = await createMemories(
    service,
    {
      memories: ['first', 'second'].map((content) => ({
        ref: content,
        content: `${workspace} ${content}`,
        type: 'FACT',
      })),
      relations: [{ from: { ref: 'second' }, to: { ref: 'first' }, type: 'FOLLOWS' }],
    },
    { workspace },
  );
  return memories.map(({ id }) => id) as [string, string];
}

describe('a statement', () => {
  const dialect = new PgDialect();
  const pieces = [
    sql`select 1`,
    sql`select ${1}, ${'a'}, ${true}, ${null} from ${sql.identifier('a "table"')}`,
    sql.join([sql`a = ${2}`, sql.raw('b'), sql`c = ${sql`${'nested'} || ${'twice'}`}`], sql` and `),
    sql`date = ${new Date(0)} or list in ${[1, 2, 3]} or ${undefined} is null`,
    sql`${sql.empty()}${new SQL([])}`,
  ];

  test.each(pieces)('is made as Drizzle makes it: %#', (piece) => {
    const { sql: text, params } = dialect.sqlToQuery(piece);
    expect(toQuery(piece)).toEqual({ sql: text, params });
  });

  test('is put together once, and filled in for each workspace', () => {
    const build = vi.fn(
      (workspace: string) => sql`select ${workspace}, ${placeholder('ids')}, ${'constant'}, ${workspace}`,
    );
    const made = (workspace: string, ids: string, key: string | null = 'a key of this test') =>
      toQuery(prepared(key, workspace, { ids }, () => build(workspace)));
    const text = 'select $1, $2, $3, $4';
    expect(made('one', 'a')).toEqual({ sql: text, params: ['one', 'a', 'constant', 'one'] });
    expect(made('two', 'b')).toEqual({ sql: text, params: ['two', 'b', 'constant', 'two'] });
    expect(build).toHaveBeenCalledTimes(1);
    expect(made('three', 'c', null)).toEqual({ sql: text, params: ['three', 'c', 'constant', 'three'] });
    expect(build).toHaveBeenCalledTimes(2);
  });
});

describe('what is read ahead of a memory', () => {
  test('is of its own workspace, whichever asked first', async () => {
    const [[, ours], [, theirs]] = [await pair('ours'), await pair('theirs')];
    for (const [id, own, other] of [
      [ours, 'ours', 'theirs'],
      [theirs, 'theirs', 'ours'],
    ] as const) {
      const { memory } = await service.run(RELATIONS, { id }, { workspace: own });
      expect(memory).toEqual({
        content: `${own} second`,
        relations: {
          nodes: [{ type: 'FOLLOWS', from: { content: `${own} second` }, to: { content: `${own} first` } }],
        },
      });
      expect(await service.run(RELATIONS, { id }, { workspace: other })).toEqual({ memory: null });
    }
  });

  test('costs no statement more, under any alias, and none where it is skipped', async () => {
    const [, id] = await pair('counted');
    await service.plain.tenant('counted');
    const count = (query: string) => service.plain.countStatements(query, { id, no: false }, { workspace: 'counted' });
    const document = (fields: string, args = '') => `query ($id: ID!${args}) { memory(id: $id) { content ${fields} } }`;
    expect(await count(document(''))).toBe(3);
    expect(await count(document('relations { nodes { id } }'))).toBe(4);
    expect(
      await count(document('a: relations(direction: OUT) { nodes { id } } b: relations(first: 1) { nodes { id } }')),
    ).toBe(5);
    expect(await count(document('relations { nodes { id } } ... on Memory { relations { edges { cursor } } }'))).toBe(
      4,
    );
    expect(await count(document('relations @include(if: $no) { nodes { id } }', ', $no: Boolean!'))).toBe(3);
  });

  test('fails where it is asked for, not elsewhere', async () => {
    const [, id] = await pair('failing');
    const { data, errors } = await service.send(RELATIONS, { id, first: 101 }, { workspace: 'failing' });
    expect(data).toEqual({ memory: null });
    expect(errors).toMatchObject([{ path: ['memory', 'relations'], extensions: { code: 'LIMIT_EXCEEDED' } }]);
    expect(await service.sendUntyped(RELATIONS, { id: NOBODY, first: 101 })).toEqual({ data: { memory: null } });
  });

  test('is read at the point that the memory is', async () => {
    const [first, second] = await pair('past');
    const before = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const { memory } = await service.runUntyped(
      `query ($id: ID!) { memory(id: $id) { relations { nodes { id to { id } } } } }`,
      { id: second },
      { workspace: 'past' },
    );
    expect(memory.relations.nodes[0].to.id).toBe(first);
    const unrelate = mutation(service, 'unrelateMemories', 'relation { id }');
    await unrelate({ relationId: memory.relations.nodes[0].id }, { workspace: 'past' });
    const at = `query ($id: ID!, $at: PointInTime) { memory(id: $id, at: $at) { relations { nodes { type } } } }`;
    const types = async (point?: object) =>
      (await service.run(at, { id: second, at: point }, { workspace: 'past' })).memory?.relations.nodes;
    expect(await types()).toEqual([]);
    expect(await types({ knownAt: before })).toEqual([{ type: 'FOLLOWS' }]);
  });
});

test('what a request still asks when it has been answered is refused, and holds no session', async () => {
  const tenant = await service.tenant();
  const scope = new ReadTransaction(tenant);
  await scope.rows(sql`select 1`);
  await scope.close();
  await expect(scope.rows(sql`select 1`)).rejects.toThrow('a view that has been closed');
  await expect(scope.now()).rejects.toThrow('a view that has been closed');
  // The embedded database has one session.
  expect(await service.run('{ viewer { workspace { name } } }')).toEqual({ viewer: { workspace: { name: 'acme' } } });
});

describe.runIf(process.env.TEST_DATABASE_URL)('on PostgreSQL', () => {
  let broken: Database;
  beforeAll(async () => {
    broken = await openPostgresql({
      ...(await createTestDatabase()),
      poolSize: 1,
      textSearchConfig: 'no_such_config',
    });
  });
  afterAll(() => broken.close());

  test('a view that cannot be taken says why, and the session serves the next', async () => {
    const { workspaceId } = await service.tenant();
    for (let time = 0; time < 2; time++) {
      const scope = new ReadTransaction({ database: broken, workspaceId, actor: 'tester' });
      await expect(scope.rows(sql`select 1`)).rejects.toThrow(/no_such_config/);
      await expect(scope.now()).rejects.toThrow(/no_such_config/);
      await scope.end();
    }
  });

  test('a view that has ended stays open for a moment only, and the next sees what has been written since', async () => {
    const tenant = await service.tenant();
    const names = async () => {
      const scope = new ReadTransaction(tenant);
      const rows = await scope.rows<{ key: string }>(sql`
        select key from companions where workspace_id = ${tenant.workspaceId} and key like 'after%' order by key`);
      await scope.end();
      return rows.map(({ key }) => key);
    };
    for (let n = 0; n < 20; n++) {
      expect(await names()).toHaveLength(n);
      const key = `after ${String(n).padStart(2, '0')}`;
      await write(tenant, (tx) =>
        tx.rows(sql`insert into companions (workspace_id, id, key, name, created_at, updated_at)
          values (${tx.workspaceId}, gen_random_uuid(), ${key}, ${key}, now(), now())`),
      );
    }
    await names();
    await vi.waitFor(
      () =>
        write(tenant, async (tx) => {
          const [row] = await tx.rows<{ n: number }>(sql`
            select count(*)::int as n from pg_stat_activity
            where datname = current_database() and state like 'idle in transaction%'`);
          expect(row?.n).toBe(0);
        }),
      { timeout: patience(1_000), interval: 20 },
    );
  });
});

test('what is still running beside an error that leaves no data says nothing', async () => {
  const workspace = 'unfinished';
  const [id] = await pair(workspace);
  const before = service.logged.length;
  const answer = await service.send(
    'query ($id: ID!) { memory(id: $id) { content } graph(input: { from: [$id], depth: 10 }) { truncated } decayPreview { archived } }',
    { id },
    { workspace },
  );
  expect(answer).toEqual({
    data: null,
    errors: [
      {
        message: 'Hops away (input.depth): at most 6, given 10.',
        path: ['graph'],
        locations: expect.anything(),
        extensions: { code: 'LIMIT_EXCEEDED', limit: 6, given: 10 },
      },
    ],
  });
  expect(service.logged.slice(before)).toEqual([]);
});
