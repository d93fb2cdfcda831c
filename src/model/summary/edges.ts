import { thresholdOf } from './likeness.ts';
import type { Edge } from './links.ts';
import { Mentions } from './mentions.ts';
import { byCosine, nearest } from './neighbors.ts';
import { product, type Vectors } from './vectors.ts';

/** How many nearest neighbours by its vector a memory has edges to. */
const NEIGHBORS = 10;
/** What an edge weighs between two that are only just alike; more alike, as much more as their cosine is larger. */
const JUST_ALIKE = 0.05;
/** What it weighs that two mention the same rarest entity. */
const ENTITY = 0.5;
/** How many that mention the same entity a memory is compared with, and to how many of them it has an edge for it. */
const COMPARED = 16;
const OF_ENTITY = 3;

/** The edges between memories that are alike, or mention the same entities. */
export function edgesOf(vectors: Vectors, entities: readonly (readonly number[])[]): Edge[] {
  const { count } = vectors;
  const threshold = thresholdOf(vectors);
  const mentions = new Mentions(entities);
  const keys = new Set<number>();
  const link = (a: number, b: number) => keys.add(Math.min(a, b) * count + Math.max(a, b));
  for (const [place, near] of nearest(vectors, NEIGHBORS, threshold).entries()) {
    for (const other of near) link(place, other.place);
  }
  for (const places of mentions.places()) linkAll(vectors, places, link);
  return [...keys]
    .sort((a, b) => a - b)
    .map((key) => {
      const left = Math.floor(key / count);
      const right = key % count;
      const above = product(vectors, left, right) - threshold;
      const likeness = above >= 0 ? above + JUST_ALIKE : 0;
      return { left, right, weight: likeness + ENTITY * mentions.shared(left, right) };
    })
    .filter(({ weight }) => weight > 0);
}

/** Links each memory to those of the same entity that are nearest to it, of some before and after it. */
function linkAll(vectors: Vectors, places: readonly number[], link: (a: number, b: number) => void): void {
  for (const [at, place] of places.entries()) {
    const around = places.slice(Math.max(0, at - COMPARED / 2), at + COMPARED / 2 + 1).filter((each) => each !== place);
    for (const other of byCosine(vectors, place, around).slice(0, OF_ENTITY)) link(place, other.place);
  }
}
