/** That two memories belong together, and how much. Each two have one edge at most. */
export interface Edge {
  left: number;
  right: number;
  weight: number;
}

/** What is at the other end of an edge. */
export interface End {
  place: number;
  weight: number;
}

/** The edges of each memory. */
export class Links {
  readonly #ends: End[][];
  /** What the edges of a memory weigh together, on average of those that have any. */
  readonly weight: number;

  constructor(count: number, edges: readonly Edge[]) {
    this.#ends = Array.from({ length: count }, () => []);
    for (const { left, right, weight } of edges) {
      this.#ends[left]?.push({ place: right, weight });
      this.#ends[right]?.push({ place: left, weight });
    }
    const sum = edges.reduce((total, { weight }) => total + weight, 0);
    this.weight = (2 * sum) / Math.max(1, this.#ends.filter(({ length }) => length > 0).length);
  }

  of(place: number): readonly End[] {
    return this.#ends[place] ?? [];
  }
}
