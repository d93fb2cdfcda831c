import type { GraphQLDocument } from '../../client/document.ts';
import { run } from './api.ts';
import { refresh } from './live.ts';

/** A key under which a change is made once, however often the request is sent. */
export const newKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * Runs a mutation and lets all panels ask again. Which companion and user are looked at does not limit it: what the
 * credential may change can be changed. Rejects as `run` does.
 */
export async function change<Data, Input extends { idempotencyKey?: string | null | undefined }>(
  document: GraphQLDocument<Data, { input: Input }>,
  input: Input,
): Promise<Data> {
  try {
    return await run(document, { input: { ...input, idempotencyKey: newKey() } }, { everything: true });
  } finally {
    // Where it failed, what is shown may be no longer so.
    refresh();
  }
}
