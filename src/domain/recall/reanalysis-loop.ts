import { setTimeout as sleep } from 'node:timers/promises';
import type { Tenant } from '../../db/transaction.ts';
import { describeError } from '../../kernel/describe-error.ts';
import { Reanalysis } from './reanalysis.ts';

/** How often it looks for memories that a server of an earlier version has written. */
const LOOK_MS = 60_000;
/** How often it reports how much is left. */
const TELL_MS = 60_000;

/** Analyses again what an earlier version analysed, one workspace after another, until stopped; `tell` gets the reports. */
export function keepAnalysed(
  findTenants: () => Promise<readonly Tenant[]>,
  tell: (text: string) => void,
  complain: (text: string) => void,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const look = async () => {
    for (const tenant of await findTenants()) if (!signal.aborted) await analyseAll(tenant, tell, signal);
  };
  const run = async () => {
    while (!signal.aborted) {
      await look().catch((error) => complain(`Memories could not be analysed again: ${describeError(error)}`));
      await sleep(LOOK_MS, undefined, { signal, ref: false }).catch(() => {});
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

/** Analyses all of a workspace that is left to analyse again; if the signal ends it, it continues later. */
async function analyseAll(tenant: Tenant, tell: (text: string) => void, signal: AbortSignal): Promise<void> {
  const work = new Reanalysis(tenant);
  while (!signal.aborted && (await work.namesStep()) > 0);
  let total = 0;
  let nextTelling = 0;
  for (;;) {
    if (performance.now() >= nextTelling) {
      const left = await work.left();
      if (left > 0)
        tell(`Memories of workspace ${tenant.workspaceId} are being analysed again: ${total} done, ${left} to do`);
      nextTelling = performance.now() + TELL_MS;
    }
    const done = signal.aborted ? 0 : await work.step();
    total += done;
    if (done === 0) break;
  }
  if (total > 0) tell(`Memories of workspace ${tenant.workspaceId} were analysed again: ${total}`);
}
