import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { patience } from './support/calibration.ts';
import { migratedFolder } from './support/data-folder.ts';
import { programEnv } from './support/program-env.ts';
import { jsonLines } from './support/transfer.ts';

// Moves by the commands of the program, on its embedded database.

const root = mkdtempSync(join(tmpdir(), 'palimpsest-moves-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** Runs a command on a data folder, to its end; answers what it prints. */
function run(data: string, ...args: string[]): string {
  const folder = join(root, data);
  const env = programEnv({ DATA_DIR: existsSync(folder) || args[0] === 'restore' ? folder : migratedFolder(folder) });
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', env });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.trim();
}

function exported(data: string): string {
  const file = join(root, `${data}.jsonl`);
  run(data, 'export', file);
  return readFileSync(file, 'utf8');
}

const file = (name: string, text: string): string => {
  writeFileSync(join(root, name), text);
  return join(root, name);
};

const at = (month: number) => new Date(Date.UTC(2026, month - 1, 1)).toISOString();
const phone = (id: string, month: number) => ({
  kind: 'memory',
  id,
  companion: 'iris',
  type: 'FACT',
  content: "Avery's phone number is 555-0101",
  validFrom: at(month),
  recordedAt: at(month),
});
const own = jsonLines([
  phone('phone-1', 1),
  phone('phone-2', 3),
  { kind: 'retraction', memory: 'phone-1', as: 'MISTAKE', recordedAt: at(2) },
]);
const graph = JSON.stringify(
  {
    entities: [
      { name: 'Cid_Moss', entityType: 'Person', observations: ['Status: active', ''] },
      { name: 'Project_X', entityType: 'Project', observations: ['Status: active'] },
    ],
    relations: [{ from: 'Cid_Moss', to: 'Project_X', relationType: 'leads' }],
  },
  null,
  2,
);

test('what was said again, and a graph, are imported, moved and backed up by commands', {
  timeout: patience(180_000),
}, () => {
  const again = file('again.jsonl', own);
  expect(run('first', 'import', again)).toBe('Made: 2 memories, 1 retraction. Already there: nothing.');
  expect(run('first', 'import', file('graph.json', graph), '--companion', 'otto')).toBe(
    'Made: 2 entities, 3 memories, 2 relations. Already there: nothing. Left out: 1 empty observation.',
  );
  expect(run('first', 'import', again)).toBe('Made: nothing. Already there: 2 memories, 1 retraction.');
  const whole = exported('first');
  expect(whole.match(/555-0101/g)).toHaveLength(2);
  expect(whole.match(/"content":"Status: active"/g)).toHaveLength(2);

  run('second', 'import', file('whole.jsonl', whole));
  expect(exported('second')).toBe(whole);

  run('first', 'backup', join(root, 'backup.tgz'));
  run('third', 'restore', join(root, 'backup.tgz'));
  expect(exported('third')).toBe(whole);
});

test('the conversations of another program are moved, and nothing of them twice', {
  timeout: patience(120_000),
}, () => {
  const history = fileURLToPath(new URL('support/histories/chatgpt.json', import.meta.url));
  const options = ['--format', 'chatgpt', '--companion', 'iris', '--user', 'maya', '--remember', 'none'];
  expect(run('said', 'import', history, ...options)).toBe(
    'Made: 2 conversations, 6 messages. Already there: nothing. Left out: empty messages (1).',
  );
  expect(run('said', 'import', history, ...options)).toMatch('Made: nothing.');
  const text = exported('said');
  expect(text).toContain('"kind":"conversation","companion":"iris","externalId":"66324b20-aaaa"');
  expect(run('moved', 'import', file('said.jsonl', text))).toMatch(
    'Made: 1 companion, 1 user, 2 conversations, 6 messages.',
  );
  expect(exported('moved')).toBe(text);
});
