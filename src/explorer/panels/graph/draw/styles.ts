import {
  extremityArrow,
  layerDashed,
  layerFill,
  layerPlain,
  pathCurved,
  pathLine,
  sdfCircle,
  sdfSquare,
} from 'sigma/rendering';
import { type GraphEdge, type GraphNode, nameOf, type Sight } from '../model/view.ts';
import type { EdgeAttributes, NodeAttributes } from './graph.ts';
import { faded, type Palette } from './palette.ts';

/** Which of the two moments a picture shows. */
export type Side = 'past' | 'now';

/** What a picture shows beside the graph itself. It is read whenever the picture is drawn. */
export interface Shown {
  side: Side;
  palette: Palette;
  /** Whether communities are tinted. */
  isTinted: boolean;
  /** Whether nodes are named; where there is little room, those that are selected or pointed at alone are. */
  isNamed: boolean;
  /** Whether there are so many nodes that each is drawn smaller, with its tint. */
  isCrowded: boolean;
  selected: string | undefined;
  /** Nodes that are marked because they differ between then and now, with what they are marked in. */
  marked: ReadonlyMap<string, 'added' | 'ended' | 'changed'>;
}

/** Of 0–1: what has ended, or was not known. */
const FAINT = 0.16;
/** Of 0–1: the tint of a community. */
const TINT = 0.12;
const LABEL_LENGTH = 24;

/** What nodes and edges are made of. */
export const primitives = {
  nodes: { shapes: [sdfCircle(), sdfSquare({ cornerRadius: 0.25 })], layers: [layerFill()] },
  edges: {
    paths: [pathLine(), pathCurved()],
    extremities: [extremityArrow({ lengthRatio: 4, widthRatio: 3.4 })],
    layers: [
      layerPlain({ color: { attribute: 'solid' } }),
      layerDashed({
        dashColor: { attribute: 'dashed' },
        dashSize: { value: 6, mode: 'pixels' },
        gapSize: { value: 4, mode: 'pixels' },
        solidExtremities: 'head',
      }),
    ],
    variables: {
      solid: { type: 'color', default: '#00000000' },
      dashed: { type: 'color', default: '#00000000' },
    },
  },
} as const;

const CLEAR = '#00000000';

/** How each node looks: size by importance, colour by type, opacity by confidence. */
export function nodeStyles(shown: () => Shown) {
  const sight = ({ node }: NodeAttributes): Sight => node[shown().side];
  const mark = (attributes: NodeAttributes) => markOf(attributes, shown());
  return {
    x: { attribute: 'x' },
    y: { attribute: 'y' },
    shape: ({ node }: NodeAttributes) => (node.kind === 'entity' ? 'square' : 'circle'),
    size: ({ node }: NodeAttributes) =>
      node.kind === 'entity' ? 6 : sizeOf(node[shown().side].importance) * (shown().isCrowded ? 0.55 : 1),
    color: ({ node }: NodeAttributes) => colorOf(node, shown().palette),
    opacity: (attributes: NodeAttributes) => {
      const { faint, confidence } = sight(attributes);
      return faint === undefined ? 0.35 + 0.65 * confidence : FAINT;
    },
    label: ({ node }: NodeAttributes) => labelOf(node, node[shown().side]),
    labelColor: ({ node }: NodeAttributes) => (node.kind === 'entity' ? shown().palette.quiet : shown().palette.text),
    labelSize: ({ node }: NodeAttributes) => (node.kind === 'entity' ? 11 : 12),
    labelFont: 'system-ui, sans-serif',
    labelPosition: 'below' as const,
    labelBackgroundColor: () => faded(shown().palette.ground, 0.5),
    labelBackgroundPadding: 1,
    labelVisibility: (attributes: NodeAttributes, state: { isHovered: boolean }) => {
      if (state.isHovered || attributes.node.id === shown().selected) return 'visible' as const;
      return shown().isNamed && sight(attributes).faint === undefined ? ('auto' as const) : ('hidden' as const);
    },
    backdropVisibility: (attributes: NodeAttributes) => {
      const { isTinted } = shown();
      return mark(attributes) || (isTinted && attributes.community !== undefined && attributes.node.kind === 'memory')
        ? ('visible' as const)
        : ('hidden' as const);
    },
    backdropArea: 'node' as const,
    backdropColor: (attributes: NodeAttributes) => tintOf(attributes, shown()),
    backdropPadding: (attributes: NodeAttributes) => (mark(attributes) ? 2 : shown().isCrowded ? 5 : 12),
    backdropBorderColor: (attributes: NodeAttributes) => mark(attributes) ?? CLEAR,
    backdropBorderWidth: (attributes: NodeAttributes) => (mark(attributes) ? 2.5 : 0),
  };
}

/** How each edge looks: width by strength, disputes dashed and red. */
export function edgeStyles(shown: () => Shown) {
  const color = ({ edge }: EdgeAttributes) => {
    const { palette, side } = shown();
    if (edge.type === 'CONTRADICTS') return faded(palette.bad, edge[side].faint === undefined ? 0.95 : 0.3);
    if (edge.type === 'MENTIONS') return faded(palette.quiet, edge[side].faint === undefined ? 0.28 : 0.1);
    return faded(palette.quiet, edge[side].faint === undefined ? 0.35 + 0.45 * edge.strength : FAINT);
  };
  return {
    zIndex: { attribute: 'zIndex' },
    path: 'straight',
    parallelPath: 'curved',
    head: ({ edge }: EdgeAttributes) => (edge.type === 'MENTIONS' ? 'none' : 'arrow'),
    size: ({ edge }: EdgeAttributes) => widthOf(edge),
    color,
    solid: (attributes: EdgeAttributes) => (attributes.edge.type === 'CONTRADICTS' ? CLEAR : color(attributes)),
    dashed: (attributes: EdgeAttributes) => (attributes.edge.type === 'CONTRADICTS' ? color(attributes) : CLEAR),
  };
}

/** Its radius in pixels: 4 to 15. */
const sizeOf = (importance: number): number => 4 + 1.1 * importance;

/** Its width in pixels: 1 to 3.5. */
const widthOf = ({ type, strength }: GraphEdge): number => (type === 'MENTIONS' ? 0.8 : 1 + 2.5 * strength);

const colorOf = (node: GraphNode, { types, quiet }: Palette): string =>
  node.kind === 'entity' ? quiet : types[node.memory.type];

/** The beginning of its content, with a sign where it is suspect, or where something found of it is not judged yet. */
function labelOf(node: GraphNode, { isSuspect, finding }: Sight): string {
  const name = nameOf(node);
  const short = name.length > LABEL_LENGTH ? `${name.slice(0, LABEL_LENGTH).trimEnd()}…` : name;
  return `${isSuspect ? '⚠ ' : ''}${finding === undefined ? '' : '≟ '}${short}`;
}

/** The colour of the ring around it, where it has one. */
function markOf({ node }: NodeAttributes, { palette, selected, marked, side }: Shown): string | undefined {
  if (node.id === selected) return palette.accent;
  const how = marked.get(node.id);
  if (how) return { added: palette.good, ended: palette.bad, changed: palette.suspect }[how];
  return node[side].isSuspect ? palette.suspect : undefined;
}

function tintOf({ community }: NodeAttributes, { isTinted, palette }: Shown): string {
  const tint = community === undefined ? undefined : palette.tints[community % palette.tints.length];
  return isTinted && tint ? faded(tint, TINT) : CLEAR;
}
