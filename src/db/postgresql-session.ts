import type postgres from 'postgres';
import type { ByteBudget } from './byte-budget.ts';
import { DatabaseUnavailable, type LoneAnswer, type LoneRead, type RowMode } from './database.ts';
import type { Reach } from './database-url.ts';
import { greetedPid } from './internals/greeted-pid.ts';
import { OneMessage } from './internals/one-message.ts';
import { sendAlone } from './lone-read.ts';
import { DatabaseGone, isUnprepared, UNPREPARED } from './outage.ts';
import { Pinning } from './pinning.ts';
import { askPath, type Place } from './place.ts';
import { type OnNotified, openClient } from './postgresql-client.ts';
import { Sockets } from './sockets.ts';
import { type Limit, limitOf } from './time-limit.ts';
import { lengthOf } from './values.ts';

/** How long a transaction that has only read may stay open, so that its commit is sent with the next statement. */
const FINISH_WITHIN_MS = 2;
/** How long an answer may take beyond the time its statement may take. After that the session counts as lost. */
const SILENCE_MS = 5_000;
/** How many statements a session may keep prepared, which here and in PostgreSQL take memory until it ends. */
const MAX_STATEMENTS = 500;
/** How long connecting may take where the URL does not say. */
const CONNECT_TIMEOUT_S = 10;

type OnLost = (session: PostgresqlSession) => void;
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
  readonly #sockets: Sockets;
  readonly #target: Target;
  #oneMessage: OneMessage | undefined;
  readonly #running = new Set<(error: Error) => void>();
  /** Who waits until everything that was asked has been answered. */
  readonly #onQuiet: (() => void)[] = [];
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
  readonly #onLost: OnLost;

  private constructor(target: Target, onLost: OnLost, onNotified?: OnNotified) {
    this.#target = target;
    this.#onLost = onLost;
    const timeoutMs = 1_000 * (target.reach.options.connect_timeout ?? CONNECT_TIMEOUT_S);
    this.#sockets = new Sockets(target.reach, timeoutMs);
    const onClose = () => this.#lose(new DatabaseGone('The connection to the database was lost.'));
    this.#client = openClient(target.reach, timeoutMs, this.#sockets, this.#parseJson, onClose, onNotified);
  }

  /** Connects. `onLost` is called once, when the session has ended for any reason. */
  static async open(target: Target, onLost: OnLost, onNotified?: OnNotified): Promise<PostgresqlSession> {
    const session = new PostgresqlSession(target, onLost, onNotified);
    // Where a server accepts the session and ends it at once, postgres.js would try again without end.
    const { host, connect_timeout } = session.#client.options;
    const timeout = setTimeout(
      () => session.#client.end({ timeout: 0 }),
      host.length * connect_timeout * 1_000 + 1_000,
    );
    try {
      const asked = session.#client.unsafe(`select pg_backend_pid() as pid, ${askPath(target.place)}`).simple();
      const rows = await Promise.race([asked, session.#sockets.unreachable]);
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
    return this.#prepared.size + (this.#oneMessage?.prepared ?? 0) >= MAX_STATEMENTS;
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
      throw prepare && isUnprepared(error) ? this.#prepareNoMore(error) : error;
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

  /** Runs a statement in one message with what its transaction begins with. It is not to be called within another. */
  async readAlone(read: LoneRead): Promise<LoneAnswer> {
    const commitsFirst = this.#isFinishing();
    if (commitsFirst) this.#pinning.ended();
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#onQuiet.push(resolve));
    this.#limit = read.limitMs === undefined ? undefined : { ms: read.limitMs };
    this.#oneMessage ??= new OneMessage(this.#sockets.current);
    const way = {
      message: this.#oneMessage,
      before: this.#pinning.atEach,
      prepare: this.#target.prepare,
      onLength: (bytes: number) => !this.#loss && (!read.budget || this.#take(read.budget, bytes)),
    };
    const answer = this.#run(() => sendAlone(way, read, commitsFirst)).catch((error) => {
      throw way.prepare && isUnprepared(error) ? this.#prepareNoMore(error) : error;
    });
    this.#endWith(answer);
    return answer;
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
   * Takes rows as long as the budget lasts. The server would go on to send: the session ends instead, with all it was asked.
   */
  async #within(budget: ByteBudget, query: Pick<postgres.PendingQuery<postgres.Row[]>, 'forEach'>): Promise<unknown[]> {
    const rows: unknown[] = [];
    this.#jsonLength = 0; // What others have read counts for none.
    await query.forEach((row) => {
      if (this.#loss) return;
      if (this.#take(budget, this.#jsonLength + lengthOf(row))) rows.push(row);
      this.#jsonLength = 0;
    });
    return rows;
  }

  /** Counts a row that has come; false: it is too much, and the session has ended. */
  #take(budget: ByteBudget, bytes: number): boolean {
    try {
      budget.take(bytes);
      return true;
    } catch (error) {
      this.#lose(error as Error);
      this.#client.end({ timeout: 0 }).catch(() => {});
      return false;
    }
  }

  /** Nothing is waited for any more. */
  #quiet(): void {
    for (const resolve of this.#onQuiet.splice(0)) resolve();
  }

  #lose(loss: Error): void {
    this.#loss ??= loss;
    for (const reject of this.#running) reject(this.#loss);
    clearTimeout(this.#silence);
    this.#quiet();
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
        if (this.#running.size === 0) this.#quiet();
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
