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

const id = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const W = id(1);

test('events name the kind of who acted where it can be told; keys in plain text go; each workspace has a secret', async () => {
  await inSession(database, async (session) => {
    await migrateAsBefore(session, '_schema');
    const events = [
      ['agent', '2026-02-01'],
      ['agent', '2025-12-01'],
      ['local', '2026-02-01'],
      ['import', '2026-02-01'],
      ['demo', '2026-02-01'],
      ['ada@issuer', '2026-02-01'],
    ];
    await session.script(`begin; set local search_path = public;
      insert into workspaces (id, name) values ('${W}', 'w'), ('${id(2)}', 'v');
      alter table events no force row level security, disable trigger all;
      alter table api_keys no force row level security, disable trigger all;
      alter table idempotency_keys no force row level security, disable trigger all;
      insert into api_keys (workspace_id, id, name, secret_hash, scopes, created_at)
        values ('${W}', '${id(3)}', 'agent', 'h', '{READ}', '2026-01-01T00:00Z');
      ${events
        .map(
          ([actor, at], n) => `insert into events
            (workspace_id, id, position, kind, at, actor, memory_id, lineage_id, companion_id)
            values ('${W}', '${id(10 + n)}', ${n}, 'RECORDED', '${at}T00:00Z', '${actor}', '${W}', '${W}', '${W}');`,
        )
        .join('\n')}
      insert into events (workspace_id, id, position, kind, at, actor, memory_id, lineage_id, companion_id)
        values ('${id(2)}', '${id(20)}', 1, 'RECORDED', '2026-02-01T00:00Z', 'agent', '${W}', '${W}', '${W}');
      insert into idempotency_keys (workspace_id, key, mutation, input_hash, recorded_at)
        values ('${W}', 'zebra51', 'createMemory', 'h', now());
      alter table events enable trigger all, force row level security;
      alter table api_keys enable trigger all, force row level security;
      alter table idempotency_keys enable trigger all, force row level security;
      commit`);
  });
  await migrate(database);
  await inSession(database, async (session) => {
    const rows = (await session.script('select actor from events order by workspace_id, position')) as {
      actor: string;
    }[];
    expect(rows.map(({ actor }) => actor)).toEqual([
      'key:agent',
      'agent',
      'local:anyone',
      'system:import',
      'system:demo',
      'ada@issuer',
      'agent',
    ]);
    expect(await session.script('select key from idempotency_keys')).toEqual([]);
    const secrets = (await session.script('select secret from workspaces')) as { secret: string }[];
    expect(new Set(secrets.map(({ secret }) => secret)).size).toBe(2);
    for (const { secret } of secrets) expect(secret).toMatch(/^[0-9a-f-]{72}$/);
    const [forced] = await session.script(`select bool_and(relforcerowsecurity) as all from pg_class
      where relname in ('events', 'api_keys', 'audit_entries', 'idempotency_keys', 'idempotency_subjects')`);
    expect(forced).toEqual({ all: true });
  });
});
