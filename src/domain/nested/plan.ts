import type { Reading } from '../../db/reading.ts';
import type { CompanionRef } from '../../model/companion/ref.ts';
import type { Window } from '../../model/paging/window.ts';

/** The lists that can be part of a statement. */
export type ListName = 'memories' | 'relations' | 'versions' | 'messages' | 'entities' | 'conversations';

/** Which of the objects of a row a part is of: the row's own, or what it leads to. */
export type Place = 'self' | 'edge' | 'neighbor' | 'from' | 'to';

/** What a row leads to by a key that it has. */
export type One = 'companion' | 'user' | 'conversation' | 'memory';

/** One value of a row: of a column, of another object, of the rows of a list, or how many these are. */
export type Part =
  | { is: 'column'; of: Place; column: string }
  | { is: 'one'; of: Place; to: One; parts: readonly Part[] }
  | ({ is: 'list'; of: Place } & ListPart)
  | { is: 'count'; of: Place; list: number; name: ListName };

/** A list within a row. Which of the lists asked for it is says {@link Asked}. */
export interface ListPart {
  list: number;
  name: ListName;
  /** The values of each of its rows. Where it is `placed`, they come behind the value it is ordered by, and its key. */
  parts: readonly Part[];
  placed: boolean;
  /** Whether one row more than the page has is read, to know whether there is one. */
  more: boolean;
}

/**
 * What objects a statement finds: memories by their keys, or one object by its own key, some by the caller's. A
 * conversation may be said to be of a companion, and has to be where it is named by the caller's key.
 */
export type Found =
  | { kind: 'memory'; by: 'id'; value: string }
  | { kind: 'memories'; ids: readonly string[] }
  | { kind: 'entity' | 'message'; by: 'id'; value: string }
  | { kind: 'companion' | 'user' | 'conversation'; by: 'id' | 'name'; value: string; of?: CompanionRef | undefined };

/** What one request asks of a list. */
export interface Asked {
  reading: Reading;
  /** The arguments but those of paging, checked. */
  given: unknown;
  window: Window;
}
