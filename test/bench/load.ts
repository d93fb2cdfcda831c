import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What is to be sent: bodies in turn, from number `first` on, for so many seconds or so many requests. */
export interface Load {
  url: string;
  bodies: readonly string[];
  connections: number;
  first: number;
  seconds?: number;
  requests?: number;
}

export interface LoadResult {
  requests: number;
  perSecond: number;
  /** Half of the answers took no longer, in ms. */
  p50: number;
  p99: number;
  /** Answers with another status than 200, or with errors. */
  failed: number;
  /** The first of those. */
  failure: string;
}

/** A process that sends requests, so that measuring does not share a thread with what is measured. */
export class LoadGenerator {
  readonly #child: ChildProcess = fork(join(import.meta.dirname, 'load-child.ts'));

  /** Sends it all; throws where an answer is not what it should be, unless `failures` are expected. */
  async send(load: Load, failures = false): Promise<LoadResult> {
    this.#child.send(load);
    const [result] = (await once(this.#child, 'message')) as [LoadResult & { error?: string }];
    if (result.error) throw new Error(`${load.url}: ${result.error}`);
    if (result.failed > 0 && !failures)
      throw new Error(`${load.url}: ${result.failed} of ${result.requests} answers failed: ${result.failure}`);
    return result;
  }

  stop(): void {
    this.#child.kill();
  }
}
