interface Waiter<T> {
  take(value: T): void;
  refuse(error: Error): void;
}

/** Whose session: a workspace, or the service itself. */
export type Holder = string | undefined;

/** After how long background work takes its turn among requests: a server that is never idle has vectors, too. */
const BACKGROUND_PATIENCE_MS = 2_000;

/**
 * Who waits for a session. Workspaces take turns, each is served in the order it came, and none has more than its share
 * at once: what one asks for must not keep the others waiting. The service itself has no share. Work in the background
 * is served when no request waits that may have the session.
 */
export class SessionQueue<T> {
  /** The most sessions one workspace has at once. */
  readonly #share: number;
  readonly #waitMs: number;
  /** Who waits, by workspace, the one whose turn is next first. */
  readonly #queues = new Map<Holder, Set<Waiter<T>>>();
  readonly #background = new Set<Waiter<T>>();
  readonly #held = new Map<Holder, number>();
  readonly #onTurn: () => void;

  /**
   * `waitMs`: how long a request waits at most. `onTurn` is called when background work has waited for so long that it
   * may have any session.
   */
  constructor(share: number, waitMs: number, onTurn = () => {}) {
    this.#share = share;
    this.#waitMs = waitMs;
    this.#onTurn = onTurn;
  }

  /** True where background work waits. */
  get hasBackground(): boolean {
    return this.#background.size > 0;
  }

  /** How many wait who may have a session as soon as there is one. */
  get eligible(): number {
    let count = 0;
    for (const [holder, queue] of this.#queues) count += Math.min(queue.size, this.#roomOf(holder));
    return count;
  }

  /** How many requests wait. */
  get length(): number {
    let count = 0;
    for (const queue of this.#queues.values()) count += queue.size;
    return count;
  }

  /** Counts a free session as this holder's; false where it has its share already. */
  enter(holder: Holder): boolean {
    if (this.#roomOf(holder) <= 0) return false;
    this.#held.set(holder, (this.#held.get(holder) ?? 0) + 1);
    return true;
  }

  /** The holder has one less. */
  leave(holder: Holder): void {
    const held = (this.#held.get(holder) ?? 0) - 1;
    if (held > 0) this.#held.set(holder, held);
    else this.#held.delete(holder);
  }

  /** Resolves to what is given when it is the holder's turn. Rejects with {@link WaitedTooLong}. */
  wait(holder: Holder, waitMs = this.#waitMs): Promise<T> {
    return new Promise((resolve, reject) => {
      const queue = this.#queues.get(holder) ?? new Set();
      this.#queues.set(holder, queue);
      const timer = Number.isFinite(waitMs) ? setTimeout(() => tooLong(), waitMs) : undefined;
      const waiter: Waiter<T> = {
        take(value) {
          clearTimeout(timer);
          resolve(value);
        },
        refuse(error) {
          clearTimeout(timer);
          reject(error);
        },
      };
      const tooLong = () => {
        this.#remove(holder, queue, waiter);
        reject(new WaitedTooLong(waitMs));
      };
      queue.add(waiter);
    });
  }

  /** The same for background work, however long that takes; it counts as the service's own. */
  waitInBackground(): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#background.delete(waiter);
        const queue = this.#queues.get(undefined) ?? new Set();
        this.#queues.set(undefined, queue.add(waiter));
        this.#onTurn();
      }, BACKGROUND_PATIENCE_MS);
      const waiter: Waiter<T> = {
        take(value) {
          clearTimeout(timer);
          resolve(value);
        },
        refuse(error) {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.#background.add(waiter);
    });
  }

  /**
   * Gives it to whose turn it is; false where nobody waits who may have it. The last one that is free is not for
   * background work.
   */
  give(value: T, isLast = false): boolean {
    const next = this.#next() ?? (isLast ? undefined : this.#nextInBackground());
    if (!next) return false;
    this.enter(next.holder);
    next.waiter.take(value);
    return true;
  }

  /** Tells whose turn it is that there is no session for them. */
  refuse(error: Error): void {
    (this.#next() ?? this.#nextInBackground())?.waiter.refuse(error);
  }

  refuseAll(error: Error): void {
    const waiting = [...this.#queues.values(), this.#background].flatMap((queue) => [...queue]);
    this.#queues.clear();
    this.#background.clear();
    for (const waiter of waiting) waiter.refuse(error);
  }

  #roomOf(holder: Holder): number {
    return holder === undefined ? Number.POSITIVE_INFINITY : this.#share - (this.#held.get(holder) ?? 0);
  }

  #next(): { holder: Holder; waiter: Waiter<T> } | undefined {
    for (const [holder, queue] of this.#queues) {
      const [waiter] = queue;
      if (!waiter || this.#roomOf(holder) <= 0) continue;
      this.#remove(holder, queue, waiter);
      // The others first.
      if (queue.size > 0) {
        this.#queues.delete(holder);
        this.#queues.set(holder, queue);
      }
      return { holder, waiter };
    }
    return undefined;
  }

  #nextInBackground(): { holder: Holder; waiter: Waiter<T> } | undefined {
    const [waiter] = this.#background;
    if (!waiter) return undefined;
    this.#background.delete(waiter);
    return { holder: undefined, waiter };
  }

  #remove(holder: Holder, queue: Set<Waiter<T>>, waiter: Waiter<T>): void {
    queue.delete(waiter);
    if (queue.size === 0 && this.#queues.get(holder) === queue) this.#queues.delete(holder);
  }
}

/** All sessions were in use for too long. */
export class WaitedTooLong extends Error {
  override name = 'WaitedTooLong';
  readonly waitMs: number;
  constructor(waitMs: number) {
    super(`No connection to the database became free within ${waitMs} ms.`);
    this.waitMs = waitMs;
  }
}
