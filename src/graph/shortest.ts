/** A relation that was followed from a known lineage to another one. */
export interface Followed {
  near: string;
  far: string;
  strength: number;
  relationId: string;
}

interface Reached {
  depth: number;
  /** The highest product of strengths of the shortest ways here. */
  strength: number;
  /** The last relations of the ways that have it. */
  from: Followed[];
}

/** Products are equal that differ by no more than their factors' order can make them. */
const SAME = 1e-12;
const isMore = (a: number, b: number) => a > b * (1 + SAME);

/** One side of a search that goes out from both ends: all that is within `depth` relations of its start. */
export class Side {
  readonly nodes: Map<string, Reached>;
  /** What is exactly `depth` relations away. */
  frontier: string[];
  depth = 0;

  constructor(start: string) {
    this.nodes = new Map([[start, { depth: 0, strength: 1, from: [] }]]);
    this.frontier = [start];
  }

  /** Takes in all relations of the frontier. */
  advance(followed: readonly Followed[]): void {
    this.depth++;
    this.frontier = [];
    for (const step of followed) {
      const strength = (this.nodes.get(step.near) as Reached).strength * step.strength;
      const known = this.nodes.get(step.far);
      if (!known) {
        this.nodes.set(step.far, { depth: this.depth, strength, from: [step] });
        this.frontier.push(step.far);
      } else if (known.depth === this.depth) {
        if (isMore(strength, known.strength)) Object.assign(known, { strength, from: [step] });
        else if (!isMore(known.strength, strength)) known.from.push(step);
      }
    }
  }

  /** Of the frontier, what is as far from the other side's start as that has come. */
  meeting(other: Side): string[] {
    return this.frontier.filter((lineage) => other.nodes.get(lineage)?.depth === other.depth);
  }
}

/** The strongest of the same relations' ends; of equally strong ones the newest. */
const stronger = (a: Followed, b: Followed) => b.strength - a.strength || (a.relationId < b.relationId ? 1 : -1);

/**
 * The strongest way through one of the lineages that both sides have reached, as its relations in order and the lineages
 * between the ends. Of equally strong ones that whose first lineage has the lower key, then the second, and so on.
 */
export function strongestWay(
  forward: Side,
  backward: Side,
  meeting: readonly string[],
): { relations: string[]; between: string[] } {
  const total = (lineage: string) =>
    (forward.nodes.get(lineage) as Reached).strength * (backward.nodes.get(lineage) as Reached).strength;
  const most = meeting.map(total).reduce((a, b) => Math.max(a, b));
  // From where the sides meet back to the start: what leads on from each lineage that lies on one of the best ways.
  const onward = new Map<string, Followed[]>();
  let level = new Set(meeting.filter((lineage) => !isMore(most, total(lineage))));
  while (level.size > 0) {
    const before = new Set<string>();
    for (const lineage of level) {
      for (const { near, far, ...step } of (forward.nodes.get(lineage) as Reached).from) {
        onward.set(near, [...(onward.get(near) ?? []), { near: far, far: near, ...step }]);
        before.add(near);
      }
    }
    level = before;
  }
  const [start] = [...forward.nodes.keys()] as [string];
  const lineages: string[] = [];
  const relations: string[] = [];
  // Steps lead from `far`, where one is, to `near`: as the other side has followed them.
  const step = (choices: readonly Followed[]): string => {
    const next = choices.map(({ near }) => near).sort()[0] as string;
    const [relation] = choices.filter(({ near }) => near === next).sort(stronger) as [Followed];
    lineages.push(next);
    relations.push(relation.relationId);
    return next;
  };
  let at = start;
  while (forward.nodes.get(at)?.depth !== forward.depth) at = step(onward.get(at) as Followed[]);
  while (backward.nodes.get(at)?.depth !== 0) at = step((backward.nodes.get(at) as Reached).from);
  return { relations, between: lineages.slice(0, -1) };
}
