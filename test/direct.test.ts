import { afterAll, describe, expect, test, vi } from 'vitest';
import type { Database, Row, Session } from '../src/db/database.ts';
import { openDatabase } from '../src/db/open.ts';
import { openPostgresql } from '../src/db/postgresql.ts';
import { VectorIndexes } from '../src/domain/embedding/vector-index.ts';
import type { EmbeddingModel } from '../src/kernel/embedding-model.ts';
import { patience } from './support/calibration.ts';
import { createTestDatabase, directUrl, recordStatements, withDatabase } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { openProxy } from './support/proxy.ts';
import { serviceOn } from './support/service.ts';

vi.setConfig({ testTimeout: patience(60_000) });

const closing: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
const keep = <T extends { close(): Promise<unknown> }>(opened: T): T => {
  closing.push(() => opened.close());
  return opened;
};
async function wayTo(url: string, options?: Parameters<typeof openProxy>[1]) {
  const way = await openProxy(url, options);
  closing.push(() => way.cut());
  return way;
}
async function ask(database: Database, ask: (connection: Session) => Promise<unknown[]>): Promise<Row[]> {
  const connection = await database.connect();
  try {
    return (await ask(connection)) as Row[];
  } finally {
    connection.release();
  }
}
const settings = { poolSize: 2, dataDir: '', textSearchConfig: 'english' };

/** Makes a companion large enough for an index, and looks for such. */
async function survey(database: Database) {
  const said: string[] = [];
  const indexes = new VectorIndexes((text) => said.push(text), 3);
  const embeddings = await localEmbeddings();
  const service = serviceOn(recordStatements(database), Object.assign(embeddings, { indexes }));
  for (const content of ['One', 'Two', 'Three', 'Four']) {
    await service.run(
      `mutation { createMemory(input: {companion: {key: "iris"}, content: "${content}", type: FACT}) { __typename } }`,
    );
  }
  const tenant = await service.tenant();
  await indexes.survey(tenant, tenant.embedding as EmbeddingModel);
  return { said, isBuilt: indexes.isBuilt };
}

describe.skipIf(!directUrl)('on PostgreSQL,', () => {
  test('what needs a session goes by the direct URL, and all else by the other', async () => {
    const own = await createTestDatabase();
    const [pooled, direct] = [await wayTo(own.directUrl, { greets: true }), await wayTo(own.directUrl)];
    const database = keep(await openDatabase({ ...settings, databaseUrl: pooled.url, directDatabaseUrl: direct.url }));
    const [atStart, byPool] = [direct.taken, pooled.taken];
    expect(atStart).toBeGreaterThan(0);
    expect(byPool).toBe(1);
    expect(database.keepsSessions).toBe(true);
    expect(await survey(database)).toEqual({ said: [], isBuilt: true });
    // One that makes the index, and one that notifies other processes of what is written.
    await vi.waitFor(() => expect(direct.taken).toBe(atStart + 2), { timeout: patience(20_000) });
    const left = await ask(database, ({ script }) =>
      script(
        `select count(*)::int as locks from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
      ),
    );
    expect(left).toEqual([{ locks: 0 }]);
  });

  test('through a pooler alone no index is made, and it says what is missing', async () => {
    const own = await createTestDatabase();
    const pooled = await wayTo(own.directUrl, { greets: true });
    const database = keep(await openDatabase({ ...settings, databaseUrl: pooled.url }));
    expect(database.keepsSessions).toBe(false);
    expect(await survey(database)).toEqual({
      isBuilt: false,
      said: [
        'Large companions are searched without a vector index: DATABASE_URL leads through a pooler, but making an index needs a session: set DIRECT_DATABASE_URL to the database itself.',
      ],
    });
  });

  test('two URLs of different databases are refused', async () => {
    const [one, other] = [await createTestDatabase(), await createTestDatabase()];
    const opening = openDatabase({ ...settings, databaseUrl: one.url, directDatabaseUrl: other.directUrl });
    await expect(opening).rejects.toThrow(
      'DATABASE_URL and DIRECT_DATABASE_URL lead to different databases: both must lead to the same one, with or without a pooler.',
    );
  });

  test('a direct URL that leads nowhere is named', async () => {
    const own = await createTestDatabase();
    const nowhere = withDatabase(directUrl as string, 'nowhere');
    const opening = openDatabase({ ...settings, databaseUrl: own.url, directDatabaseUrl: nowhere });
    await expect(opening).rejects.toThrow(/ has no such database: create it, or correct DIRECT_DATABASE_URL /);
  });

  test.each([
    [true, 1],
    [false, 0],
  ])('with DATABASE_PREPARE=%s so many statements are prepared: %i', async (prepare, count) => {
    const { directUrl: url } = await createTestDatabase();
    const database = keep(await openPostgresql({ url, prepare, poolSize: 1 }));
    const found = await ask(database, async ({ query, script }) => {
      expect(await query('select $1::int as one, $2::timestamptz as at', [1, null])).toEqual([{ one: 1, at: null }]);
      return script('select name from pg_prepared_statements');
    });
    expect(found).toHaveLength(count);
  });

  test('a prepared statement that is lost on the way is the last: others go unprepared', async () => {
    const { directUrl: url } = await createTestDatabase();
    const database = keep(await openPostgresql({ url, poolSize: 1 }));
    const one = ({ query }: Session) => query('select $1::int as one', [1]);
    await ask(database, one);
    // A pooler that does not follow them hands the next transaction another session: one that knows none.
    await ask(database, ({ script }) => script('deallocate all'));
    const within = ask(database, async (connection) => {
      await connection.script('begin');
      return one(connection).finally(() => connection.script('rollback'));
    });
    await expect(within).rejects.toThrow(
      'The pooler that DATABASE_URL leads to does not support prepared statements, so they are no longer used: set DATABASE_PREPARE=false, or max_prepared_statements in PgBouncer.',
    );
    await ask(database, ({ script }) => script('deallocate all'));
    expect(await ask(database, one)).toEqual([{ one: 1 }]);
    expect(await ask(database, ({ script }) => script('select name from pg_prepared_statements'))).toEqual([]);
  });
});
