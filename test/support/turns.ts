import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

const cpuMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

/**
 * The longest that some work has kept the event loop, in milliseconds of this thread's processor time on a machine that
 * bounds are made for: what else this one has to do does not count, nor that it is slower as the work is done.
 */
export async function longestTurn<T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> {
  let isDone = false;
  let ms = 0;
  const before = processorSlowness();
  const watch = async () => {
    for (let last = cpuMs(); !isDone; ) {
      await nextTurn();
      const now = cpuMs();
      ms = Math.max(ms, now - last);
      last = now;
    }
  };
  const watching = watch();
  try {
    const value = await work();
    isDone = true;
    await watching;
    return { ms: ms / Math.max(before, processorSlowness()), value };
  } finally {
    isDone = true;
  }
}

/** How often {@link longestTurnWithin} tries. */
const ATTEMPTS = 6;

/**
 * The same for work that has to stay within a bound: where it does not, it is tried again, and the least counts. What
 * the work itself does takes long each time; collecting the garbage of what came before it does once. `value` is that
 * of the first attempt.
 */
export async function longestTurnWithin<T>(most: number, work: () => Promise<T>): Promise<{ ms: number; value: T }> {
  globalThis.gc?.();
  const first = await longestTurn(work);
  let { ms } = first;
  for (let attempt = 1; ms >= most && attempt < ATTEMPTS; attempt++) {
    globalThis.gc?.();
    ms = Math.min(ms, (await longestTurn(work)).ms);
  }
  return { ms, value: first.value };
}

/** How often {@link leastTime} does it. */
const ROUNDS = 7;

/**
 * What some work takes, in milliseconds of the processor time of a machine that bounds are made for: the least of several
 * rounds, until one stays within the bound, since what others do, and what the first rounds prepare, does not count.
 */
export function leastTime(most: number, work: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS && least >= most; round++) {
    const began = cpuMs();
    work();
    const ms = cpuMs() - began;
    least = Math.min(least, ms < most ? ms : ms / processorSlowness());
  }
  return least;
}

/** What {@link processorSlowness} takes on a machine that bounds are made for, in milliseconds. */
const USUAL_MS = 8;

/**
 * How many times slower than such a machine's this processor is now: also because others use it. 1 where it is no
 * slower.
 */
function processorSlowness(): number {
  const rounds = Array.from({ length: 9 }, () => {
    const began = cpuMs();
    let text = '';
    for (let n = 0; n < 6_000; n++) text = createHash('sha256').update(text).digest('hex');
    return cpuMs() - began;
  });
  return Math.max(1, (rounds.sort((a, b) => a - b)[4] as number) / USUAL_MS);
}
