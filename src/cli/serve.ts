import { InvalidArgumentError } from 'commander';
import type { Database } from '../db/database.ts';
import { openDatabase, whyFailed } from '../db/open.ts';
import { Front } from '../http/front.ts';
import { describeError } from '../kernel/describe-error.ts';
import type { Config } from '../library/config.ts';
import type { Opened } from '../library/service.ts';
import { announce } from './announcement.ts';
import type { Define } from './parser.ts';
import { readSettings } from './settings.ts';
import { describeSetup } from './setup.ts';
import type { Surroundings } from './surroundings.ts';

export const define: Define = (command, surroundings) => {
  command.option('--end-when-idle <minutes>', 'end when nobody has asked anything for so many minutes', minutes);
  command.action(async ({ endWhenIdle }: { endWhenIdle?: number }) => {
    const warnings: string[] = [];
    try {
      const config = readSettings(surroundings, (sentence) => warnings.push(sentence));
      await serve(config, warnings, surroundings, endWhenIdle);
    } finally {
      // Where it did not come to a log.
      for (const sentence of warnings) console.error(sentence);
    }
  });
};

const MINUTE_MS = 60_000;
const MAX_MINUTES = 100_000;

function minutes(given: string): number {
  const count = Number(given);
  if (count > 0 && count <= MAX_MINUTES) return count;
  throw new InvalidArgumentError(`Minutes are expected: a number up to ${MAX_MINUTES}`);
}

/** Starts the server and keeps it until a signal comes; the warnings are taken over by its log. */
async function serve(
  config: Config,
  warnings: string[],
  surroundings: Surroundings,
  endWhenIdle: number | undefined,
): Promise<void> {
  const stopped = surroundings.untilStopped();
  const opening = openDatabase(config);
  // Said where it is waited for, which is later.
  opening.catch(() => {});
  const [{ isAnswered, listen }, { openService }] = await Promise.all([
    import('../http/server.ts'),
    import('../library/service.ts'),
  ]);
  const front = new Front(config.requests);
  let database: Database | undefined;
  let opened: Opened | undefined;
  let stop = async () => {};
  let withdraw = () => {};
  try {
    let url: string;
    ({ url, stop } = await listen(front, config.port, config.host));
    database = await opening;
    if (database.kind === 'embedded') withdraw = announce(config.dataDir, surroundings.pid, url);
    opened = await openService(config, {
      database,
      log: surroundings,
      started({ logger }) {
        for (const sentence of warnings.splice(0)) logger.warn(sentence);
        // The executor does not wait for items of a list after one has failed. Their failures must not end the server.
        surroundings.onLostFailure((reason) => {
          if (!isAnswered(reason)) logger.error(describeError(reason));
        });
      },
    }).catch((error) => {
      throw whyFailed(error, config);
    });
    front.open(opened.service);
    console.log(describeSetup(config, { url, ...opened }).join('\n'));
    await (endWhenIdle === undefined ? stopped : Promise.race([stopped, front.untilIdle(endWhenIdle * MINUTE_MS)]));
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
