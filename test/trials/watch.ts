import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Health } from './watch-thread.ts';

const mb = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB`;

/** The most heap that a server under trial may take, at any time: with more, V8 ends it. */
const HEAP_MB = 512;

/** Flags of Node's for a server under trial: its heap is bounded, and it tells how much of it there was at most. */
export const WATCHED = [
  `--max-old-space-size=${HEAP_MB}`,
  '--expose-gc',
  '--import',
  new URL('preload-memory.ts', import.meta.url).href,
];

/**
 * Watches each server of a trial for as long as that runs: `/health` answers within a second throughout, and the heap
 * stays below {@link HEAP_MB}. Tests that run a trial in small are not watched: they may run beside others.
 */
class Watch {
  readonly #broken: string[] = [];
  #thread: Worker | undefined;
  #peak = 0;

  /** From now on servers are watched that are started. */
  open(): void {
    this.#thread = new Worker(new URL('watch-thread.ts', import.meta.url));
    this.#thread.unref();
  }

  begin(child: ChildProcess, url: string): void {
    if (!this.#thread) return;
    const { origin } = new URL(url);
    this.#thread.postMessage({ watch: origin });
    let said = '';
    child.stderr?.on('data', (text) => {
      said = (said + text).slice(-10_000);
      for (const [, bytes] of said.matchAll(/^HEAP (\d+)$/gm)) this.#peak = Math.max(this.#peak, Number(bytes));
    });
    child.once('exit', (code, signal) => {
      this.leave(url);
      // So V8 ends what wants more heap than it may have.
      if (signal === 'SIGABRT' || code === 134) this.#broken.push(`a server has aborted: ${said.slice(-1_000)}`);
    });
  }

  /** For a server that is about to be ended: what it answers from now on counts no more. */
  leave(url: string): void {
    this.#thread?.postMessage({ leave: new URL(url).origin });
  }

  /** Prints what has come of it since it was opened, and returns whether all was well. */
  async tell(): Promise<boolean> {
    if (!this.#thread) return true;
    const answer = once(this.#thread, 'message');
    this.#thread.postMessage({ tell: true });
    const [{ asked, slowestMs, late }] = (await answer) as [Health];
    await this.#thread.terminate();
    this.#thread = undefined;
    const broken = [...this.#broken.splice(0), ...late.map((each) => `/health: ${each}`)];
    if (this.#peak >= HEAP_MB * 2 ** 20) broken.push(`the heap had ${mb(this.#peak)}`);
    console.log(
      `watched      /health ${asked} times, the slowest after ${slowestMs.toFixed(0)} ms; the heap had at most ${mb(this.#peak)}`,
    );
    for (const each of broken) console.log(`BROKEN: ${each}`);
    this.#peak = 0;
    return broken.length === 0;
  }
}

export const watch = new Watch();
