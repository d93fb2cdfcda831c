import type { Reading } from '../../db/reading.ts';
import { encodeCursor } from '../../model/paging/cursor.ts';
import type { Page } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import type { Snapshot } from './snapshot.ts';

/** What a connection type resolves from. */
export interface Connection<Node> {
  edges: Edge<Node>[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  /** Counts the whole list; asked only when the document does. */
  totalCount(): Promise<number>;
}

export interface Edge<Node> {
  node: Node;
  /** Made when asked for: most documents read the cursors of one edge or none. */
  cursor(): string;
}

/** A list as it is read for a connection type. */
interface Listing<Row, Node, E extends Edge<Node>> {
  order: string;
  window: Window;
  page: Promise<Page<Row> | undefined>;
  toNode: (row: Row) => Node;
  /** What an edge has in addition to its node and cursor. */
  toEdge?: (edge: Edge<Node>, row: Row) => E;
  /** Counts the whole list, as its first page saw it. */
  count: (reading: Reading) => Promise<number | undefined>;
  /** What later pages have to keep, in addition to moment and point. */
  state?: string;
}

/** A page of a list read from a snapshot, as its connection type resolves it. */
export async function toConnection<Row, Node, E extends Edge<Node> = Edge<Node>>(
  { tx, point, reading }: Snapshot,
  { order, window, page, toNode, toEdge = (edge) => edge as E, count, state }: Listing<Row, Node, E>,
): Promise<Connection<Node> & { edges: E[] }> {
  const read = await page;
  if (!read) throw new Error('a list without a page');
  const asOf = window.asOf ?? (await tx.now());
  return {
    edges: read.items.map(({ row, position }) =>
      toEdge({ node: toNode(row), cursor: () => encodeCursor(order, position, asOf, point, state) }, row),
    ),
    hasNextPage: read.hasNextPage,
    hasPreviousPage: read.hasPreviousPage,
    totalCount: async () => (await count(reading.asOf(window.asOf))) ?? 0,
  };
}
