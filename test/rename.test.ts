import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Columns to be renamed: where each is declared, and by what. */
const renamed = [
  {
    table: 'memory.ts',
    tables: ['memories', 'memoriesHistory'],
    column: 'recordedAt',
    declared: 'recordedAt: moment()',
  },
  { table: 'entity.ts', tables: ['entities', 'entitiesHistory'], column: 'foldedName', declared: 'foldedName: text()' },
  {
    table: 'relation.ts',
    tables: ['relations', 'relationsHistory'],
    column: 'strength',
    declared: 'strength: doublePrecision()',
  },
];

test('renaming a column in its table fails the type check wherever a statement uses it', async () => {
  const copy = mkdtempSync(join(tmpdir(), 'palimpsest-rename-'));
  try {
    for (const name of ['src', 'package.json', 'tsconfig.json'])
      cpSync(join(root, name), join(copy, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    for (const { table, column, declared } of renamed) {
      const file = join(copy, 'src/tables', table);
      const text = readFileSync(file, 'utf8');
      expect(text).toContain(declared);
      writeFileSync(file, text.replaceAll(declared, declared.replace(column, `${column}Renamed`)));
    }
    const used = usesOf(join(copy, 'src'));
    // Each of them is used, or this would show nothing.
    for (const { column } of renamed)
      expect(used.filter((use) => use.endsWith(` ${column}`)).length).toBeGreaterThan(0);
    const failed = await failedLines(copy);
    expect(used.filter((use) => !failed.has(use.replace(/ .*/, '')))).toEqual([]);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}, 120_000);

/**
 * Where statements name the columns through an alias of their table, `const m = under(memories, 'm')` and `${m.recordedAt}`:
 * `src/file.ts:line column`. What passes such a column on under a name of its own is wrong where it does so.
 */
function usesOf(src: string): string[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('tables'))
    .flatMap((file) => {
      const text = readFileSync(join(src, file), 'utf8');
      const aliases = [...text.matchAll(/^const (\w+) = under\((\w+), /gm)];
      const names = renamed.flatMap(({ tables, column }) =>
        aliases.filter(([, , of]) => tables.includes(of as string)).map(([, alias]) => String.raw`${alias}\.${column}`),
      );
      if (names.length === 0) return [];
      const pattern = new RegExp(`[$][{](?:\\w+[(])?(${names.join('|')})\\b`, 'g');
      return text
        .split('\n')
        .flatMap((line, index) =>
          [...line.matchAll(pattern)].map(([, name]) => `src/${file}:${index + 1} ${name?.replace(/.*\./, '')}`),
        );
    });
}

/** The lines that the compiler finds something wrong with, `src/file.ts:line`. */
async function failedLines(folder: string): Promise<Set<string>> {
  const tsc = join(folder, 'node_modules/.bin/tsc');
  const answer = await promisify(execFile)(tsc, ['--noEmit'], { cwd: folder, maxBuffer: 64 * 2 ** 20 }).catch(
    (error: { stdout: string }) => error,
  );
  return new Set([...answer.stdout.matchAll(/^(\S+\.ts)\((\d+),/gm)].map(([, file, line]) => `${file}:${line}`));
}
