/** A relation between two memories, named by their places. */
export interface Edge {
  id: string;
  from: number;
  to: number;
  type: string;
  strength: number;
}

/** Which relations are followed. */
export interface Follows {
  direction: 'OUT' | 'IN' | null;
  types: string[] | null;
  minStrength: number | null;
}

/** Strongest first, of equally strong ones the newest. */
const order = (a: Edge, b: Edge) => b.strength - a.strength || (a.id < b.id ? 1 : -1);

/** The relations that may be followed from a memory, and where each leads. */
function* steps(edges: readonly Edge[], near: number, { direction, types, minStrength }: Follows) {
  for (const edge of edges) {
    if (types && !types.includes(edge.type)) continue;
    if (minStrength !== null && edge.strength < minStrength) continue;
    if (edge.from === near && direction !== 'IN') yield { edge, far: edge.to };
    if (edge.to === near && direction !== 'OUT') yield { edge, far: edge.from };
  }
}

/** What is within reach of some memories: a plain search over all edges, one level after the other. */
export function reach(
  edges: readonly Edge[],
  starts: readonly number[],
  asked: Follows & { depth: number; maxNodes: number },
) {
  const nodes = [...new Set(starts)].map((memory) => ({ memory, depth: 0, via: null as Edge | null }));
  const seen = new Set(starts);
  let level = [...seen];
  for (let depth = 1; depth <= asked.depth; depth++) {
    const best = new Map<number, Edge>();
    for (const near of level) {
      for (const { edge, far } of steps(edges, near, asked)) {
        const known = best.get(far);
        if (!seen.has(far) && (!known || order(edge, known) < 0)) best.set(far, edge);
      }
    }
    const found = [...best].sort(([, a], [, b]) => order(a, b));
    for (const [memory, via] of found) nodes.push({ memory, depth, via });
    level = found.map(([memory]) => memory);
    for (const memory of level) seen.add(memory);
  }
  const kept = nodes.slice(0, asked.maxNodes);
  const inside = new Set(kept.map(({ memory }) => memory));
  const among = edges.filter((edge) => inside.has(edge.from) && inside.has(edge.to));
  const relations = among.filter((edge) => [...steps([edge], edge.from, { ...asked, direction: null })].length > 0);
  return { nodes: kept, relations: relations.sort(order), truncated: nodes.length > kept.length };
}

/** The strongest of the shortest paths: all shortest ones are made, in the order of their memories. */
export function shortest(edges: readonly Edge[], from: number, to: number, asked: Follows & { maxDepth: number }) {
  let paths: { memories: number[]; relations: Edge[] }[] = [{ memories: [from], relations: [] }];
  const seen = new Set<number>();
  for (let length = 0; length <= asked.maxDepth; length++) {
    const arrived = paths.filter(({ memories }) => memories.at(-1) === to);
    if (arrived.length > 0) {
      const strengths = arrived.map(({ relations }) => relations.reduce((product, edge) => product * edge.strength, 1));
      const most = Math.max(...strengths);
      const equal = arrived.filter((_, index) => (strengths[index] as number) >= most * (1 - 1e-9));
      const key = ({ memories }: (typeof arrived)[number]) => memories.map((memory) => String(memory).padStart(4, '0'));
      const [first] = equal.sort((a, b) => (key(a).join() < key(b).join() ? -1 : 1));
      return { ...(first as (typeof arrived)[number]), strength: most };
    }
    for (const { memories } of paths) seen.add(memories.at(-1) as number);
    paths = paths.flatMap((path) => {
      const near = path.memories.at(-1) as number;
      const best = new Map<number, Edge>();
      for (const { edge, far } of steps(edges, near, asked)) {
        const known = best.get(far);
        if (!seen.has(far) && (!known || order(edge, known) < 0)) best.set(far, edge);
      }
      return [...best].map(([far, edge]) => ({
        memories: [...path.memories, far],
        relations: [...path.relations, edge],
      }));
    });
  }
  return null;
}
