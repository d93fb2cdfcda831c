import { LimitExceeded } from '../kernel/errors.ts';
import type { RowMode, Session } from './database.ts';
import { acquire, isOutage, unavailable } from './outage.ts';
import { BaseTransaction, enter, hasCode, type Tenant, timedOut, whyNotEntered } from './transaction.ts';

/** Reads in a short transaction of its own: for where nothing may stay open, as while a provider is waited for. */
export async function readOnce<T>(tenant: Tenant, read: (tx: ReadTransaction) => Promise<T>): Promise<T> {
  const tx = new ReadTransaction(tenant);
  try {
    return await read(tx);
  } finally {
    await tx.end();
  }
}

/** A session within a transaction that is about to begin: what is sent comes after that. */
interface Begun {
  session: Session;
  /** When the transaction began. Rejects where it could not. */
  now: Promise<Date>;
}

/**
 * A consistent view of the database for as long as a request reads: a read-only transaction that begins with the
 * first statement, so that a request that needs none holds no session. Call {@link end} when done, or before
 * anything slow: the next statement begins a new one.
 */
export class ReadTransaction extends BaseTransaction {
  readonly #tenant: Tenant;
  readonly #before: Promise<unknown>[] = [];
  #transaction: Promise<Begun> | undefined;
  #isClosed = false;

  constructor(tenant: Tenant) {
    super(tenant);
    this.#tenant = tenant;
  }

  /**
   * Has the view taken only when something slow is done that was begun before its first statement; resolves with that.
   */
  after<T>(work: Promise<T>): Promise<T> {
    this.#before.push(work.catch(() => {}));
    return work;
  }

  /** The moment this view was taken, by the database's clock. */
  async now(): Promise<Date> {
    return (await this.#begin()).now;
  }

  /** Ends the view. Statements that come later are refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.end();
  }

  /** Ends the view. */
  async end(): Promise<void> {
    const transaction = this.#transaction;
    this.#transaction = undefined;
    const begun = await transaction?.catch(() => undefined);
    begun?.session.finish();
  }

  protected async session(): Promise<Session> {
    return (await this.#begin()).session;
  }

  /** The first statement is sent together with what begins the transaction, and fails where that does. */
  protected override async query(text: string, params: unknown[], mode?: RowMode): Promise<unknown[]> {
    const { session, now } = await this.#begin();
    try {
      return await session.query(...this.narrowed(text, params), mode);
    } catch (error) {
      await now;
      throw error;
    }
  }

  #begin() {
    // What a request still asks when it has been answered would begin a transaction that nobody ends.
    if (this.#isClosed) return Promise.reject(new Error('a view that has been closed'));
    this.#transaction ??= this.#open();
    return this.#transaction;
  }

  async #open(): Promise<Begun> {
    // Fields of one level resolve in one go: by then each has said what it has to wait for.
    await Promise.resolve();
    await Promise.all(this.#before);
    const { database, workspaceId, statementTimeoutMs: limit } = this.#tenant;
    const session = explained(await acquire(database, workspaceId), limit);
    const timeout = limit === undefined ? '' : `set local statement_timeout = ${limit}; `;
    const now = session
      .script(`begin isolation level repeatable read read only; ${timeout}${enter(this.#tenant)}`)
      .then(
        (rows) => (rows as [{ now: Date }])[0].now,
        (error) => {
          throw whyNotEntered(error);
        },
      );
    now.catch(() => {});
    return { session, now };
  }
}

/** SQLSTATE of what comes after a statement that has failed. */
const aborted = new Set(['25P02']);

/** A session that says of a transaction's failures what they mean to the caller: of those that follow, too. */
function explained(session: Session, limit: number | undefined): Session {
  let failure: Error | undefined;
  const explain = (error: unknown): never => {
    if (hasCode(error, timedOut) && limit !== undefined) failure ??= tookTooLong(limit);
    else if (isOutage(error)) failure ??= unavailable(error);
    else if (!hasCode(error, aborted)) throw error;
    throw failure ?? error;
  };
  return {
    query: (...statement) => session.query(...statement).catch(explain),
    script: (text) => session.script(text).catch(explain),
    release: () => session.release(),
    finish: () => session.finish(),
  };
}

const tookTooLong = (limit: number) =>
  new LimitExceeded('Milliseconds that a statement may take: request less at once, or try again later', limit, limit);
