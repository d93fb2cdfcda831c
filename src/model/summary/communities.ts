import { UndirectedGraph } from 'graphology';
import module from 'graphology-communities-louvain';
import type { Attributes } from 'graphology-types';
import { drawsOf } from './draws.ts';
import type { Links } from './links.ts';

// Its types say `default` of what is exported itself.
const louvain = module as unknown as typeof module.default;

const SEED = 1;
/** How often a community is split again with twice the resolution, before it is cut by the order of its members. */
const MAX_DEPTH = 8;

/** What communities are asked for. */
export interface Sizes {
  least: number;
  most: number;
}

/**
 * Communities among memories by the edges between them (Louvain, Blondel et al. 2008), of at least and at most so many
 * members. `places` are in ascending order, and so are members.
 */
export function communitiesOf(links: Links, places: readonly number[], sizes: Sizes): number[][] {
  return partsOf(links, places, sizes, 1)
    .flatMap((part) => split(links, part, sizes, 1))
    .filter(({ length }) => length >= sizes.least);
}

function split(links: Links, places: readonly number[], sizes: Sizes, depth: number): number[][] {
  if (places.length <= sizes.most) return [[...places]];
  for (let level = depth; level <= MAX_DEPTH; level++) {
    const parts = partsOf(links, places, sizes, 2 ** level);
    if (parts.length > 1 && parts.some(({ length }) => length >= sizes.least)) {
      return parts.flatMap((part) => split(links, part, sizes, level + 1));
    }
  }
  return evenly(places, Math.ceil(places.length / sizes.most));
}

/** Runs of about the same length. */
function evenly(places: readonly number[], count: number): number[][] {
  const border = (at: number) => Math.round((at * places.length) / count);
  return Array.from({ length: count }, (_, at) => places.slice(border(at), border(at + 1)));
}

/** The communities of any size, at `finer` times the usual resolution; without memories that have no edge. */
function partsOf(links: Links, places: readonly number[], { most }: Sizes, finer: number): number[][] {
  const graph = graphOf(links, places);
  if (graph.size === 0) return [];
  const all = graph.reduceEdges((sum, _edge, { weight }) => sum + weight, 0);
  // Larger communities need more of a memory's weight to keep it, those of `most` half of it, however many memories there
  // are: at a resolution of 1 they would grow with the graph.
  const resolution = Math.max(1, all / (most * links.weight)) * finer;
  const of = louvain(graph, { getEdgeWeight: 'weight', rng: drawsOf(SEED), resolution });
  const communities = new Map<number, number[]>();
  for (const place of places) {
    const community = of[place];
    if (community === undefined) continue;
    const known = communities.get(community);
    if (known) known.push(place);
    else communities.set(community, [place]);
  }
  return [...communities.values()];
}

function graphOf(links: Links, places: readonly number[]): UndirectedGraph<Attributes, { weight: number }> {
  const inside = new Set(places);
  const graph = new UndirectedGraph<Attributes, { weight: number }>();
  for (const place of places) {
    for (const { place: other, weight } of links.of(place)) {
      if (other > place && inside.has(other)) graph.mergeEdge(place, other, { weight });
    }
  }
  return graph;
}
