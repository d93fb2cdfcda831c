import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database, Row } from '../src/db/database.ts';
import { readDatabaseUrl } from '../src/db/database-url.ts';
import { migrate } from '../src/db/migrate.ts';
import { openPostgresql } from '../src/db/postgresql.ts';
import { createTestDatabase, directUrl } from './support/database.ts';
import { hasOwnServers, startOwnServers } from './support/own-server.ts';
import { freePort, useProcesses } from './support/server-process.ts';

const read = (url: string) => readDatabaseUrl(url, 'DATABASE_URL');
const refusal = (url: string): string => {
  try {
    read(url);
  } catch (error) {
    return (error as Error).message;
  }
  return expect.fail('it is read');
};

describe('a URL', () => {
  test.each([
    [
      'postgres://u:p@db.example:5433/memories',
      { host: ['db.example'], port: [5433], user: 'u', password: 'p', database: 'memories' },
      'db.example:5433/memories',
    ],
    ['postgresql://db.example/memories', { host: ['db.example'], database: 'memories' }, 'db.example/memories'],
    ['postgres:///memories', { database: 'memories' }, 'localhost/memories'],
    ['postgres://u:p%25%23%2Fs@h/d%20b', { host: ['h'], user: 'u', password: 'p%#/s', database: 'd b' }, 'h/d b'],
    ['postgres://u:a:b@h/d', { host: ['h'], user: 'u', password: 'a:b', database: 'd' }, 'h/d'],
    [
      'postgres://[::1]:5433,db:5434/d',
      { host: ['::1', 'db'], port: [5433, 5434], database: 'd', target_session_attrs: 'primary' },
      '[::1]:5433,db:5434/d',
    ],
    ['postgres://a,b:1/d?target_session_attrs=any', { host: ['a', 'b'], port: [5432, 1], database: 'd' }, 'a,b:1/d'],
    [
      'postgres:///d?host=a,b&port=1,2&user=u&password=p',
      { host: ['a', 'b'], port: [1, 2], user: 'u', password: 'p', database: 'd', target_session_attrs: 'primary' },
      'a:1,b:2/d',
    ],
    [
      'postgres://h/d?target_session_attrs=read-write',
      { host: ['h'], database: 'd', target_session_attrs: 'primary' },
      'h/d',
    ],
    [
      'postgres://u:p@/d?host=/run/sock&port=5433',
      { host: ['/run/sock'], port: [5433], path: '/run/sock/.s.PGSQL.5433', user: 'u', password: 'p', database: 'd' },
      '/run/sock/d',
    ],
    [
      'postgres://u:p@localhost/d?host=/run/sock',
      { host: ['/run/sock'], path: '/run/sock/.s.PGSQL.5432', user: 'u', password: 'p', database: 'd' },
      '/run/sock/d',
    ],
    [
      'postgres://u:p@%2Frun%2Fsock:5433/d',
      { host: ['/run/sock'], port: [5433], path: '/run/sock/.s.PGSQL.5433', user: 'u', password: 'p', database: 'd' },
      '/run/sock/d',
    ],
    ['postgres://h/d?connect_timeout=15&sslmode=disable', { host: ['h'], database: 'd', connect_timeout: 15 }, 'h/d'],
  ])('%s', (url, options, target) => {
    expect(read(url)).toEqual({
      options: { ssl: false, connection: {}, ...options },
      hosts: target.slice(0, target.lastIndexOf('/')),
      target,
    });
  });

  test('parameters of other clients are left out; what is left is for the server', () => {
    const others = [
      ...['channel_binding=require', 'pgbouncer=true', 'schema=public', 'uselibpqcompat=true', 'connection_limit=5'],
      ...['gssencmode=disable', 'keepalives=1', 'keepalives_idle=30', 'sslsni=1', 'load_balance_hosts=random'],
      ...['search_path=foo', 'client_encoding=LATIN1', 'statement_cache_size=0', 'pool_timeout=10'],
    ];
    const { options } = read(`postgres://h/d?${others.join('&')}&options=-c%20work_mem%3D8MB&application_name=iris`);
    expect(options.connection).toEqual({ options: '-c work_mem=8MB', application_name: 'iris' });
  });

  test.each([
    ['postgres://u:p%ss@h/d'],
    ['postgres://u:p#ss@h/d'],
    ['postgres://u:p/ss@h/d'],
    ['postgres://u:1/ss@h/d'],
    ['postgres://u:p?ss@h/d'],
    ['postgres://u:p@ss@h/d'],
    ['postgres://h:port/d'],
    ['postgres://h:99999/d'],
  ])('%s is refused with how to write it, and without what it says', (url) => {
    const said = refusal(url);
    expect(said).toMatch(
      /^DATABASE_URL cannot be read as postgres:\/\/USER:PASSWORD@HOST:PORT\/DATABASE: .* write % as %25, # as %23, \/ as %2F/,
    );
    expect(said).not.toContain('ss@');
  });

  test.each([
    [
      '?sslmode=sometimes',
      /sslmode="sometimes": disable, allow, prefer, require, no-verify, verify-ca, verify-full are known\.$/,
    ],
    ['?target_session_attrs=read-only', /target_session_attrs="read-only", but this service writes: /],
    [
      '?sslmode=verify-full&sslrootcert=/nowhere/ca.crt',
      /^DATABASE_URL names a file as sslrootcert that cannot be read \(ENOENT/,
    ],
    ['?host=/run/a,b', /of which one is a socket/],
    ['?host=a,b&port=1,2,3', /another number of ports than of hosts/],
  ])('%s', (query, sentence) => {
    expect(refusal(`postgres://u:hush@h/d${query}`)).toMatch(sentence);
    expect(refusal(`postgres://u:hush@h/d${query}`)).not.toContain('hush');
  });
});

/** What a session says of itself by a URL, in a message of the driver and in one of several statements. */
async function ask(url: string, statement: string): Promise<Row[]> {
  const database = await openPostgresql({ url, poolSize: 1 });
  try {
    const session = await database.connect();
    const rows = (await session.script(statement)) as Row[];
    if (!/^\(?select/.test(statement)) return rows;
    const enter = { text: 'select 1 as one', params: [] };
    const read = { enter, statement: { text: statement, params: [] }, mode: 'objects', limitMs: 5_000 } as const;
    const alone = await session.readAlone?.({ ...read, budget: undefined });
    session.release();
    expect(alone).toEqual({ began: { one: 1 }, rows });
    return rows;
  } finally {
    await database.close();
  }
}
const opening = (url: string) =>
  openPostgresql({ url, poolSize: 1 }).then(
    async (database: Database) => {
      await database.close();
      return 'it is opened';
    },
    (error: Error) => error.message,
  );

describe.skipIf(!directUrl)('on PostgreSQL,', () => {
  const launch = useProcesses();
  let base: string;
  beforeAll(async () => {
    base = (await createTestDatabase()).directUrl;
  });

  test.each([
    ['channel_binding=require'],
    ['pgbouncer=true&connection_limit=1'],
    ['schema=public'],
    ['uselibpqcompat=true'],
    ['gssencmode=disable&keepalives=1&keepalives_idle=30'],
    ['search_path=foo,public'],
    ['options=-c%20search_path%3Dfoo'],
    ['statement_timeout=60000'],
  ])('a server starts and serves with ?%s', async (query) => {
    const server = launch({ DATABASE_URL: `${base}?sslmode=disable&${query}` });
    await server.ready;
    server.child.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('a parameter that the server does not know is named', async () => {
    expect(await opening(`${base}?sslmod=require`)).toMatch(
      /does not know a parameter of DATABASE_URL \(unrecognized configuration parameter "sslmod"\): take it out\.$/,
    );
  });

  test('of several hosts the first that answers is taken; a server says which, without user and password', async () => {
    const { hostname, port, pathname, username } = new URL(base);
    const closed = await freePort();
    const hosts = `127.0.0.1:${closed},${hostname}:${port}`;
    const server = launch({ DATABASE_URL: `postgres://${username}:hush@${hosts}${pathname}` });
    await server.ready;
    server.child.kill('SIGTERM');
    const { stdout, stderr, code } = await server.ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`PostgreSQL at ${hosts}\n`);
    expect(stdout).not.toContain('hush');
    expect(await opening(`postgres://${username}@127.0.0.1:${closed},127.0.0.1:${closed}${pathname}`)).toMatch(
      /^PostgreSQL at 127\.0\.0\.1:\d+,127\.0\.0\.1:\d+\/\w+ cannot be reached: connect ECONNREFUSED /,
    );
  });
});

describe.skipIf(!hasOwnServers)('on a PostgreSQL with certificates, and a standby without,', () => {
  let own: Awaited<ReturnType<typeof startOwnServers>>;
  beforeAll(async () => {
    own = await startOwnServers();
    const create = 'create role strict login superuser; create role certified login superuser';
    await ask(`postgres://postgres@127.0.0.1:${own.primary.port}/postgres`, create);
  });
  afterAll(() => own?.stop());

  const urlOf = (query: string, { user = 'postgres', host = 'localhost', port = own.primary.port } = {}) =>
    `postgres://${user}@${host}:${port}/postgres?${query}`;
  const isEncrypted = async (url: string) =>
    (await ask(url, 'select ssl from pg_stat_ssl where pid = pg_backend_pid()'))[0]?.ssl;
  const ca = () => `sslrootcert=${own.certificates.authority}`;
  const stranger = () => `sslrootcert=${own.certificates.stranger}`;

  test.each([
    ['', false],
    ['sslmode=disable', false],
    ['sslmode=allow', true],
    ['sslmode=prefer', true],
    ['sslmode=require', true],
    ['sslmode=no-verify', true],
    ['ssl=false', false],
    ['sslmode=require&sslnegotiation=direct', true],
    ['sslmode=require&ssl_min_protocol_version=TLSv1.3', true],
  ])('%s: encrypted %s', async (query, encrypted) => {
    expect(await isEncrypted(urlOf(query))).toBe(encrypted);
  });

  test('a certificate is checked where a mode says so: its authority, and for verify-full the host', async () => {
    for (const mode of ['require', 'verify-ca', 'verify-full']) {
      expect(await isEncrypted(urlOf(`sslmode=${mode}&${ca()}`))).toBe(true);
      expect(await opening(urlOf(`sslmode=${mode}&${stranger()}`))).toMatch(
        /^The certificate of PostgreSQL at localhost:\d+\/postgres is not trusted \(.*\): name its authority by sslrootcert=FILE in DATABASE_URL\.$/,
      );
    }
    expect(await isEncrypted(urlOf(`sslmode=verify-ca&${ca()}`, { host: '127.0.0.1' }))).toBe(true);
    // The certificate is for localhost: it is not that of its address.
    expect(await opening(urlOf(`sslmode=verify-full&${ca()}`, { host: '127.0.0.1' }))).toMatch(
      /^The certificate of PostgreSQL at 127\.0\.0\.1:\d+\/postgres is another host's \(.*\): let DATABASE_URL name the host that it names\.$/,
    );
    for (const query of [
      'sslmode=verify-full',
      'sslmode=verify-ca',
      'ssl=true',
      'sslmode=verify-full&sslrootcert=system',
    ]) {
      expect(await opening(urlOf(query))).toMatch(/ is not trusted \(/);
    }
  });

  test('a client certificate is shown', async () => {
    const { certificate, key } = own.certificates.client;
    const query = `sslmode=verify-full&${ca()}&sslcert=${certificate}&sslkey=${key}`;
    expect(await isEncrypted(urlOf(query, { user: 'certified' }))).toBe(true);
    expect(await opening(urlOf(`sslmode=verify-full&${ca()}`, { user: 'certified' }))).toMatch(/certificate/);
  });

  test('a server that insists on TLS, and one that has none, are named so', async () => {
    expect(await opening(urlOf('', { user: 'strict' }))).toMatch(
      / wants an encrypted connection \(no pg_hba\.conf entry .*\): add sslmode=verify-full to DATABASE_URL, or sslmode=require\.$/,
    );
    const { port } = own.standby;
    expect(await isEncrypted(urlOf('sslmode=prefer', { port }))).toBe(false);
    expect(await opening(urlOf('sslmode=require', { port }))).toMatch(
      /^PostgreSQL at localhost:\d+\/postgres has no TLS, or ended its handshake: set ssl = on there, or leave sslmode out of DATABASE_URL\.$/,
    );
  });

  test('a Unix socket is reached by its folder, by a parameter or in the place of the host', async () => {
    const { port, socketFolder } = own.primary;
    const address = `select coalesce(host(inet_client_addr()), 'socket') as "from", current_user as "user"`;
    for (const url of [
      `postgres://strict@/postgres?host=${socketFolder}&port=${port}`,
      `postgres://strict@localhost:${port}/postgres?host=${socketFolder}`,
      `postgres://strict@${encodeURIComponent(socketFolder)}:${port}/postgres?sslmode=require`,
    ]) {
      expect(await ask(url, address)).toEqual([{ from: 'socket', user: 'strict' }]);
    }
    expect(await opening(`postgres://strict@/postgres?host=${socketFolder}&port=1`)).toMatch(
      new RegExp(`^PostgreSQL at ${socketFolder}/postgres cannot be reached: connect ENOENT `),
    );
  });

  test('of several hosts the one is taken that can be written to', async () => {
    const hosts = `127.0.0.1:${own.standby.port},127.0.0.1:${own.primary.port}`;
    const standby = 'select pg_is_in_recovery() as standby';
    for (const query of ['', '?target_session_attrs=read-write', '?target_session_attrs=primary']) {
      expect(await ask(`postgres://postgres@${hosts}/postgres${query}`, standby)).toEqual([{ standby: false }]);
    }
    const any = await ask(`postgres://postgres@${hosts}/postgres?target_session_attrs=any`, standby);
    expect(any).toEqual([{ standby: true }]);
  });

  test('a standby is named for what it is', async () => {
    const url = `postgres://postgres@127.0.0.1:${own.standby.port}/postgres`;
    const database = await openPostgresql({ url, poolSize: 1 });
    await expect(migrate(database).finally(() => database.close())).rejects.toThrow(
      'The database postgres can only be read, as it is a standby: let DATABASE_URL lead to the primary; where it names ' +
        'several hosts, add target_session_attrs=read-write',
    );
    expect(await opening(`${url}?target_session_attrs=primary`)).toMatch(
      /^PostgreSQL at \S+ can only be read, as a standby: let DATABASE_URL name the primary\.$/,
    );
  });
});
