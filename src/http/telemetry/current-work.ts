import { AsyncLocalStorage } from 'node:async_hooks';
import type { Work } from './tracing.ts';

/**
 * The traced work that the running code is part of. In a file of its own: the tracing is loaded only where it is used.
 */
export const currentWork = new AsyncLocalStorage<Work>();

/** What telemetry may say of an error: its code or class. Its message may hold what a client has sent. */
export function kindOfError(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return typeof code === 'string' && /^\w{1,40}$/.test(code) ? code : String(name ?? 'Error');
}
