import { fileURLToPath } from 'node:url';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import type { Database, Session } from '../../src/db/database.ts';

const migrationsFolder = fileURLToPath(new URL('../../drizzle', import.meta.url));

export async function inSession<T>(database: Database, use: (session: Session) => Promise<T>): Promise<T> {
  const session = await database.connect();
  try {
    return await use(session);
  } finally {
    session.release();
  }
}

/** Runs the migrations before the one of a name, and notes them as run. */
export async function migrateUpTo(session: Session, end: string): Promise<void> {
  const files = readMigrationFiles({ migrationsFolder });
  const before = files.slice(
    0,
    files.findIndex(({ name }) => name.endsWith(end)),
  );
  await session.script(`
    create schema drizzle;
    create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint, name text,
      applied_at timestamp with time zone default now())`);
  for (const { sql, hash, folderMillis, name } of before) {
    for (const statement of sql) await session.script(statement);
    const note = 'insert into drizzle.__drizzle_migrations (hash, created_at, name) values ($1, $2, $3)';
    await session.query(note, [hash, String(folderMillis), name]);
  }
}
