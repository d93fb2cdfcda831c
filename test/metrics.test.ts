import { request } from 'node:http';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { ConsolidationTally } from '../src/domain/consolidation/tally.ts';
import { listen } from '../src/http/server.ts';
import { showConsolidation } from '../src/http/telemetry/consolidation-metrics.ts';
import { telemetryOf } from '../src/http/telemetry/settings.ts';
import { ConfigError, readConfig } from '../src/library/config.ts';
import { patience } from './support/calibration.ts';
import { openTestDatabase } from './support/database.ts';
import { startOpenAiServer } from './support/openai-server.ts';
import { CREATE, MARKER, openTold, refuseSomeMemories, type Told, whisper } from './support/telemetry.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await refuseSomeMemories(database);
});
afterAll(() => database.close());

/** What Prometheus reads of it: the value of each series. */
async function scrape(told: Told, headers?: Record<string, string>): Promise<Record<string, number>> {
  const response = await told.get('/metrics', headers);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
}

const memory = (content: string, key = 'iris') => ({ input: { companion: { key }, content, type: 'FACT' } });
const COUNT = '{ memories { totalCount } }';

describe('of requests', () => {
  test('are counted by type and outcome, their errors by code, and timed', async () => {
    const told = await openTold(database);
    await told.send(COUNT);
    await told.send('query Unknown { nobody }');
    await told.send('{');
    await told.send(CREATE, memory('Maya lives in Roda'), { 'x-test-workspace': 'globex' });
    await told.send(CREATE, memory('This breaks'));
    await told.send('mutation { forgetMemories(input: {ids: ["x"]}) { __typename } }');
    await (await told.get('/health')).text();
    const series = await scrape(told);
    const of = (prefix: string) =>
      Object.fromEntries(Object.entries(series).filter(([name]) => name.startsWith(prefix)));
    expect(of('palimpsest_requests_total')).toEqual({
      'palimpsest_requests_total{type="query",outcome="success"}': 1,
      'palimpsest_requests_total{type="query",outcome="refused"}': 1,
      'palimpsest_requests_total{type="none",outcome="refused"}': 1,
      'palimpsest_requests_total{type="mutation",outcome="success"}': 1,
      'palimpsest_requests_total{type="mutation",outcome="error"}': 1,
      'palimpsest_requests_total{type="mutation",outcome="refused"}': 1,
    });
    expect(of('palimpsest_errors_total')).toEqual({
      'palimpsest_errors_total{code="GRAPHQL_VALIDATION_FAILED"}': 1,
      'palimpsest_errors_total{code="GRAPHQL_PARSE_FAILED"}': 1,
      'palimpsest_errors_total{code="INTERNAL_SERVER_ERROR"}': 1,
      'palimpsest_errors_total{code="INVALID_INPUT"}': 1,
    });
    expect(series['palimpsest_request_duration_seconds_count{type="mutation"}']).toBe(3);
    const total = series['palimpsest_request_duration_seconds_sum{type="mutation"}'];
    expect(total).toBeGreaterThan(0);
    expect(total).toBeLessThan(patience(60));
    expect(series.process_resident_memory_bytes).toBeGreaterThan(1e6);
  });

  test('make no series of what callers choose', async () => {
    const told = await openTold(database);
    const ask = (name: string) => told.send(`query ${name} { memories { totalCount } ${name}: __typename }`);
    await ask('First');
    const own = async () => Object.keys(await scrape(told)).filter((name) => name.startsWith('palimpsest_'));
    const before = await own();
    for (let n = 0; n < 20; n++) await ask(`${MARKER}${n}`);
    await told.send(COUNT, {}, { 'x-test-workspace': 'globex', 'x-request-id': MARKER });
    expect(await own()).toEqual(before);
  });

  test('that are subscriptions count those open, what they were delivered, and who was too slow', async () => {
    const told = await openTold(database);
    const headers = { accept: 'text/event-stream' };
    const query = 'subscription { events(companion: {key: "followed"}) { node { memory { content } } } }';
    const follow = async () => (await told.post({ query }, headers)).body?.getReader() as Reader;
    type Reader = ReadableStreamDefaultReader<Uint8Array>;
    const takeOne = async (reader: Reader) => {
      const decoder = new TextDecoder();
      for (let text = ''; !text.includes('event: next'); ) text += decoder.decode((await reader.read()).value);
    };
    const followers = [await follow(), await follow()];
    const of = async () => {
      const series = await scrape(told);
      const named = (name: string) => series[`palimpsest_subscription${name}`];
      return [named('s_open'), named('_deliveries_total'), named('s_too_slow_total')];
    };
    expect(await of()).toEqual([2, 0, 0]);
    await told.send(CREATE, memory('Maya keeps bees', 'followed'));
    await Promise.all(followers.map(takeOne));
    expect(await of()).toEqual([2, 2, 0]);
    await followers[0]?.cancel();
    await vi.waitFor(async () => expect(await of()).toEqual([1, 2, 0]), { timeout: patience(20_000) });
    await followers[1]?.cancel();
    await vi.waitFor(async () => expect(await of()).toEqual([0, 2, 0]), { timeout: patience(20_000) });
  });

  test('hold nothing a caller says, nor whose it is', async () => {
    const told = await openTold(database);
    expect(JSON.stringify(await whisper(told))).toContain(MARKER);
    const text = await (await told.get('/metrics')).text();
    expect(text).toContain('palimpsest_errors_total{code="INTERNAL_SERVER_ERROR"}');
    expect(text).not.toContain(MARKER);
    for (const name of ['acme', 'globex']) expect(text).not.toContain((await told.tenant(name)).workspaceId);
  });

  test('in flight are counted until they are done, also where nobody waits for the answer', async () => {
    const told = await openTold(database);
    const server = await listen(told.service, 0);
    const inFlight = async () => (await scrape(told)).palimpsest_requests_in_flight;
    const held = await holdAll(database);
    const sent = request(server.url, { method: 'POST', headers: { 'content-type': 'application/json' } });
    const closed = new Promise((resolve) => sent.on('error', () => {}).on('close', resolve));
    sent.end(JSON.stringify({ query: COUNT }));
    await expect.poll(() => database.stats().waiting).toBe(1);
    // The scrape is one itself.
    expect(await inFlight()).toBe(2);
    sent.destroy();
    await closed;
    held.release();
    await expect.poll(inFlight).toBe(1);
    await server.stop();
  });
});

/** Takes all sessions there are. */
async function holdAll(database: Database) {
  const held = await Promise.all(Array.from({ length: database.stats().most }, () => database.connect()));
  const release = () => {
    for (const connection of held.splice(0)) connection.release();
  };
  onTestFinished(release);
  return { release };
}

describe('of the database', () => {
  test('count its sessions, and who waits for one; a scrape does not wait for what it cannot count', async () => {
    const told = await openTold(database);
    const { most } = database.stats();
    const held = await holdAll(database);
    const answer = told.send(COUNT);
    await expect.poll(() => database.stats().waiting).toBe(1);
    const before = performance.now();
    const series = await scrape(told);
    expect(performance.now() - before).toBeLessThan(patience(4_000));
    expect(series).toMatchObject({
      'palimpsest_database_connections{state="idle"}': 0,
      'palimpsest_database_connections{state="busy"}': most,
      palimpsest_database_connections_max: most,
      palimpsest_database_waiting: 1,
    });
    expect(series).not.toHaveProperty('palimpsest_contradictions_open');
    held.release();
    await answer;
    const inUse = () => database.stats().open - database.stats().idle + database.stats().waiting;
    await expect.poll(inUse).toBe(0);
    await expect.poll(() => scrape(told)).toHaveProperty('palimpsest_contradictions_open');
  });

  test('count every statement', async () => {
    const told = await openTold(database);
    const sent = async () => (await scrape(told)).palimpsest_statements_total as number;
    await sent();
    const before = await sent();
    const response = await told.post({ query: COUNT }, { 'x-cost': '1' });
    const { extensions } = (await response.json()) as { extensions: { cost: { statements: number } } };
    expect((await sent()) - before).toBe(extensions.cost.statements);
  });
});

test('what waits is counted over all workspaces served', async () => {
  // Nothing listens there: every vector is pending.
  const told = await openTold(database, {
    EMBEDDING_PROVIDER: 'openai',
    OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
    EMBEDDING_DEADLINE_MS: '50',
  });
  const CONTRADICT = `mutation ($id: ID!, $by: ID!) { contradictMemory(input: {id: $id, by: {memoryId: $by}}) { __typename } }`;
  for (const [workspace, count] of [
    ['acme', 3],
    ['globex', 2],
  ] as const) {
    const caller = { 'x-test-workspace': workspace };
    const ids: string[] = [];
    for (let n = 0; n < count; n++) {
      const { data } = await told.send(CREATE, memory(`Nothing waits like this ${n}`, 'noor'), caller);
      ids.push(data.createMemory.memory.id);
    }
    for (const by of ids.slice(1)) {
      const { data } = await told.send(CONTRADICT, { id: ids[0], by }, caller);
      expect(data.contradictMemory.__typename).toBe('ContradictMemoryPayload');
    }
  }
  const counted = await scrape(told);
  const { palimpsest_embeddings_owed: pending, palimpsest_contradictions_open: open } = counted;
  expect({ pending, open }).toEqual({ pending: 5, open: 3 });
  expect(counted.palimpsest_memories_unanalysed).toBe(0);
});

test('what is asked of a provider of vectors is counted, by whatever asks, and whether it is left in peace', async () => {
  const server = await startOpenAiServer({ dimension: 64, countsTokens: true });
  onTestFinished(() => server.stop());
  const env = { EMBEDDING_PROVIDER: 'openai', OPENAI_BASE_URL: server.url, EMBEDDING_DIMENSION: '64' };
  const told = await openTold(database, env);
  const asked = async () => {
    const series = Object.entries(await scrape(told)).filter(([name]) => name.startsWith('palimpsest_embedding_'));
    return Object.fromEntries(series.map(([name, value]) => [name.slice('palimpsest_embedding_'.length), value]));
  };
  const none = {
    'requests_total{outcome="success"}': 0,
    'requests_total{outcome="unavailable"}': 0,
    'requests_total{outcome="refused"}': 0,
    texts_total: 0,
    tokens_total: 0,
    paused: 0,
  };
  expect(await asked()).toEqual(none);
  await told.send(CREATE, memory('Every word of this is a token', 'otto'));
  const done = { ...none, 'requests_total{outcome="success"}': 1, texts_total: 1, tokens_total: 7 };
  expect(await asked()).toEqual(done);
  server.misbehave({ status: 401 });
  await told.send(CREATE, memory('This one is pending', 'otto'));
  expect(await asked()).toEqual({ ...done, 'requests_total{outcome="unavailable"}': 1, paused: 1 });
});

test('runs of consolidation are counted by their outcome, with what they made and how long they took', async () => {
  const registry = new Registry();
  const tally = new ConsolidationTally();
  showConsolidation(registry, tally);
  expect(await registry.metrics()).toContain('palimpsest_consolidation_last_run_timestamp_seconds 0\n');
  const before = Date.now() / 1000;
  tally.noteSummaries({ made: 3, remade: 2, retracted: 1 });
  tally.noteRun('success', 0.2);
  tally.noteRun('failed', 20);
  const text = await registry.metrics();
  const lastRun = /^palimpsest_consolidation_last_run_timestamp_seconds (\S+)$/m.exec(text)?.[1];
  expect(Number(lastRun)).toBeGreaterThanOrEqual(before);
  for (const line of [
    'runs_total{outcome="success"} 1',
    'runs_total{outcome="failed"} 1',
    'runs_total{outcome="stopped"} 0',
    'summaries_total{change="made"} 3',
    'summaries_total{change="remade"} 2',
    'summaries_total{change="retracted"} 1',
    'duration_seconds_bucket{le="0.25"} 1',
    'duration_seconds_bucket{le="30"} 2',
  ]) {
    expect(text).toContain(`palimpsest_consolidation_${line}\n`);
  }
});

describe('are for those who may read them:', () => {
  const TOKEN = 'a-token-for-prometheus';

  test('where a token is set, for a client that sends it', async () => {
    const told = await openTold(database, { METRICS_TOKEN: TOKEN });
    const shown = [undefined, '', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN];
    for (const authorization of shown) {
      const response = await told.get('/metrics', authorization === undefined ? {} : { authorization });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await response.text()).not.toContain('palimpsest_');
    }
    expect(await scrape(told, { authorization: `Bearer ${TOKEN}` })).toHaveProperty('palimpsest_requests_in_flight');
    expect(told.lines.join('')).not.toContain(TOKEN);
  });

  test('they are read only', async () => {
    const told = await openTold(database);
    const response = await told.service.fetch('http://test/metrics', { method: 'DELETE' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  test('turned off, they are not there', async () => {
    const told = await openTold(database, { METRICS: 'false' });
    expect((await told.get('/metrics')).status).toBe(404);
  });

  test('others never see them without a token', () => {
    const { telemetry } = readConfig({});
    expect(telemetry.metrics).toEqual({ token: undefined });
    const data = { OTEL_TRACES_SAMPLER: 'always_on', OTEL_TRACES_SAMPLER_ARG: 1 } as const;
    const settings = (given: object, isLoopback: boolean) =>
      telemetryOf({ ...data, ...given } as never, isLoopback).metrics;
    expect(settings({}, true)).toEqual({ token: undefined });
    expect(settings({}, false)).toBeUndefined();
    expect(settings({ METRICS_TOKEN: TOKEN }, false)).toEqual({ token: TOKEN });
    expect(settings({ METRICS_TOKEN: TOKEN, METRICS: 'false' }, false)).toBeUndefined();
    expect(() => settings({ METRICS: 'true' }, false)).toThrow(ConfigError);
    expect(() => readConfig({ METRICS_TOKEN: 'short' })).toThrow(/METRICS_TOKEN: 16 to 200 characters/);
  });
});
