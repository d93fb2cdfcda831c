import type { Position } from '../../model/paging/cursor.ts';
import { arrange } from '../../model/recall/arrange.ts';
import type { RecallOrder } from '../../model/recall/enumeration.ts';
import { type Kept, keep, keptOf, placesIn } from './kept.ts';
import { comparePositions, type Recalled } from './search.ts';

/** What a list is ordered by, besides scores. */
export interface Ordering {
  /** The reranker's numbers for the best memories: they come first, the highest first. Null: no reranker. */
  reranked: Kept | null;
  /** The memories of a rearranged list, in order, with their variety: they come before all others. Null: by score. */
  arranged: Kept | null;
}

/** The order of a new list; `recalled` is by score, the best first. */
export function orderingOf(recalled: readonly Recalled[], order: RecallOrder, reranked: Kept | null): Ordering {
  if (order === 'RELEVANCE') return { reranked, arranged: null };
  const listed = inOrder(recalled, { reranked, arranged: null }).map(
    ({ memory, score, conversation, validFrom, said }) => {
      return { id: memory.id, score, conversation, validFrom, said };
    },
  );
  const placed = arrange(listed, order, reranked !== null);
  return { reranked, arranged: keep(placed.map(({ id, variety }) => [id, variety])) };
}

/** The list in its order. */
export function inOrder(recalled: readonly Recalled[], ordering: Ordering): Recalled[] {
  const compare = comparing(ordering);
  return recalled
    .map((each) => ({ each, position: { value: each.score, id: each.memory.id } }))
    .sort((a, b) => compare(a.position, b.position))
    .map(({ each }) => each);
}

/** Compares the places of two memories in a list: negative if the first one comes first. */
export function comparing({ reranked, arranged }: Ordering): (one: Position, other: Position) => number {
  const placeOf = placesIn(arranged);
  const rankOf = (id: string) => keptOf(reranked, id) ?? Number.NEGATIVE_INFINITY;
  return (one, other) => {
    const [a, b] = [placeOf(one.id), placeOf(other.id)];
    if (a !== b) return a - b;
    const [high, low] = [rankOf(one.id), rankOf(other.id)];
    if (high !== low) return high > low ? -1 : 1;
    return comparePositions(other, one);
  };
}
