import { AsyncLocalStorage } from 'node:async_hooks';
import type { Work } from './tracing.ts';

/** The work that what runs is part of, where it is traced. Apart from the tracing, which is loaded only where it is used. */
export const currentWork = new AsyncLocalStorage<Work>();

/** What may be told of an error: its code or class, since its message may hold what was sent. */
export function kindOfError(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return typeof code === 'string' && /^\w{1,40}$/.test(code) ? code : String(name ?? 'Error');
}
