import type { Worker } from 'node:cluster';

/** How long it waits before a worker that has ended is started again: twice as long each time, up to the most. */
const FIRST_PAUSE_MS = 100;
const MOST_PAUSE_MS = 30_000;
/** Where one has served for so long, the pauses start from the shortest again. */
const STEADY_MS = 60_000;

/** One of the processes that serve, and those that are started in its place when it ends. */
export class Place {
  readonly number: number;
  worker: Worker | undefined;
  #servesSince: number | undefined;
  #failedStarts = 0;
  #ends = 0;

  constructor(number: number) {
    this.number = number;
  }

  get serves(): boolean {
    return this.#servesSince !== undefined;
  }

  get pid(): number | undefined {
    return this.worker?.process.pid;
  }

  /** How often in a row one has ended here before it served. */
  get failedStarts(): number {
    return this.#failedStarts;
  }

  /** How often in a row one has ended here soon. */
  get ends(): number {
    return this.#ends;
  }

  begins(): void {
    this.#servesSince = performance.now();
    this.#failedStarts = 0;
  }

  ended(): void {
    this.worker = undefined;
    if (this.#servesSince === undefined) this.#failedStarts++;
    else if (performance.now() - this.#servesSince > STEADY_MS) this.#ends = 0;
    this.#servesSince = undefined;
  }

  /** How long to wait before another is started here, in ms. */
  nextPause(): number {
    return Math.min(MOST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#ends++);
  }
}
