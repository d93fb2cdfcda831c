/** What every mutation's `idempotencyKey` says of itself. */
export const idempotencyKeyDescription =
  'Makes a retry safe: sending the same key, mutation and input again within 7 days returns the ' +
  'first answer and changes nothing. If something that the answer names has been erased since, it is ' +
  'NOT_FOUND and nothing is made. Each credential has keys of its own. 1 to 500 characters.';
