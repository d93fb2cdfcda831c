import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { type SQL, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import fc from 'fast-check';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { PreparedStatements } from '../src/db/embedded-statements.ts';
import { greetedPid } from '../src/db/internals/greeted-pid.ts';
import { renderSql } from '../src/db/internals/render-sql.ts';
import { toQuery } from '../src/db/sql.ts';
import { BaseTransaction } from '../src/db/transaction.ts';
import { aliased, fields, pick, under } from '../src/db/typed-sql.ts';
import { defaultLimits } from '../src/graphql/cost/limits.ts';
import { memories } from '../src/tables/memory.ts';
import { directUrl } from './support/database.ts';
import { useService } from './support/service.ts';
import { fill } from './support/tenants.ts';
import { walks } from './support/walk.ts';

describe('SQL is rendered as the dialect does', () => {
  const byDialect = (statement: SQL) => {
    const { sql: text, params } = new PgDialect().sqlToQuery(statement);
    return { sql: text, params };
  };

  const limits = { ...defaultLimits, breadth: 10_000, complexity: 100_000_000, tokens: 100_000 };
  const service = useService(limits);

  test('for the statements of a service', async () => {
    const rows = vi.spyOn(BaseTransaction.prototype, 'rows');
    try {
      const ids = await fill(service, 'acme', 'rendered', 2);
      for (const { document, variables } of walks(1, ids)) {
        await service.send(document, Object.fromEntries(variables.map((name) => [name, ids.mem[0]])));
      }
      // Those that are prepared have been rendered before, and have no pieces any more.
      const statements = rows.mock.calls.map(([statement]) => statement).filter((each) => each.queryChunks.length > 0);
      const texts = new Set<string>();
      for (const statement of statements) {
        const expected = byDialect(statement);
        expect(renderSql(statement)).toEqual(expected);
        texts.add(expected.sql);
      }
      expect(texts.size).toBeGreaterThan(60);
    } finally {
      rows.mockRestore();
    }
  });

  test('for pieces nested in any way', () => {
    const leaf = fc.oneof(
      fc.string().map((text) => sql.raw(text)),
      fc.string().map((name) => sql`${sql.identifier(name)}`),
      fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)).map((value) => sql`${value}`),
      fc.constantFrom(sql`${sql.placeholder('given')}`, sql``, sql.empty()),
    );
    const { statement } = fc.letrec<{ statement: SQL }>((tie) => ({
      statement: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc.array(tie('statement'), { maxLength: 4 }).map((parts) => sql.join(parts, sql`, `)),
        fc.tuple(tie('statement'), tie('statement')).map(([one, other]) => sql`(${one} = ${other}) and ${one}`),
      ),
    }));
    fc.assert(
      fc.property(statement, (given) => {
        expect(renderSql(given)).toEqual(byDialect(given));
      }),
      { numRuns: 1_000 },
    );
  });

  test('or is left to it', () => {
    const m = under(memories, 'm');
    const known = sql`select ${fields(pick(m, 'id', 'content'))} from ${aliased(m)} where ${m.id} = ${'1'}`;
    expect(renderSql(known)).toEqual(byDialect(known));
    for (const statement of [
      sql`select ${memories.id} from ${memories}`,
      sql`select ${new Date(0)}`,
      sql`select ${known.as('found')}`,
      sql`select ${[1, 2]}`,
      sql`select ${sql.param({ a: 1 })}`,
      sql`select ${undefined}`,
    ]) {
      expect(renderSql(statement)).toBeUndefined();
      expect(toQuery(statement)).toMatchObject(byDialect(statement));
    }
  });
});

describe('values are read as PGlite does', () => {
  let pg: PGlite;
  let statements: PreparedStatements;
  beforeAll(async () => {
    pg = await PGlite.create({ extensions: { vector } });
    statements = new PreparedStatements(pg);
    await pg.exec(
      `create extension vector; create type mood as enum ('happy', 'sad'); create type pair as (a int, b text)`,
    );
  });
  afterAll(() => pg.close());

  const samples: Record<string, readonly string[]> = {
    bool: ['t', 'f'],
    int2: ['-32768'],
    int4: ['2147483647'],
    int8: ['42', '9223372036854775807'],
    float4: ['1.5', 'NaN'],
    float8: ['-0.1', 'Infinity', '1e300'],
    numeric: ['12345678901234567890.123'],
    text: ['', 'a"b\\c,{}', 'ü😀'],
    uuid: ['01890a5d-ac96-774b-bcce-b302099a8057'],
    json: ['{"a": [1, null]}', 'null', '"text"'],
    jsonb: ['{"a": [1, null]}', 'null', '12'],
    timestamptz: ['2026-03-01 09:30:00.123+00', '0044-03-15 BC', 'infinity'],
    timestamp: ['2026-03-01 09:30:00.123'],
    date: ['2026-03-01'],
    interval: ['1 day 02:03:04'],
    bytea: ['\\x00ff'],
    inet: ['10.0.0.1/8'],
    point: ['(1,2)'],
    int4range: ['[1,5)'],
    tsvector: [`'a':1A 'b':2`],
    vector: ['[1,2.5,-3]'],
    mood: ['sad'],
    pair: ['(1,"a,b")'],
  };

  test('of all types', async () => {
    const { rows: types } = await pg.query<{ name: string; array: string | null }>(`
      select t.oid::regtype::text as name, nullif(t.typarray, 0)::regtype::text as array from pg_type t
      where t.typtype <> 'p' and not (t.typtype = 'c' and t.typnamespace <> current_schema()::regnamespace) and t.typcategory <> 'A'`);
    expect(types.length).toBeGreaterThan(60);
    const aliases = new Map(
      await Promise.all(
        Object.keys(samples).map(async (name) => {
          const { rows } = await pg.query<{ name: string }>('select $1::regtype::text as name', [name]);
          return [rows[0]?.name, name] as const;
        }),
      ),
    );
    for (const { name, array } of types) {
      const given = samples[aliases.get(name) ?? ''] ?? [];
      const literals = given.map((text) => `'${text.replaceAll("'", "''")}'::${name}`);
      const values = [...literals, `null::${name}`];
      const lists = array ? [`array[${values.join(', ')}]`, `null::${array}`] : [];
      const text = `select ${[...values, ...lists].map((value, i) => `${value} as "c ${i}"`).join(', ')}`;
      const own = await pg.query(text);
      expect((await statements.query(text, [], 'objects')).rows, name).toEqual(own.rows);
      const arrays = await pg.query(text, [], { rowMode: 'array' });
      expect((await statements.query(text, [], 'arrays')).rows, name).toEqual(arrays.rows);
    }
  });

  test('of many rows, of none, and of a refusal', async () => {
    const many = `select n, repeat('x', n) as text, case when n % 3 > 0 then n end as gap from generate_series(1, 2000) n`;
    expect((await statements.query(many, [], 'objects')).rows).toEqual((await pg.query(many)).rows);
    expect((await statements.query('select 1 as one where false', [], 'objects')).rows).toEqual([]);
    expect((await statements.query('create table made (id int)', [], 'objects')).rows).toEqual([]);
    for (const text of ['select 1 / 0', 'select nothing', 'insert into made values (1, 2)']) {
      const { code, message } = await pg.query(text).catch((error) => error);
      await expect(statements.query(text, [], 'objects')).rejects.toMatchObject({ code, message });
    }
  });
});

test.runIf(directUrl)('the process that a server names in its greeting is the one it says it is', async () => {
  const client = postgres(directUrl as string, { max: 1, onnotice: () => {} });
  try {
    const rows = await client.unsafe('select pg_backend_pid() as pid').simple();
    expect(greetedPid(rows)).toBe(rows[0]?.pid);
  } finally {
    await client.end();
  }
});

test('modules have the same exports with the import hook and without it', () => {
  const root = join(import.meta.dirname, '..');
  const hook = join(root, 'test/support/hasten-imports.ts');
  const script = `
    import { readdirSync, readFileSync } from 'node:fs';
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const used = new Set(files.flatMap((file) =>
      [...readFileSync('src/' + file, 'utf8').matchAll(/'(drizzle-orm(?:\\/[^']+)?)'/g)].map(([, name]) => name)));
    const told = {};
    for (const name of [...used].sort()) {
      const exported = await import(name);
      told[name] = Object.keys(exported).map((key) => key + ' ' + typeof exported[key] + ' ' + (exported[key]?.name ?? ''));
    }
    const { SQL } = await import('drizzle-orm');
    console.log(JSON.stringify({ told, isOne: SQL === (await import('drizzle-orm/sql')).SQL }));`;
  const run = (...options: string[]) =>
    JSON.parse(
      execFileSync(process.execPath, [...options, '--input-type=module', '-e', script], {
        cwd: root,
        encoding: 'utf8',
      }),
    );
  const plain = run();
  expect(Object.keys(plain.told).length).toBeGreaterThan(3);
  expect(plain.isOne).toBe(true);
  expect(run('--import', hook)).toEqual(plain);
});
