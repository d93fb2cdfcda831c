const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;

/** How long a delivery is tried again, from when it was written or put back. */
export const RETRIED_FOR_MS = 24 * HOUR_MS;

const FIRST_MS = 5 * SECOND_MS;
/** The most between two attempts, also where the receiver asks for more. */
const LONGEST_MS = HOUR_MS;

/**
 * How long nothing is sent to a receiver after so many failures in a row: twice as long each time, an hour at most, and
 * up to a half less by chance, so that what failed together is not tried together. Longer where the receiver asks for
 * it, but never more than an hour.
 */
export function waitMs(failures: number, retryAfterMs: number | null, chance = Math.random()): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20));
  return Math.max(longest * (1 - chance / 2), Math.min(retryAfterMs ?? 0, LONGEST_MS));
}

/** What is known of a delivery and its webhook when an attempt has failed. */
interface Failed {
  now: Date;
  /** Since when the delivery has waited. */
  pendingSince: Date;
  /** Since when every attempt at the webhook has failed; null: the one before did not. */
  failingSince: Date | null;
  /** Failures in a row, this one too. */
  failures: number;
  retryAfterMs: number | null;
}

/** What follows of a failure. */
export interface Consequence {
  /** Nothing is sent to the webhook before. */
  dueAt: Date;
  /** The delivery's time is over. */
  isOver: boolean;
  /** The receiver has not taken anything for so long that what is over is given up with it. */
  isLost: boolean;
}

export function afterFailure({ now, pendingSince, failingSince, failures, retryAfterMs }: Failed): Consequence {
  const isPast = (since: Date) => now.getTime() >= since.getTime() + RETRIED_FOR_MS;
  const isOver = isPast(pendingSince);
  const next = now.getTime() + waitMs(failures, retryAfterMs);
  // The last attempt is when the time is over.
  const end = isOver ? next : pendingSince.getTime() + RETRIED_FOR_MS;
  return { dueAt: new Date(Math.min(next, end)), isOver, isLost: failingSince !== null && isPast(failingSince) };
}
