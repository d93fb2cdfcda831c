import type { Database } from './database.ts';

/**
 * The same database, for work that nobody waits for: requests get a session first. What has a session of it must give
 * it back within a tenth of a second, since the embedded database has no other: see {@link Pace}.
 */
export const inBackground = (database: Database): Database => ({
  ...database,
  connect: (holder) => database.connect(holder, 'background'),
});

/** How long a piece of background work takes at best: everybody else may have to wait for it. */
const AIM_MS = 25;

/**
 * How many rows background work takes on at once: as many as it has done in {@link AIM_MS}. Rows differ in length by
 * thousands, and machines in speed, so that no number suits all.
 */
export class Pace {
  readonly #most: number;
  #size: number;

  /** `first`: how many the first piece has, before anything is known; `most`: how many any has. */
  constructor(first: number, most: number) {
    this.#size = Math.min(first, most);
    this.#most = most;
  }

  get size(): number {
    return this.#size;
  }

  /** Runs a piece that holds a session, and learns from how long it takes; `rowsOf` says how many rows it was about. */
  async measure<T>(work: () => Promise<T>, rowsOf: (result: T) => number): Promise<T> {
    const began = performance.now();
    const result = await work();
    this.#learn(rowsOf(result), performance.now() - began);
    return result;
  }

  #learn(rows: number, ms: number): void {
    if (ms > AIM_MS) this.#size = Math.max(1, Math.min(this.#size, Math.floor((rows * AIM_MS) / ms)));
    // A piece that was not full says nothing of fuller ones.
    else if (rows >= this.#size && ms < AIM_MS / 2) this.#size = Math.min(this.#most, Math.ceil(1.5 * this.#size));
  }
}
