import { distance, signaturesOf } from './signatures.ts';
import { product, type Vectors, withDirection } from './vectors.ts';

/** So many are looked for by their signatures, to be compared exactly. */
const CANDIDATES = 64;

/** What is near a vector, the nearest first. */
export interface Neighbor {
  place: number;
  cosine: number;
}

/** For each vector the `most` nearest others of those at a cosine of `least` or more; none of one of zeros. */
export function nearest(vectors: Vectors, most: number, least: number): Neighbor[][] {
  const found: Neighbor[][] = Array.from({ length: vectors.count }, () => []);
  for (const [place, candidates] of candidatesOf(vectors)) {
    found[place] = byCosine(vectors, place, candidates)
      .filter(({ cosine }) => cosine >= least)
      .slice(0, most);
  }
  return found;
}

/** Others by how near they are to a vector, the nearest first, and of equals those whose places are nearest. */
export const byCosine = (vectors: Vectors, place: number, others: readonly number[]): Neighbor[] =>
  others
    .map((other) => ({ place: other, cosine: product(vectors, place, other) }))
    .sort((a, b) => b.cosine - a.cosine || stepsTo(place, a.place) - stepsTo(place, b.place));

/** How far a place is from another, another number for each: 1 and 2 for its neighbours, 3 and 4 for theirs. */
const stepsTo = (place: number, other: number): number =>
  other > place ? 2 * (other - place) - 1 : 2 * (place - other);
const placeAt = (place: number, steps: number): number =>
  steps % 2 === 1 ? place + (steps + 1) / 2 : place - steps / 2;

/**
 * For each place of a vector the others whose signatures differ least, and of equals those nearest to it: so where many
 * vectors are the same, not all of them have the same few neighbours.
 */
function* candidatesOf(vectors: Vectors): Generator<[place: number, candidates: number[]]> {
  const most = 2 * vectors.count;
  const places = withDirection(vectors);
  const signatures = signaturesOf(vectors);
  const nearby = new Nearby(vectors.count);
  for (const [at, left] of places.entries()) {
    for (let before = 0; before < at; before++) {
      const right = places[before] as number;
      const key = distance(signatures, left, right) * most;
      nearby.offer(left, key + stepsTo(left, right));
      nearby.offer(right, key + stepsTo(right, left));
    }
  }
  for (const place of places) yield [place, nearby.of(place).map((key) => placeAt(place, key % most))];
}

/** The least keys of each place: a heap each, whose first key is the largest. */
class Nearby {
  readonly #keys: Float64Array;
  readonly #sizes: Int32Array;

  constructor(count: number) {
    this.#keys = new Float64Array(count * CANDIDATES);
    this.#sizes = new Int32Array(count);
  }

  of(place: number): number[] {
    const from = place * CANDIDATES;
    return Array.from(this.#keys.subarray(from, from + (this.#sizes[place] as number)));
  }

  offer(place: number, key: number): void {
    const size = this.#sizes[place] as number;
    if (size === CANDIDATES) {
      if (key < (this.#keys[place * CANDIDATES] as number)) this.#sink(place * CANDIDATES, key);
    } else {
      this.#sizes[place] = size + 1;
      this.#rise(place * CANDIDATES, size, key);
    }
  }

  #rise(heap: number, last: number, key: number): void {
    const keys = this.#keys;
    let at = last;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = keys[heap + parent] as number;
      if (above >= key) break;
      keys[heap + at] = above;
      at = parent;
    }
    keys[heap + at] = key;
  }

  /** Puts a key in the place of the largest. */
  #sink(heap: number, key: number): void {
    const keys = this.#keys;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= CANDIDATES) break;
      if (child + 1 < CANDIDATES && (keys[heap + child + 1] as number) > (keys[heap + child] as number)) child++;
      const below = keys[heap + child] as number;
      if (below <= key) break;
      keys[heap + at] = below;
      at = child;
    }
    keys[heap + at] = key;
  }
}
