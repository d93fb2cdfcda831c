import type { GraphQLDocument } from '../../client/document.ts';
import { OperationError, run } from './api.ts';
import { refresh } from './live.ts';
import { Unanswered } from './unanswered.ts';

const unanswered = new Unanswered();

/** True of what the server itself has refused. Without an answer a change may have been made. */
const isAnswer = (error: unknown): boolean => error instanceof OperationError && error.code !== 'UNAVAILABLE';

/**
 * Runs a mutation and lets all panels ask again. Which companion and user are looked at does not limit it: what the
 * credential may change can be changed. Rejects as `run` does. The same change, tried again after no answer came, is made
 * once.
 */
export async function change<Data, Input extends { idempotencyKey?: string | null | undefined }>(
  document: GraphQLDocument<Data, { input: Input }>,
  input: Input,
): Promise<Data> {
  try {
    return await unanswered.attempt(
      `${document}${JSON.stringify(input)}`,
      (idempotencyKey) => run(document, { input: { ...input, idempotencyKey } }, { everything: true }),
      isAnswer,
    );
  } finally {
    // Where it failed, what is shown may be no longer so.
    refresh();
  }
}
