import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { directUrl } from './support/database.ts';
import { mutation } from './support/mutations.ts';
import { programEnv } from './support/program-env.ts';
import { ON_TABLES } from './support/search-path.ts';
import { useService } from './support/service.ts';
import { countRows } from './support/tables.ts';

/** How often a server is killed; more is asked for by the environment. */
const ROUNDS = Number(process.env.ROUNDS ?? 2);
vi.setConfig({ testTimeout: patience(60_000 + ROUNDS * 20_000) });

const CORRECT = `mutation ($input: CorrectMemoryInput!) {
  correctMemory(input: $input) {
    __typename
    ... on CorrectMemoryPayload { memory { id content } corrected { id status } }
    ... on Error { code message }
  }
}`;

describe('twenty retries at once', () => {
  const service = useService();
  const create = mutation(service, 'createMemory', 'memory { id }');
  const correct = mutation(service, 'correctMemory', 'memory { id content } corrected { id status }');

  test.each([
    ['MISTAKE', 'CORRECTED'],
    ['CHANGE', 'ENDED'],
  ])('of a correction by %s have one effect and one answer', async (kind, status) => {
    const made = {
      companion: { key: 'iris' },
      type: 'FACT',
      content: `${kind} to come`,
      validFrom: '2026-01-01T00:00:00Z',
    };
    const { id } = (await create(made)).memory;
    const { database } = await service.tenant();
    const before = await countRows(database);
    const input = { idempotencyKey: `correct by ${kind}`, id, kind, content: `${kind} corrected` };
    const answers = await Promise.all(Array.from({ length: 20 }, () => correct(input)));
    expect(answers[0]).toEqual({
      __typename: 'CorrectMemoryPayload',
      memory: { id: expect.stringMatching(/^mem_/), content: `${kind} corrected` },
      corrected: { id, status },
    });
    expect(answers).toEqual(Array(20).fill(answers[0]));
    const after = await countRows(database);
    const added = (table: string) => (after[table] ?? 0) - (before[table] ?? 0);
    expect(['memories', 'decisions', 'events', 'idempotency_keys'].map(added)).toEqual([1, 1, 1, 1]);
    expect(await correct({ ...input, content: 'Another' })).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  });
});

const launched: ChildProcess[] = [];
afterAll(() => {
  for (const child of launched) child.kill('SIGKILL');
});

/** Starts the program as an operator does, and waits until it listens. */
async function serve(settings: Record<string, string>) {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const env = programEnv({ PORT: '0', DEMO: 'false', ...settings });
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  launched.push(child);
  const ended = once(child, 'close');
  let [said, complaints] = ['', ''];
  child.stderr.on('data', (text) => {
    complaints += text;
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (text) => {
      said += text;
      if (/^Database .*\n/m.test(said)) resolve(/^GraphQL +(\S+)/m.exec(said)?.[1] as string);
    });
    ended.then(() => reject(new Error(`It ended: ${complaints}`)));
  });
  return {
    /** What it answers. */
    async ask(query: string, variables: object = {}) {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
      const { data, errors } = await response.json();
      expect(errors, complaints).toBeUndefined();
      return data;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
type Server = Awaited<ReturnType<typeof serve>>;

const READ = `query ($id: ID!) { memory(id: $id) { status versions { nodes { id content } }
  history { nodes { kind } } relations { nodes { type } } } }`;

async function makeMemory({ ask }: Server, content: string): Promise<string> {
  const { createMemory } = await ask(
    `mutation ($input: CreateMemoryInput!) { createMemory(input: $input) { ... on CreateMemoryPayload { memory { id } } } }`,
    { input: { companion: { key: 'iris' }, type: 'FACT', content } },
  );
  return createMemory.memory.id;
}

/** The correction has happened, once, and a retry answers with it; what is there is what the retry says is there. */
async function expectOnce({ ask }: Server, input: { id: string; content: string }): Promise<void> {
  const { correctMemory } = await ask(CORRECT, { input });
  expect(correctMemory).toEqual({
    __typename: 'CorrectMemoryPayload',
    memory: { id: expect.stringMatching(/^mem_/), content: input.content },
    corrected: { id: input.id, status: 'CORRECTED' },
  });
  expect((await ask(CORRECT, { input })).correctMemory).toEqual(correctMemory);
  const { memory } = await ask(READ, { id: input.id });
  expect(memory.versions.nodes).toHaveLength(2);
  expect(memory.versions.nodes).toContainEqual(correctMemory.memory);
  expect(memory.relations.nodes).toEqual([{ type: 'CORRECTS' }]);
  expect(memory.history.nodes).toEqual([{ kind: 'RECORDED' }, { kind: 'CORRECTED' }]);
}

/**
 * Kills servers at one moment after another of a correction, at last when others see it; each next one is asked again.
 */
async function killAtAnyMoment(settings: Record<string, string>): Promise<void> {
  let server = await serve(settings);
  const warmUp = await makeMemory(server, 'Warm up');
  const started = performance.now();
  await server.ask(CORRECT, { input: { id: warmUp, content: 'Warmed up' } });
  const span = performance.now() - started;
  for (let round = 0; round <= ROUNDS; round++) {
    const id = await makeMemory(server, `Before kill ${round}`);
    const input = { idempotencyKey: `kill ${round}`, id, content: `After kill ${round}` };
    const unheard = server.ask(CORRECT, { input }).catch(() => {});
    if (round < ROUNDS) {
      await sleep(((round + 0.5) / ROUNDS) * span);
    } else {
      const { ask } = server;
      const countVersions = async () => (await ask(READ, { id })).memory.versions.nodes.length;
      await expect.poll(countVersions, { interval: 1, timeout: patience(10_000) }).toBe(2);
    }
    await server.kill();
    await unheard;
    server = await serve(settings);
    await expectOnce(server, input);
  }
  await server.kill();
}

describe.skipIf(process.env.TEST_DATABASE_URL)('a server with a folder of its own,', () => {
  const folder = mkdtempSync(join(tmpdir(), 'palimpsest-interruption-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('killed at any moment of a correction: a retry has its effect once', async () => {
    await killAtAnyMoment({ DATA_DIR: join(folder, 'data') });
  });
});

describe.skipIf(!process.env.TEST_DATABASE_URL)('a server on PostgreSQL,', () => {
  const name = () => `${inject('template')}_interruption`;
  const url = () => Object.assign(new URL(process.env.TEST_DATABASE_URL as string), { pathname: name() }).href;
  const connect = (to: string) => postgres(to, { max: 2, onnotice: () => {}, connection: ON_TABLES });
  beforeAll(async () => {
    const admin = connect(directUrl as string);
    await admin.unsafe(`create database ${name()} template ${inject('template')}`);
    await admin.end();
  });

  test('killed at any moment of a correction: a retry has its effect once', async () => {
    await killAtAnyMoment({ DATABASE_URL: url() });
  });

  test('killed between the commit and the answer: a retry answers with what was done', async () => {
    const sql = connect(Object.assign(new URL(directUrl as string), { pathname: name() }).href);
    const server = await serve({ DATABASE_URL: url() });
    const id = await makeMemory(server, 'Not committed yet');
    const input = { idempotencyKey: 'unanswered', id, content: 'Committed, never answered' };
    // The correction has nothing to do with entities, which its answer asks for: it has to wait for them.
    const lock = await sql.reserve();
    await lock`begin`;
    await lock`lock table entities in access exclusive mode`;
    let isAnswered = false;
    const asked = server
      .ask(CORRECT.replace('content }', 'content entities { totalCount } }'), { input })
      .finally(() => {
        isAnswered = true;
      });
    asked.catch(() => {});
    await expect
      .poll(() => sql`select from memories where content = ${input.content}`, { timeout: 4_000 })
      .toHaveLength(1);
    expect(isAnswered).toBe(false);
    await server.kill();
    await expect(asked).rejects.toThrow('fetch failed');
    await lock`rollback`;
    lock.release();
    await sql.end();
    const next = await serve({ DATABASE_URL: url() });
    await expectOnce(next, input);
    await next.kill();
  });
});
