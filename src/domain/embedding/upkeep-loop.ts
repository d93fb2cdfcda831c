import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { isOutage } from '../../db/outage.ts';
import type { Tenant } from '../../db/transaction.ts';
import { describeError } from '../../kernel/describe-error.ts';
import { EmbeddingFailed } from './embedder.ts';
import type { Embeddings } from './embeddings.ts';
import { Upkeep } from './upkeep.ts';

/** How long a process waits when it has found nothing to do. */
const IDLE_MS = 1_000;
/** The same for each workspace, where there are many: each look is a transaction. */
const IDLE_MS_PER_WORKSPACE = 20;
/** How long it waits for more after a write has left vectors to be made. */
const GATHER_MS = 100;
/** How often it looks which workspaces there are. */
const LOOK_MS = 10_000;

/**
 * Keeps the vectors of workspaces complete until stopped, and pauses while the provider is at fault. Which workspaces
 * there are is looked up again and again.
 */
export function keepVectorsUp(
  findTenants: () => Promise<readonly Tenant[]>,
  embeddings: Embeddings,
  log: (text: string) => void,
): { stop(): Promise<void> } {
  const upkeeps = new Map<string, Upkeep>();
  let nextLook = 0;
  const look = async () => {
    if (performance.now() < nextLook) return;
    const tenants = await findTenants();
    const found = new Set(tenants.map(({ workspaceId }) => workspaceId));
    for (const id of upkeeps.keys()) if (!found.has(id)) upkeeps.delete(id);
    for (const tenant of tenants) {
      if (!upkeeps.has(tenant.workspaceId)) upkeeps.set(tenant.workspaceId, new Upkeep(tenant, embeddings));
    }
    nextLook = performance.now() + LOOK_MS;
  };
  let isGone = false;
  /** Says once that the database is gone, however often it is tried. */
  const complain = (error: unknown) => {
    if (!isGone || !isOutage(error)) log(describeError(error));
    isGone = isOutage(error);
  };
  const stopping = new AbortController();
  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
  /** Until it is time to look again, or a write of this process has left something to do. */
  const idle = async (ms: number) => {
    const over = new AbortController();
    const signal = AbortSignal.any([stopping.signal, over.signal]);
    const noted = once(embeddings.events, 'pending', { signal }).then(() => pause(GATHER_MS));
    await Promise.race([sleep(ms, undefined, { signal, ref: false }), noted]).catch(() => {});
    over.abort();
  };
  const run = async () => {
    while (!stopping.signal.aborted) {
      let done = 0;
      // Others may have found the provider at fault meanwhile.
      while (embeddings.pausedFor > 0 && !stopping.signal.aborted) await pause(embeddings.pausedFor);
      if (stopping.signal.aborted) return;
      await look().catch(complain);
      for (const upkeep of upkeeps.values()) done += stopping.signal.aborted ? 0 : await attempt(upkeep);
      const rest = Math.max(IDLE_MS, upkeeps.size * IDLE_MS_PER_WORKSPACE);
      await (done > 0 || embeddings.pausedFor > 0
        ? pause(Math.max(done > 0 ? 0 : rest, embeddings.pausedFor))
        : idle(rest));
    }
  };
  const attempt = async (upkeep: Upkeep): Promise<number> => {
    try {
      const done = await upkeep.step(stopping.signal);
      isGone = false;
      return done;
    } catch (error) {
      if (stopping.signal.aborted && error instanceof EmbeddingFailed) return 0;
      if (error instanceof EmbeddingFailed) embeddings.noteFailure(error);
      else complain(error);
      return 0;
    }
  };
  const running = embeddings.embedder ? run() : Promise.resolve();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
