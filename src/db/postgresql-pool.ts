import type { DatabaseStats, Session, Urgency } from './database.ts';
import { DatabaseGone } from './outage.ts';
import { PostgresqlSession, type Target } from './postgresql-session.ts';
import { SessionQueue } from './session-queue.ts';

/** What is kept of the pool for the other workspaces: none holds more than the rest of it. */
const reserveOf = (poolSize: number) => Math.max(1, Math.floor(poolSize / 4));

export interface PoolOptions {
  /** The most sessions held at once. */
  poolSize: number;
  /** Several workspaces are served: a quarter of the sessions is kept from any one. */
  isShared: boolean;
  /** How long a request waits for a session. */
  poolWaitMs: number;
}

/** Sessions of PostgreSQL, opened when they are needed and shared by workspaces in turn. */
export class PostgresqlPool {
  readonly #target: Target;
  readonly #size: number;
  readonly #queue: SessionQueue<PostgresqlSession>;
  readonly #sessions = new Set<PostgresqlSession>();
  readonly #idle: PostgresqlSession[] = [];
  /** Sessions being closed, by their closing: each counts until it is gone. */
  readonly #leaving = new Set<Promise<void>>();
  #opening = 0;
  #isClosed = false;
  #sent = 0;

  constructor(target: Target, { poolSize, isShared, poolWaitMs }: PoolOptions) {
    this.#target = target;
    this.#size = poolSize;
    const share = isShared ? Math.max(1, poolSize - reserveOf(poolSize)) : poolSize;
    this.#queue = new SessionQueue(share, poolWaitMs, () => this.#serve());
  }

  /** Opens the first session, and finds out whether it leads through a pooler. Throws what keeps it from opening. */
  async start(): Promise<boolean> {
    const first = await PostgresqlSession.open(this.#target, this.#onLost);
    this.#sessions.add(first);
    this.#idle.push(first);
    return first.isPooled;
  }

  async connect(asking?: string, urgency: Urgency = 'request'): Promise<Session> {
    const holder = urgency === 'background' ? undefined : asking;
    const session = await this.#take(holder, urgency);
    let isHeld = true;
    const release = () => {
      if (!isHeld) return;
      isHeld = false;
      this.#release(session, holder);
    };
    return {
      query: (text, params, mode = 'objects', budget = undefined) => {
        this.#sent++;
        return session.query(text, params, mode, budget);
      },
      script: (text) => {
        this.#sent++;
        return session.script(text);
      },
      readAlone: (read) => {
        this.#sent++;
        return session.readAlone(read);
      },
      release,
      finish: () => {
        this.#sent++;
        session.finish();
        release();
      },
    };
  }

  stats(): DatabaseStats {
    const { size: open } = this.#sessions;
    return { open, idle: this.#idle.length, most: this.#size, waiting: this.#queue.length, sent: this.#sent };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#queue.refuseAll(closed());
    await Promise.all([...this.#leaving, ...[...this.#sessions].map((session) => session.close())]);
  }

  async #take(holder: string | undefined, urgency: Urgency): Promise<PostgresqlSession> {
    if (this.#isClosed) throw closed();
    const isRequest = urgency === 'request';
    if (isRequest && this.#idle.length > 0 && this.#queue.enter(holder)) return this.#idle.pop() as PostgresqlSession;
    const session = isRequest ? this.#queue.wait(holder) : this.#queue.waitInBackground();
    this.#serve();
    return session;
  }

  /** How many more may be opened. */
  get #room(): number {
    return this.#size - this.#sessions.size - this.#leaving.size - this.#opening;
  }

  /** True where one session at most is free or may be opened: it is kept for requests. A pool of one has no other. */
  get #isLast(): boolean {
    return this.#size > 1 && this.#idle.length + this.#room <= 1;
  }

  #release(session: PostgresqlSession, holder: string | undefined): void {
    this.#queue.leave(holder);
    if (this.#sessions.has(session)) {
      if (session.hasPreparedEnough) this.#retire(session);
      else this.#idle.push(session);
    }
    this.#serve();
  }

  /** Hands out what is idle, and opens more where more is needed and there is room. */
  #serve(): void {
    const idle = this.#idle;
    while (idle.length > 0 && this.#queue.give(idle.at(-1) as PostgresqlSession, this.#isLast)) idle.pop();
    const background = this.#queue.hasBackground && !this.#isLast ? 1 : 0;
    for (let missing = this.#queue.eligible + background - this.#opening; missing > 0 && this.#room > 0; missing--)
      void this.#open();
  }

  /** Opens one for whose turn it is then: who it was meant for may be gone. */
  async #open(): Promise<void> {
    this.#opening++;
    try {
      const session = await PostgresqlSession.open(this.#target, this.#onLost);
      if (this.#isClosed) return void session.close();
      this.#sessions.add(session);
      this.#idle.push(session);
    } catch (error) {
      this.#queue.refuse(error as Error);
    } finally {
      this.#opening--;
      this.#serve();
    }
  }

  readonly #onLost = (session: PostgresqlSession): void => {
    if (!this.#sessions.delete(session)) return;
    const index = this.#idle.indexOf(session);
    if (index >= 0) this.#idle.splice(index, 1);
    this.#serve();
  };

  #retire(session: PostgresqlSession): void {
    this.#sessions.delete(session);
    const left = session
      .close()
      .catch(() => {})
      .then(() => {
        this.#leaving.delete(left);
        this.#serve();
      });
    this.#leaving.add(left);
  }
}

const closed = () => new DatabaseGone('The database has been closed.');
