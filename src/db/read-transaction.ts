import type { SQL } from 'drizzle-orm';
import { TookTooLong } from '../kernel/errors.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { RowMode, Session } from './database.ts';
import { NarrowedTransaction } from './narrowed-transaction.ts';
import { acquire, BrokenOff, isBrokenOff, isOutage, unavailable } from './outage.ts';
import { atPresent, type Begin, isBehind } from './present.ts';
import { toQuery } from './sql.ts';
import {
  BaseTransaction,
  enter,
  enterPrepared,
  hasCode,
  limits,
  type Narrowing,
  type Tenant,
  type Transaction,
  timedOut,
  whyNotEntered,
} from './transaction.ts';

/** How often a read is tried that the database breaks off. */
export const READ_ATTEMPTS = 3;

/**
 * Reads in a short transaction of its own: for where nothing may stay open, as while a provider is waited for. It is
 * read again where the database breaks it off, so `read` must not have effects.
 */
export async function readOnce<T>(tenant: Tenant, read: (tx: ReadTransaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const tx = new ReadTransaction(tenant);
    try {
      return await read(tx);
    } catch (error) {
      if (attempt >= READ_ATTEMPTS || !(error instanceof BrokenOff)) throw error;
    } finally {
      await tx.end();
    }
  }
}

/**
 * The same for one part of a long operation, whose rows do not go into the request's answer: it has a byte budget of its
 * own, of up to twice `bytes`. What it reads counts towards the bytes that the process holds, until `read` resolves. Throws
 * LimitExceeded beyond the budget, Unavailable where all requests together hold too much.
 */
export async function readPart<T>(
  tenant: Tenant,
  bytes: number,
  read: (tx: ReadTransaction) => Promise<T>,
): Promise<T> {
  const budget = tenant.budget?.another(bytes);
  try {
    return await readOnce(budget ? { ...tenant, budget } : tenant, read);
  } finally {
    budget?.release();
  }
}

/** A view that is read by one statement alone. */
export interface LoneView extends Pick<Transaction, 'workspaceId' | 'rows'> {
  /** The moment that the statement read at. */
  now(): Promise<Date>;
}

/** A session within a transaction that is about to begin: what is sent comes after that. */
interface Begun {
  session: Session;
  /** What is known of the clock since the transaction began. Rejects where it could not. */
  begin: Promise<Begin>;
  isBehind?: boolean;
  /** Something of this view has been read: another one may show something else. */
  isSeen?: boolean;
}

/**
 * A consistent view of the database for as long as a request reads: a read-only transaction that begins with the
 * first statement, so that a request that needs none holds no session. Call {@link end} when done, or before
 * anything slow: the next statement begins a new one. A view that the database breaks off before anything of it has
 * been read is replaced by another; later, statements reject with {@link BrokenOff}.
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

  /** The same view, of which no more is read than a restriction lets through: by the conditions of statements. */
  narrowedTo(restriction: Narrowing): Transaction {
    const query = (text: string, params: unknown[], mode?: RowMode) => this.query(text, params, mode);
    return new NarrowedTransaction({ ...this.#tenant, restriction }, query);
  }

  /**
   * The same view for who reads it by one statement and no other: that goes in one message with what begins it, where the
   * database takes such. The statement has its own view of the data: call this before anything else is read.
   */
  alone(): LoneView {
    let began: Promise<Begin> | undefined;
    return {
      workspaceId: this.workspaceId,
      rows: async <Row>(statement: SQL) => {
        if (began) throw new Error('a second statement of a view that has one');
        const { sql, params } = toQuery(statement);
        const answer = this.#readAlone(...this.narrowed(sql, params));
        began = answer.then(({ begin }) => begin);
        began.catch(() => {});
        return (await answer).rows as Row[];
      },
      now: async () => (began ? (await began).now : this.now()),
    };
  }

  /** The moment this view was taken: the present of the workspace then. */
  now(): Promise<Date> {
    return this.#see(async ({ begin }) => (await begin).now);
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

  protected override query(text: string, params: unknown[], mode?: RowMode): Promise<unknown[]> {
    return this.#see((begun) => ask(begun, ...this.narrowed(text, params), mode, this.#tenant.budget));
  }

  /** Reads something of the view, or of another where this one is broken off before anything of it has been read. */
  async #see<T>(read: (begun: Begun) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const transaction = this.#begin();
      const begun = await transaction;
      try {
        const seen = await read(begun);
        begun.isSeen = true;
        return seen;
      } catch (error) {
        if (attempt >= READ_ATTEMPTS || begun.isSeen || !(error instanceof BrokenOff)) throw error;
        // The first of those that the view has failed ends it.
        if (this.#transaction === transaction) await this.end();
      }
    }
  }

  async #readAlone(text: string, params: unknown[]): Promise<{ begin: Begin; rows: unknown[] }> {
    await Promise.all(this.#before);
    for (let attempt = 1; ; attempt++) {
      // What has been begun is read on.
      if (this.#transaction || this.#isClosed) return this.#readOn(text, params);
      const { database, workspaceId, statementTimeoutMs: limitMs, budget } = this.#tenant;
      const session = explained(await acquire(database, workspaceId), limitMs);
      const { readAlone } = session;
      if (!readAlone) {
        this.#transaction = Promise.resolve(this.#begunOn(session));
        return this.#readOn(text, params);
      }
      const enter = enterPrepared(this.#tenant);
      const read = { enter, statement: { text, params }, mode: 'objects', limitMs, budget } as const;
      try {
        const { began, rows } = await readAlone(read).finally(() => session.release());
        const begin = began as unknown as Begin;
        return isBehind(begin) ? await this.#readOn(text, params) : { begin, rows };
      } catch (error) {
        if (attempt >= READ_ATTEMPTS || !(error instanceof BrokenOff)) throw whyNotEntered(error);
      }
    }
  }

  async #readOn(text: string, params: unknown[]): Promise<{ begin: Begin; rows: unknown[] }> {
    return this.#see(async (begun) => ({
      rows: await ask(begun, text, params, undefined, this.#tenant.budget),
      begin: await begun.begin,
    }));
  }

  #begin(): Promise<Begun> {
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
    return this.#begunOn(explained(await acquire(database, workspaceId), limit));
  }

  #begunOn(session: Session): Begun {
    const { statementTimeoutMs: limit } = this.#tenant;
    const begin = session
      .script(`begin isolation level repeatable read read only; ${limits(limit)}; ${enter(this.#tenant)}`)
      .then(
        (rows) => (rows as [Begin])[0],
        (error) => {
          throw whyNotEntered(error);
        },
      );
    const begun: Begun = { session, begin };
    begin.then(
      (known) => {
        begun.isBehind = isBehind(known);
      },
      () => {},
    );
    return begun;
  }
}

/**
 * A statement that is sent together with what begins the transaction fails where that does, and is sent again, for the
 * present, where that has found the clock behind.
 */
async function ask(
  begun: Begun,
  text: string,
  params: unknown[],
  mode?: RowMode,
  budget?: ByteBudget,
): Promise<unknown[]> {
  const { session, begin, isBehind: known } = begun;
  if (known) return session.query(atPresent(text), params, mode, budget);
  let rows: unknown[];
  try {
    rows = await session.query(text, params, mode, budget);
  } catch (error) {
    await begin;
    throw error;
  }
  return known === undefined && isBehind(await begin) ? session.query(atPresent(text), params, mode, budget) : rows;
}

/** SQLSTATE of what comes after a statement that has failed. */
const aborted = new Set(['25P02']);

/** A session that says of a transaction's failures what they mean to the caller: of those that follow, too. */
function explained(session: Session, limit: number | undefined): Session {
  let failure: Error | undefined;
  const explain = (error: unknown): never => {
    if (hasCode(error, timedOut) && limit !== undefined) failure ??= tookTooLong(limit);
    else if (isBrokenOff(error)) failure ??= new BrokenOff(error);
    else if (isOutage(error)) failure ??= unavailable(error);
    else if (!hasCode(error, aborted)) throw error;
    throw failure ?? error;
  };
  const { readAlone } = session;
  return {
    query: (...statement) => session.query(...statement).catch(explain),
    ...(readAlone && { readAlone: (read) => readAlone(read).catch(explain) }),
    script: (text) => session.script(text).catch(explain),
    release: () => session.release(),
    finish: () => session.finish(),
  };
}

const tookTooLong = (limit: number) =>
  new TookTooLong('Milliseconds that a statement may take: request less at once, or try again later', limit, limit);
