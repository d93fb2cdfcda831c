import type { Connection } from './database.ts';
import { enter, type Tenant, TransactionScope } from './scope.ts';

/** Reads in a short transaction of its own: for where nothing may stay open, as while a provider is waited for. */
export async function readOnce<T>(tenant: Tenant, read: (scope: ReadScope) => Promise<T>): Promise<T> {
  const scope = new ReadScope(tenant);
  try {
    return await read(scope);
  } finally {
    await scope.end();
  }
}

/**
 * A consistent view of the database for as long as a request reads: a read-only transaction that begins with the
 * first statement, so that a request that needs none holds no connection. Call {@link end} when done, or before
 * anything slow: the next statement begins anew.
 */
export class ReadScope extends TransactionScope {
  readonly #tenant: Tenant;
  readonly #before: Promise<unknown>[] = [];
  #transaction: Promise<{ connection: Connection; now: Date }> | undefined;

  constructor(tenant: Tenant) {
    super(tenant);
    this.#tenant = tenant;
  }

  /** Has the view taken only when something slow is done that was begun before its first statement; resolves with that. */
  after<T>(work: Promise<T>): Promise<T> {
    this.#before.push(work.catch(() => {}));
    return work;
  }

  /** The moment this view was taken, by the database's clock. */
  async now(): Promise<Date> {
    return (await this.#begin()).now;
  }

  async end(): Promise<void> {
    const transaction = this.#transaction;
    this.#transaction = undefined;
    if (!transaction) return;
    const begun = await transaction.catch(() => undefined);
    if (!begun) return;
    try {
      await begun.connection.script('commit');
    } finally {
      begun.connection.release();
    }
  }

  protected async connection(): Promise<Connection> {
    return (await this.#begin()).connection;
  }

  #begin() {
    this.#transaction ??= this.#open();
    return this.#transaction;
  }

  async #open() {
    // Fields of one level resolve in one go: by then each has said what it has to wait for.
    await Promise.resolve();
    await Promise.all(this.#before);
    const connection = await this.#tenant.database.connect();
    try {
      const [row] = (await connection.script(
        `begin isolation level repeatable read read only; ${enter(this.#tenant)}`,
      )) as [{ now: Date }];
      return { connection, now: row.now };
    } catch (error) {
      await connection.script('rollback').catch(() => {});
      connection.release();
      throw error;
    }
  }
}
