import { Unavailable } from '../../kernel/errors.ts';

/** How many runs of this process work at the same time: each holds the texts and vectors of up to 10,000 memories. */
const MOST_AT_ONCE = 4;
/** How many more may wait for one of these to end. */
const MOST_WAITING = 32;
/** When it is worth trying again. */
const RETRY_S = 30;

let running = 0;
const waiting: (() => void)[] = [];

/** Runs `work` as soon as fewer than {@link MOST_AT_ONCE} others run. Throws Unavailable where too many wait already. */
export async function whenFewRun<T>(work: () => Promise<T>): Promise<T> {
  if (running < MOST_AT_ONCE) running++;
  else {
    if (waiting.length >= MOST_WAITING) {
      throw new Unavailable('Too many companions are being consolidated at once: try again later.', RETRY_S);
    }
    // The run that ends starts this one, and `running` stays the same.
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}
