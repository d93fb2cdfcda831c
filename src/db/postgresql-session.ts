import postgres from 'postgres';
import type { ByteBudget } from './byte-budget.ts';
import { DatabaseUnavailable, type RowMode } from './database.ts';
import type { Reach } from './database-url.ts';
import { greetedPid } from './internals/greeted-pid.ts';
import { DatabaseGone, UNPREPARED } from './outage.ts';
import { Pinning } from './pinning.ts';
import { askPath, type Place } from './place.ts';
import { parseTimestamp, TIMESTAMPTZ } from './timestamp.ts';

/** How long a transaction that has only read may stay open, so that its commit is sent with the next statement. */
const FINISH_WITHIN_MS = 2;
/** How long an answer may take beyond the time its statement may take. After that the session counts as lost. */
const SILENCE_MS = 5_000;
/** How many statements a session may keep prepared, which here and in PostgreSQL take memory until it ends. */
const MAX_STATEMENTS = 500;
/** How long connecting may take. */
const CONNECT_TIMEOUT_MS = 10_000;

/** The time limit of one transaction. The object itself identifies it: two may have the same number. */
interface Limit {
  readonly ms: number;
}

/** Where sessions lead, shared by those of one pool. */
export interface Target {
  readonly reach: Reach;
  /**
   * Whether statements are prepared once a session; false from when a pooler has shown that it does not follow them.
   */
  prepare: boolean;
  readonly place: Place;
}

/**
 * One session of PostgreSQL, never silently replaced. When it is lost, the running statement and all later ones are
 * rejected: no statement of a transaction can run outside of it, as another role.
 *
 * Each is a postgres.js client that keeps one reserved connection. That library's own pool does not survive the loss of
 * such a connection (porsager/postgres#1195, #1199, #1208: hanging requests, lost places in the pool, a crash).
 */
export class PostgresqlSession {
  readonly #client: postgres.Sql;
  readonly #target: Target;
  readonly #running = new Set<(error: Error) => void>();
  /** The texts that have been prepared: postgres.js forgets none of them. */
  readonly #prepared = new Set<string>();
  /** The characters of JSON in the row that is being read. */
  #jsonLength = 0;
  #reserved: postgres.ReservedSql | undefined;
  #loss: Error | undefined;
  #isPooled = false;
  #pinning = new Pinning(false, '');
  /** Set while a commit is still to be sent. */
  #finishing: NodeJS.Timeout | undefined;
  /**
   * How long a statement may take, of the transaction that has begun; undefined: as long as it takes, or there is none.
   */
  #limit: Limit | undefined;
  /** Runs while an answer is waited for. */
  #silence: NodeJS.Timeout | undefined;
  readonly #onLost: (session: PostgresqlSession) => void;

  private constructor(target: Target, onLost: (session: PostgresqlSession) => void) {
    this.#target = target;
    this.#onLost = onLost;
    const { connection, ...options } = target.reach.options;
    this.#client = postgres({
      connect_timeout: CONNECT_TIMEOUT_MS / 1_000,
      ...options,
      max: 1,
      max_lifetime: null,
      onnotice: () => {},
      onclose: () => this.#lose(new DatabaseGone('The connection to the database was lost.')),
      // Arrays travel as text or JSON, so that no session starts by reading the catalogue of array types.
      fetch_types: false,
      types: {
        // JSON parameters are serialised where the statement is built.
        json: { to: 3802, from: [114, 3802], serialize: (value: string) => value, parse: this.#parseJson },
        moment: {
          to: TIMESTAMPTZ,
          from: [TIMESTAMPTZ],
          serialize: (value: Date | string) => (value instanceof Date ? value.toISOString() : value),
          parse: parseTimestamp,
        },
      },
      // Poolers refuse most settings here: see pin().
      connection: { application_name: 'palimpsest', ...connection, TimeZone: 'UTC', DateStyle: 'ISO, MDY' },
    });
  }

  /** Connects. `onLost` is called once, when the session has ended for any reason. */
  static async open(target: Target, onLost: (session: PostgresqlSession) => void): Promise<PostgresqlSession> {
    const session = new PostgresqlSession(target, onLost);
    // Where a server accepts the session and ends it at once, postgres.js would try again without end.
    const { host, connect_timeout } = session.#client.options;
    const timeout = setTimeout(
      () => session.#client.end({ timeout: 0 }),
      host.length * connect_timeout * 1_000 + 1_000,
    );
    try {
      const rows = await session.#client.unsafe(`select pg_backend_pid() as pid, ${askPath(target.place)}`).simple();
      // PostgreSQL names its process when it greets. A pooler greets in its place, with a number of its own.
      session.#isPooled = rows[0]?.pid !== greetedPid(rows);
      session.#pinning = new Pinning(session.#isPooled, String(rows[0]?.path));
      session.#reserved = await session.#client.reserve();
      const { atStart } = session.#pinning;
      if (atStart) await session.#reserved.unsafe(atStart).simple();
      return session;
    } catch (error) {
      await session.close();
      throw error;
    } finally {
      clearTimeout(timeout);
    }
  }

  /** True where a pooler answers in place of PostgreSQL: a session there may end with the transaction. */
  get isPooled(): boolean {
    return this.#isPooled;
  }

  /** True once it has prepared so many statements that another session should replace it. */
  get hasPreparedEnough(): boolean {
    return this.#prepared.size >= MAX_STATEMENTS;
  }

  /** Commits, together with the next statement if it comes soon: a message costs more than most statements. */
  finish(): void {
    this.#finishing = setTimeout(() => this.#finishNow(), FINISH_WITHIN_MS);
  }

  async query(text: string, params: unknown[], mode: RowMode, budget?: ByteBudget): Promise<unknown[]> {
    this.#finishNow();
    if (!this.#pinning.needsTransaction) return this.#ask(text, params, mode, budget);
    try {
      await this.script('begin');
      return await this.#ask(text, params, mode, budget);
    } finally {
      await this.script('commit');
    }
  }

  async #ask(text: string, params: unknown[], mode: RowMode, budget?: ByteBudget): Promise<unknown[]> {
    const { prepare } = this.#target;
    if (prepare) this.#prepared.add(text);
    try {
      return await this.#run((reserved) => {
        const query = reserved.unsafe(text, params as postgres.ParameterOrJSON<never>[], { prepare });
        const asked = mode === 'arrays' ? query.values() : query;
        return budget ? this.#within(budget, asked) : asked;
      });
    } catch (error) {
      throw prepare && (error as { code?: string }).code === UNPREPARED ? this.#prepareNoMore(error) : error;
    }
  }

  /** The pooler does not follow prepared statements: from now on every statement is parsed each time. */
  #prepareNoMore(cause: unknown): Error {
    this.#target.prepare = false;
    const message =
      'The pooler that DATABASE_URL leads to does not support prepared statements, so they are no ' +
      'longer used: set DATABASE_PREPARE=false, or max_prepared_statements in PgBouncer.';
    return Object.assign(new DatabaseUnavailable(message, { cause }), { code: UNPREPARED });
  }

  async script(text: string): Promise<unknown[]> {
    const isFinishing = this.#isFinishing();
    if (text.startsWith('begin')) this.#limit = limitOf(text);
    else if (isFinishing) this.#limit = undefined;
    if (isFinishing) this.#pinning.ended();
    const pinned = this.#pinning.pinned(text);
    const whole = isFinishing ? `commit; ${pinned}` : pinned;
    const answer = this.#run((reserved) => reserved.unsafe(whole).simple());
    if (text === 'commit' || text === 'rollback') this.#endWith(answer);
    const results: unknown = await answer;
    const last = Array.isArray(results) && Array.isArray(results.at(-1)) ? results.at(-1) : results;
    return last as unknown[];
  }

  async close(): Promise<void> {
    this.#finishNow();
    if (!this.#loss) this.#reserved?.release();
    await this.#client.end({ timeout: 1 });
  }

  #finishNow(): void {
    if (!this.#isFinishing()) return;
    this.#pinning.ended();
    // The rows have been read already, and a lost session is noticed elsewhere.
    this.#endWith(this.#run((reserved) => reserved.unsafe('commit').simple()));
  }

  /** What comes after the end of a transaction may take as long as it needs, unless another has begun meanwhile. */
  #endWith(answer: Promise<unknown>): void {
    const ending = this.#limit;
    const end = () => {
      if (this.#limit !== ending) return;
      this.#limit = undefined;
      this.#listen();
    };
    answer.then(end, end);
  }

  /** Whether a commit was still to be sent; the caller sends it. */
  #isFinishing(): boolean {
    if (!this.#finishing) return false;
    clearTimeout(this.#finishing);
    this.#finishing = undefined;
    return true;
  }

  readonly #parseJson = (text: string): unknown => {
    this.#jsonLength += text.length;
    return JSON.parse(text);
  };

  /**
   * Takes rows as long as the budget lasts. The server would go on to send: the session ends instead, and with it what
   * else the same transaction has asked.
   */
  async #within(budget: ByteBudget, query: Pick<postgres.PendingQuery<postgres.Row[]>, 'forEach'>): Promise<unknown[]> {
    const rows: unknown[] = [];
    await query.forEach((row) => {
      if (this.#loss) return;
      try {
        budget.take(this.#jsonLength + lengthOf(row));
        rows.push(row);
      } catch (error) {
        this.#lose(error as Error);
        this.#client.end({ timeout: 0 }).catch(() => {});
      }
      this.#jsonLength = 0;
    });
    return rows;
  }

  #lose(loss: Error): void {
    this.#loss ??= loss;
    for (const reject of this.#running) reject(this.#loss);
    clearTimeout(this.#silence);
    this.#onLost(this);
  }

  /**
   * Waits for an outstanding answer, from now on. A network that lets nothing through does not say so: without this the
   * session would wait for a machine that has gone until the operating system gives up.
   */
  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = undefined;
    if (this.#running.size === 0 || this.#limit === undefined || this.#loss) return;
    this.#silence = setTimeout(() => {
      this.#lose(new DatabaseGone('The database has not answered in time.'));
      this.#client.end({ timeout: 0 }).catch(() => {});
    }, this.#limit.ms + SILENCE_MS).unref();
  }

  #run<T>(start: (reserved: postgres.ReservedSql) => PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#loss || !this.#reserved) return reject(this.#loss);
      this.#running.add(reject);
      this.#listen();
      const done = () => {
        this.#running.delete(reject);
        this.#listen();
      };
      start(this.#reserved).then(
        (rows) => {
          done();
          resolve(rows);
        },
        (error) => {
          done();
          reject(error);
        },
      );
    });
  }
}

/** About what a value takes besides its characters. */
const VALUE_BYTES = 8;

/** The characters of a row's texts, and about what its other values take. */
function lengthOf(row: Record<string, unknown>): number {
  let length = 0;
  for (const name in row) {
    const value = row[name];
    length += VALUE_BYTES + (typeof value === 'string' ? value.length : 0);
  }
  return length;
}

/** The `statement_timeout` that a transaction begins with; 0 is none. */
function limitOf(begin: string): Limit | undefined {
  const ms = Number(/\bstatement_timeout = (\d+)/.exec(begin)?.[1] ?? 0);
  return ms === 0 ? undefined : { ms };
}
