import postgres from 'postgres';
import type { RowMode } from './database.ts';
import { DatabaseGone } from './outage.ts';
import { parseTimestamp, TIMESTAMPTZ } from './timestamp.ts';

/** How long a transaction that has only read may stay open for its commit to go along with what comes next. */
const FINISH_WITHIN_MS = 2;

/**
 * One connection to PostgreSQL, never replaced behind the caller's back: when it is lost, what runs and whatever is
 * asked later is rejected, so that no statement of a transaction can run outside of it, as another role.
 *
 * Each is a postgres.js client of one connection, reserved for good. That library's own pool does not survive the loss
 * of a reserved connection (porsager/postgres#1195, #1199, #1208: hanging requests, lost slots, a crash).
 */
export class Session {
  readonly #client: postgres.Sql;
  readonly #running = new Set<(error: Error) => void>();
  #connection: postgres.ReservedSql | undefined;
  #loss: Error | undefined;
  /** Set while a commit is still to be sent. */
  #finishing: NodeJS.Timeout | undefined;

  private constructor(url: string, onLost: (session: Session) => void) {
    this.#client = postgres(url, {
      max: 1,
      max_lifetime: null,
      connect_timeout: 10,
      onnotice: () => {},
      onclose: () => {
        this.#loss ??= new DatabaseGone('The connection to the database was lost.');
        for (const reject of this.#running) reject(this.#loss);
        onLost(this);
      },
      // Arrays travel as text or JSON, so that no connection starts by reading the catalogue of array types.
      fetch_types: false,
      types: {
        // JSON parameters are serialised by whoever builds the statement.
        json: { to: 3802, from: [114, 3802], serialize: (value: string) => value, parse: JSON.parse },
        moment: {
          to: TIMESTAMPTZ,
          from: [TIMESTAMPTZ],
          serialize: (value: Date | string) => (value instanceof Date ? value.toISOString() : value),
          parse: parseTimestamp,
        },
      },
      connection: { application_name: 'palimpsest', TimeZone: 'UTC' },
    });
  }

  /** Connects. `onLost` is told, once, when the connection has ended, for whatever reason. */
  static async open(url: string, onLost: (session: Session) => void): Promise<Session> {
    const session = new Session(url, onLost);
    try {
      await session.#client.unsafe('select 1');
      session.#connection = await session.#client.reserve();
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** Commits: together with what is asked next, if that is soon. A message to the server costs more than most statements. */
  finish(): void {
    this.#finishing = setTimeout(() => this.#finishNow(), FINISH_WITHIN_MS);
  }

  query(text: string, params: unknown[], mode: RowMode): Promise<unknown[]> {
    this.#finishNow();
    return this.#run((connection) => {
      const query = connection.unsafe(text, params as never[], { prepare: true });
      return mode === 'arrays' ? query.values() : query;
    });
  }

  async script(text: string): Promise<unknown[]> {
    const whole = this.#isFinishing() ? `commit; ${text}` : text;
    const results: unknown = await this.#run((connection) => connection.unsafe(whole).simple());
    const last = Array.isArray(results) && Array.isArray(results.at(-1)) ? results.at(-1) : results;
    return last as unknown[];
  }

  async close(): Promise<void> {
    this.#isFinishing();
    if (!this.#loss) this.#connection?.release();
    await this.#client.end({ timeout: 1 });
  }

  #finishNow(): void {
    // What fails has been read, and a lost connection is noticed by itself.
    if (this.#isFinishing()) this.#run((connection) => connection.unsafe('commit').simple()).catch(() => {});
  }

  /** Whether a commit was still to be sent; whoever asks sends it. */
  #isFinishing(): boolean {
    if (!this.#finishing) return false;
    clearTimeout(this.#finishing);
    this.#finishing = undefined;
    return true;
  }

  #run<T>(start: (connection: postgres.ReservedSql) => PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#loss || !this.#connection) return reject(this.#loss);
      this.#running.add(reject);
      const done = () => this.#running.delete(reject);
      start(this.#connection).then(
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
