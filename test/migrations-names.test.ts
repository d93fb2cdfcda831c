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

const names = ['straße', 'strasse', 'großstadt', 'i\u0307zmir', 'σίσυφος', 'lisbon', '東京'];

test('names that were in lower case are folded; two that become one stay apart', async () => {
  await inSession(database, async (session) => {
    await migrateAsBefore(session, '_schema');
    await session.script(`begin; set local search_path = public;
      insert into workspaces (id, name) values ('00000000-0000-7000-8000-000000000001', 'w');
      alter table companions no force row level security; alter table entities no force row level security;
      insert into companions (workspace_id, id, key, name, created_at, updated_at)
        select id, id, 'c', 'c', now(), now() from workspaces;
      insert into entities (workspace_id, id, companion_id, type, name, folded_name, recorded_at, known_from)
        select w.id, ('00000000-0000-7000-8000-00000000001' || place)::uuid, w.id, 'place', n.name, n.name, now(), now()
        from workspaces w, unnest(array[${names.map((name) => `'${name}'`).join()}]) with ordinality n (name, place);
      alter table companions force row level security; alter table entities force row level security;
      commit`);
  });
  await migrate(database);
  await inSession(database, async (session) => {
    const rows = await session.script('select name, folded_name from entities order by id');
    expect(rows.map((row) => Object.values(row as object))).toEqual([
      ['straße', 'straße'],
      ['strasse', 'strasse'],
      ['großstadt', 'grossstadt'],
      ['i\u0307zmir', 'izmir'],
      ['σίσυφος', 'σίσυφοσ'],
      ['lisbon', 'lisbon'],
      ['東京', '東京'],
    ]);
    const [{ forced }] = (await session.script(`
      select bool_and(relforcerowsecurity) as forced from pg_class where relname in ('entities', 'entities_history')`)) as [
      { forced: boolean },
    ];
    expect(forced).toBe(true);
  });
});
