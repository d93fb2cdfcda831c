import type { Command } from 'commander';
import { ConfigError } from '../kernel/config-error.ts';
import { refuseWith } from './parser.ts';
import { readSettings } from './settings.ts';
import { type Surroundings, stopSignal } from './surroundings.ts';

interface CopyOptions {
  force: boolean;
  signal: AbortSignal;
}

/** A command on the files of the embedded database, which needs no other process to have it open. */
export function defineCopy(
  command: Command,
  surroundings: Surroundings,
  { insteadOnPostgresql, run }: { insteadOnPostgresql: string; run: CopyRun },
): Command {
  const name = command.name();
  const refused = () => new ConfigError(`Exactly one file is expected: npm run ${name} -- FILE [--force]`);
  return refuseWith(command, refused).action(async (file: string, { force = false }: { force?: boolean }) => {
    const config = readSettings(surroundings);
    if (config.databaseUrl) {
      throw new ConfigError(
        `npm run ${name} is for the embedded database, and DATABASE_URL is set: ` +
          `use ${insteadOnPostgresql} with its URL, past any pooler, as a superuser.`,
      );
    }
    await run(config.dataDir, file, { force, signal: stopSignal(surroundings) });
  });
}

type CopyRun = (folder: string, file: string, options: CopyOptions) => Promise<void>;
