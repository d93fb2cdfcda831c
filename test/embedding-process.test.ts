import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { afterAll, afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { openDatabase } from '../src/db/open.ts';
import { openWorkspace } from '../src/domain/workspace/workspaces.ts';
import { patience } from './support/calibration.ts';
import { migratedFolder } from './support/data-folder.ts';
import { directUrl } from './support/database.ts';
import { programEnv } from './support/program-env.ts';
import { MODEL, rowsOf, useProvider, vectorsOf } from './support/provider.ts';

vi.setConfig({ testTimeout: patience(240_000) });

const provider = useProvider();
const contents = Array.from({ length: 150 }, (_, at) => `Maya told story ${at} of the harbour`);
const facts = contents.map((content) => ({ type: 'FACT', content }));

describe('the program', () => {
  const WORKSPACE = 'default';
  let folder: string;
  let where: Record<string, string>;
  const launched: ChildProcess[] = [];
  const admin = () => postgres(directUrl as string, { max: 1, onnotice: () => {} });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'palimpsest-vectors-'));
    where = { DATA_DIR: migratedFolder(join(folder, 'data')) };
    const template = inject('template');
    if (!template) return;
    const name = `${template}_${folder.slice(-6).toLowerCase()}`;
    const sql = admin();
    await sql.unsafe(`create database ${name} template ${template}`);
    await sql.end();
    where = { DATABASE_URL: Object.assign(new URL(process.env.TEST_DATABASE_URL as string), { pathname: name }).href };
  });
  afterEach(() => {
    for (const child of launched.splice(0)) child.kill('SIGKILL');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Starts it as an operator does; nothing but `settings` is in its environment. */
  function launch(settings: Record<string, string>, args: string[] = []) {
    const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
    const child = spawn(process.execPath, [main, ...args], {
      cwd: folder,
      env: programEnv({ PORT: '0', DEMO: 'false', LOG_LEVEL: 'warn', ...where, ...settings }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    launched.push(child);
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (text) => {
      said.stdout += text;
    });
    child.stderr.on('data', (text) => {
      said.stderr += text;
    });
    const ended = once(child, 'close').then(([code]) => ({ code, ...said }));
    return { child, ended, said };
  }

  async function serve(settings: Record<string, string>) {
    const server = launch(settings);
    await expect
      .poll(() => server.said.stdout + server.said.stderr, { timeout: patience(100_000) })
      .toMatch(/^Database /m);
    const url = /^GraphQL +(\S+)/m.exec(server.said.stdout)?.[1] ?? '';
    const ask = async (query: string, variables = {}) => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
      return ((await response.json()) as { data: Record<string, never> }).data;
    };
    return { ...server, ask };
  }
  const STATUS = '{ viewer { embedding { model embedded pending } } }';
  const CREATE = `mutation ($input: CreateMemoriesInput!) { createMemories(input: $input) { __typename } }`;
  const input = { companion: { key: 'iris' }, memories: facts };

  /** Works on the database while no program does. */
  async function withTenant<T>(run: (tenant: Awaited<ReturnType<typeof openWorkspace>>) => Promise<T>): Promise<T> {
    const settings = {
      databaseUrl: where.DATABASE_URL,
      dataDir: where.DATA_DIR ?? '',
      poolSize: 2,
      textSearchConfig: 'english',
    };
    const database = await openDatabase(settings);
    try {
      return await run(await openWorkspace(database, WORKSPACE));
    } finally {
      await database.close();
    }
  }

  test('killed while vectors are pending, makes them when it is started again', async () => {
    const server = await serve(provider.settings());
    provider.misbehave('error');
    expect(await server.ask(CREATE, { input })).toEqual({ createMemories: { __typename: 'CreateMemoriesPayload' } });
    server.child.kill('SIGKILL');
    await server.ended;
    provider.misbehave(null);
    await withTenant((tenant) =>
      rowsOf(tenant, sql`update pending_embeddings set claimed_until = now() - interval '1 second', due_at = now()`),
    );
    const again = await serve(provider.settings());
    await expect
      .poll(() => again.ask(STATUS), { timeout: patience(100_000) })
      .toEqual({ viewer: { embedding: { model: MODEL, embedded: 150, pending: 0 } } });
    expect([...provider.embedded.values()].every((times) => times === 1)).toBe(true);
    again.child.kill('SIGTERM');
    expect(await again.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('`npm run reembed` makes all vectors again; it can be interrupted, and run again', async () => {
    const server = await serve({});
    await server.ask(CREATE, { input });
    await expect.poll(() => server.ask(STATUS)).toMatchObject({ viewer: { embedding: { embedded: 150, pending: 0 } } });
    server.child.kill('SIGTERM');
    await server.ended;

    const settings = provider.settings({ EMBEDDING_BATCH_SIZE: '10' });
    provider.misbehave({ delayMs: 50 });
    const broken = launch(settings, ['reembed']);
    await expect.poll(() => provider.requests.length, { timeout: patience(100_000), interval: 5 }).toBeGreaterThan(5);
    broken.child.kill('SIGINT');
    expect(await broken.ended).toMatchObject({ code: 0, stderr: expect.stringContaining('of 150 memories') });
    expect(broken.said.stdout).toMatch(
      /^\d+ memories have a vector of text-embedding-3-small \(64\), \d+ are pending\.\n$/,
    );
    await withTenant(async (tenant) => expect(await vectorsOf(tenant)).toHaveLength(2));

    const killed = launch(settings, ['reembed']);
    const asked = provider.requests.length;
    await expect
      .poll(() => provider.requests.length, { timeout: patience(100_000), interval: 5 })
      .toBeGreaterThan(asked);
    killed.child.kill('SIGKILL');
    await killed.ended;
    provider.misbehave(null);
    // What it had claimed is due again after a minute. Most of that minute is over:
    await withTenant((tenant) =>
      rowsOf(
        tenant,
        sql`update pending_embeddings set claimed_until = claimed_until - interval '57 seconds', due_at = due_at - interval '57 seconds'
          where claimed_until is not null`,
      ),
    );

    const done = { code: 0, stdout: '150 memories have a vector of text-embedding-3-small (64).\n' };
    expect(await launch(settings, ['reembed']).ended).toMatchObject(done);
    const asks = provider.requests.length;
    expect(await launch(settings, ['reembed']).ended).toMatchObject(done);
    expect(provider.requests.length, 'nothing is left to do').toBe(asks);
    const again = await serve(settings);
    const query = `{ recall(input: {companion: {key: "iris"}, query: "${contents[7]}", mode: SEMANTIC}) { mode nodes { content } } }`;
    expect(await again.ask(query)).toMatchObject({ recall: { mode: 'SEMANTIC' } });
    expect(provider.requests.length, 'the question was asked of the new model').toBe(asks + 1);
  });

  test('`npm run reembed` says what the provider says, and what there is to do', async () => {
    const ended = await launch({ EMBEDDING_PROVIDER: 'none' }, ['reembed']).ended;
    expect(ended).toEqual({ code: 0, stdout: 'EMBEDDING_PROVIDER is none: there is nothing to do.\n', stderr: '' });
  });
});
