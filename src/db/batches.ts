import { TookTooLong } from '../kernel/errors.ts';

/** How long a batch should take at most: what others ask for waits behind it. */
const AIM_MS = 500;
/** After one that took less, the next is larger. */
const QUICK_MS = 125;
/** So many quick batches come after one that took too long before they become larger again. */
const CAREFUL_FOR = 8;
/** How long a batch of one may take, since there is no smaller one. */
const LAST_RESORT_MS = 120_000;

/** Does something with at most `size` things, in a transaction whose statements may take `timeoutMs`; undefined: as ever. */
export type Batch<T> = (size: number, timeoutMs: number | undefined) => Promise<T>;

/**
 * How much one transaction does of what there is more of than one may do. No fixed number is right: a thousand short
 * memories take less than ten long ones, and a slow disk makes all of them slow.
 */
export class BatchSize {
  readonly #largest: number;
  readonly #aimMs: number;
  #size: number;
  #careful = 0;

  /** `first` is where it begins; after a batch that took longer than `aimMs` the next is smaller. */
  constructor(largest: number, { first = largest, aimMs = AIM_MS } = {}) {
    this.#largest = largest;
    this.#aimMs = aimMs;
    this.#size = Math.min(first, largest);
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Does one batch, and fewer at once where it takes longer than a mutation may. Those after it become smaller or larger
   * by the time it took. Throws TookTooLong where one alone cannot be done in two minutes.
   */
  async run<T>(batch: Batch<T>): Promise<T> {
    for (;;) {
      const isLastResort = this.#size === 1;
      const started = performance.now();
      try {
        const done = await batch(this.#size, isLastResort ? LAST_RESORT_MS : undefined);
        this.#follow(performance.now() - started);
        return done;
      } catch (error) {
        if (!(error instanceof TookTooLong) || isLastResort) throw error;
        this.#size = Math.ceil(this.#size / 10);
        this.#careful = CAREFUL_FOR;
      }
    }
  }

  #follow(ms: number): void {
    if (ms > this.#aimMs) this.#size = Math.max(1, Math.floor((this.#size * this.#aimMs) / ms));
    else if (ms >= QUICK_MS) return;
    else if (this.#careful > 0) this.#careful--;
    else this.#size = Math.min(this.#largest, this.#size * 2);
  }
}

/** Does batches until one finds less to do than it might: each returns how many it did. */
export async function inBatches(sizes: BatchSize, batch: Batch<number>): Promise<void> {
  for (;;) {
    const { asked, done } = await sizes.run(async (size, timeoutMs) => ({
      asked: size,
      done: await batch(size, timeoutMs),
    }));
    if (done < asked) return;
  }
}
