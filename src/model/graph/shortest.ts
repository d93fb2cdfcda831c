/** A relation that was followed from a known lineage to another one. */
export interface Followed {
  near: string;
  far: string;
  strength: number;
}

interface Reached {
  depth: number;
  /** The highest product of strengths of the shortest ways here. */
  strength: number;
  /** What those that have it come from. */
  from: string[];
  /** What all of them come from. */
  fromAny: string[];
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
    this.nodes = new Map([[start, { depth: 0, strength: 1, from: [], fromAny: [] }]]);
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
        this.nodes.set(step.far, { depth: this.depth, strength, from: [step.near], fromAny: [step.near] });
        this.frontier.push(step.far);
      } else if (known.depth === this.depth) {
        known.fromAny.push(step.near);
        if (isMore(strength, known.strength)) Object.assign(known, { strength, from: [step.near] });
        else if (!isMore(known.strength, strength)) known.from.push(step.near);
      }
    }
  }

  /** Of the frontier, what is as far from the other side's start as that has come. */
  meeting(other: Side): string[] {
    return this.frontier.filter((lineage) => other.nodes.get(lineage)?.depth === other.depth);
  }
}

/**
 * The strongest way through one of the lineages where both sides meet, as its lineages in order, both ends included. Of
 * equally strong ones that whose second lineage has the lower key, then the third, and so on.
 */
export function strongestWay(forward: Side, backward: Side, meeting: readonly string[]): string[] {
  const ahead = (lineage: string) => forward.nodes.get(lineage) as Reached;
  const behind = (lineage: string) => backward.nodes.get(lineage) as Reached;
  const total = (lineage: string) => ahead(lineage).strength * behind(lineage).strength;
  const most = meeting.reduce((highest, lineage) => Math.max(highest, total(lineage)), 0);
  // Where each has a relation without any strength all are equal, however strong they are up to there.
  const into = ({ from, fromAny }: Reached) => (most === 0 ? fromAny : from);
  // What leads on from the start's side of the best ways, found from where the sides meet.
  const onward = new Map<string, string[]>();
  let level = new Set(meeting.filter((lineage) => !isMore(most, total(lineage))));
  for (let depth = forward.depth; depth > 0; depth--) {
    const before = new Set<string>();
    for (const lineage of level) {
      for (const near of into(ahead(lineage))) {
        onward.set(near, [...(onward.get(near) ?? []), lineage]);
        before.add(near);
      }
    }
    level = before;
  }
  const [start] = forward.nodes.keys();
  const way = [start as string];
  for (let length = 0; length < forward.depth + backward.depth; length++) {
    const at = way.at(-1) as string;
    const choices = length < forward.depth ? (onward.get(at) as string[]) : into(behind(at));
    way.push([...choices].sort()[0] as string);
  }
  return way;
}
