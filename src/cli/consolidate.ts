import { InvalidArgumentError, Option } from 'commander';
import type { Database } from '../db/database.ts';
import type { Tenant } from '../db/transaction.ts';
import type { Consolidation, ConsolidationRange } from '../domain/consolidation/consolidate.ts';
import { ConfigError, type EmbeddingSettings } from '../library/config.ts';
import { openEmbeddings } from './embeddings.ts';
import { requireWorkspace } from './existing-workspace.ts';
import type { Define } from './parser.ts';
import { readSettings } from './settings.ts';
import { type Surroundings, stopSignal } from './surroundings.ts';
import { withDatabase } from './with-database.ts';

interface Options {
  companion?: string;
  user?: string;
  minSize: number;
  method: 'EXTRACTIVE' | 'MODEL';
  until?: Date;
}

const LEAST = 2;
const MOST = 100;

export const define: Define = (command, surroundings) => {
  command
    .option('--companion <key>', 'only the memories of this companion')
    .option('--user <id>', 'only memories about the user of this external id')
    .option('--min-size <number>', 'how many memories a topic has at least', size, 4)
    .addOption(
      new Option('--method <method>', 'how summaries are made')
        .choices(['EXTRACTIVE', 'MODEL'])
        .default('EXTRACTIVE'),
    )
    .option('--until <moment>', 'what was recorded later forms no topic yet', moment)
    .action((options: Options) => consolidateAll(options, surroundings));
};

function size(given: string): number {
  const count = Number(given);
  if (Number.isInteger(count) && count >= LEAST && count <= MOST) return count;
  throw new InvalidArgumentError(`A whole number from ${LEAST} to ${MOST} is expected`);
}

function moment(given: string): Date {
  const read = new Date(/^\d{4}-\d\d-\d\d/.test(given) ? given : Number.NaN);
  if (!Number.isNaN(read.getTime())) return read;
  throw new InvalidArgumentError('A date or a moment is expected, such as 2026-11-30 or 2026-11-30T12:00:00Z');
}

/** Consolidates what the companions of the workspace remember, one after the other, and says what that came to. */
async function consolidateAll(options: Options, surroundings: Surroundings): Promise<void> {
  if (options.method === 'MODEL') throw new ConfigError('No chat model phrases summaries yet: use --method EXTRACTIVE.');
  const config = readSettings(surroundings);
  const signal = stopSignal(surroundings);
  const run = async (database: Database) => {
    await requireWorkspace(database, config);
    const tenant = await tenantOf(database, config);
    await inTurn(database, signal, () => overCompanions(tenant, options, signal));
  };
  await withDatabase(config, run, { mustExist: true });
}

async function tenantOf(
  database: Database,
  config: { workspace: string; embedding: EmbeddingSettings },
): Promise<Tenant> {
  const { openWorkspace } = await import('../domain/workspace/workspaces.ts');
  const { model } = await openEmbeddings(config);
  return openWorkspace(database, config.workspace, 'system:consolidate', model);
}
