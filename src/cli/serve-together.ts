import cluster from 'node:cluster';
import { createLogger } from '../http/telemetry/logger.ts';
import type { Config } from '../library/config.ts';
import { serveAsWorker } from './serve-as-worker.ts';
import { describeSetup } from './setup.ts';
import type { Surroundings } from './surroundings.ts';
import { Primary } from './workers/primary.ts';

/** Serves by as many processes as are configured, until a signal comes. Each of them comes here, too. */
export async function serveTogether(config: Config, warnings: string[], surroundings: Surroundings): Promise<void> {
  if (!cluster.isWorker) return keepWorkers(config, warnings, surroundings);
  // The process that has started this one says them.
  warnings.splice(0);
  await serveAsWorker(config, surroundings);
}

async function keepWorkers(config: Config, warnings: string[], surroundings: Surroundings): Promise<void> {
  const stopped = surroundings.untilStopped();
  const logger = createLogger(config.telemetry.log, surroundings.isTerminal);
  const primary = new Primary(config.workers, logger);
  surroundings.onExit(() => primary.kill());
  try {
    const started = primary.start().then((serving) => {
      for (const sentence of warnings.splice(0)) logger.warn(sentence);
      console.log(describeSetup(config, serving).join('\n'));
    });
    started.catch(() => {});
    await Promise.race([stopped, primary.failed]);
  } finally {
    await primary.stop();
    logger.flush();
  }
}
