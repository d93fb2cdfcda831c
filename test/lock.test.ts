import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockFolder } from '../src/db/lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'palimpsest-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lockOf = (data: string) => join(data, 'palimpsest.lock');
/** No process can have this id: it is above what any system gives. */
const NOBODY = 2 ** 30;

test('a folder that is taken says so, and is free again when given back', () => {
  const unlock = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(
    `The data folder ${folder} is open in this process already: use what has it open, close that first, or choose another folder.`,
  );
  unlock();
  expect(readdirSync(folder)).toEqual([]);
  lockFolder(folder)();
});

test.each([
  ['of a process that is gone', `${NOBODY} 1`],
  ['that says nothing', ''],
  ['that says nonsense', 'nobody'],
])('a lock %s is taken over', (_what, content) => {
  writeFileSync(lockOf(folder), content);
  lockFolder(folder);
  expect(readFileSync(lockOf(folder), 'utf8')).toMatch(`${process.pid}`);
  expect(readdirSync(folder)).toHaveLength(1);
});

test('a takeover that was cut short is taken over too', () => {
  for (const file of [lockOf(folder), `${lockOf(folder)}.takeover`]) writeFileSync(file, `${NOBODY} 1`);
  lockFolder(folder);
  expect(readdirSync(folder)).toEqual(['palimpsest.lock']);
});

describe.skipIf(!existsSync('/proc/self/stat'))('where the system says when a process started', () => {
  test('one that was given the id of a dead owner does not count as the owner', () => {
    lockFolder(folder);
    const [pid, start] = readFileSync(lockOf(folder), 'utf8').split(' ');
    writeFileSync(lockOf(folder), `${pid} ${Number(start) - 1}`);
    lockFolder(folder);
    expect(readFileSync(lockOf(folder), 'utf8')).toBe(`${pid} ${start}`);
  });

  test('one that has ended, and that nobody has waited for, does not count as alive', async () => {
    // The shell's own child ends at once, and what the shell becomes never waits for it.
    const shell = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const [line] = await once(createInterface(shell.stdout), 'line');
      const stat = () => readFileSync(`/proc/${line}/stat`, 'utf8').split(') ')[1] as string;
      writeFileSync(lockOf(folder), `${line} ${stat().split(' ')[19]}`);
      expect(() => lockFolder(folder)).toThrow(`in use by process ${line}`);
      await expect.poll(stat).toMatch(/^Z/);
      lockFolder(folder);
    } finally {
      shell.kill();
    }
  });
});

test('of processes that find the same dead owner at once, one takes the folder', async () => {
  const folders = Array.from({ length: 200 }, (_, index) => join(folder, `${index}`));
  for (const each of folders) {
    mkdirSync(each);
    writeFileSync(lockOf(each), `${NOBODY} 1`);
  }
  const script = `
    import { lockFolder } from ${JSON.stringify(new URL('../src/db/lock.ts', import.meta.url).href)};
    console.log('ready');
    process.stdin.once('data', (begin) => {
      const taken = ${JSON.stringify(folders)}.map((folder, index) => {
        while (Date.now() < Number(begin) + 2 * index);
        try { lockFolder(folder); return true; } catch { return false; }
      });
      console.log(JSON.stringify(taken));
    });`;
  const processes = Array.from({ length: 3 }, () => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    return { child, lines: createInterface(child.stdout)[Symbol.asyncIterator]() };
  });
  try {
    for (const { lines } of processes) expect((await lines.next()).value).toBe('ready');
    const begin = Date.now() + 100;
    for (const { child } of processes) child.stdin.write(`${begin}`);
    // A process that ended would count as dead: all wait until the last has tried.
    const taken = await Promise.all(processes.map(async ({ lines }) => JSON.parse((await lines.next()).value ?? '[]')));
    const winners = folders.map((_, index) => taken.filter((each) => each[index]).length);
    expect(winners).toEqual(folders.map(() => 1));
  } finally {
    for (const { child } of processes) child.kill();
  }
});
