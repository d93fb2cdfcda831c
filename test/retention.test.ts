import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { write } from '../src/db/write.ts';
import { NO_WORKSPACE, recordAction } from '../src/domain/audit/entries.ts';
import { deleteOutdated, keepRetention } from '../src/domain/retention/retention.ts';
import { newId } from '../src/kernel/ids.ts';
import { patience } from './support/calibration.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { asSuperuser, runAsSuperuser } from './support/tables.ts';

const service = useService();
const upsertUser = mutation(service, 'upsertUser', 'user { id }');
const createMemory = mutation(service, 'createMemory', 'memory { id }');
const workspaces = ['acme', 'globex', 'quiet'];
let database: Database;
beforeAll(async () => {
  database = (await service.tenant()).database;
  for (const workspace of workspaces) await service.tenant(workspace);
});

const counts = async (): Promise<{ keys: number; subjects: number; lines: number }> => {
  const rows = await asSuperuser(database, (connection) =>
    connection.script(`select (select count(*)::int from idempotency_keys) as keys,
      (select count(*)::int from idempotency_subjects) as subjects, (select count(*)::int from audit_entries) as lines`),
  );
  return rows[0] as { keys: number; subjects: number; lines: number };
};

/** An id as it was made so many days ago. */
const idOf = (days: number) => {
  const hex = (Date.now() - days * 86_400_000).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}${newId().slice(13)}`;
};

async function fill(): Promise<void> {
  for (const workspace of workspaces) {
    const caller = { workspace };
    await upsertUser({ externalId: 'maya', idempotencyKey: 'old' }, caller);
    const about = { companion: { key: 'iris' }, type: 'EXPERIENCE', content: 'x' };
    await createMemory({ ...about, idempotencyKey: 'old one' }, caller);
  }
  await runAsSuperuser(database, `update idempotency_keys set recorded_at = now() - interval '7 days 1 minute'`);
  for (const workspace of workspaces) await upsertUser({ externalId: 'maya', idempotencyKey: 'new' }, { workspace });
  const ids = await Promise.all(workspaces.map(async (name) => (await service.tenant(name)).workspaceId));
  for (const workspaceId of [...ids, NO_WORKSPACE]) {
    await runAsSuperuser(
      database,
      [91, 89]
        .map(
          (days) => `insert into audit_entries (workspace_id, id, at, actor, action, outcome, count)
            values ('${workspaceId}', '${idOf(days)}', now() - interval '${days} days', 'system:x', 'x', 'DONE', 1)`,
        )
        .join(';'),
    );
  }
}

describe('what is past its time', () => {
  test('goes from all workspaces, also from those that nobody writes to, and the rest stays', async () => {
    const before = await counts();
    await fill();
    const filled = await counts();
    expect(filled).toEqual({ keys: before.keys + 9, subjects: before.subjects + 3, lines: before.lines + 8 });
    await deleteOutdated(database, { auditDays: 90 });
    expect(await counts()).toEqual({ keys: before.keys + 3, subjects: before.subjects, lines: before.lines + 4 });
  });

  test('goes in batches, however much there is', async () => {
    const { workspaceId } = await service.tenant('quiet');
    const before = await counts();
    await runAsSuperuser(
      database,
      `insert into idempotency_keys (workspace_id, owner, key, mutation, input_hash, recorded_at)
       select '${workspaceId}', 'o', i::text, 'm', 'h', now() - interval '8 days' from generate_series(1, 2500) i`,
    );
    await deleteOutdated(database, { auditDays: 90 });
    expect(await counts()).toEqual(before);
  });

  test('goes without being asked while a server runs, at once when it starts', async () => {
    const before = await counts();
    await fill();
    const logged: string[] = [];
    const retention = keepRetention(database, { auditDays: 90 }, (text) => logged.push(text));
    try {
      await vi.waitFor(
        async () => expect(await counts()).toMatchObject({ subjects: before.subjects, lines: before.lines + 4 }),
        { timeout: patience(10_000) },
      );
    } finally {
      await retention.stop();
    }
    expect(logged).toEqual([]);
  });

  test('is a matter of days that an operator sets', async () => {
    await write(await service.tenant(), (tx) => recordAction(tx, 'x'));
    const before = await counts();
    await deleteOutdated(database, { auditDays: 30 });
    expect(await counts()).toEqual({ ...before, lines: before.lines - 8 });
  });
});
