import type { Reservation } from './body-budget.ts';

/** How large a request is, and what it holds. */
export interface RequestSize {
  /** Bytes of its body, packed or unpacked, whichever are more. */
  bytes: number;
  /** Values of its JSON. */
  values: number;
  /** The bytes that a body may have unless its operation is a bulk mutation. */
  most: number;
  reservation: Reservation;
}

const sizes = new WeakMap<Request, RequestSize>();

export const noteSize = (request: Request, size: RequestSize): void => void sizes.set(request, size);

/** How large a request with a body is. */
export const sizeOf = (request: Request): RequestSize | undefined => sizes.get(request);
