import { AlreadyResolved, Cycle, type DomainError, InvalidInput } from '../../kernel/errors.ts';

/** A moment or an id, as messages write them. */
const TOLD = /\d{4}-\d\d-\d\dT[\d:.]+Z|\b[a-z]{3}_[0-9a-z]{26}\b/g;

/**
 * A failure as it is told to who may write and not read: why, but no moment, id or number of what was there. Of
 * `given`, their own input, it may tell all.
 */
export function blinded(error: DomainError, given: unknown): DomainError {
  const known = JSON.stringify(given);
  const hide = (message: string) => message.replace(TOLD, (told) => (known.includes(told) ? told : '…'));
  if (error instanceof InvalidInput) {
    return new InvalidInput(error.issues.map(({ path, message }) => ({ path, message: hide(message) })));
  }
  if (error instanceof Cycle) error.message = 'CAUSES relations must not form a circle: this one would close one.';
  else if (error instanceof AlreadyResolved) {
    error.message = 'The contradiction is resolved already: undo that first with reopenContradiction.';
  } else error.message = hide(error.message);
  return error;
}
