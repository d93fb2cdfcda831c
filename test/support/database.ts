import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import postgres from 'postgres';
import { inject } from 'vitest';
import type { Connection, Database } from '../../src/db/database.ts';
import { openEmbedded } from '../../src/db/embedded.ts';
import { openPostgresql } from '../../src/db/postgresql.ts';

/** A test may run on a machine that has much else to do. */
const PATIENCE_MS = 60_000;

/** A migrated, empty database of this test file's own: embedded, or on the server of TEST_DATABASE_URL. */
export async function openTestDatabase({ poolSize = 10, poolWaitMs = PATIENCE_MS } = {}): Promise<Database> {
  const template = inject('template');
  if (template) {
    const url = process.env.TEST_DATABASE_URL as string;
    const name = `${template}_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
    const admin = postgres(url, { max: 1, onnotice: () => {} });
    await admin.unsafe(`create database ${name} template ${template}`);
    await admin.end();
    const own = new URL(url);
    own.pathname = `/${name}`;
    return openPostgresql({ url: own.href, poolSize, poolWaitMs });
  }
  return openEmbedded({ snapshot: readFileSync(inject('snapshot') as string), poolWaitMs });
}

/** The same database, with every message that goes to it noted: begin and commit count as one each. */
export function recordStatements(database: Database): Database & { statements: string[] } {
  const statements: string[] = [];
  return {
    kind: database.kind,
    textSearchConfig: database.textSearchConfig,
    statements,
    stats: () => database.stats(),
    close: () => database.close(),
    async connect(holder): Promise<Connection> {
      const connection = await database.connect(holder);
      return {
        query: (text, params, mode) => {
          statements.push(text);
          return connection.query(text, params, mode);
        },
        script: (text) => {
          statements.push(text);
          return connection.script(text);
        },
        release: () => connection.release(),
        finish: () => {
          statements.push('commit');
          connection.finish();
        },
      };
    },
  };
}
