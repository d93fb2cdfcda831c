import { isAnswered } from '../http/server.ts';

let guarded = 0;

/**
 * The executor of GraphQL does not wait for items of a list after one has failed. What their promises fail with has been
 * answered, but Node would end the process for it. Everything else ends the process as it would without this.
 */
function take(reason: unknown): void {
  if (isAnswered(reason) || process.listenerCount('unhandledRejection') > 1) return;
  throw reason;
}

/** From here on such failures do not end the process. Returns what ends that. */
export function guardProcess(): () => void {
  if (guarded++ === 0) process.on('unhandledRejection', take);
  return () => {
    if (--guarded === 0) process.off('unhandledRejection', take);
  };
}
