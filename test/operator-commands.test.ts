import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { migratedFolder } from './support/data-folder.ts';
import { createTestDatabase } from './support/database.ts';
import { post, useProcesses } from './support/server-process.ts';

// Commands as an operator starts them: what only reads makes nothing, and what a server noted is there when it has ended.

vi.setConfig({ testTimeout: patience(60_000), hookTimeout: patience(60_000) });

const launch = useProcesses();
const folder = mkdtempSync(join(tmpdir(), 'palimpsest-operator-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let settings: Record<string, string>;
beforeAll(async () => {
  settings = inject('template')
    ? { DATABASE_URL: (await createTestDatabase()).url }
    : { DATA_DIR: migratedFolder(join(folder, 'data')) };
});
const run = async (args: string[], more: Record<string, string> = {}) => {
  const { code, stdout, stderr } = await launch({ ...settings, ...more }, args).ended;
  return { code, stdout, stderr: stderr.trimEnd() };
};

test('a server that is stopped writes down what its last request did', async () => {
  const server = launch({ ...settings, LOG_LEVEL: 'silent' });
  const { status } = await post(await server.ready, 'mutation { purgeExpiredMemories(input: {}) { __typename } }');
  server.child.kill('SIGTERM');
  expect([status, (await server.ended).code]).toEqual([200, 0]);
  const { code, stdout } = await run(['admin', 'audit', '--json']);
  expect(code).toBe(0);
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([
    { actor: 'local:anyone', address: '127.0.0.1', action: 'purgeExpiredMemories', outcome: 'DONE', count: 1 },
    { workspace: 'default', actor: 'system:server', action: 'workspace create' },
  ]);
});

describe('a workspace that is not there is made by no command that only reads', () => {
  test.each([[['export', join(folder, 'out.jsonl')]], [['reembed']], [['consolidate']]])('%j', async (args) => {
    const answer = await run(args, { WORKSPACE: 'defualt' });
    expect(answer).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'There is no workspace defualt: is default meant? Set WORKSPACE to one that there is, as npm run admin -- ' +
        'workspace list shows them.',
    });
    expect(existsSync(join(folder, 'out.jsonl'))).toBe(false);
    expect((await run(['admin', 'workspace', 'list'])).stdout).not.toContain('defualt');
  });

  test('and one that is there is exported, which stands in the audit trail', async () => {
    const file = join(folder, 'whole.jsonl');
    expect(await run(['export', file])).toMatchObject({ code: 0 });
    expect(existsSync(file)).toBe(true);
    const { stdout } = await run(['admin', 'audit', '--limit', '1']);
    expect(stdout).toMatch(/ {2}default {2}system:export {2}export {2}DONE\n$/);
  });
});

describe('a database that is not there is made by no command that only reads', () => {
  const reading = [
    ['export', join(folder, 'none.jsonl')],
    ['reembed'],
    ['consolidate'],
    ['admin', 'workspace', 'list'],
    ['admin', 'workspace', 'delete', 'acme', '--yes'],
    ['admin', 'key', 'list', 'acme'],
    ['admin', 'key', 'create', 'acme', '--scopes', 'read'],
    ['admin', 'audit'],
  ];

  test.skipIf(process.env.TEST_DATABASE_URL).each([...reading, ['backup', join(folder, 'backup.tar.gz')]])(
    '%s %s %s',
    async (...args) => {
      const DATA_DIR = join(folder, 'mistyped');
      const { code, stdout, stderr } = await run(args.filter(Boolean), { DATA_DIR });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/no database/);
      expect(readdirSync(folder)).not.toContain('mistyped');
    },
  );

  test.runIf(process.env.TEST_DATABASE_URL)('on a server: its tables are made by none of them', async () => {
    const DATABASE_URL = (await createTestDatabase('template0')).url;
    for (const args of reading) {
      expect(await run(args, { DATABASE_URL }), args.join(' ')).toEqual({
        code: 1,
        stdout: '',
        stderr: 'The database has no tables of Palimpsest: check DATABASE_URL.',
      });
    }
  });
});
