import type { Session } from '../../src/db/database.ts';
import { migrationFiles } from '../../src/db/migrations.ts';

/** Makes the tables as versions did that kept them in `public`: by the migrations before the one of a name. */
export async function migrateAsBefore(session: Session, end: string): Promise<void> {
  const files = migrationFiles();
  const before = files.slice(
    0,
    files.findIndex(({ name }) => name.endsWith(end)),
  );
  await session.script(`
    begin; set local search_path = public;
    create schema if not exists drizzle;
    create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint,
      name text, applied_at timestamp with time zone default now())`);
  for (const { sql, hash, folderMillis, name } of before) {
    for (const statement of sql) await session.script(statement);
    const note = 'insert into drizzle.__drizzle_migrations (hash, created_at, name) values ($1, $2, $3)';
    await session.query(note, [hash, String(folderMillis), name]);
  }
  await session.script('commit');
}
