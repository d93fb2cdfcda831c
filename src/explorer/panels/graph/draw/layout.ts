import forceAtlas2 from 'graphology-layout-forceatlas2';
import FA2Layout from 'graphology-layout-forceatlas2/worker';
import type { DrawnGraph } from './graph.ts';

/** Rounds of the layout: enough for a graph of a hundred nodes to come to rest; more nodes take more time each. */
const SMALL = 300;
const FEW = 400;
const MANY = 150;

/** Rounds between two pictures of a large graph, which take longer to draw than to lay out. */
const ROUNDS_UNSEEN = 15;

/** Where the picture is wide, how much wider the graph is drawn than it is laid out: a layout is about round. */
const STRETCH = 1.6;
const WIDE_FROM_PX = 900;

/** Moves nodes to where they are seen best, in a worker, for a fixed number of rounds: so it comes out the same. */
export class LayoutRun {
  readonly #graph: DrawnGraph;
  /** What the worker moves: the graph that is drawn follows it now and then. */
  readonly #moved: DrawnGraph;
  readonly #worker: FA2Layout;
  readonly #done: () => void;
  readonly #unseen: number;
  readonly #stretch = globalThis.innerWidth >= WIDE_FROM_PX ? STRETCH : 1;
  #left: number;

  constructor(graph: DrawnGraph, done: () => void) {
    this.#graph = graph;
    this.#moved = graph.copy() as DrawnGraph;
    this.#moved.updateEachNodeAttributes((_id, attributes) => ({ ...attributes, x: attributes.x / this.#stretch }));
    this.#done = done;
    const isSmall = graph.order <= SMALL;
    this.#left = isSmall ? FEW : MANY;
    this.#unseen = isSmall ? 1 : ROUNDS_UNSEEN;
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
    this.#worker = new FA2Layout(this.#moved, { settings, getEdgeWeight: 'weight' });
    this.#moved.on('eachNodeAttributesUpdated', this.#round);
    this.#worker.start();
  }

  /** Leaves nodes where they are. */
  end(): void {
    this.#moved.off('eachNodeAttributesUpdated', this.#round);
    this.#worker.kill();
  }

  readonly #round = (): void => {
    this.#left--;
    if (this.#left % this.#unseen === 0) this.#follow();
    if (this.#left > 0) return;
    this.#moved.off('eachNodeAttributesUpdated', this.#round);
    this.#worker.stop();
    // The worker's own listener is not through with this round yet.
    queueMicrotask(() => {
      this.#worker.kill();
      this.#done();
    });
  };

  #follow(): void {
    this.#graph.updateEachNodeAttributes(
      (id, attributes) => {
        const { x, y } = this.#moved.getNodeAttributes(id);
        return { ...attributes, x: x * this.#stretch, y };
      },
      { attributes: ['x', 'y'] },
    );
  }
}
