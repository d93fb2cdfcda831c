import { InvalidArgumentError } from 'commander';
import { type Config, ConfigError } from '../library/config.ts';
import type { Define } from './parser.ts';
import { keepServing } from './serving.ts';
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
const ONE_PROCESS = '--end-when-idle is for a server of one process: set WORKERS=1, or leave it out.';

function minutes(given: string): number {
  const count = Number(given);
  if (count > 0 && count <= MAX_MINUTES) return count;
  throw new InvalidArgumentError(`Minutes are expected: a number up to ${MAX_MINUTES}`);
}

/** Serves until a signal comes; the warnings are taken over by the log. */
async function serve(
  config: Config,
  warnings: string[],
  surroundings: Surroundings,
  endWhenIdle: number | undefined,
): Promise<void> {
  if (config.workers > 1) {
    if (endWhenIdle !== undefined) throw new ConfigError(ONE_PROCESS);
    const { serveTogether } = await import('./serve-together.ts');
    return serveTogether(config, warnings, surroundings);
  }
  const stopped = surroundings.untilStopped();
  await keepServing(config, surroundings, {
    warnings,
    serves: (url, { isDemo, model }) => console.log(describeSetup(config, { url, isDemo, model }).join('\n')),
    untilStopped: (front) =>
      endWhenIdle === undefined ? stopped : Promise.race([stopped, front.untilIdle(endWhenIdle * MINUTE_MS)]),
  });
}
