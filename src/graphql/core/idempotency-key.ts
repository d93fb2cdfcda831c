/** What every mutation's `idempotencyKey` says of itself. */
export const idempotencyKeyDescription =
  'Makes a retry safe: the same key, mutation and input within 7 days answers with the first success and changes nothing. 1 to 500 characters.';
