import { signal } from '@preact/signals';
import { MultiDirectedGraph } from 'graphology';
import louvain from 'graphology-communities-louvain';
import { neighborsOf, type View } from '../model/view.ts';
import type { DrawnGraph } from './graph.ts';
import { LayoutRun } from './layout.ts';
import { firstPlace, type Place, shareOf } from './places.ts';

/** How much room a node takes in a layout. */
const SPACE = 9;
/** Smaller ones are not tinted. */
const LEAST_IN_COMMUNITY = 3;
const MOST_COMMUNITIES = 8;

/** The graph that is drawn: what is shown, where it is. Two pictures may show one drawing at two moments. */
export class Drawing {
  /** Another graph whenever nodes or edges come or go: what draws it takes many of them at once better than one by one. */
  readonly graph = signal<DrawnGraph>(new MultiDirectedGraph());
  /** Whether the layout has come to rest. */
  readonly isResting = signal(false);
  /** Also of what is filtered out, so that it comes back where it was. */
  readonly #places = new Map<string, Place>();
  #layout: LayoutRun | undefined;

  /** Shows a view. Only where there is something new is anything moved. */
  show(view: View): void {
    const graph = this.graph.peek();
    if (isOf(graph, view)) {
      update(graph, view);
      if (!this.#layout) this.isResting.value = true;
      return;
    }
    this.end();
    graph.forEachNode((id, { x, y }) => this.#places.set(id, { x, y }));
    const hasNew = view.nodes.some(({ id }) => !this.#places.has(id));
    const next = this.#graphOf(view);
    this.graph.value = next;
    this.isResting.value = !hasNew;
    if (hasNew) this.#layOut(next);
  }

  /** Ends what runs in the background. */
  end(): void {
    this.#layout?.end();
    this.#layout = undefined;
  }

  #graphOf({ nodes, edges }: View): DrawnGraph {
    const graph: DrawnGraph = new MultiDirectedGraph();
    const neighbors = neighborsOf({ nodes: [], edges });
    for (const node of nodes) {
      const near = neighbors.get(node.id)?.find((id) => this.#places.has(id));
      const place =
        this.#places.get(node.id) ?? firstPlace(node.id, near ? this.#places.get(near) : undefined, nodes.length);
      this.#places.set(node.id, place);
      graph.addNode(node.id, { ...place, node, size: SPACE, community: undefined });
    }
    for (const edge of edges) {
      graph.addDirectedEdgeWithKey(edge.id, edge.from, edge.to, {
        edge,
        // Two sides of a dispute stay apart, so that it is seen.
        weight: edge.type === 'CONTRADICTS' ? 0.05 : 0.2 + edge.strength,
        zIndex: edge.type === 'CONTRADICTS' ? 1 : 0,
      });
    }
    const communities = communitiesOf(graph);
    graph.updateEachNodeAttributes((id, attributes) => ({ ...attributes, community: communities.get(id) }));
    return graph;
  }

  #layOut(graph: DrawnGraph): void {
    this.#layout = new LayoutRun(graph, () => {
      this.#layout = undefined;
      this.isResting.value = true;
    });
  }
}

/** Whether a graph has just the nodes and edges of a view. */
const isOf = (graph: DrawnGraph, { nodes, edges }: View): boolean =>
  graph.order === nodes.length &&
  graph.size === edges.length &&
  nodes.every(({ id }) => graph.hasNode(id)) &&
  edges.every(({ id }) => graph.hasEdge(id));

/** The same nodes and edges, as they are now seen. */
function update(graph: DrawnGraph, view: View): void {
  const nodes = new Map(view.nodes.map((node) => [node.id, node]));
  const edges = new Map(view.edges.map((edge) => [edge.id, edge]));
  graph.updateEachNodeAttributes((id, attributes) => ({ ...attributes, node: nodes.get(id) ?? attributes.node }), {
    attributes: ['node', 'x'],
  });
  graph.updateEachEdgeAttributes(
    (id, attributes) => ({ ...attributes, edge: edges.get(id) ?? attributes.edge }),
    // Without, Sigma takes for granted that it has drawn all of them before.
    { attributes: ['edge', 'zIndex'] },
  );
}

/** Which nodes belong together: a number for each in a large community, from 0, the largest one. */
function communitiesOf(graph: DrawnGraph): ReadonlyMap<string, number> {
  if (graph.size === 0) return new Map();
  let draws = 0;
  const of = louvain(graph, { getEdgeWeight: 'weight', rng: () => shareOf(String(draws++)) });
  const sizes = new Map<number, number>();
  for (const community of Object.values(of)) sizes.set(community, (sizes.get(community) ?? 0) + 1);
  const large = [...sizes]
    .filter(([, size]) => size >= LEAST_IN_COMMUNITY)
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST_COMMUNITIES);
  const ranks = new Map(large.map(([community], rank) => [community, rank]));
  return new Map(
    Object.entries(of).flatMap(([id, community]) => {
      const rank = ranks.get(community);
      return rank === undefined ? [] : [[id, rank]];
    }),
  );
}
