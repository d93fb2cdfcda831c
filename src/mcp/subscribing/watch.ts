import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperationError } from '../../client/operation-error.ts';

/** How long it waits before it reads again. */
const PAUSE_MS = 2_000;
/** It waits at least so many times as long as reading took. */
const SHARE = 20;
/** Failures that reading again does not change. */
const FINAL = new Set(['UNAUTHENTICATED', 'FORBIDDEN']);

/** What a resource says now; undefined: there is none. */
export type Read = (uri: string, signal: AbortSignal) => Promise<string | undefined>;

/**
 * Resources that are read again and again, and compared by the hashes of their texts, which may be long. So a change is
 * told whoever made it, by whichever server, and nothing is told of what the caller could not read.
 */
export class Watch {
  readonly #uris: readonly string[];
  readonly #read: Read;
  /** The hash of each that was read; undefined: there was none. */
  readonly #known = new Map<string, string | undefined>();

  constructor(uris: readonly string[], read: Read) {
    this.#uris = uris;
    this.#read = read;
  }

  /** Reads all for the first time: later changes are told. What cannot be read now counts as changed when it can. */
  async begin(signal: AbortSignal): Promise<void> {
    for (const uri of this.#uris) {
      const read = await this.#hashOf(uri, signal);
      if (read) this.#known.set(uri, read.hash);
    }
  }

  /** Tells what has changed, until the signal is aborted. Rejects where the caller may not read any more. */
  async run(changed: (uri: string) => void, signal: AbortSignal): Promise<void> {
    let took = 0;
    while (!signal.aborted) {
      await sleep(Math.max(PAUSE_MS, took * SHARE), undefined, { signal, ref: false }).catch(() => {});
      const from = performance.now();
      for (const uri of this.#uris) {
        const read = signal.aborted ? undefined : await this.#hashOf(uri, signal);
        if (!read || (this.#known.has(uri) && this.#known.get(uri) === read.hash)) continue;
        this.#known.set(uri, read.hash);
        if (!signal.aborted) changed(uri);
      }
      took = performance.now() - from;
    }
  }

  /** Undefined where it cannot be read at the moment. */
  async #hashOf(uri: string, signal: AbortSignal): Promise<{ hash: string | undefined } | undefined> {
    try {
      const text = await this.#read(uri, signal);
      return { hash: text === undefined ? undefined : hash('sha256', text) };
    } catch (error) {
      if (signal.aborted || (error instanceof OperationError && !FINAL.has(error.code))) return undefined;
      throw error;
    }
  }
}
