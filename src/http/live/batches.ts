import type { ExecutionResult } from 'graphql';
import { Turns } from '../../kernel/turns.ts';

/** One answer of a subscription, and where the next comes behind. */
export interface Payload {
  result: ExecutionResult;
  position: number;
  /** The cursor of it; undefined where the field has none. */
  cursor: string | undefined;
  /** About its bytes. */
  bytes: number;
}

/** What was read in one go. */
export interface Batch {
  payloads: readonly Payload[];
  /** Up to here nothing else is of interest. */
  to: number;
}

/** How long what was made stays for others who ask for the same. */
const KEPT_MS = 500;
/** The most bytes that are kept for others. */
const MOST_KEPT_BYTES = 16 * 2 ** 20;

/**
 * Makes batches, a few at a time, so that requests find a session; and each once for all who ask for the same: the same
 * document and variables, seen alike, from the same place.
 */
export class Batches {
  readonly #most: number;
  readonly #made = new Map<string, Promise<Batch>>();
  readonly #waiting: (() => void)[] = [];
  readonly #turns = new Turns();
  /** Those who wait for a batch continue one after the other. */
  #line: Promise<void> = Promise.resolve();
  #running = 0;
  #kept = 0;

  /** `most`: how many are made at once. */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * The batch of a key, made where nobody has asked for it yet. Of many who wait for it, not all continue in one turn of
   * the event loop.
   */
  async get(key: string, make: () => Promise<Batch>): Promise<Batch> {
    const batch = await this.#shared(key, make);
    this.#line = this.#line.then(() => this.#turns.next());
    await this.#line;
    return batch;
  }

  #shared(key: string, make: () => Promise<Batch>): Promise<Batch> {
    const before = this.#made.get(key);
    if (before) return before;
    const made = this.#inTurn(make);
    this.#made.set(key, made);
    made.then(
      (batch) => this.#keep(key, batch),
      () => this.#made.delete(key),
    );
    return made;
  }

  #keep(key: string, { payloads }: Batch): void {
    const bytes = payloads.reduce((sum, payload) => sum + payload.bytes, 0);
    if (this.#kept + bytes > MOST_KEPT_BYTES) return void this.#made.delete(key);
    this.#kept += bytes;
    setTimeout(() => {
      this.#kept -= bytes;
      this.#made.delete(key);
    }, KEPT_MS).unref();
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#most) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
