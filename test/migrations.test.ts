import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getColumns } from 'drizzle-orm';
import { afterAll, expect, test } from 'vitest';
import * as tables from '../src/tables/all.ts';
import { openTestDatabase } from './support/database.ts';

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'palimpsest-migrations-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the committed migrations make the tables as the code has them', () => {
  cpSync(join(root, 'drizzle'), folder, { recursive: true });
  const before = readdirSync(folder);
  const kit = join(root, 'node_modules', '.bin', 'drizzle-kit');
  const options = ['--dialect', 'postgresql', '--schema', './src/tables/all.ts', '--out', folder];
  const said = execFileSync(kit, ['generate', ...options], { cwd: root, encoding: 'utf8' });
  expect(said).toContain('No schema changes');
  expect(readdirSync(folder)).toEqual(before);
});

test.each([
  [tables.memories, tables.memoriesHistory],
  [tables.relations, tables.relationsHistory],
  [tables.entities, tables.entitiesHistory],
  [tables.mentions, tables.mentionsHistory],
])('a history twin has the columns of its table, in order, behind known_until', async (table, twin) => {
  const names = (each: typeof table | typeof twin) => Object.values(getColumns(each)).map(({ name }) => name);
  expect(names(twin)).toEqual(['known_until', ...names(table)]);
});

test('a row cannot be changed without a stamp', async () => {
  const database = await openTestDatabase();
  const connection = await database.connect();
  try {
    await connection.script(`
      insert into workspaces (id, name) values ('00000000-0000-7000-8000-000000000001', 'w');
      insert into companions (workspace_id, id, key, name, created_at, updated_at)
        select id, id, 'c', 'c', now(), now() from workspaces;
      insert into entities (workspace_id, id, companion_id, type, name, folded_name, recorded_at, known_from)
        select id, id, id, 'place', 'Lisbon', 'lisbon', now(), now() from workspaces`);
    await expect(connection.script(`update entities set name = 'Lissabon'`)).rejects.toThrow('needs a stamp');
  } finally {
    connection.release();
    await database.close();
  }
});
