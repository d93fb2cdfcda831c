import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError, Option } from 'commander';
import type { Database } from '../db/database.ts';
import type { Tenant } from '../db/transaction.ts';
import type { Consolidation } from '../domain/consolidation/consolidate.ts';
import type { companionsAfter } from '../domain/consolidation/ran.ts';
import type { Phrase } from '../domain/consolidation/run.ts';
import { encodeId } from '../kernel/ids.ts';
import { type Config, ConfigError } from '../library/config.ts';
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
/** As many as a topic has at most. */
const MOST = 60;

export const define: Define = (command, surroundings) => {
  command
    .option('--companion <key>', 'only the memories of this companion')
    .option('--user <id>', 'only memories about the user of this external id')
    .option('--min-size <number>', 'how many memories a topic has at least', size, 4)
    .addOption(
      new Option('--method <method>', 'how summaries are made').choices(['EXTRACTIVE', 'MODEL']).default('EXTRACTIVE'),
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
  const config = readSettings(surroundings);
  const phrase = options.method === 'MODEL' ? await phraseOf(config) : null;
  const signal = stopSignal(surroundings);
  const run = async (opened: Database) => {
    await requireWorkspace(opened, config);
    const { stoppable } = await import('../domain/consolidation/stoppable.ts');
    const { database, settled } = stoppable(opened, signal);
    const tenant = await tenantOf(database, config);
    const work = inTurn(database, signal, () => overCompanions(tenant, options, config.workspace, phrase)).catch(
      (error) => {
        if (!signal.aborted) throw error;
      },
    );
    // What a thread still computes when it is to stop is not waited for.
    await Promise.race([work, settled]);
    if (signal.aborted) console.log('Stopped. What is written is complete: run it again for the rest.');
  };
  await withDatabase(config, run, { mustExist: true });
}

/** Has the chat model of the settings phrase summaries. Throws ConfigError where there is none. */
async function phraseOf({ chat }: Config): Promise<Phrase> {
  if (!chat) {
    throw new ConfigError('--method MODEL needs a chat model: set CHAT_PROVIDER and CHAT_MODEL, or use EXTRACTIVE.');
  }
  const [{ Chat }, { phraseBy }] = await Promise.all([
    import('../domain/chat/chat.ts'),
    import('../domain/consolidation/phrase.ts'),
  ]);
  return phraseBy(new Chat(chat, console.error));
}

async function tenantOf(database: Database, config: Config): Promise<Tenant> {
  const { openWorkspace } = await import('../domain/workspace/workspaces.ts');
  const { model } = await openEmbeddings(config);
  return openWorkspace(database, config.workspace, 'system:consolidate', model);
}

const RETRY_MS = 1_000;

/** Runs when no other process consolidates in the background. */
async function inTurn(database: Database, signal: AbortSignal, run: () => Promise<void>): Promise<void> {
  const { takeTurn } = await import('../domain/consolidation/turn.ts');
  let giveBack = await takeTurn(database);
  if (!giveBack) console.error('Another process consolidates now: this one begins when that is done.');
  while (!giveBack) {
    await sleep(RETRY_MS, undefined, { signal });
    giveBack = await takeTurn(database);
  }
  try {
    await run();
  } finally {
    giveBack();
  }
}

/** How many companions are looked up at once. */
const PAGE = 500;
type Which = Parameters<typeof companionsAfter>[1];
type Named = Awaited<ReturnType<typeof companionsAfter>>[number];
type Counts = Pick<Consolidation, (typeof counted)[number]>;
const counted = ['examined', 'clusterCount', 'made', 'remade', 'retracted'] as const;

async function overCompanions(
  tenant: Tenant,
  options: Options,
  workspace: string,
  phrase: Phrase | null,
): Promise<void> {
  const [{ consolidate }, ran, { readOnce }] = await Promise.all([
    import('../domain/consolidation/consolidate.ts'),
    import('../domain/consolidation/ran.ts'),
    import('../db/read-transaction.ts'),
  ]);
  const { companion: key, user, minSize: minClusterSize, method, until } = options;
  const range = { minClusterSize, method, until, user: user === undefined ? null : { externalId: user } };
  const total: Counts = { examined: 0, clusterCount: 0, made: 0, remade: 0, retracted: 0 };
  let companions = 0;
  for (let after: string | null = null, isLast = false; !isLast; ) {
    const which: Which = { key, after, rows: PAGE };
    const found: Named[] = await readOnce(tenant, (tx) => ran.companionsAfter(tx, which));
    for (const { id, key: name } of found) {
      const done = await consolidate(tenant, { ...range, companion: { id, given: encodeId('Companion', id) } }, phrase);
      for (const each of counted) total[each] += done[each];
      console.log(`${name}: ${countsOf(done)}`);
    }
    companions += found.length;
    isLast = found.length < PAGE;
    after = found.at(-1)?.id ?? null;
  }
  if (key !== undefined && companions === 0) {
    throw new ConfigError(`There is no companion ${key} in the workspace ${workspace}.`);
  }
  if (key === undefined) console.log(`${counts(companions, 'companion')}: ${countsOf(total)}`);
}

const counts = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

const countsOf = ({ examined, clusterCount, made, remade, retracted }: Counts) =>
  `${examined === 1 ? '1 memory' : `${examined} memories`} examined, ${counts(clusterCount, 'topic')}, ` +
  `${made === 1 ? '1 summary' : `${made} summaries`} made, ${remade} made again, ${retracted} ended`;
