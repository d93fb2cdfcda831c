import type { Database, Session } from '../../src/db/database.ts';
import { enter, type Tenant } from '../../src/db/transaction.ts';
import { onOneConnection } from './recall-data.ts';

/** A statement with its parameters, as it went to the driver. */
export interface Statement {
  text: string;
  params: unknown[];
  mode: Parameters<Session['query']>[2];
}

/** The same database, with the statements noted that the latest transaction sent between its begin and its commit. */
export function noteStatements(database: Database): Database & { latest: Statement[] } {
  const noting = {
    kind: database.kind,
    place: database.place,
    textSearchConfig: database.textSearchConfig,
    latest: [] as Statement[],
    stats: () => database.stats(),
    close: () => database.close(),
    connectDirect: () => database.connectDirect(),
    keepsSessions: database.keepsSessions,
    wakeUps: database.wakeUps,
    async connect(): Promise<Session> {
      const connection = await database.connect();
      return {
        query: (text, params, mode) => {
          noting.latest.push({ text, params, mode });
          return connection.query(text, params, mode);
        },
        script: (text) => {
          if (text.startsWith('begin')) noting.latest = [];
          return connection.script(text);
        },
        release: () => connection.release(),
        finish: () => connection.finish(),
      };
    },
  };
  return noting;
}

/**
 * Runs statements as the application reads: as its role, in its workspace, in one transaction. Beginning and ending it
 * is not timed.
 */
export function timedStatements(
  tenant: Tenant,
  statements: readonly Statement[],
  before = '',
): Promise<{ ms: number; rows: Record<string, unknown>[] }> {
  return onOneConnection(tenant.database, async (connection) => {
    await connection.script(`begin isolation level repeatable read read only; ${before} ${enter(tenant)}`);
    try {
      const start = performance.now();
      let rows: unknown[] = [];
      for (const { text, params, mode } of statements) rows = await connection.query(text, params, mode);
      return { ms: performance.now() - start, rows: rows as Record<string, unknown>[] };
    } finally {
      await connection.script('commit');
    }
  });
}
