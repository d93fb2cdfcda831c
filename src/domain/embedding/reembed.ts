import { setTimeout as sleep } from 'node:timers/promises';
import cliProgress from 'cli-progress';
import { readOnce } from '../../db/read-transaction.ts';
import type { Tenant } from '../../db/transaction.ts';
import type { EmbeddingModel } from '../../kernel/embedding-model.ts';
import { EmbeddingFailed } from './embedder.ts';
import type { Embeddings } from './embeddings.ts';
import { Upkeep } from './upkeep.ts';
import { countVectors } from './vectors.ts';

/** How often in a row the provider may fail before the command gives up. */
const MAX_FAILURES = 10;
/** How long it waits for others to finish what they have claimed. */
const WAIT_MS = 500;

/**
 * Gives all memories of a workspace vectors of the model configured, and lets reads compare these; prints how far it
 * has come. Servers may run meanwhile, and take part. After an interruption the next run goes on, or a server. Throws
 * EmbeddingFailed where the provider keeps failing.
 */
export async function reembedWorkspace(tenant: Tenant, embeddings: Embeddings, signal: AbortSignal): Promise<void> {
  const { model } = embeddings;
  if (!model) return;
  const upkeep = new Upkeep(tenant, embeddings);
  const isTerminal = process.stderr.isTTY;
  const bar = new cliProgress.SingleBar({
    format: `${model.model} {bar} {percentage}% | {value} of {total} memories`,
    hideCursor: true,
    noTTYOutput: !isTerminal,
    notTTYSchedule: 5_000,
  });
  bar.start(0, 0);
  try {
    await upkeep.surveyAll(signal);
    for (let failures = 0; !signal.aborted; ) {
      try {
        const done = await upkeep.step();
        const { embedded, pending } = await countNow(tenant, model);
        bar.setTotal(embedded + pending);
        bar.update(embedded);
        failures = 0;
        if (done > 0) continue;
        if (await upkeep.isDone()) break;
        // Another worker has claimed the rest, or has died since: then it is due again within a minute.
        await sleep(WAIT_MS, undefined, { signal }).catch(() => {});
      } catch (error) {
        if (!(error instanceof EmbeddingFailed) || ++failures >= MAX_FAILURES) throw error;
        embeddings.noteFailure(error);
        await sleep(embeddings.pausedFor, undefined, { signal }).catch(() => {});
      }
    }
  } finally {
    bar.stop();
  }
  const { embedded, pending } = await countNow(tenant, model);
  console.log(
    `${embedded} memories have a vector of ${model.model} (${model.dimension})${pending > 0 ? `, ${pending} are pending` : ''}.`,
  );
}

const countNow = (tenant: Tenant, model: EmbeddingModel) => readOnce(tenant, (tx) => countVectors(tx, model));
