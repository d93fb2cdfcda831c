import type { Database } from '../db/database.ts';
import { openDatabase, whyFailed } from '../db/open.ts';
import { Front } from '../http/front.ts';
import { describeError } from '../kernel/describe-error.ts';
import type { Config } from '../library/config.ts';
import type { Opened, Together } from '../library/service.ts';
import { announce } from './announcement.ts';
import type { Surroundings } from './surroundings.ts';

/** How a process serves. */
export interface Serving {
  /** What its log takes over. */
  warnings: string[];
  /** The port answers from the first moment on, also while nothing can be served yet. Default true. */
  listensFirst?: boolean;
  /** Which of several processes it is, and what it has in common with them. */
  worker?: { number: number; together: Together };
  /** It serves: `url` is where GraphQL is. */
  serves(url: string, opened: Opened): void;
  /** Resolves when it is to end. */
  untilStopped(front: Front): Promise<unknown>;
}

/** Serves until it is to end; then what has been asked is answered. */
export async function keepServing(config: Config, surroundings: Surroundings, serving: Serving): Promise<void> {
  const opening = openDatabase(config);
  // Said where it is waited for, which is later.
  opening.catch(() => {});
  const [{ isAnswered, listen }, { openService }] = await Promise.all([
    import('../http/server.ts'),
    import('../library/service.ts'),
  ]);
  const { listensFirst = true, worker } = serving;
  const front = new Front(config.requests);
  let database: Database | undefined;
  let opened: Opened | undefined;
  let url = '';
  let stop = async () => {};
  let withdraw = () => {};
  const begin = async () => {
    ({ url, stop } = await listen(front, config.port, config.host));
  };
  try {
    if (listensFirst) await begin();
    database = await opening;
    if (database.kind === 'embedded') withdraw = announce(config.dataDir, surroundings.pid, url);
    opened = await openService(config, {
      database,
      log: { isTerminal: surroundings.isTerminal, ...(worker && { worker: worker.number }) },
      ...(worker && { together: worker.together }),
      started({ logger }) {
        for (const sentence of serving.warnings.splice(0)) logger.warn(sentence);
        // The executor does not wait for items of a list after one has failed. Their failures must not end the server.
        surroundings.onLostFailure((reason) => {
          if (!isAnswered(reason)) logger.error(describeError(reason));
        });
      },
    }).catch((error) => {
      throw whyFailed(error, config);
    });
    front.open(opened.service);
    if (!listensFirst) await begin();
    serving.serves(url, opened);
    await serving.untilStopped(front);
    withdraw();
    await opened.stopWork();
  } finally {
    withdraw();
    await stop();
    await opened?.finish();
    database ??= await opening.catch(() => undefined);
    await database?.close();
  }
}
