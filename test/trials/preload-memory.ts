// Loaded into a server under trial. At SIGUSR2 it collects garbage and prints its memory to standard error; whenever the
// heap is clearly larger than ever before, garbage included, it prints that.
import { isMainThread } from 'node:worker_threads';

const EVERY_MS = 50;
const CLEARLY = 4 * 2 ** 20;

process.on('SIGUSR2', () => {
  globalThis.gc?.();
  setTimeout(() => {
    globalThis.gc?.();
    process.stderr.write(`MEMORY ${JSON.stringify(process.memoryUsage())}\n`);
  }, 50);
});

let most = 0;
if (isMainThread) {
  setInterval(() => {
    const { heapUsed } = process.memoryUsage();
    if (heapUsed < most + CLEARLY) return;
    most = heapUsed;
    process.stderr.write(`HEAP ${heapUsed}\n`);
  }, EVERY_MS).unref();
}
