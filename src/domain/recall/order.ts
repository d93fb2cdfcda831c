import { newerFirst } from '../../model/finding/newer-first.ts';
import type { Outdating } from '../../model/finding/outdated.ts';
import type { Position } from '../../model/paging/cursor.ts';
import { arrange, MAX_ARRANGED } from '../../model/recall/arrange.ts';
import type { RecallOrder } from '../../model/recall/enumeration.ts';
import { type Kept, keep, keptOf, placesIn } from './kept.ts';
import { comparePositions, type Recalled } from './search.ts';

/** What a list is ordered by, besides scores. */
export interface Ordering {
  /** The reranker's numbers for the best memories: they come first, the highest first. Null: no reranker. */
  reranked: Kept | null;
  /** The memories of a rearranged list, in order, with their variety: they come before all others. Null: by score. */
  arranged: Kept | null;
  /** How many places up those of them came that were moved before what they update. Null: none was. */
  moved: Kept | null;
}

/**
 * The order of a new list; `recalled` is by score, the best first. Among the first {@link MAX_ARRANGED} what one of
 * `updates` calls newer comes before the older one, unless the list is by time.
 */
export function orderingOf(
  recalled: readonly Recalled[],
  order: RecallOrder,
  reranked: Kept | null,
  updates: readonly Outdating[],
): Ordering {
  const byScore = { reranked, arranged: null, moved: null };
  if (order === 'RELEVANCE' && updates.length === 0) return byScore;
  const listed = inOrder(recalled, byScore).map(({ memory, score, conversation, validFrom, said }) => {
    return { id: memory.id, score, conversation, validFrom, said };
  });
  const placed =
    order === 'RELEVANCE'
      ? listed.slice(0, MAX_ARRANGED).map(({ id }) => ({ id, variety: 1 }))
      : arrange(listed, order, reranked !== null);
  const varieties = new Map(placed.map(({ id, variety }) => [id, variety]));
  const { ids, movedUp } = newerFirst([...varieties.keys()], order === 'TIME' ? [] : updates);
  if (order === 'RELEVANCE' && movedUp.size === 0) return byScore;
  return {
    reranked,
    arranged: keep(ids.map((id) => [id, varieties.get(id) as number])),
    moved: movedUp.size > 0 ? keep([...movedUp]) : null,
  };
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
export function comparing({ reranked, arranged }: Omit<Ordering, 'moved'>): (one: Position, other: Position) => number {
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
