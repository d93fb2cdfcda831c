import type { MultiDirectedGraph } from 'graphology';
import type { GraphEdge, GraphNode } from '../model/view.ts';

export interface NodeAttributes {
  x: number;
  y: number;
  /** For the layout: its radius, in the same units. */
  size: number;
  node: GraphNode;
  /** Which community it is in, from 0, the largest first; undefined: a small one. */
  community: number | undefined;
}

export interface EdgeAttributes {
  edge: GraphEdge;
  /** For layouts and communities. */
  weight: number;
  /** Disputes are above other edges. */
  zIndex: number;
}

export type DrawnGraph = MultiDirectedGraph<NodeAttributes, EdgeAttributes>;
