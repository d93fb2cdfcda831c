import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../client/connect.ts';
import type { Execute } from '../client/execute.ts';
import { OperationError } from '../client/operation-error.ts';

/** How long a server that is starting, or has just gone, is waited for. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 100;

/** How a server is asked: as whom, and of whose memory. */
interface Asking {
  key: string | undefined;
  companion: string;
  user: string | undefined;
}

/**
 * Runs documents at a server that may come and go: `find` says where it is each time. What reached no server, or one
 * that took nothing on, is sent again, to the one that is there then.
 */
export function lastingExecute(find: () => Promise<string>, asking: Asking): Execute {
  const run = async (...[document, variables, options]: Parameters<Execute>): Promise<unknown> => {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      const url = await find();
      try {
        return await connect({ url, ...asking }).execute(document, variables, options);
      } catch (error) {
        if (!tookNothingOn(error) || performance.now() > until) throw error;
      }
      await sleep(PAUSE_MS, undefined, options?.signal ? { signal: options.signal } : {});
    }
  };
  return run as Execute;
}

function tookNothingOn(error: unknown): boolean {
  if (!(error instanceof OperationError)) return false;
  if (error.status === 503) return true;
  const { cause } = (error.cause ?? {}) as { cause?: { code?: string } };
  return error.status === undefined && cause?.code === 'ECONNREFUSED';
}
