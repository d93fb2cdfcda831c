import { beforeAll, expect, test } from 'vitest';
import type { Database, Session } from '../src/db/database.ts';
import { deleteWorkspace, openWorkspace, workspaceOf } from '../src/domain/workspace/workspaces.ts';
import { parseId } from '../src/kernel/ids.ts';
import { useService } from './support/service.ts';
import { asSuperuser, digestRows, runAsSuperuser, tableNames, tablesWith } from './support/tables.ts';
import { fill } from './support/tenants.ts';
import type { Ids } from './support/walk.ts';

const service = useService();
let database: Database;
let kept: Ids;

const uuidOf = ({ wsp }: Ids) => parseId(wsp[0] as string)?.uuid as string;
const keyOf = (table: string) => (table === 'workspaces' ? 'id' : 'workspace_id');
const digestOf = (ids: Ids) => digestRows(database, (table) => `${keyOf(table)} = '${uuidOf(ids)}'`);

/**
 * Something like it may come to be: a table that no code names, of which nobody remembers that it has to be emptied.
 */
const NEW_TABLE = `
  create table badges (workspace_id uuid not null references workspaces (id), label text not null, primary key (workspace_id, label));
  alter table badges enable row level security;
  alter table badges force row level security;
  create policy tenant on badges to palimpsest_app
    using (workspace_id = nullif(current_setting('palimpsest.workspace_id', true), '')::uuid);
  grant select, insert, update, delete on badges to palimpsest_app`;

/** The same database; `before` is told each statement, `after` what it answered. */
const watched = (
  before: (text: string, params: readonly unknown[]) => void,
  after: (text: string, rows: readonly unknown[]) => void = () => {},
): Database => ({
  ...database,
  async connect(): Promise<Session> {
    const connection = await database.connect();
    return {
      ...connection,
      async query(text, params, mode) {
        before(text, params);
        const rows = await connection.query(text, params, mode);
        after(text, rows);
        return rows;
      },
    };
  },
});

const isDeletion = (text: string) => /^\s*with gone as \(\s*delete/.test(text);

beforeAll(async () => {
  database = (await service.tenant()).database;
  await runAsSuperuser(database, NEW_TABLE);
  kept = await fill(service, 'kept', 'giraffe17', 1);
  await addRows(kept, 'giraffe17');
});

async function fillAndMark(workspace: string, marker: string): Promise<Ids> {
  const ids = await fill(service, workspace, marker, 1);
  await addRows(ids, marker);
  return ids;
}

/** Rows of tables that no request writes to. */
const addRows = (ids: Ids, marker: string) =>
  runAsSuperuser(
    database,
    `insert into badges values ('${uuidOf(ids)}', '${marker}');
     insert into chat_usage values ('${uuidOf(ids)}', 20000, 17);
     insert into consolidations select workspace_id, id, now(), 17 from companions
       where workspace_id = '${uuidOf(ids)}' on conflict do nothing`,
  );

test('deleting a workspace leaves nothing of it in any table, and every other as it was', async () => {
  const before = await digestOf(kept);
  const going = await fillAndMark('going', 'zebra17');
  const tables = await tableNames(database);
  expect(await tablesWith(database, uuidOf(going))).toEqual(tables);
  expect((await tablesWith(database, 'zebra17')).length).toBeGreaterThan(10);

  expect(await deleteWorkspace(await service.tenant('going'))).toBe(true);

  for (const trace of [
    'zebra17',
    uuidOf(going),
    ...Object.values(going).flatMap((ids) => ids.map((id) => parseId(id)?.uuid as string)),
  ]) {
    expect(await tablesWith(database, trace)).toEqual([]);
  }
  expect(await digestOf(kept)).toEqual(before);
  expect(await tablesWith(database, 'giraffe17')).toContain('badges');
});

test('what is deleted is unknown from then on: to all who ask, write or delete', async () => {
  await fill(service, 'unknown', 'zebra18', 0);
  const tenant = await service.tenant('unknown');
  await deleteWorkspace(tenant);
  expect(await deleteWorkspace(tenant)).toBe(false);
  for (const document of [
    '{ memories { totalCount } }',
    '{ viewer { workspace { name } } }',
    'mutation { upsertUser(input: { externalId: "maya" }) { __typename } }',
  ]) {
    const { errors } = await service.send(document, {}, { workspace: 'unknown' });
    expect(errors).toMatchObject([
      {
        message: 'The workspace of this credential has been deleted: use a credential of another one.',
        extensions: { code: 'UNAUTHENTICATED' },
      },
    ]);
  }
  expect(await tablesWith(database, tenant.workspaceId)).toEqual([]);
});

test('it goes in batches: what an interruption leaves nobody can use, and the next call finishes', async () => {
  const tenant = await service.tenant('large');
  await runAsSuperuser(
    database,
    `insert into users (workspace_id, id, external_id, created_at, updated_at)
     select '${tenant.workspaceId}', gen_random_uuid(), 'zebra19 ' || i, now(), now() from generate_series(1, 2500) i`,
  );
  const deletions: number[] = [];
  const isDue = (text: string) => isDeletion(text) && text.includes('"users"') && deletions.length === 1;
  const interrupted = watched(
    (text) => {
      if (isDue(text)) throw new Error('The power is out.');
    },
    (text, rows) => {
      if (isDeletion(text) && text.includes('"users"')) deletions.push((rows as { count: number }[])[0]?.count ?? 0);
    },
  );
  await expect(deleteWorkspace({ ...tenant, database: interrupted })).rejects.toThrow('The power is out.');
  expect(deletions).toEqual([1000]);
  const left = await asSuperuser(database, (connection) =>
    connection.script(`select count(*)::int as count from users where workspace_id = '${tenant.workspaceId}'`),
  );
  expect(left).toEqual([{ count: 1500 }]);

  const { errors } = await service.send('{ users { totalCount } }', {}, { workspace: 'large' });
  expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  await expect(openWorkspace(database, 'large')).rejects.toThrow('The workspace large is being deleted');

  expect(await deleteWorkspace(workspaceOf(database, 'large'))).toBe(true);
  expect(await tablesWith(database, tenant.workspaceId)).toEqual([]);
  expect(await tablesWith(database, 'zebra19')).toEqual([]);
  expect(await openWorkspace(database, 'large')).toMatchObject({ isNew: true });
});

test('where a batch takes longer than it may, smaller ones are taken', async () => {
  const tenant = await service.tenant('slow');
  await runAsSuperuser(
    database,
    `insert into users (workspace_id, id, external_id, created_at, updated_at)
     select '${tenant.workspaceId}', gen_random_uuid(), 'zebra20 ' || i, now(), now() from generate_series(1, 25) i`,
  );
  const limits = new Set<unknown>();
  const slow = watched((text, params) => {
    if (!isDeletion(text) || !text.includes('"users"')) return;
    const limit = params.at(-1);
    limits.add(limit);
    if (Number(limit) > 10) throw Object.assign(new Error('canceling statement'), { code: '57014' });
  });
  expect(await deleteWorkspace({ ...tenant, database: slow })).toBe(true);
  expect([...limits]).toEqual([1000, 100, 10, null]);
  expect(await tablesWith(database, 'zebra20')).toEqual([]);
});

test('what was being written when the deletion began goes too', async () => {
  const tenant = await service.tenant('busy');
  const ofBadges = (text: string) => isDeletion(text) && text.includes('"badges"');
  let isDue = false;
  const emptying = watched((text) => {
    isDue ||= ofBadges(text);
  });
  // As if a mutation that had entered before the mark committed after the table had been emptied.
  const busy: Database = {
    ...emptying,
    async connect() {
      const insert = `insert into badges values ('${tenant.workspaceId}', 'zebra21')`;
      if (isDue) await runAsSuperuser(database, insert.concat(' on conflict do nothing'));
      isDue = false;
      return emptying.connect();
    },
  };
  expect(await deleteWorkspace({ ...tenant, database: busy })).toBe(true);
  expect(await tablesWith(database, 'zebra21')).toEqual([]);
});
