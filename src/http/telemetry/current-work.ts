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

/** Does what a field asks for, by its coordinates in the schema: within a traced request as a work of its own. */
export function follow<T>(name: string, run: () => T): T {
  const above = currentWork.getStore();
  if (!above) return run();
  return followed(above.begin(name, { 'graphql.field.coordinates': name }), run);
}

/** Does the work, and ends it: where it answers at once, there is nothing to see. */
export function followed<T>(work: Work, run: () => T): T {
  let result: T;
  try {
    result = currentWork.run(work, run);
  } catch (error) {
    work.end(kindOfError(error));
    throw error;
  }
  if (!isPromise(result)) {
    work.endAtOnce();
    return result;
  }
  result.then(
    () => work.end(),
    (error) => work.end(kindOfError(error)),
  );
  return result;
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
