import { setTimeout as sleep } from 'node:timers/promises';
import { OperationError } from '../../client/operation-error.ts';

/** How long nobody looks between two looks. */
const PAUSE_MS = 2_000;
/** Of the time at most one part in so many is spent looking: where a look takes long, it is looked less often. */
const SHARE = 20;
/** What will not be otherwise later. */
const FINAL = new Set(['UNAUTHENTICATED', 'FORBIDDEN']);

/** What a resource says now; undefined: there is none. */
export type Read = (uri: string, signal: AbortSignal) => Promise<string | undefined>;

/**
 * Resources, looked at again and again: their texts are compared. So a change is told whoever made it, by whichever
 * server, and nothing is told of what the caller could not read.
 */
export class Watch {
  readonly #uris: readonly string[];
  readonly #read: Read;
  readonly #known = new Map<string, string | undefined>();

  constructor(uris: readonly string[], read: Read) {
    this.#uris = uris;
    this.#read = read;
  }

  /** Looks for the first time: what changes from here on is told. What cannot be read now counts as changed when it can. */
  async begin(signal: AbortSignal): Promise<void> {
    for (const uri of this.#uris) {
      const text = await this.#textOf(uri, signal);
      if (text) this.#known.set(uri, text.now);
    }
  }

  /** Tells what has changed, until the signal is aborted. Rejects where the caller may not read any more. */
  async run(changed: (uri: string) => void, signal: AbortSignal): Promise<void> {
    let took = 0;
    while (!signal.aborted) {
      await sleep(Math.max(PAUSE_MS, took * SHARE), undefined, { signal, ref: false }).catch(() => {});
      const from = performance.now();
      for (const uri of this.#uris) {
        const text = signal.aborted ? undefined : await this.#textOf(uri, signal);
        if (!text || (this.#known.has(uri) && this.#known.get(uri) === text.now)) continue;
        this.#known.set(uri, text.now);
        if (!signal.aborted) changed(uri);
      }
      took = performance.now() - from;
    }
  }

  /** Undefined where it cannot be read at the moment. */
  async #textOf(uri: string, signal: AbortSignal): Promise<{ now: string | undefined } | undefined> {
    try {
      return { now: await this.#read(uri, signal) };
    } catch (error) {
      if (signal.aborted || (error instanceof OperationError && !FINAL.has(error.code))) return undefined;
      throw error;
    }
  }
}
