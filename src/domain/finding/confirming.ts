import { setTimeout as sleep } from 'node:timers/promises';
import { inBackground } from '../../db/background.ts';
import { isOutage } from '../../db/outage.ts';
import type { Tenant } from '../../db/transaction.ts';
import { write } from '../../db/write.ts';
import { describeError } from '../../kernel/describe-error.ts';
import type { Chat } from '../chat/chat.ts';
import { ChatFailed } from '../chat/failure.ts';
import { confirmNext } from './confirm.ts';
import { forgetClaims } from './pending.ts';

/** How long a process waits when it has found nothing to do. */
const IDLE_MS = 1_000;
/** The same for each workspace, where there are many: each look is a transaction. */
const IDLE_MS_PER_WORKSPACE = 20;
/** How often it looks which workspaces there are. */
const LOOK_MS = 10_000;

/**
 * Has a chat model confirm what waits for it in workspaces, one memory of each after the other, until stopped. While its
 * server fails nothing is asked; a workspace that has used up its tokens waits for the next day.
 */
export function keepConfirming(
  findTenants: () => Promise<readonly Tenant[]>,
  chat: Chat,
  log: (text: string) => void,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = (ms: number) => sleep(ms, undefined, { signal, ref: false }).catch(() => {});
  let tenants: readonly Tenant[] = [];
  let nextLook = 0;
  /** Until when a workspace has no tokens left. */
  const usedUpUntil = new Map<string, number>();
  /** Those in which this process has looked before. */
  const entered = new Set<string>();
  let isGone = false;
  /** Says once that the database is gone, however often it is tried. */
  const complain = (error: unknown) => {
    if (!isGone || !isOutage(error)) log(`Findings could not be confirmed: ${describeError(error)}`);
    isGone = isOutage(error);
  };
  const look = async () => {
    if (performance.now() < nextLook) return;
    tenants = await findTenants();
    nextLook = performance.now() + LOOK_MS;
  };
  /** The embedded database is one process's: what an earlier one had claimed it asks about no more. */
  const enter = async (tenant: Tenant) => {
    if (tenant.database.kind !== 'embedded' || entered.has(tenant.workspaceId)) return;
    await write(tenant, forgetClaims);
    entered.add(tenant.workspaceId);
  };
  const attempt = async (given: Tenant): Promise<number> => {
    const tenant = { ...given, database: inBackground(given.database) };
    const { workspaceId } = tenant;
    if (performance.now() < (usedUpUntil.get(workspaceId) ?? 0)) return 0;
    usedUpUntil.delete(workspaceId);
    try {
      await enter(tenant);
      const { deadlineMs } = chat.settings;
      const asked = await confirmNext({ tenant, chat, deadlineMs, signal });
      isGone = false;
      return asked;
    } catch (error) {
      if (!(error instanceof ChatFailed)) complain(error);
      else if (error.kind === 'budget') {
        usedUpUntil.set(workspaceId, performance.now() + (error.retryAfterMs ?? IDLE_MS));
        log(`Findings of a workspace are confirmed tomorrow: ${describeError(error)}`);
      }
      return 0;
    }
  };
  const run = async () => {
    while (!signal.aborted) {
      // Others may have found the server at fault meanwhile.
      while (chat.pausedFor > 0 && !signal.aborted) await pause(chat.pausedFor);
      await look().catch(complain);
      let done = 0;
      for (const tenant of tenants) {
        if (signal.aborted) return;
        if (chat.pausedFor === 0) done += await attempt(tenant);
      }
      if (done === 0) await pause(Math.max(IDLE_MS, tenants.length * IDLE_MS_PER_WORKSPACE));
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
