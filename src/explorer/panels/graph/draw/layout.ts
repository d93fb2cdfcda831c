import forceAtlas2 from 'graphology-layout-forceatlas2';
import FA2Layout from 'graphology-layout-forceatlas2/worker';
import type { DrawnGraph } from './graph.ts';

/** Rounds of the layout: enough for a graph of a hundred nodes to come to rest; more nodes take more time each. */
const SMALL = 300;
const FEW = 400;
const MANY = 150;

/** Moves nodes to where they are seen best, in a worker, for a fixed number of rounds: so it comes out the same. */
export class LayoutRun {
  readonly #graph: DrawnGraph;
  readonly #worker: FA2Layout;
  readonly #count = ({ hints }: { hints?: object | null }) => {
    // A round says nothing of what it changes; others do.
    if (!hints) this.#round();
  };
  readonly #done: () => void;
  #left: number;

  constructor(graph: DrawnGraph, done: () => void) {
    this.#graph = graph;
    this.#done = done;
    this.#left = graph.order > SMALL ? MANY : FEW;
    const isSmall = graph.order <= SMALL;
    const settings = {
      ...forceAtlas2.inferSettings(graph),
      // What is connected with nothing stays near the rest.
      strongGravityMode: true,
      gravity: isSmall ? 0.06 : 0.02,
      scalingRatio: isSmall ? 14 : 8,
      slowDown: isSmall ? 4 : 8,
      barnesHutOptimize: !isSmall,
      // So that nodes do not cover each other.
      adjustSizes: isSmall,
      edgeWeightInfluence: 0.5,
    };
    this.#worker = new FA2Layout(graph, { settings, getEdgeWeight: 'weight' });
    graph.on('eachNodeAttributesUpdated', this.#count);
    this.#worker.start();
  }

  /** Leaves nodes where they are. */
  end(): void {
    this.#graph.off('eachNodeAttributesUpdated', this.#count);
    this.#worker.kill();
  }

  #round(): void {
    if (--this.#left > 0) return;
    this.#graph.off('eachNodeAttributesUpdated', this.#count);
    this.#worker.stop();
    // The worker's own listener is not through with this round yet.
    queueMicrotask(() => {
      this.#worker.kill();
      this.#done();
    });
  }
}
