import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { nameOf, shapeOf } from '../src/http/telemetry/trace-statements.ts';
import { readConfig } from '../src/library/config.ts';
import { patience } from './support/calibration.ts';
import { attribute, type CollectedSpan, startCollector } from './support/collector.ts';
import { openTestDatabase } from './support/database.ts';
import { programEnv } from './support/program-env.ts';
import { CREATE, MARKER, openTold, refuseSomeMemories, type Told, whisper } from './support/telemetry.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await refuseSomeMemories(database);
  const told = await openTold(database);
  const { errors } = await told.send(
    `mutation ($input: CreateMemoriesInput!) { createMemories(input: $input) { __typename } }`,
    {
      input: {
        companion: { key: 'iris' },
        memories: Array.from({ length: 100 }, (_, n) => ({ content: `Memory ${n}`, type: 'FACT' })),
      },
    },
  );
  expect(errors).toBeUndefined();
});
afterAll(() => database.close());

/** What a collector was sent of what a traced service was asked. */
async function traced(ask: (told: Told) => Promise<unknown>, env: Record<string, string> = {}) {
  const collector = await startCollector();
  const told = await openTold(database, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env });
  await ask(told);
  await told.telemetry.stop();
  await collector.stop();
  return { spans: collector.spans(), collector, told };
}

const parentOf = (spans: CollectedSpan[], { parentSpanId }: CollectedSpan) =>
  spans.find(({ spanId }) => spanId === parentSpanId);
/** The names from the request's span down to this one. */
function pathTo(spans: CollectedSpan[], span: CollectedSpan): string[] {
  const parent = parentOf(spans, span);
  return [...(parent ? pathTo(spans, parent) : []), span.name];
}
const named = (spans: CollectedSpan[], name: string) => spans.filter((span) => span.name === name);

const NESTED = 'query Latest { memories(first: 2) { nodes { id content versions(first: 1) { nodes { id } } } } }';

describe('a traced request', () => {
  test('leads from the operation by its resolvers to the statements', async () => {
    const { spans, collector, told } = await traced((service) => service.send(NESTED));
    const [root, ...others] = spans.filter((span) => !parentOf(spans, span));
    expect(others).toEqual([]);
    expect(root).toMatchObject({ name: 'POST /graphql', kind: 2, status: {} });
    expect(attribute(root as CollectedSpan, 'http.response.status_code')).toBe(200);
    const paths = spans.map((span) => pathTo(spans, span).join(' → '));
    const memories = 'POST /graphql → query Latest → Query.memories';
    expect(paths).toContain(`${memories} → begin`);
    expect(paths).toContain(`${memories} → select memories`);
    expect(paths.filter((path) => /Memory\.versions → \w+ \w+$/.test(path))).not.toEqual([]);
    // Fields that are there already have nothing to show.
    expect(paths.filter((path) => /Memory\.(?:id|content)/.test(path))).toEqual([]);
    for (const span of spans) {
      expect(span.traceId).toBe(root?.traceId);
      expect(Number(span.endTimeUnixNano)).toBeGreaterThanOrEqual(Number(span.startTimeUnixNano));
      expect(Number(span.startTimeUnixNano)).toBeGreaterThanOrEqual(Number(root?.startTimeUnixNano));
    }
    const [statement] = spans.filter(({ name }) => name === 'select memories') as [CollectedSpan];
    expect(statement.kind).toBe(3);
    expect(attribute(statement, 'db.query.text')).toMatch(/^select .*\$1/);
    expect(attribute(collector.resources()[0] as CollectedSpan, 'service.name')).toBe('palimpsest');
    expect(told.logged()).toMatchObject([{ traceId: root?.traceId, operationName: 'Latest' }]);
  });

  test('two at a time are two traces, each with statements of its own workspace', async () => {
    const { spans, told } = await traced(async ({ send }) => {
      const asked = ['acme', 'globex'].map((name) => send(NESTED, {}, { 'x-test-workspace': name }));
      await Promise.all(asked);
    });
    const roots = named(spans, 'POST /graphql');
    const workspaces = roots.map((root) => attribute(root, 'palimpsest.workspace.id'));
    const expected = await Promise.all(['acme', 'globex'].map(async (name) => (await told.tenant(name)).workspaceId));
    expect(new Set(workspaces)).toEqual(new Set(expected));
    expect(new Set(roots.map(({ traceId }) => traceId)).size).toBe(2);
    for (const { traceId } of roots) {
      const own = spans.filter((span) => span.traceId === traceId);
      expect(named(own, 'begin')).toHaveLength(1);
      expect(own.filter((span) => pathTo(own, span)[0] !== 'POST /graphql')).toEqual([]);
    }
  });

  test('goes on with the caller’s trace', async () => {
    const [trace, span] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
    const { spans } = await traced(({ send }) => send('{ __typename }', {}, { traceparent: `00-${trace}-${span}-01` }));
    expect(named(spans, 'POST /graphql')).toMatchObject([{ traceId: trace, parentSpanId: span }]);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([trace]));
  });

  test.each([
    ['its caller does not trace', { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00' }, {}],
    ['the sampler passes it over', {}, { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' }],
  ])('is none where %s', async (_, headers, env) => {
    const { spans, told } = await traced(({ send }) => send(NESTED, {}, headers as Record<string, string>), env);
    expect(spans).toEqual([]);
    expect(told.logged()[0]).not.toHaveProperty('traceId');
  });

  test.each([
    '00-0-0-01',
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  ])('begins a trace where what it came with is none: %s', async (traceparent) => {
    const { spans } = await traced(({ send }) => send('{ __typename }', {}, { traceparent }));
    const [root] = named(spans, 'POST /graphql');
    expect(root?.parentSpanId ?? '').toBe('');
    expect(root?.traceId).toMatch(/^(?!0{32})[\da-f]{32}$/);
  });

  test('has a bounded number of spans, and says how many are missing', async () => {
    const fields = ['relations', 'entities', 'versions', 'contradictions', 'history', 'again: relations'];
    const { spans } = await traced(({ send }) =>
      send(
        `{ memories(first: 100) { nodes { ${fields.map((field) => `${field}(first: 1) { totalCount }`).join(' ')} } } }`,
      ),
    );
    expect(spans.length).toBeGreaterThan(100);
    expect(spans.length).toBeLessThanOrEqual(501);
    const [root] = named(spans, 'POST /graphql') as [CollectedSpan];
    expect(Number(attribute(root, 'palimpsest.spans.omitted'))).toBeGreaterThan(50);
  });

  test('shows the wait for a connection', async () => {
    const held: { release(): void }[] = [];
    const { spans } = await traced(async ({ send }) => {
      const { most } = database.stats();
      for (let n = 0; n < most; n++) held.push(await database.connect());
      const answer = send('{ memories { totalCount } }');
      await expect.poll(() => database.stats().waiting).toBe(1);
      await sleep(20);
      for (const connection of held) connection.release();
      await answer;
    });
    const [wait] = named(spans, 'wait for a connection') as [CollectedSpan];
    expect(Number(wait.endTimeUnixNano) - Number(wait.startTimeUnixNano)).toBeGreaterThan(15e6);
  });

  test('that fails says by what code', async () => {
    const input = { companion: { key: 'iris' }, content: 'this breaks', type: 'FACT' };
    const { spans } = await traced(({ send }) => send(CREATE, { input }));
    const failed = spans.filter(({ status }) => status.code === 2);
    expect(failed.map((span) => [span.name.split(' ')[0], attribute(span, 'error.type')])).toEqual(
      expect.arrayContaining([
        ['POST', 'INTERNAL_SERVER_ERROR'],
        ['Mutation.createMemory', '23514'],
        [expect.stringMatching(/^(?:insert|with)$/), '23514'],
      ]),
    );
  });
});

test('nothing a caller says is in traces, no matter what goes wrong with it', async () => {
  const { collector, spans } = await traced(async (told) => {
    expect(JSON.stringify(await whisper(told))).toContain(MARKER);
  });
  expect(spans.filter((span) => attribute(span, 'error.type') === 'P0001')).not.toEqual([]);
  expect(spans.filter(({ name }) => name === 'select memories')).not.toEqual([]);
  expect(JSON.stringify(collector.received)).not.toContain(MARKER);
});

test('statements are told without the literals in them', () => {
  const text = `select set_config('app.workspace', 'x', true),\n  'it''s'  from  memories where id = $1`;
  expect(shapeOf(text)).toBe(`select set_config('?', '?', true), '?' from memories where id = $1`);
  expect(nameOf(shapeOf(text))).toBe('select memories');
  expect(nameOf('select 1 from unnest($1) id join memories on true')).toBe('select memories');
  expect(nameOf('with x as (insert into postings (a) values ($1))')).toBe('with postings');
  expect(nameOf('begin; select 1 from memories')).toBe('begin');
});

test('probes and scrapes are not traced', async () => {
  const { spans } = await traced(async ({ get }) => {
    for (const path of ['/health', '/ready', '/metrics', '/nowhere']) await (await get(path)).text();
  });
  expect(spans).toEqual([]);
});

test('a collector that is not there costs no answer, and does not keep the process', async () => {
  const told = await openTold(database, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
  expect((await told.send('{ memories { totalCount } }')).data.memories.totalCount).toBeGreaterThan(99);
  const before = performance.now();
  await told.telemetry.stop();
  expect(performance.now() - before).toBeLessThan(patience(5_000));
});

describe('by configuration', () => {
  const tracing = (env: Record<string, string>) => readConfig(env).telemetry.tracing;

  test.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' }, 'http://collector:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector/x' }, 'http://collector/x'],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, 'http://localhost:4318/v1/traces'],
    [{}, undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector', OTEL_TRACES_EXPORTER: 'none' }, undefined],
    [{ OTEL_TRACES_EXPORTER: 'otlp', OTEL_SDK_DISABLED: 'TRUE' }, undefined],
  ])('%o: to %s', (env, url) => {
    expect(tracing(env as Record<string, string>)?.url).toBe(url);
  });

  test('a service’s name, and a share', () => {
    const env = { OTEL_SERVICE_NAME: 'iris', OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' };
    expect(tracing({ ...env, OTEL_TRACES_EXPORTER: 'otlp' })).toMatchObject({
      serviceName: 'iris',
      sampler: 'traceidratio',
      ratio: 0.1,
    });
    expect(() => tracing({ OTEL_TRACES_SAMPLER: 'sometimes' })).toThrow(/OTEL_TRACES_SAMPLER/);
  });

  test(
    'nothing of it is loaded where it is off',
    () => {
      const url = (path: string) => JSON.stringify(fileURLToPath(new URL(`../src/${path}`, import.meta.url)));
      const program = `
      import { registerHooks } from 'node:module';
      const seen = [];
      registerHooks({ resolve: (name, context, next) => (seen.push(name), next(name, context)) });
      await import(${url('http/plugins/use-tracing.ts')});
      await import(${url('http/telemetry/trace-statements.ts')});
      const { openTelemetry } = await import(${url('http/telemetry/open.ts')});
      const { readConfig } = await import(${url('library/config.ts')});
      for (const env of [{}, { OTEL_TRACES_EXPORTER: 'otlp' }]) {
        await openTelemetry(readConfig(env).telemetry, {}, { isTerminal: false });
        console.log(seen.some((name) => name.startsWith('@opentelemetry/sdk')));
      }
      process.exit();`;
      const args = ['--input-type=module', '-e', program];
      const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', env: programEnv() });
      expect(stdout).toBe('false\ntrue\n');
    },
    patience(120_000),
  );
});
