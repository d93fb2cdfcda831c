import { existsSync, rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { type ByteBudget, TOO_MANY_BYTES } from './byte-budget.ts';
import { type Database, DatabaseUnavailable, type RowMode, type Session, type Urgency } from './database.ts';
import { dataIn, settleFolder } from './embedded-folder.ts';
import { lockFolder } from './lock.ts';
import { DatabaseGone } from './outage.ts';
import { askPath, defaultPlace, pin } from './place.ts';
import { orFull } from './room.ts';
import { SessionQueue } from './session-queue.ts';
import { LocalWakeUps } from './wake-ups.ts';

/** Names a {@link ByteBudget}, and says what is left of it where it was not named before. */
export interface EmbeddedBudget {
  id: number;
  left: number;
}

export type EmbeddedRequest = { id: number } & (
  | { do: 'open' | 'close' | 'dump' }
  | { do: 'query'; text: string; params: unknown[]; mode: RowMode; budget: EmbeddedBudget | undefined }
  | { do: 'script'; text: string }
);
export type EmbeddedReply =
  | { id: number; value: unknown }
  | { id: number; error: { message: string; code?: string; constraint?: string; detail?: string } };

export interface EmbeddedDatabase extends Database {
  /** The whole data folder as a tar archive. */
  dump(): Promise<Uint8Array>;
}

export interface EmbeddedOptions {
  /** Where its files are; without, it lives in memory. */
  folder?: string;
  /** True where the caller has locked the folder already, and gives it back. */
  isLocked?: boolean;
  /** What it starts from: see {@link EmbeddedDatabase.dump}. */
  dump?: Uint8Array;
  /** How long a request waits for the session, the only one. Default 30000. */
  poolWaitMs?: number | undefined;
  textSearchConfig?: string;
}

type Ask = EmbeddedRequest extends infer R ? (R extends unknown ? Omit<R, 'id'> : never) : never;

/** The thread PGlite runs in, which is asked one thing after the other. */
class EmbeddedThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  #failure: Error | undefined;
  #nextId = 0;

  constructor(workerData: { dataDir: string | undefined; dump: Uint8Array | undefined }) {
    this.#worker = new Worker(new URL('./embedded-worker.ts', import.meta.url), { workerData });
    this.#worker.on('message', (reply: EmbeddedReply) => this.#settle(reply));
    this.#worker.on('error', (error) => this.#fail(error as Error));
    this.#worker.on('exit', () => this.#fail(new DatabaseGone('The embedded database has stopped.')));
  }

  ask(request: Ask): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ ...request, id });
    });
  }

  /** Closes the database, if the thread still runs, and ends the thread. */
  async close(): Promise<void> {
    if (!this.#failure) await this.ask({ do: 'close' });
    await this.end();
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(reply: EmbeddedReply): void {
    const waiter = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('error' in reply) waiter?.reject(Object.assign(new Error(reply.error.message), reply.error));
    else waiter?.resolve(reply.value);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/**
 * Opens PGlite with pgvector in a thread. Throws {@link DatabaseUnavailable}, also if another process has the folder.
 */
export async function openEmbedded({
  folder,
  isLocked = false,
  dump,
  poolWaitMs = 30_000,
  textSearchConfig = 'english',
}: EmbeddedOptions = {}): Promise<EmbeddedDatabase> {
  const unlock = folder === undefined || isLocked ? () => {} : lockFolder(folder);
  if (folder !== undefined && !isLocked) settleFolder(folder);
  const isNew = folder !== undefined && !existsSync(dataIn(folder));
  const thread = new EmbeddedThread({ dataDir: folder === undefined ? undefined : dataIn(folder), dump });
  try {
    await thread.ask({ do: 'open' });
    const [row] = (await thread.ask({ do: 'script', text: `select ${askPath(defaultPlace)}` })) as [{ path: string }];
    await thread.ask({ do: 'script', text: pin(row.path, 'session') });
  } catch (error) {
    await thread.end();
    const why = folder === undefined ? error : orFull(error, folder);
    // Half a database could not be opened later.
    if (isNew) rmSync(dataIn(folder), { recursive: true, force: true });
    unlock();
    if (why instanceof DatabaseUnavailable) throw why;
    throw new DatabaseUnavailable(
      `The embedded database in ${folder ?? 'memory'} cannot be opened: ${(error as Error).message}.`,
      { cause: error },
    );
  }
  const close = () => thread.close().finally(unlock);
  return databaseOn(thread, { poolWaitMs, textSearchConfig, close });
}

/**
 * PGlite has one session: each caller waits until the one before has released it. Workspaces take turns, and background
 * work comes last.
 */
function databaseOn(
  thread: EmbeddedThread,
  { poolWaitMs, textSearchConfig, close }: { poolWaitMs: number; textSearchConfig: string; close(): Promise<void> },
): EmbeddedDatabase {
  const queue = new SessionQueue<void>(1, poolWaitMs);
  let isFree = true;
  let isClosed = false;
  let sent = 0;
  const closed = () => new DatabaseGone('The database has been closed.');
  const take = async (holder: string | undefined, urgency: Urgency, waitMs?: number) => {
    if (isClosed) throw closed();
    if (isFree && queue.enter(holder)) isFree = false;
    else await (urgency === 'background' ? queue.waitInBackground() : queue.wait(holder, waitMs));
  };
  const send = (request: Ask) => {
    sent++;
    return thread.ask(request);
  };
  const query = async (statement: { text: string; params: unknown[]; mode: RowMode }, budget?: ByteBudget) => {
    const asked = send({ do: 'query', ...statement, budget: budget && { id: budget.id, left: budget.left } });
    try {
      const { rows, length } = (await asked) as { rows: unknown[]; length: number };
      budget?.take(length);
      return rows;
    } catch (error) {
      if (budget && (error as { code?: unknown }).code === TOO_MANY_BYTES) throw budget.refusal();
      throw error;
    }
  };
  const connect = async (asking?: string, urgency: Urgency = 'request'): Promise<Session> => {
    const holder = urgency === 'background' ? undefined : asking;
    await take(holder, urgency);
    let isHeld = true;
    const release = () => {
      if (!isHeld) return;
      isHeld = false;
      queue.leave(holder);
      isFree = !queue.give();
    };
    const script = (text: string) => send({ do: 'script', text }) as Promise<unknown[]>;
    return {
      query: (text, params, mode = 'objects', budget = undefined) => query({ text, params, mode }, budget),
      script,
      release,
      finish: () => void script('commit').then(release, release),
    };
  };
  return {
    kind: 'embedded',
    place: defaultPlace,
    textSearchConfig,
    connect,
    connectDirect: () => connect(),
    keepsSessions: true,
    wakeUps: new LocalWakeUps(),
    stats: () => ({ open: 1, idle: isFree ? 1 : 0, most: 1, waiting: queue.length, sent }),
    dump: () => thread.ask({ do: 'dump' }) as Promise<Uint8Array>,
    async close() {
      await take(undefined, 'request', Number.POSITIVE_INFINITY);
      isClosed = true;
      queue.refuseAll(closed());
      await close();
    },
  };
}
