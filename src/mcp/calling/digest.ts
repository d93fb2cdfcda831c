import { createHash } from 'node:crypto';

/** Equal for equal values. */
export const digestOf = (given: object): string =>
  createHash('sha256').update(JSON.stringify(given)).digest('base64url');
