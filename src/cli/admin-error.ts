/** What an operator asked cannot be done; `message` is a sentence or two that say why, and what to do. */
export class AdminError extends Error {
  override name = 'AdminError';
}
