import { countTogether } from '../http/requests/limiter.ts';
import type { Config } from '../library/config.ts';
import { keepServing } from './serving.ts';
import type { Surroundings } from './surroundings.ts';
import { Link } from './workers/link.ts';
import { shareOf } from './workers/share.ts';

/** How long a worker that is started beside others waits for a database that is unavailable. */
const DATABASE_WAIT_MS = 3_600_000;

/** Serves as one of several processes, until a signal comes or the one that has started it says so. */
export async function serveAsWorker(config: Config, surroundings: Surroundings): Promise<void> {
  const stopped = surroundings.untilStopped();
  const link = new Link();
  try {
    const { number, listensFirst } = await link.started;
    const { peers, metrics, leads } = link;
    const share = shareOf(config, number);
    await keepServing(listensFirst ? share : { ...share, databaseWaitMs: DATABASE_WAIT_MS }, surroundings, {
      warnings: [],
      listensFirst,
      worker: { number, together: { peers, metrics, leads, makeLimiter: countTogether } },
      serves: (url, { isDemo, model }) => link.send({ kind: 'serving', url, isDemo, model }),
      untilStopped: () => Promise.race([stopped, link.stopped]),
    });
  } finally {
    link.leave();
  }
}
