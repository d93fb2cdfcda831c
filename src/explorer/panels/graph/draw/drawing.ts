import { signal } from '@preact/signals';
import { MultiDirectedGraph } from 'graphology';
import louvain from 'graphology-communities-louvain';
import { type GraphEdge, type GraphNode, neighborsOf, type View } from '../model/view.ts';
import type { DrawnGraph } from './graph.ts';
import { LayoutRun } from './layout.ts';
import { firstPlace, type Place, shareOf } from './places.ts';

/** Smaller ones are not tinted. */
const LEAST_IN_COMMUNITY = 3;
const MOST_COMMUNITIES = 8;

/** The graph that is drawn: what is shown, where it is. Two pictures may show one drawing at two moments. */
export class Drawing {
  readonly graph: DrawnGraph = new MultiDirectedGraph();
  /** Whether the layout has come to rest. */
  readonly isResting = signal(false);
  /** Also of what is filtered out, so that it comes back where it was. */
  readonly #places = new Map<string, Place>();
  #layout: LayoutRun | undefined;

  /** Shows a view. Only where there is something new is anything moved. */
  show(view: View): void {
    const { hasNew, isOther } = this.#replace(view);
    if (isOther) this.#joinCommunities();
    if (hasNew) this.#layOut();
    else if (!this.#layout) this.isResting.value = true;
  }

  /** Ends what goes on in the background. */
  end(): void {
    this.#layout?.end();
    this.#layout = undefined;
  }

  /** Takes out what is no longer shown, and puts in what is new. */
  #replace({ nodes, edges }: View): { hasNew: boolean; isOther: boolean } {
    const { graph } = this;
    const shownNodes = new Map(nodes.map((node) => [node.id, node]));
    const shownEdges = new Map(edges.map((edge) => [edge.id, edge]));
    const goneEdges = graph.filterEdges((id) => !shownEdges.has(id));
    const goneNodes = graph.filterNodes((id) => !shownNodes.has(id));
    const newNodes = nodes.filter(({ id }) => !graph.hasNode(id));
    const isOther =
      goneNodes.length + goneEdges.length + newNodes.length > 0 || edges.some(({ id }) => !graph.hasEdge(id));
    if (isOther) this.end();
    graph.forEachNode((id, { x, y }) => this.#places.set(id, { x, y }));
    for (const id of goneEdges) graph.dropEdge(id);
    for (const id of goneNodes) graph.dropNode(id);
    const hasNew = newNodes.some(({ id }) => !this.#places.has(id));
    this.#add(newNodes, edges, nodes.length);
    graph.updateEachNodeAttributes(
      (id, attributes) => ({ ...attributes, node: shownNodes.get(id) ?? attributes.node }),
      { attributes: ['node'] },
    );
    graph.updateEachEdgeAttributes(
      (id, attributes) => ({ ...attributes, edge: shownEdges.get(id) ?? attributes.edge }),
      { attributes: ['edge'] },
    );
    return { hasNew, isOther };
  }

  #add(nodes: readonly GraphNode[], edges: readonly GraphEdge[], count: number): void {
    const { graph } = this;
    const neighbors = neighborsOf({ nodes: [], edges });
    for (const node of nodes) {
      const near = neighbors.get(node.id)?.find((id) => this.#places.has(id));
      const place = this.#places.get(node.id) ?? firstPlace(node.id, near ? this.#places.get(near) : undefined, count);
      this.#places.set(node.id, place);
      graph.addNode(node.id, { ...place, node, community: undefined });
    }
    for (const edge of edges) {
      if (graph.hasEdge(edge.id)) continue;
      graph.addDirectedEdgeWithKey(edge.id, edge.from, edge.to, { edge, weight: 0.2 + edge.strength });
    }
  }

  /** Finds which nodes belong together. */
  #joinCommunities(): void {
    const { graph } = this;
    if (graph.size === 0) return;
    let draws = 0;
    const of = louvain(graph, { getEdgeWeight: 'weight', rng: () => shareOf(String(draws++)) });
    const sizes = new Map<number, number>();
    for (const community of Object.values(of)) sizes.set(community, (sizes.get(community) ?? 0) + 1);
    const ranks = new Map(
      [...sizes]
        .filter(([, size]) => size >= LEAST_IN_COMMUNITY)
        .sort(([, a], [, b]) => b - a)
        .slice(0, MOST_COMMUNITIES)
        .map(([community], rank) => [community, rank]),
    );
    graph.updateEachNodeAttributes((id, attributes) => ({ ...attributes, community: ranks.get(of[id] as number) }), {
      attributes: ['community'],
    });
  }

  #layOut(): void {
    this.isResting.value = false;
    this.#layout = new LayoutRun(this.graph, () => {
      this.#layout = undefined;
      this.isResting.value = true;
    });
  }
}
