import type { ListName, Place } from '../../domain/nested/plan.ts';
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

/** How a field that is no column is part of a statement: what its extension `nested` says. */
export type Nested =
  /** A memory by its id. */
  | { memory: (context: Context, args: Record<string, unknown>) => Promise<{ at: Snapshot; id: string }> }
  /** A list; `takesAt`: it has the argument `at`. */
  | { list: ListName; read: (args: PageArgs & AtArgument) => ListRead; takesAt: boolean }
  /** Another row, which is looked up. */
  | { one: 'companion' | 'user' }
  /** An object that comes with the row. */
  | { place: Exclude<Place, 'self' | 'edge'> };

/** Says it of a field: `...nested({ one: 'companion' })`. */
export const nested = (how: Nested) => ({ extensions: { nested: how } });
