import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { type Database, DatabaseUnavailable, type Row, type Session } from '../src/db/database.ts';
import { migrate } from '../src/db/migrate.ts';
import { defaultPlace } from '../src/db/place.ts';
import { openPostgresql } from '../src/db/postgresql.ts';
import { LocalWakeUps } from '../src/db/wake-ups.ts';
import { patience } from './support/calibration.ts';
import { directUrl } from './support/database.ts';

/** Past a pooler: there a session has no server process of its own, which is what is tested here. */
const server = directUrl;
const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function open(poolSize: number, url = server as string): Promise<Database> {
  const database = await openPostgresql({ url, poolSize });
  opened.push(database);
  return database;
}

async function use<T>(database: Database, work: (connection: Session) => Promise<T>): Promise<T> {
  const connection = await database.connect();
  try {
    return await work(connection);
  } finally {
    connection.release();
  }
}

const backendOf = async (connection: Session) =>
  ((await connection.script('select pg_backend_pid() as pid')) as Row[])[0]?.pid as number;

describe.skipIf(!server)('on a PostgreSQL server', () => {
  test('a pool has as many sessions as it may, and later callers wait', async () => {
    const database = await open(3);
    const backends = await Promise.all(
      Array.from({ length: 10 }, () =>
        use(database, async (connection) => {
          await connection.query('select pg_sleep(0.05)', []);
          return backendOf(connection);
        }),
      ),
    );
    expect(new Set(backends).size).toBe(3);
  });

  test('a session that has prepared 500 statements is replaced by another', async () => {
    const database = await open(1);
    const backends: number[] = [];
    for (let n = 0; n < 1_200; n++) {
      await use(database, async (connection) => {
        expect(await connection.query(`select $1::int + ${n} as sum`, [1])).toEqual([{ sum: n + 1 }]);
        // What is asked again is prepared already.
        await connection.query('select $1::int as sum', [1]);
        if (n % 100 === 0) backends.push(await backendOf(connection));
      });
    }
    const [row] = (await use(database, ({ script }) =>
      script('select count(*)::int as prepared from pg_prepared_statements'),
    )) as Row[];
    expect(row?.prepared).toBeLessThan(500);
    expect(backends.map((backend) => [...new Set(backends)].indexOf(backend))).toEqual([
      0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2,
    ]);
    expect(database.stats()).toMatchObject({ open: 1, idle: 1, waiting: 0 });
  });

  test('a transaction whose connection is lost ends there: nothing of it runs on another', async () => {
    const [database, other] = await Promise.all([open(1), open(1)]);
    await use(other, (connection) => connection.script('create table if not exists lost_writes (n int)'));
    await use(database, async (connection) => {
      await connection.script('begin');
      const backend = await backendOf(connection);
      const write = (n: number) => connection.query('insert into lost_writes values ($1)', [n]);
      const statements = Promise.allSettled([connection.query('select pg_sleep($1::float8)', [5]), write(1), write(2)]);
      await use(other, ({ query }) => query('select pg_sleep(0.2), pg_terminate_backend($1)', [backend]));
      const settled = [...(await statements), ...(await Promise.allSettled([connection.script('commit')]))];
      expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'rejected']);
      await expect(write(3)).rejects.toThrow('The connection to the database was lost.');
    });
    const found = await use(database, ({ script }) => script('select * from lost_writes'));
    await use(other, ({ script }) => script('drop table lost_writes'));
    expect(found).toEqual([]);
  });

  test('a server that goes away and comes back is found again', async () => {
    const proxy = await openProxy(server as string);
    opened.push(proxy);
    const database = await open(2, proxy.url);
    const ask = () => use(database, ({ script }) => script('select 1 as one'));
    const sixTimes = () => Promise.allSettled(Array.from({ length: 6 }, ask));
    const statuses = async () => new Set((await sixTimes()).map(({ status }) => status));
    expect(await statuses()).toEqual(new Set(['fulfilled']));
    await proxy.close();
    expect(await statuses()).toEqual(new Set(['rejected']));
    expect(await statuses()).toEqual(new Set(['rejected']));
    await proxy.open();
    expect(await statuses()).toEqual(new Set(['fulfilled']));
  });

  test('a connection that is lost while nobody uses it is given to nobody', async () => {
    const [database, other] = await Promise.all([open(1), open(1)]);
    const backend = await use(database, backendOf);
    await use(other, ({ query }) => query('select pg_terminate_backend($1)', [backend]));
    await setTimeout(patience(100));
    expect(await use(database, backendOf)).not.toBe(backend);
  });

  test('a pool that is closed gives no connection', async () => {
    const database = await open(1);
    const connection = await database.connect();
    const next = database.connect();
    await Promise.all([database.close(), expect(next).rejects.toThrow('closed')]);
    await expect(database.connect()).rejects.toThrow('closed');
    connection.release();
  });
});

test.each([
  [
    'is not installed',
    { code: '0A000', message: 'extension "vector" is not available' },
    'The database server lacks the extension pgvector: install it there (package postgresql-…-pgvector), then start again (extension "vector" is not available).',
  ],
  [
    'may not be created',
    { code: '42501', message: 'permission denied to create extension "vector"' },
    'The database user may not create the extension pgvector (permission denied to create extension "vector"): have an administrator run CREATE EXTENSION vector;',
  ],
])('where pgvector %s, migrating says what to do', async (_what, { code, message }, sentence) => {
  const connection: Session = {
    query: async () => [],
    async script(text) {
      if (/create extension/i.test(text)) throw Object.assign(new Error(message), { code });
      // What a new database says of itself.
      return text.startsWith('select quote_ident') ? [{ encoding: 'UTF8', vectorSchema: 'public' }] : [];
    },
    release() {},
    finish() {},
  };
  const lacking: Database = {
    kind: 'postgresql',
    place: defaultPlace,
    textSearchConfig: 'english',
    connect: async () => connection,
    stats: () => ({ open: 1, idle: 1, most: 1, waiting: 0, sent: 0 }),
    connectDirect: async () => connection,
    keepsSessions: true,
    wakeUps: new LocalWakeUps(),
    close: async () => {},
  };
  await expect(migrate(lacking)).rejects.toThrow(new DatabaseUnavailable(sentence));
});

/** A way to the server that can be cut. */
async function openProxy(target: string) {
  const { hostname, port, pathname, username } = new URL(target);
  const sockets = new Set<Socket>();
  let listener: Server;
  let own = 0;
  const proxy = {
    url: '',
    async open() {
      listener = createServer((from) => {
        const to = connect(Number(port), hostname);
        for (const socket of [from, to]) {
          sockets.add(socket);
          socket.on('error', () => {});
          socket.on('close', () => {
            from.destroy();
            to.destroy();
          });
        }
        from.pipe(to).pipe(from);
      });
      await new Promise<void>((resolve) => listener.listen(own, '127.0.0.1', resolve));
      own = (listener.address() as { port: number }).port;
      proxy.url = `postgres://${username}@127.0.0.1:${own}${pathname}`;
    },
    async close() {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  await proxy.open();
  return proxy;
}
