import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { explain } from '../src/cli/explain.ts';
import { DatabaseUnavailable } from '../src/db/database.ts';
import { openEmbedded } from '../src/db/embedded.ts';
import { openDatabase } from '../src/db/open.ts';
import { orFull } from '../src/db/room.ts';
import { createTestDatabase, directUrl } from './support/database.ts';
import { programEnv } from './support/program-env.ts';
import { useProcesses } from './support/server-process.ts';

const launch = useProcesses();
const folder = mkdtempSync(join(tmpdir(), 'palimpsest-refused-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A start in which no file may be larger than so many KiB: as on a disk that is full. */
async function startConfined(dataDir: string, kibibytes: number) {
  const main = join(import.meta.dirname, '..', 'src', 'main.ts');
  const confine = `ulimit -f ${kibibytes}; exec "$0" "$@"`;
  const env = programEnv({ PORT: '0', DATA_DIR: dataDir });
  delete (env as Record<string, unknown>).NODE_COMPILE_CACHE;
  const child = spawn('bash', ['-c', confine, process.execPath, main], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => {
    stdout += text;
    if (/^Database /m.test(stdout)) child.kill('SIGTERM');
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr: stderr.trimEnd() };
}
const FULL =
  /^The disk is full: there is no room in \S+ \((?:EFBIG|ENOSPC)\)\. Free at least 100 MB, or set DATA_DIR to a folder on another disk, then start again: what was saved is kept\.$/;

describe('the embedded database on a disk that is full', () => {
  const dataDir = join(folder, 'confined');

  test('is not made, and is once there is room', async () => {
    expect(await startConfined(dataDir, 4_096)).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(FULL) });
    const server = launch({ DATA_DIR: dataDir, DEMO: 'true' });
    await server.ready;
    server.child.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('is not opened, and is as it was once there is room', async () => {
    expect(await startConfined(dataDir, 0)).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(FULL) });
    expect(readdirSync(dataDir)).toEqual(['data']);
    const database = await openEmbedded({ folder: dataDir });
    const session = await database.connect();
    const [row] = await session.script('select count(*)::int > 0 as some from memories');
    session.release();
    await database.close();
    expect(row).toEqual({ some: true });
  });

  test('says so of whatever failed, and of nothing where there is room', () => {
    const full = orFull(Object.assign(new Error('write'), { code: 'ENOSPC' }), folder) as DatabaseUnavailable;
    expect(full).toBeInstanceOf(DatabaseUnavailable);
    expect(full.message).toMatch(FULL);
    const other = new Error('Aborted()');
    expect(orFull(other, folder)).toBe(other);
  });
});

const UNKNOWN =
  /^The database has no text search configuration klingon: set TEXT_SEARCH_CONFIG to one of (?:\w+, )*english, (?:\w+, )*simple, (?:\w+, )*\w+\.$/;

test('a text search configuration that the embedded database does not have', async () => {
  const { code, stderr } = await launch({ DATA_DIR: join(folder, 'klingon'), TEXT_SEARCH_CONFIG: 'klingon' }).ended;
  expect([code, stderr.trimEnd()]).toEqual([1, expect.stringMatching(UNKNOWN)]);
});

test.skipIf(!directUrl)('a text search configuration that PostgreSQL does not have', async () => {
  const { url, directUrl: direct } = await createTestDatabase();
  const settings = { databaseUrl: url, directDatabaseUrl: direct, poolSize: 2, dataDir: '' };
  await expect(openDatabase({ ...settings, textSearchConfig: 'klingon' })).rejects.toThrow(UNKNOWN);
});

test.each([
  [
    Object.assign(new Error('value "secret" is no number'), { code: '22023' }),
    'the database answered SQLSTATE 22023: a value that it cannot read',
  ],
  [
    Object.assign(new Error('x'), { code: '23505', constraint: 'users_pkey' }),
    'the database answered SQLSTATE 23505 (users_pkey): a value that its tables do not allow',
  ],
  [Object.assign(new Error('x'), { code: 'P0001' }), 'the database answered SQLSTATE P0001: see its log'],
  [new RangeError('Invalid time value'), 'RangeError: Invalid time value'],
  [new Error('one\nat two.'), 'Error: one'],
  ['a string', 'a string'],
])('an unforeseen failure %o is one sentence, with what to do', (error, why) => {
  expect(explain(error)).toBe(
    `This should not have happened: ${why}. Try again; if it stays so, report it with what NODE_DEBUG=palimpsest shows.`,
  );
});
