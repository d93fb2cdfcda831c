// The thread in which memories are clustered, and sentences of them chosen.
import { answerAsThread } from '../../kernel/work-thread.ts';
import { clustersOf } from '../../model/summary/clusters.ts';
import { centreOf, picksOf } from '../../model/summary/picks.ts';
import type { ClusterAnswer, ClusterRequest, PickAnswer, PickRequest } from './clusters.ts';

function cluster({ dimension, vectors: numbers, entities, taken, minSize }: ClusterRequest): ClusterAnswer {
  return clustersOf({ vectors: { count: taken.length, dimension, numbers }, entities, taken, minSize });
}

function pick({ dimension, vectors: numbers, texts, groups, most }: PickRequest): PickAnswer {
  const vectors = { count: texts.length, dimension, numbers };
  const centroids = new Float32Array(groups.length * dimension);
  const picks = groups.map((group, at) => {
    const centre = centreOf(vectors, group);
    centroids.set(centre, at * dimension);
    return picksOf(vectors, texts, group, centre, most);
  });
  return { picks, centroids };
}

answerAsThread<ClusterRequest | PickRequest, ClusterAnswer | PickAnswer>(
  (request) => (request.kind === 'cluster' ? cluster(request) : pick(request)),
  (answer) => ['joins' in answer ? answer.joins.buffer : answer.centroids.buffer],
);
