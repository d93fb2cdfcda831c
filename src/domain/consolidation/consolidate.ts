import { readOnce } from '../../db/read-transaction.ts';
import type { Tenant } from '../../db/transaction.ts';
import { write } from '../../db/write.ts';
import type { CompanionRef } from '../../model/companion/ref.ts';
import type { UserRef } from '../../model/user/ref.ts';
import type { SummaryMethod } from '../../tables/summary.ts';
import { whenFewRun } from './at-once.ts';
import { whoseOf } from './members.ts';
import { noteRan } from './ran.ts';
import { type Phrase, Run } from './run.ts';

/** What is to be consolidated. */
export interface ConsolidationRange {
  companion: CompanionRef;
  /** Memories about this user alone; left out: those about each user, and about none. */
  user?: UserRef | null | undefined;
  /** How many memories a topic has at least, 2–60: that many a topic has at most. */
  minClusterSize: number;
  method: SummaryMethod;
  /** What was recorded later forms no topic yet. Default: now. */
  until?: Date | null | undefined;
}

export type Consolidation = {
  /** How many memories were looked at. */
  examined: number;
  /** How many topics there are. */
  clusterCount: number;
  /** The versions that were made, at most {@link MOST_NAMED}. */
  createdIds: string[];
  /** How many summaries were made, made again, and ended. */
  made: number;
  remade: number;
  retracted: number;
  /** The profiles of those whose memories were looked at, at most {@link MOST_NAMED}. */
  profileIds: string[];
};

/** How many memories a topic has at least where nothing else is said. */
export const DEFAULT_MIN_SIZE = 4;
/** How many memories and profiles an answer names. */
export const MOST_NAMED = 200;

/**
 * Makes summaries of topics and of profiles, makes again those of which something has changed, and takes those back of which
 * too little is left. Each is written as a whole in a transaction: what an interruption leaves, the next run does, and a
 * run after which nothing has changed does nothing. Once all memories of a companion have been looked at, that is noted.
 * `phrase` has a chat model say what a summary says; it is asked outside of transactions. Throws Unavailable where too many
 * wait for their turn.
 */
export const consolidate = (tenant: Tenant, range: ConsolidationRange, phrase: Phrase | null): Promise<Consolidation> =>
  whenFewRun(() => runOver(tenant, range, phrase));

async function runOver(tenant: Tenant, range: ConsolidationRange, phrase: Phrase | null): Promise<Consolidation> {
  const { companion, user, until } = range;
  const { began, owners } = await readOnce(tenant, async (tx) => ({
    owners: await whoseOf(tx, companion, user),
    began: await tx.now(),
  }));
  const done: Consolidation = {
    examined: 0,
    clusterCount: 0,
    createdIds: [],
    profileIds: [],
    made: 0,
    remade: 0,
    retracted: 0,
  };
  for (const whose of owners) {
    const { createdIds, profileIds, ...counts } = await new Run(tenant, whose, range, phrase).run();
    for (const key of Object.keys(counts) as (keyof typeof counts)[]) done[key] += counts[key];
    done.createdIds.push(...createdIds.slice(0, MOST_NAMED - done.createdIds.length));
    done.profileIds.push(...profileIds.slice(0, MOST_NAMED - done.profileIds.length));
  }
  const isOfAll = !user && !until && !tenant.restriction;
  if (isOfAll) await write(tenant, (tx) => noteRan(tx, companion, began, done.examined));
  return done;
}
