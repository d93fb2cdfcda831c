import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { directUrl } from './support/database.ts';
import { programEnv } from './support/program-env.ts';

vi.setConfig({ testTimeout: patience(120_000) });

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-process-'));
const dataDir = join(folder, 'data');
const lock = join(dataDir, 'palimpsest.lock');
const postgresql = process.env.TEST_DATABASE_URL;
const launched: ChildProcess[] = [];
afterAll(async () => {
  for (const child of launched) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** What a process has said and how it ended. */
interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Starts the program as an operator does; `settings` are its environment. A line for each request is not asked for. */
function launch(settings: Record<string, string>, args: string[] = []) {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
    env: programEnv({ PORT: '0', LOG_LEVEL: 'warn', ...settings }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  launched.push(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code]): Ended => ({ code, stdout, stderr }));
  return { child, ended };
}

/** Starts a server and waits until it has said that it is there. */
async function serve(settings: Record<string, string>) {
  const { child, ended } = launch(settings);
  let said = '';
  const up = new Promise<string>((resolve) => {
    child.stdout.on('data', (text) => {
      said += text;
      if (/^Database .*\n/m.test(said)) resolve(said);
    });
  });
  const stdout = await Promise.race([up, ended.then(({ stderr }) => Promise.reject(new Error(`It ended: ${stderr}`)))]);
  return { child, ended, stdout, url: /^GraphQL +(\S+)/m.exec(stdout)?.[1] ?? '' };
}

/** Runs the program to its end, which must be one plain sentence and exit code 1. Returns the sentence. */
async function refusal(settings: Record<string, string>, args?: string[]): Promise<string> {
  const { code, stdout, stderr } = await launch(settings, args).ended;
  expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: '' });
  expect(stderr.trimEnd().split('\n'), 'one line, no stack').toHaveLength(1);
  return stderr.trimEnd();
}

const headers = { 'content-type': 'application/json' };

async function ask(url: string, query: string) {
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) });
  return (await response.json()) as { data: Record<string, { totalCount: number; nodes?: { id: string }[] }> };
}

const countMemories = async (url: string) => (await ask(url, '{ memories { totalCount } }')).data.memories?.totalCount;

const remember = (content: string) =>
  `mutation { createMemory(input: {companion: {key: "iris"}, content: "${content}", type: FACT}) { __typename } }`;

/** Sends the head of a request at once, and its body when `finish` is called. */
async function begin(url: string, query: string) {
  const body = JSON.stringify({ query });
  const sent = request(url, {
    method: 'POST',
    headers: { ...headers, 'content-length': Buffer.byteLength(body), expect: '100-continue' },
  });
  const answered = once(sent, 'response').then(async ([response]) => {
    return { status: response.statusCode as number, body: await json(response) };
  });
  sent.flushHeaders();
  await once(sent, 'continue');
  return {
    finish() {
      sent.end(body);
      return answered;
    },
  };
}

/** Resolves when nothing listens at the address any more. */
async function untilClosed(url: string): Promise<void> {
  const { port, hostname } = new URL(url);
  const refuses = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(Number(port), hostname, () => resolve(false)).on('error', () => resolve(true));
      socket.unref();
    });
  await expect.poll(refuses, { timeout: patience(10_000) }).toBe(true);
}

async function listenAnywhere(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe.skipIf(postgresql)('a server with a folder of its own,', () => {
  let server: Awaited<ReturnType<typeof serve>>;
  /** How many memories there are at least: the demo graph without one that was forgotten. */
  let kept: number;

  test('started for the first time, says where it is and serves the demo graph', async () => {
    server = await serve({ DATA_DIR: dataDir });
    expect(server.stdout.split('\n')).toEqual([
      expect.stringMatching(/^GraphQL {3}http:\/\/127\.0\.0\.1:\d+\/graphql$/),
      `GraphiQL  ${server.url}  (in a browser)`,
      `Explorer  ${server.url.replace('/graphql', '/explore')}  (in a browser)`,
      `MCP       ${server.url.replace('/graphql', '/mcp')}`,
      `Database  embedded, in ${dataDir}, with the demo graph`,
      'Access    no authentication: who reaches this address may do all in workspace default',
      'Vectors   by spelling, 384 numbers; no model that knows meanings',
      'Limits    any number of requests, 64 at once of a workspace, bodies of 1048576 bytes (25000000 of bulk mutations), documents of complexity 250000',
      'Metrics   at /metrics, without a token',
      'Traces    off',
      '',
    ]);
    const { memories } = (await ask(server.url, '{ memories(first: 1) { totalCount nodes { id } } }')).data;
    expect(memories?.totalCount).toBeGreaterThan(1);
    const forgetOne = `mutation { forgetMemories(input: {ids: ["${memories?.nodes?.[0]?.id}"]}) { __typename } }`;
    await ask(server.url, forgetOne);
    kept = (await countMemories(server.url)) as number;
    expect(kept).toBeLessThan(memories?.totalCount as number);
  });

  test('lets no second process into the folder', async () => {
    expect(await refusal({ DATA_DIR: dataDir })).toBe(
      `The data folder ${dataDir} is in use by process ${server.child.pid}: stop that server first, or set DATA_DIR to another folder.`,
    );
    expect(await countMemories(server.url)).toBe(kept);
  });

  test('told to stop, answers the request it is at, and ends well', async () => {
    const { finish } = await begin(server.url, remember('Maya said this in the last moment'));
    server.child.kill('SIGTERM');
    await untilClosed(server.url);
    expect(await finish()).toEqual({
      status: 200,
      body: { data: { createMemory: { __typename: 'CreateMemoryPayload' } } },
    });
    expect(await server.ended).toEqual({ code: 0, stdout: server.stdout, stderr: '' });
    expect(existsSync(lock)).toBe(false);
  });

  test('told to log requests, does so on standard error, a line of JSON each', async () => {
    server = await serve({ DATA_DIR: dataDir, LOG_LEVEL: 'info' });
    await countMemories(server.url);
    const scraped = await fetch(new URL('/metrics', server.url));
    expect(await scraped.text()).toContain('palimpsest_requests_total{type="query",outcome="success"} 1\n');
    server.child.kill('SIGTERM');
    const { stdout, stderr } = await server.ended;
    expect(stdout).toBe(server.stdout);
    expect(
      stderr
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ level: 'info', route: 'graphql', operationType: 'query', status: 200 }]);
  });

  test('started again, has what was there and does not load the demo again', async () => {
    server = await serve({ DATA_DIR: dataDir });
    expect(server.stdout).toContain(`Database  embedded, in ${dataDir}\n`);
    expect(await countMemories(server.url)).toBe(kept + 1);
  });

  test('killed, leaves a lock that the next one takes over, and loses nothing it had answered', async () => {
    await ask(server.url, remember('Maya said this before the crash'));
    server.child.kill('SIGKILL');
    await server.ended;
    expect(readFileSync(lock, 'utf8')).toMatch(`${server.child.pid}`);
    server = await serve({ DATA_DIR: dataDir });
    expect(await countMemories(server.url)).toBe(kept + 2);
    server.child.kill('SIGINT');
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('started with a port that is taken, says so and gives the folder back', async () => {
    const other = createServer();
    const port = await listenAnywhere(other);
    expect(await refusal({ DATA_DIR: dataDir, PORT: `${port}` })).toBe(
      `Port ${port} is in use: stop the process that listens there, or set PORT to another (0: any).`,
    );
    expect(existsSync(lock)).toBe(false);
    other.close();
  });
});

test.each([
  [
    { PORT: 'http' },
    /^The environment has wrong settings: PORT: a whole number from 0 to 65535 is expected, not "http"\.$/,
  ],
  [
    { DATABASE_URL: 'mysql://iris:hush@localhost/db?password=hush' },
    /^The environment .*: DATABASE_URL: a postgres:\/\/ URL is expected, not "mysql:\/\/\*\*\*@localhost\/db"\.$/,
  ],
  [{ DEMO: 'perhaps' }, /^The environment has wrong settings: DEMO: true or false is expected, not "perhaps"\.$/],
])('a setting that is not allowed is named: %o', async (settings, sentence) => {
  expect(await refusal(settings)).toMatch(sentence);
});

test.skipIf(postgresql)(
  'a field that fails in one item of a list while another is waited for does not end a server',
  async () => {
    const server = await serve({ DATA_DIR: join(folder, 'items'), DEMO: 'false' });
    // The older one has no user to wait for.
    await ask(server.url, remember('without a user'));
    await ask(server.url, remember('of Maya').replace('content', 'user: {externalId: "maya"}, content'));
    const { data } = await ask(server.url, '{ memories(first: 1) { pageInfo { endCursor } } }');
    const { endCursor } = (data.memories as unknown as { pageInfo: { endCursor: string } }).pageInfo;
    for (const user of ['user { id }', 'user { externalId }', 'user { id externalId }']) {
      const answer = await ask(
        server.url,
        `{ memories { nodes { ${user} history(after: "${endCursor}") { totalCount } } } }`,
      );
      expect(answer).toMatchObject({ errors: [{ extensions: { code: 'INVALID_INPUT' } }] });
    }
    expect(await countMemories(server.url)).toBe(2);
    server.child.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
  },
);

test('an unknown command is answered with those there are', async () => {
  expect(await refusal({}, ['start'])).toBe(
    'There is no command start: serve, mcp, import FILE, export FILE, backup FILE, restore FILE, reembed, consolidate, eval FILE, admin or schema.',
  );
});

describe.skipIf(!postgresql)('on a PostgreSQL server,', () => {
  const template = () => inject('template') as string;
  const admin = directUrl ? postgres(directUrl, { max: 1, onnotice: () => {} }) : undefined;
  const run = (statement: string) => admin?.unsafe(statement);
  /** The server's URL with another database, user or port. */
  const urlWith = (changes: Partial<Record<'pathname' | 'username' | 'password' | 'port', string>>) =>
    Object.assign(new URL(postgresql as string), changes).href;
  const where = () => new URL(postgresql as string).host;
  const plain = () => `${template()}_plain`;
  const newer = () => `${template()}_newer`;
  const stranger = () => `${template()}_stranger`;

  beforeAll(async () => {
    await run(`create role ${stranger()} login`);
    await run(`create database ${plain()} owner ${stranger()}`);
    await run(`create database ${newer()} template ${template()}`);
  });
  afterAll(async () => {
    // A pooler keeps sessions open for a while.
    await run(`drop database ${plain()} with (force)`);
    await run(`drop database ${newer()} with (force)`);
    await run(`drop role ${stranger()}`);
    await admin?.end();
  });

  test('starts without the demo, answers, and stops', async () => {
    const server = await serve({ DATABASE_URL: urlWith({ pathname: newer() }) });
    expect(server.stdout).toContain(`Database  PostgreSQL at ${where()}\n`);
    expect(await countMemories(server.url)).toBe(0);
    server.child.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('an unreachable one', async () => {
    const closed = createServer();
    const port = `${await listenAnywhere(closed)}`;
    closed.close();
    expect(await refusal({ DATABASE_URL: urlWith({ port }) })).toMatch(
      new RegExp(`^PostgreSQL at \\S+:${port}/\\w+ cannot be reached: connect ECONNREFUSED \\S+:${port}\\.$`),
    );
  });

  test('a database that does not exist', async () => {
    expect(await refusal({ DATABASE_URL: urlWith({ pathname: 'nowhere' }) })).toBe(
      `PostgreSQL at ${where()}/nowhere has no such database: create it, or correct DATABASE_URL (database "nowhere" does not exist).`,
    );
  });

  test('a user that does not exist; the password is not repeated', async () => {
    const said = await refusal({ DATABASE_URL: urlWith({ username: 'nobody', password: 'hunter2' }) });
    // PgBouncer says it in other words.
    const why = /\((?:role "nobody" does not exist|no such user)\)\.$/;
    expect(said).toMatch(why);
    expect(said.replace(why, '')).toBe(
      `PostgreSQL at ${where()}${new URL(postgresql as string).pathname} refused the user or password of DATABASE_URL `,
    );
  });

  test('tables of a newer version', async () => {
    const sql = postgres(urlWith({ pathname: newer() }), { max: 1, onnotice: () => {} });
    await sql`insert into palimpsest.__drizzle_migrations (hash, created_at, name) values ('x', 0, '29991231_later')`;
    await sql.end();
    expect(await refusal({ DATABASE_URL: urlWith({ pathname: newer() }) })).toBe(
      'The database has tables of a newer version of Palimpsest (29991231_later): start that version instead.',
    );
  });

  test('a user with few rights: what each sentence asks of an administrator leads to a server that starts', async () => {
    const settings = { DATABASE_URL: urlWith({ pathname: plain(), username: stranger() }) };
    expect(await refusal(settings)).toMatch(
      /^The database user may not create the extension pgvector \(.*\): have an administrator run CREATE EXTENSION vector;$/,
    );
    const sql = postgres(urlWith({ pathname: plain() }), { max: 1, onnotice: () => {} });
    await sql`create extension vector`;
    await sql.end();
    expect(await refusal(settings)).toMatch(
      new RegExp(
        `^The database user may not take on the role palimpsest_app \\(.*\\): have an administrator run GRANT palimpsest_app, palimpsest_app_restricted TO ${stranger()};$`,
      ),
    );
    await run(`grant palimpsest_app, palimpsest_app_restricted to ${stranger()}`);
    const server = await serve(settings);
    expect(await countMemories(server.url)).toBe(0);
    server.child.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
  });
});

test('a password that PostgreSQL refuses', async () => {
  // The servers that tests run on may trust everybody: this one trusts nobody.
  const strict = createServer((socket) => {
    const fields = ['SFATAL', 'VFATAL', 'C28P01', 'Mpassword authentication failed for user "iris"', ''];
    const body = Buffer.from(fields.map((field) => `${field}\0`).join(''));
    const length = Buffer.alloc(4);
    length.writeInt32BE(body.length + 4);
    socket.on('error', () => {}).once('data', () => socket.end(Buffer.concat([Buffer.from('E'), length, body])));
  });
  const port = await listenAnywhere(strict);
  expect(await refusal({ DATABASE_URL: `postgres://iris:hunter2@127.0.0.1:${port}/db` })).toBe(
    `PostgreSQL at 127.0.0.1:${port}/db refused the user or password of DATABASE_URL (password authentication failed for user "iris").`,
  );
  strict.close();
});
