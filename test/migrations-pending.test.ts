import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { migrate } from '../src/db/migrate.ts';
import { openEmptyDatabase } from './support/database.ts';
import { migrateAsBefore } from './support/earlier.ts';
import { inSession } from './support/migrations.ts';

let database: Database;
beforeAll(async () => {
  database = await openEmptyDatabase();
});
afterAll(() => database.close());

test('pending embeddings keep their rows, constraints, indexes and policy under their new name', async () => {
  await inSession(database, async (session) => {
    await migrateAsBefore(session, '_pending');
    await session.script(`begin; set local search_path = public;
      insert into workspaces (id, name) values ('00000000-0000-7000-8000-000000000001', 'w');
      alter table owed_embeddings no force row level security, disable trigger all;
      insert into owed_embeddings (workspace_id, memory_id, model, dimension, content_hash, attempts, embedding, due_at, taken_until)
        select id, id, 'm', 2, 'h', 3, '[1,2]', '2026-01-02T00:00Z', '2026-01-03T00:00Z' from workspaces;
      alter table owed_embeddings enable trigger all, force row level security;
      commit`);
  });
  await migrate(database);
  await inSession(database, async (session) => {
    const [row] = await session.script(`
      select model, dimension, content_hash, attempts, embedding::text, due_at, claimed_until from pending_embeddings`);
    expect(row).toEqual({
      model: 'm',
      dimension: 2,
      content_hash: 'h',
      attempts: 3,
      embedding: '[1,2]',
      due_at: new Date('2026-01-02T00:00Z'),
      claimed_until: new Date('2026-01-03T00:00Z'),
    });
    const names = await session.script(`
      select relname::text as name from pg_class where relname ~ '^(owed|pending)_'
      union select conname from pg_constraint where conname ~ '^(owed|pending)_' and contype <> 'n'
      union select polname || case when relforcerowsecurity then ' in force' end
        from pg_policy join pg_class c on c.oid = polrelid where polname = 'tenant' and relname = 'pending_embeddings'
      order by name`);
    expect(names.map((found) => (found as { name: string }).name).sort()).toEqual([
      'pending_embeddings',
      'pending_embeddings_IF4JLcqYuG3O_fkey',
      'pending_embeddings_content',
      'pending_embeddings_due',
      'pending_embeddings_pkey',
      'tenant in force',
    ]);
    expect(await session.script(`select conname from pg_constraint where conname ~ 'owed|taken_until'`)).toEqual([]);
  });
});
