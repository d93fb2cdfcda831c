import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import postgres from 'postgres';
import { inject } from 'vitest';
import type { Database, Session } from '../../src/db/database.ts';
import { openEmbedded } from '../../src/db/embedded.ts';
import { openPostgresql } from '../../src/db/postgresql.ts';
import { comparing } from './both-ways.ts';
import { patience } from './calibration.ts';

/** A test may run on a machine that has much else to do. */
const PATIENCE_MS = patience(60_000);

/**
 * Where databases are made, copied and dropped, and what needs a session goes: past the pooler, where TEST_DATABASE_URL
 * leads through one.
 */
export const directUrl = process.env.TEST_DIRECT_DATABASE_URL ?? process.env.TEST_DATABASE_URL;

/** A server's URL with another database. */
export const withDatabase = (url: string, name: string): string =>
  Object.assign(new URL(url), { pathname: `/${name}` }).href;

/**
 * A migrated, empty database on the server of TEST_DATABASE_URL, or a copy of another one there: its URLs, through a
 * pooler or not, and past it.
 */
export async function createTestDatabase(template = inject('template')): Promise<{ url: string; directUrl: string }> {
  const name = `${inject('template')}_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const admin = postgres(directUrl as string, { max: 1, onnotice: () => {} });
  await admin.unsafe(`create database ${name} template ${template}`);
  await admin.end();
  return {
    url: withDatabase(process.env.TEST_DATABASE_URL as string, name),
    directUrl: withDatabase(directUrl as string, name),
  };
}

/** A migrated, empty database of this test file's own: embedded, or on the server of TEST_DATABASE_URL. */
export async function openTestDatabase({ poolSize = 10, poolWaitMs = PATIENCE_MS } = {}): Promise<Database> {
  if (inject('template')) return openPostgresql({ ...(await createTestDatabase()), poolSize, poolWaitMs });
  return openEmbedded({ dump: readFileSync(inject('dump') as string), poolWaitMs });
}

/** A database of this test file's own without any tables. */
export async function openEmptyDatabase(): Promise<Database> {
  const bare = inject('bare');
  if (bare) return openEmbedded({ dump: readFileSync(bare), poolWaitMs: PATIENCE_MS });
  return openPostgresql({ ...(await createTestDatabase('template1')), poolSize: 2, poolWaitMs: PATIENCE_MS });
}

/** The same database, with every message that goes to it noted: begin and commit count as one each. */
export function recordStatements(database: Database): Database & { statements: string[] } {
  const statements: string[] = [];
  return {
    ...database,
    statements,
    async connect(...who): Promise<Session> {
      const connection = await database.connect(...who);
      const { readAlone } = connection;
      let isNoted = false;
      const note = (text: string) => {
        if (comparing.getStore()) return;
        statements.push(text);
        isNoted = true;
      };
      return {
        query: (...statement) => {
          note(statement[0]);
          return connection.query(...statement);
        },
        script: (text) => {
          note(text);
          return connection.script(text);
        },
        ...(readAlone && {
          readAlone: (read) => {
            note(read.statement.text);
            return readAlone(read);
          },
        }),
        release: () => connection.release(),
        finish: () => {
          if (isNoted) statements.push('commit');
          connection.finish();
        },
      };
    },
  };
}
