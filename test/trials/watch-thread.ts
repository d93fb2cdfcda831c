// In a thread of its own, so that nothing else of the trial delays it: asks servers under trial whether they are there.

import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';

export interface Health {
  /** How many times they were asked, and the longest that an answer took, in ms. */
  asked: number;
  slowestMs: number;
  /** Answers that did not come in time, and answers other than that all is well. */
  late: string[];
}

const EVERY_MS = 100;
const WITHIN_MS = 1_000;
const health: Health = { asked: 0, slowestMs: 0, late: [] };
const watched = new Set<string>();

async function watch(origin: string): Promise<void> {
  for (watched.add(origin); watched.has(origin); await sleep(EVERY_MS)) {
    const began = performance.now();
    let status: number | undefined;
    try {
      const answer = await fetch(`${origin}/health`, { signal: AbortSignal.timeout(10 * WITHIN_MS) });
      await answer.arrayBuffer();
      ({ status } = answer);
    } catch (error) {
      // A server that has been killed refuses or resets: that is no answer that took long.
      if ((error as Error).name !== 'TimeoutError') continue;
    }
    if (!watched.has(origin)) return;
    const ms = performance.now() - began;
    health.asked++;
    health.slowestMs = Math.max(health.slowestMs, ms);
    const isFine = status === 200 && ms <= WITHIN_MS;
    if (!isFine && health.late.length < 20) health.late.push(`${status ?? 'nothing'} after ${ms.toFixed(0)} ms`);
  }
}

parentPort?.on('message', (message: { watch?: string; leave?: string; tell?: true }) => {
  if (message.watch) void watch(message.watch);
  if (message.leave) watched.delete(message.leave);
  if (message.tell) parentPort?.postMessage(health);
});
