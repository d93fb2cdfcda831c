import forceAtlas2 from 'graphology-layout-forceatlas2';
import FA2Layout from 'graphology-layout-forceatlas2/worker';
import type { DrawnGraph } from './graph.ts';

/** Rounds of the layout: enough for a graph of a hundred nodes to come to rest; more nodes take more time each. */
const FEW = 400;
const MANY = 150;

/** Moves nodes to where they are seen best, in a worker, for a fixed number of rounds: so it comes out the same. */
export class LayoutRun {
  readonly #graph: DrawnGraph;
  readonly #worker: FA2Layout;
  readonly #count = () => this.#round();
  readonly #done: () => void;
  #left: number;

  constructor(graph: DrawnGraph, done: () => void) {
    this.#graph = graph;
    this.#done = done;
    this.#left = graph.order > 500 ? MANY : FEW;
    const settings = {
      ...forceAtlas2.inferSettings(graph),
      barnesHutOptimize: graph.order > 300,
      gravity: 1,
      scalingRatio: 12,
      strongGravityMode: false,
      linLogMode: false,
      edgeWeightInfluence: 0.7,
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
