import type { Outdating } from './outdated.ts';

/** A list in another order, and how many places up each of those has come that were moved. */
export interface Moved {
  ids: string[];
  movedUp: ReadonlyMap<string, number>;
}

/**
 * A list in which what an UPDATE calls newer stands right before the older one, where it stood behind it. All others stay
 * in their order.
 */
export function newerFirst(ids: readonly string[], updates: readonly Outdating[]): Moved {
  const places = new Map(ids.map((id, place) => [id, place]));
  const before = Map.groupBy(
    updates.filter(
      ({ older, newer, isUpdate }) => isUpdate && (places.get(newer) ?? -1) > (places.get(older) ?? Infinity),
    ),
    ({ older }) => older,
  );
  if (before.size === 0) return { ids: [...ids], movedUp: new Map() };
  const placed = new Set<string>();
  const movedUp = new Map<string, number>();
  // What updates one that is moved comes before that, too: the depth is how often one text was updated.
  const place = (id: string): void => {
    if (placed.has(id)) return;
    const newer = (before.get(id) ?? []).map((update) => update.newer);
    before.delete(id);
    for (const each of newer.sort((a, b) => (places.get(a) as number) - (places.get(b) as number))) place(each);
    const up = (places.get(id) as number) - placed.size;
    if (up > 0) movedUp.set(id, up);
    placed.add(id);
  };
  for (const id of ids) place(id);
  return { ids: [...placed], movedUp };
}
