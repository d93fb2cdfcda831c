import type { FunctionComponent } from 'preact';

export interface ItemListProps {
  state: 'open' | 'decided';
}

/** A kind of thing that waits for a decision in the inbox: contradictions, so far. */
export interface ItemKind {
  /** What a person reads, e.g. `Contradictions`. */
  title: string;
  /** What its ids begin with, so that an address can name an item: `con_`. */
  prefix: string;
  /** Its items in a state, page by page. */
  List: FunctionComponent<ItemListProps>;
  /** The item with an id. */
  One: FunctionComponent<{ id: string }>;
}
