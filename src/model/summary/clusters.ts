import { communitiesOf } from './communities.ts';
import { edgesOf } from './edges.ts';
import { Links } from './links.ts';
import { NONE, Topics } from './topics.ts';
import type { Vectors } from './vectors.ts';

/** A topic that has so many members takes no more. */
export const MAX_CLUSTER = 60;

/** What is clustered: memories by their places from 0. */
export interface Memories {
  vectors: Vectors;
  /** For each the numbers of the entities it mentions. */
  entities: readonly (readonly number[])[];
  /** For each the number of the topic it is in already; -1: none. */
  taken: Int32Array;
  /** A cluster has at least so many members. */
  minSize: number;
}

export interface Clustered {
  /** For each memory the topic that it joins, -1: none. */
  joins: Int32Array<ArrayBuffer>;
  /** The places of the members of new clusters, in ascending order; the largest cluster first. */
  clusters: number[][];
}

/**
 * Finds which memories join the topics there are, and clusters of the others. What is found depends on the edges between
 * all memories, which do not depend on `taken`, and is sought until nothing more is found: so with this answer taken there
 * is nothing more to find.
 */
export function clustersOf({ vectors, entities, taken, minSize }: Memories): Clustered {
  const links = new Links(taken.length, edgesOf(vectors, entities));
  const topics = new Topics(links, taken, MAX_CLUSTER);
  const first = topics.next;
  for (;;) {
    topics.join();
    const found = communitiesOf(links, topics.free(), { least: minSize, most: MAX_CLUSTER });
    if (found.length === 0) break;
    for (const members of found) topics.add(members);
  }
  return {
    joins: topics.of.map((topic, place) => (taken[place] === NONE && topic < first ? topic : NONE)),
    clusters: topics.from(first),
  };
}
