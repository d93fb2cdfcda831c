import Sigma, { type Camera } from 'sigma';
import type { Drawing } from './drawing.ts';
import type { DrawnGraph, EdgeAttributes, NodeAttributes } from './graph.ts';
import { edgeStyles, nodeStyles, primitives, type Shown } from './styles.ts';

export interface PictureEvents {
  /** A node was clicked. */
  onPick(id: string): void;
  /** The pointer is over a node, whose place in the picture is said in pixels; undefined: over none. */
  onPoint(pointed: { id: string; x: number; y: number } | undefined): void;
}

/** More nodes than this are a crowd: they are drawn smaller, and edges are not drawn while the picture moves. */
export const CROWD = 400;

/** What draws a drawing into an element, by Sigma. */
export class Picture {
  readonly #sigma: Sigma<NodeAttributes, EdgeAttributes>;

  /** `camera`: of another picture, that this one then moves with. Throws where the browser has no WebGL. */
  constructor(
    drawing: Drawing,
    element: HTMLElement,
    shown: () => Shown,
    events: PictureEvents,
    camera?: Camera | undefined,
  ) {
    this.#sigma = new Sigma(drawing.graph.peek() as never, element, {
      primitives,
      styles: { nodes: nodeStyles(shown), edges: edgeStyles(shown) },
      settings: {
        itemSizesReference: 'screen',
        autoRescaleContent: 'nodes',
        labelDensity: 1,
        labelGridCellSize: 180,
        labelRenderedSizeThreshold: 6,
        minEdgeThickness: 1,
        stagePadding: 36,
        minCameraRatio: 0.03,
        maxCameraRatio: 4,
        enableCameraRotation: false,
        nodePickingPadding: 4,
        allowInvalidContainer: true,
      },
    } as never) as unknown as Sigma<NodeAttributes, EdgeAttributes>;
    if (camera) this.#sigma.setCamera(camera);
    this.#sigma.on('clickNode', ({ node }) => events.onPick(node));
    this.#sigma.on('enterNode', ({ node }) => events.onPoint({ id: node, ...this.placeOf(node) }));
    this.#sigma.on('leaveNode', () => events.onPoint(undefined));
  }

  get camera(): Camera {
    return this.#sigma.getCamera();
  }

  /** Draws another graph. */
  show(graph: DrawnGraph): void {
    if (graph !== (this.#sigma.getGraph() as unknown)) this.#sigma.setGraph(graph as never);
    // Without a graphics card most of the time goes into edges and names.
    const isCrowded = graph.order > CROWD;
    this.#sigma.setSettings({ hideEdgesOnMove: isCrowded, hideLabelsOnMove: isCrowded });
  }

  /** Draws again, after what is read by the styles has changed. */
  refresh(): void {
    this.#sigma.scheduleRefresh();
  }

  /** Where a node is in the picture, in pixels. */
  placeOf(id: string): { x: number; y: number } {
    const { x, y } = this.#sigma.getGraph().getNodeAttributes(id);
    return this.#sigma.graphToViewport({ x, y });
  }

  /** Brings a node into the middle. */
  center(id: string): void {
    const data = this.#sigma.getNodeDisplayData(id);
    if (data) void this.camera.animate({ x: data.x, y: data.y, ratio: Math.min(this.camera.ratio, 0.6) });
  }

  zoomIn(): void {
    void this.camera.zoomIn();
  }

  zoomOut(): void {
    void this.camera.zoomOut();
  }

  /** Shows all of it. */
  fit(): void {
    void this.camera.reset();
  }

  end(): void {
    this.#sigma.kill();
  }
}
