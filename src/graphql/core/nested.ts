import type { Found, ListName, One, Place } from '../../domain/nested/plan.ts';
import type { PageArgs, Window } from '../../model/paging/window.ts';
import type { Context } from './context.ts';
import type { AtArgument } from './point-type.ts';
import type { Snapshot } from './snapshot.ts';

/** What the arguments of a list ask for. Throws what the field itself throws. */
export interface ListRead {
  given: unknown;
  window: Window;
  order: string;
}

/** The point in time that it is read at, and which; `type` where the field does not say what it is. */
interface FoundObjects {
  at: Snapshot;
  found: Found;
  type?: string;
}

/** Throws what the field itself throws, and where it is not covered. */
type FindObjects = (context: Context, args: Record<string, unknown>) => Promise<FoundObjects> | FoundObjects;

/** What is not covered, and is left to the executor as a whole. */
export class Uncovered extends Error {
  override name = 'Uncovered';
}

/** How a field that is no column is part of a statement: what its extension `nested` says. */
export type Nested =
  /** An object, or several in their order, that the arguments name. */
  | { find: FindObjects }
  /** A list; `takesAt`: it has the argument `at`. */
  | { list: ListName; read: (args: PageArgs & AtArgument) => ListRead; takesAt: boolean }
  /** A column by another name than the field's, or one that is computed. */
  | { column: string }
  /** A value that is made of columns, in another turn of the event loop: it may be long. */
  | { of: readonly string[]; make: (...values: never[]) => unknown }
  /** Another row, which is looked up. */
  | { one: One }
  /** An object that comes with the row. */
  | { place: Exclude<Place, 'self' | 'edge'> };

/** Says it of a field: `...nested({ one: 'companion' })`. */
export const nested = (how: Nested) => ({ extensions: { nested: how } });
