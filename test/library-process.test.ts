import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, describe, expect, test } from 'vitest';
import type { OpenOptions } from '../src/library/options.ts';
import { migratedFolder } from './support/data-folder.ts';
import { createTestDatabase } from './support/database.ts';
import { programEnv } from './support/program-env.ts';

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-process-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const spelling = { EMBEDDING_MODEL: 'hashing-1' };
let databases = 0;
/** An empty database of its own. */
const place = async (): Promise<OpenOptions> =>
  process.env.TEST_DATABASE_URL
    ? { databaseUrl: (await createTestDatabase()).url }
    : { dataDir: migratedFolder(join(folder, `data-${++databases}`)) };

/** Runs a program that imports the library, to its end: nothing ends it but itself. */
async function run(program: string) {
  const file = join(folder, 'program.mjs');
  writeFileSync(file, program);
  const child = spawn(process.execPath, [file], { env: programEnv(), stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const [status, signal] = await once(child, 'close');
  return { status, signal, stdout, stderr };
}
const library = JSON.stringify(new URL('../src/library/open.ts', import.meta.url).href);

test('importing it loads a few small files and no package, and does nothing', async () => {
  const { stdout, stderr } = await run(`
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
    const held = () => [process.getActiveResourcesInfo().length, process.eventNames()];
    const before = held();
    await import(${library});
    console.log(JSON.stringify({ loaded, before, after: held() }));
  `);
  expect(stderr).toBe('');
  const { loaded, before, after } = JSON.parse(stdout) as { loaded: string[]; before: unknown; after: unknown };
  expect(
    loaded.filter((url) => !/\/src\/(?:client|client\/operations|client\/verbs|library)\/[\w-]+\.ts$/.test(url)),
  ).toEqual([]);
  expect(loaded.length).toBeLessThan(30);
  expect(after).toEqual(before);
});

test.skipIf(process.env.TEST_DATABASE_URL)(
  'what was answered already ends no process, and all else still does',
  async () => {
    const { status, stdout, stderr } = await run(`
    import { GraphQLError } from ${JSON.stringify(import.meta.resolve('graphql'))};
    import { open } from ${library};
    const options = { dataDir: ${JSON.stringify(join(folder, 'guarded'))}, settings: ${JSON.stringify(spelling)} };
    const service = await open(options);
    const turn = () => new Promise((resolve) => setTimeout(resolve, 10));
    Promise.reject(new GraphQLError('answered'));
    await turn();
    console.log('goes on');
    Promise.reject(new Error('nobody takes care of this'));
    await turn();
    console.log('never');
  `);
    expect([status, stdout, stderr]).toEqual([1, 'goes on\n', expect.stringContaining('nobody takes care of this')]);
  },
);

test('once it is closed nothing keeps the process, and nothing but the program writes to standard output', async () => {
  const options = { ...(await place()), settings: { ...spelling, LOG_LEVEL: 'info' } };
  const { status, stdout, stderr } = await run(`
    import { open } from ${library};
    const service = await open(${JSON.stringify(options)});
    const memory = service.memory({ companion: 'iris' });
    const last = memory.remember('Ann lives in Porto.');
    const closed = service.close();
    console.log((await last).memories.length);
    await closed;
    console.log(process.eventNames().includes('unhandledRejection'));
    setTimeout(() => console.log(JSON.stringify(process.getActiveResourcesInfo())), 100).unref();
  `);
  expect([status, stdout]).toEqual([0, '1\nfalse\n']);
  const logged = stderr.trimEnd().split('\n');
  expect(logged.map((line) => JSON.parse(line).message)).toEqual(['request']);
});

describe('in a function without a server', async () => {
  const secret = 'a secret of thirty-two characters';
  const settings = {
    ...spelling,
    CREDENTIALS: 'required',
    JWT_ISSUER: 'issuer',
    JWT_AUDIENCE: 'memory',
    JWT_SECRET: secret,
    WORKSPACE: 'acme',
    DATABASE_POOL_SIZE: 2,
  };
  const token = await new SignJWT({ workspace: 'acme', scope: 'read write' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('issuer')
    .setAudience('memory')
    .setSubject('ann')
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(secret));
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const remember = (content: string) =>
    `mutation { createMemory(input: {companion: {key: "iris"}, type: FACT, content: "${content}"}) { __typename } }`;

  /** One cold start: the function answers a request, and is ended in some way. */
  const start = (options: OpenOptions, query: string, end: string) =>
    run(`
      import { Server } from 'node:net';
      Server.prototype.listen = () => { throw new Error('There are no sockets to listen on.'); };
      const { open } = await import(${library});
      const service = await open(${JSON.stringify({ ...options, settings })});
      const handler = { fetch: (request) => service.fetch(request) };
      const asked = { method: 'POST', headers: ${JSON.stringify(headers)}, body: ${JSON.stringify(JSON.stringify({ query }))} };
      const answer = await handler.fetch(new Request('https://functions.example/graphql', asked));
      console.log(JSON.stringify([answer.status, await answer.json()]));
      ${end}
    `);

  test('each cold start finds what the one before has kept, however that ended', async () => {
    const options = await place();
    const created = '[200,{"data":{"createMemory":{"__typename":"CreateMemoryPayload"}}}]\n';
    const closed = await start(options, remember('It was closed.'), 'await service.close();');
    expect(closed).toEqual({ status: 0, signal: null, stdout: created, stderr: '' });
    const killed = await start(options, remember('It was killed.'), "process.kill(process.pid, 'SIGKILL');");
    expect([killed.signal, killed.stdout]).toEqual(['SIGKILL', created]);
    const query = '{ companion(by: {key: "iris"}) { memories(first: 9) { nodes { content } } } }';
    const { stdout } = await start(options, query, 'process.exit();');
    const [status, { data }] = JSON.parse(stdout);
    const contents = data.companion.memories.nodes.map(({ content }: { content: string }) => content);
    expect([status, contents.toSorted()]).toEqual([200, ['It was closed.', 'It was killed.']]);
  });
});
