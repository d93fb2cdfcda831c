import { run } from '../../../core/api.ts';
import type { ResultOf } from '../../../core/graphql.ts';
import { restsOn } from './documents.ts';
import type { Version } from './types.ts';

/** So many relations away the service looks for what a memory rests on. */
const DEPTH = 3;
/** Of each level so many are looked at. */
const MOST = 15;

type Found = NonNullable<ResultOf<typeof restsOn>['nodes'][number]>;
type Step = Extract<Found, { on: unknown }>['on']['edges'][number];

/** Something that makes a memory suspect. */
export interface Reason {
  /** From the memory to what is no longer sure: what each rests on. */
  way: readonly { type: string; memory: Version }[];
  /** Why it is not sure. */
  why: string;
  /** The version that is no longer believed; undefined: it is disputed. */
  unbelieved: Version | undefined;
}

/** The version that a relation was made against, where that is no longer believed. */
function unbelievedOf({ node, neighbor }: Step): Version | undefined {
  if (neighbor.status === 'CORRECTED' || neighbor.status === 'RETRACTED') return neighbor;
  const made = Date.parse(node.recordedAt);
  return neighbor.versions.nodes.find(
    ({ recordedAt, retractedAt }) =>
      retractedAt !== null && Date.parse(recordedAt) <= made && made < Date.parse(retractedAt),
  );
}

function reasonOf(step: Step, way: Reason['way']): Reason | undefined {
  const unbelieved = unbelievedOf(step);
  if (unbelieved) return { way, why: 'is no longer believed', unbelieved };
  const isDisputed = step.neighbor.versions.nodes.some(({ status }) => status === 'DISPUTED');
  return isDisputed ? { way, why: 'is disputed', unbelieved: undefined } : undefined;
}

/**
 * Why a memory is suspect: what it rests on, up to three relations away, that is disputed, or was related to as a version
 * that is no longer believed. The nearest reasons, of one distance.
 */
export async function reasonsOf(id: string, signal: AbortSignal): Promise<Reason[]> {
  let level = new Map<string, Reason['way']>([[id, []]]);
  const met = new Set([id]);
  for (let depth = 0; depth < DEPTH && level.size > 0; depth++) {
    const ids = [...level.keys()].slice(0, MOST);
    const { nodes } = await run(restsOn, { ids }, { signal, everything: true });
    const steps = nodes.flatMap((node) => {
      if (!node || !('on' in node)) return [];
      const way = level.get(node.id) ?? [];
      return [...node.on.edges, ...node.causedBy.edges].map((step) => ({
        step,
        way: [...way, { type: step.node.type, memory: step.neighbor }],
      }));
    });
    const reasons = steps.flatMap(({ step, way }) => reasonOf(step, way) ?? []);
    if (reasons.length > 0) return reasons;
    const next = steps.filter(({ step }) => !met.has(step.neighbor.id));
    for (const { step } of next) met.add(step.neighbor.id);
    level = new Map(next.map(({ step, way }) => [step.neighbor.id, way]));
  }
  return [];
}
