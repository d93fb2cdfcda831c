import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  /** So much is done. */
  update(done: number): void;
  stop(): void;
}

/**
 * A bar on standard error, where that is a terminal; elsewhere nothing, and `total` is not asked for. A total of 0
 * means that there is nothing to measure by.
 */
export async function showProgress(what: string, total: () => Promise<number>): Promise<Progress> {
  const all = process.stderr.isTTY ? await total() : 0;
  if (all === 0) return { update() {}, stop() {} };
  const format = `${what} {bar} {percentage}%, {eta_formatted} to go`;
  // Signals are for the program that runs the transfer.
  const bar = new SingleBar({ format, clearOnComplete: true, gracefulExit: false }, Presets.shades_classic);
  bar.start(all, 0);
  return { update: (done) => bar.update(Math.min(done, all)), stop: () => bar.stop() };
}
