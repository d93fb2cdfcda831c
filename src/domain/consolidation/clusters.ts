import { WorkThread } from '../../kernel/work-thread.ts';
import type { Pick } from '../../model/summary/picks.ts';

export { MAX_CLUSTER } from '../../model/summary/clusters.ts';
export type { Pick };

export interface ClusterRequest {
  kind: 'cluster';
  /** How many numbers a vector has; 0 where there are none. */
  dimension: number;
  /**
   * Unit vectors one after the other, `dimension` numbers for each memory; zeros for a memory without. In a
   * SharedArrayBuffer they are not copied for the thread, and must not be changed before it has answered.
   */
  vectors: Float32Array;
  /** For each memory the numbers of the entities it mentions, equal numbers for equal entities. */
  entities: readonly (readonly number[])[];
  /** For each memory the number of the topic it is in already; -1: none. */
  taken: Int32Array<ArrayBuffer>;
  /** A new cluster has at least so many members, from 2. */
  minSize: number;
}

export interface ClusterAnswer {
  /** For each memory the topic that it joins; -1: none. One that is taken joins none. */
  joins: Int32Array<ArrayBuffer>;
  /**
   * Clusters of those that joined none: the places of at least `minSize` and at most {@link MAX_CLUSTER} memories, in
   * ascending order. The largest cluster is first.
   */
  clusters: number[][];
}

export interface PickRequest {
  kind: 'pick';
  dimension: number;
  /** As of {@link ClusterRequest}. */
  vectors: Float32Array;
  /** The text of each memory; the first 20,000 code units are looked at. */
  texts: readonly string[];
  /** Groups of memories by their places. */
  groups: readonly (readonly number[])[];
  /** How many sentences each group gets at most. */
  most: number;
}

export interface PickAnswer {
  /** For each group sentences of at most 300 code units, each of another memory, of the most central memory first. */
  picks: Pick[][];
  /** For each group the mean of its unit vectors, not normalised; one after the other. */
  centroids: Float32Array<ArrayBuffer>;
}

/** Of V8's heap, in MB; vectors are not on it. 10,000 memories with three entities each take some 100. */
const HEAP = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 16 };
/** What the thread holds goes with it when it has had nothing to do for so long. */
const IDLE_MS = 10_000;

const thread = new WorkThread<ClusterRequest | PickRequest, ClusterAnswer | PickAnswer>(
  new URL('./clusters-thread.ts', import.meta.url),
  HEAP,
);
let last: Promise<unknown> = Promise.resolve();
let idle: NodeJS.Timeout | undefined;

/** One after the other, so that the thread holds the vectors of one only. */
function ask(request: ClusterRequest | PickRequest): Promise<ClusterAnswer | PickAnswer> {
  clearTimeout(idle);
  const answer = last.then(() => thread.ask(request));
  const done = answer.then(rest, rest);
  last = done;
  return answer;

  function rest() {
    clearTimeout(idle);
    // What is asked meanwhile waits until it has ended, and starts another.
    idle = setTimeout(() => {
      if (last === done) last = thread.end();
    }, IDLE_MS).unref();
  }
}

/**
 * Clusters memories by what they say and mention, in a thread: which join topics there are, namely where at least half of
 * what ties them to others ties them to one with less than {@link MAX_CLUSTER} members, and which new clusters there are. The same
 * answer for the same memories; with the answer taken as {@link ClusterRequest.taken}, nothing new.
 */
export const clusterMemories = (request: Omit<ClusterRequest, 'kind'>): Promise<ClusterAnswer> =>
  ask({ kind: 'cluster', ...request }) as Promise<ClusterAnswer>;

/** Chooses sentences that say what groups of memories are about, in a thread. A text without any gives none. */
export const pickSentences = (request: Omit<PickRequest, 'kind'>): Promise<PickAnswer> =>
  ask({ kind: 'pick', ...request }) as Promise<PickAnswer>;
