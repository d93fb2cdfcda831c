import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { authenticateLocally } from '../src/domain/credential/authenticate.ts';
import { openWorkspace } from '../src/domain/workspace/workspaces.ts';
import { patience } from './support/calibration.ts';
import { openTestDatabase } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { openServer, type TestServer } from './support/server.ts';

// The conformance suite of the Model Context Protocol, those scenarios of it that need no tools of its own.

vi.setConfig({ testTimeout: patience(120_000) });

const scenarios = {
  '2026-07-28': [
    'tools-list',
    'resources-list',
    'prompts-list',
    'caching',
    'http-header-validation',
    'server-stateless',
    'sep-2164-resource-not-found',
    'dns-rebinding-protection',
  ],
  '2025-11-25': [
    'server-initialize',
    'ping',
    'tools-list',
    'resources-list',
    'prompts-list',
    'dns-rebinding-protection',
  ],
};

/** Checks that need tools which only a server has that is made for the suite. */
const untestable = new Set([
  'sep-2575-server-rejects-undeclared-capability',
  'sep-2575-missing-capability-http-400',
  'sep-2575-http-server-no-independent-requests-on-stream',
  'sep-2575-server-no-log-without-loglevel',
]);

interface Check {
  id: string;
  status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  errorMessage?: string;
}

const suite = join(
  dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json')),
  'dist/index.js',
);
const folder = mkdtempSync(join(tmpdir(), 'palimpsest-conformance-'));
let database: Database;
let server: TestServer;

beforeAll(async () => {
  database = await openTestDatabase();
  const { workspaceId } = await openWorkspace(database, 'acme', 'operator', (await localEmbeddings()).model);
  server = await openServer(database, { authenticate: authenticateLocally(workspaceId) });
});
afterAll(async () => {
  await server.stop();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What a scenario finds. */
async function checksOf(revision: string, scenario: string): Promise<{ checks: Check[]; said: string }> {
  const out = join(folder, `${revision}-${scenario}`);
  const url = server.url.replace('/graphql', '/mcp').replace('127.0.0.1', 'localhost');
  const args = ['server', '--url', url, '--scenario', scenario, '--spec-version', revision, '--output-dir', out];
  const said = await new Promise<string>((resolve) => {
    // Its exit code says whether something failed; what failed is in its file.
    execFile(process.execPath, [suite, ...args], (_error, stdout, stderr) => resolve(`${stdout}${stderr}`));
  });
  const [results] = readdirSync(out).map((name) => join(out, name, 'checks.json'));
  return { checks: JSON.parse(readFileSync(results as string, 'utf8')), said };
}

test.each(Object.entries(scenarios).flatMap(([revision, names]) => names.map((name) => [revision, name] as const)))(
  '%s: %s',
  async (revision, scenario) => {
    const { checks, said } = await checksOf(revision, scenario);
    expect(checks.filter(({ status }) => status === 'SUCCESS').length, said).toBeGreaterThan(0);
    const failed = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING');
    expect(failed.filter(({ id }) => !untestable.has(id))).toEqual([]);
    for (const { id, errorMessage } of failed) expect(errorMessage, id).toMatch(/not testable|fixture|test_/i);
  },
);
