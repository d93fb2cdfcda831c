import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../db/database.ts';
import { write } from '../../db/write.ts';
import { describeError } from '../../kernel/describe-error.ts';
import { deleteOldEntries, NO_WORKSPACE } from '../audit/entries.ts';
import { deleteOldSuccesses } from '../idempotency/successes.ts';
import { deleteOldDeliveries } from '../webhook/retention.ts';
import { listWorkspaces } from '../workspace/workspaces.ts';

/** How often all workspaces are looked through. */
const SWEEP_MS = 3_600_000;
/** How many rows of a kind one transaction deletes. */
const BATCH = 1_000;
const DAY_MS = 86_400_000;

export interface RetentionSettings {
  /** How long the audit trail is kept. */
  auditDays: number;
}

/**
 * Deletes what is kept for a limited time and is past it, in all workspaces, also those that nobody writes to: successes
 * of idempotency keys, lines of the audit trail, and deliveries of webhooks. A batch a transaction; `signal` ends it between two.
 */
export async function deleteOutdated(
  database: Database,
  { auditDays }: RetentionSettings,
  signal?: AbortSignal,
): Promise<void> {
  const before = new Date(Date.now() - auditDays * DAY_MS);
  const ids = (await listWorkspaces(database)).map(({ id }) => id);
  for (const workspaceId of [...ids, NO_WORKSPACE]) {
    const tenant = { database, workspaceId, actor: 'system:retention' };
    for (let deleted = BATCH; deleted >= BATCH && !signal?.aborted; ) {
      deleted = await write(
        tenant,
        async (tx) =>
          Math.max(
            await deleteOldSuccesses(tx, BATCH),
            await deleteOldEntries(tx, before, BATCH),
            await deleteOldDeliveries(tx, BATCH),
          ),
        { mayBeUnused: true },
      );
    }
  }
}

/** Does so now, and every hour until stopped. */
export function keepRetention(
  database: Database,
  settings: RetentionSettings,
  log: (text: string) => void,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async () => {
    while (!signal.aborted) {
      await deleteOutdated(database, settings, signal).catch((error) =>
        log(`What is out of date could not be deleted: ${describeError(error)}`),
      );
      await sleep(SWEEP_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  };
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
