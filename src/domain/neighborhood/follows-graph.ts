import { REACH } from '../../model/recall/reach.ts';

/** How many of the lineages next to one on a side belong to neighbourhoods: those related last. */
const BREADTH = 4;

/** A FOLLOWS relation between two lineages. */
export interface Follows {
  later: string;
  earlier: string;
  recordedAt: Date;
  id: string;
}

type Side = 'later' | 'earlier';

/** Lineages and which came after which. */
export class FollowsGraph {
  readonly #next: Record<Side, Map<string, Set<string>>> = { later: new Map(), earlier: new Map() };

  constructor(follows: readonly Follows[]) {
    const lastFirst = follows.toSorted(
      (a, b) => b.recordedAt.getTime() - a.recordedAt.getTime() || (a.id < b.id ? 1 : -1),
    );
    for (const { later, earlier } of lastFirst) {
      add(this.#next.later, earlier, later);
      add(this.#next.earlier, later, earlier);
    }
  }

  /**
   * What lies within {@link REACH} relations of a lineage, each later than the one before, or each earlier. Nearest
   * first; `hops` is positive for what came after it. What lies on both sides counts where it is nearer.
   */
  within(id: string): { id: string; hops: number }[] {
    const found = new Map<string, number>();
    for (const [side, sign] of [
      ['later', 1],
      ['earlier', -1],
    ] as const) {
      for (const [other, hops] of this.#walk([id], (each) =>
        [...(this.#next[side].get(each) ?? [])].slice(0, BREADTH),
      )) {
        if (hops > 0 && hops < Math.abs(found.get(other) ?? REACH + 1)) found.set(other, sign * hops);
      }
    }
    found.delete(id);
    const near = [...found].map(([other, hops]) => ({ id: other, hops }));
    return near.sort((a, b) => Math.abs(a.hops) - Math.abs(b.hops));
  }

  /** What lies within {@link REACH} relations of some lineages, however they lead, and those themselves. */
  around(ids: Iterable<string>): Set<string> {
    const sides = (each: string) => [...(this.#next.later.get(each) ?? []), ...(this.#next.earlier.get(each) ?? [])];
    return new Set(this.#walk(ids, sides).keys());
  }

  /** By lineage, how many steps away it was first met. */
  #walk(from: Iterable<string>, next: (id: string) => readonly string[]): Map<string, number> {
    const met = new Map([...from].map((id) => [id, 0]));
    for (const [id, hops] of met) {
      if (hops === REACH) continue;
      for (const other of next(id)) if (!met.has(other)) met.set(other, hops + 1);
    }
    return met;
  }
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const values = map.get(key);
  if (values) values.add(value);
  else map.set(key, new Set([value]));
}
