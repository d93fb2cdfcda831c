import type { MemoryStatus, MemoryType, RelationType } from '../../../../client/operations/types.ts';
import { type GraphEntity, type GraphMemory, type GraphRelation, isBelieved, type Moment } from './moment.ts';

/** What is shown of the graph; empty lists: all. */
export interface Filters {
  types: readonly MemoryType[];
  statuses: readonly MemoryStatus[];
  relations: readonly RelationType[];
  /** Weaker relations are not shown, 0–1. */
  minStrength: number;
  /** Whether entities are nodes, too. */
  throughEntities: boolean;
}

/** What has become of a node or an edge at a moment. */
export interface Sight {
  /** Undefined: it is there. Otherwise it is faint, and this says why, e.g. `not known yet`. */
  faint: string | undefined;
  /** 0–10, decayed to the moment. */
  importance: number;
  /** 0–1. */
  confidence: number;
  isSuspect: boolean;
  isDisputed: boolean;
  /** What was found of it and another memory, and nobody has judged yet; undefined: nothing, or it is not looked at now. */
  finding: string | undefined;
}

export interface MemoryNode {
  kind: 'memory';
  id: string;
  /** As it is at the clocks, or as it is now where it was not known then. */
  memory: GraphMemory;
  past: Sight;
  now: Sight;
}

export interface EntityNode {
  kind: 'entity';
  id: string;
  entity: GraphEntity;
  past: Sight;
  now: Sight;
}

export type GraphNode = MemoryNode | EntityNode;

export interface GraphEdge {
  id: string;
  from: string;
  to: string;
  /** MENTIONS: from a memory to an entity. */
  type: RelationType | 'MENTIONS';
  strength: number;
  past: Pick<Sight, 'faint'>;
  now: Pick<Sight, 'faint'>;
}

/** What is drawn and listed. */
export interface View {
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
}

const why: Record<MemoryStatus, string | undefined> = {
  ACTIVE: undefined,
  DISPUTED: undefined,
  UPCOMING: 'not true yet',
  ENDED: 'no longer true',
  EXPIRED: 'expired',
  CORRECTED: 'corrected',
  RETRACTED: 'retracted',
  ARCHIVED: 'archived',
};

function sightOf(read: GraphMemory | undefined, otherwise: GraphMemory, finding: string | undefined): Sight {
  const { importance, confidence } = read ?? otherwise;
  return {
    faint: read ? why[read.status] : 'not known yet',
    importance,
    confidence,
    isSuspect: read?.suspect ?? false,
    isDisputed: read?.status === 'DISPUTED',
    finding,
  };
}

/** A finding of each memory that has one. */
export type Findings = ReadonlyMap<string, string>;

/** Puts together what is shown: memories that pass the filters, and edges between them. */
export function viewOf(now: Moment, past: Moment, filters: Filters, findings: Findings): View {
  const passes = (memory: GraphMemory) =>
    (filters.types.length === 0 || filters.types.includes(memory.type)) &&
    (filters.statuses.length === 0 || filters.statuses.includes(memory.status));
  const nodes: GraphNode[] = [...now.values()]
    .map(
      (memory): MemoryNode => ({
        kind: 'memory',
        id: memory.id,
        memory: past.get(memory.id) ?? memory,
        past: sightOf(past.get(memory.id), memory, past === now ? findings.get(memory.id) : undefined),
        now: sightOf(memory, memory, findings.get(memory.id)),
      }),
    )
    .filter(({ memory }) => passes(memory));
  const shown = new Set(nodes.map(({ id }) => id));
  const edges = relationsOf(now, past, shown).filter(
    ({ type, strength }) =>
      strength >= filters.minStrength &&
      (filters.relations.length === 0 || filters.relations.some((wanted) => wanted === type)),
  );
  if (!filters.throughEntities) return { nodes, edges };
  const mentions = mentionsOf(now, past, shown);
  return { nodes: [...nodes, ...mentions.nodes], edges: [...edges, ...mentions.edges] };
}

/** Relations of either moment between nodes that are shown. */
function relationsOf(now: Moment, past: Moment, shown: ReadonlySet<string>): GraphEdge[] {
  const relations = new Map<string, GraphRelation>();
  const at = (moment: Moment) => {
    const ids = new Set<string>();
    for (const memory of moment.values()) {
      for (const relation of memory.relations) {
        ids.add(relation.id);
        relations.set(relation.id, relation);
      }
    }
    return ids;
  };
  const nowIds = at(now);
  const pastIds = now === past ? nowIds : at(past);
  const sight = (ids: ReadonlySet<string>, moment: Moment, { id, from, to }: GraphRelation) => {
    if (!ids.has(id)) return { faint: moment === now ? 'ended' : 'not known yet' };
    const isFaint = !isBelieved(moment.get(from)) || !isBelieved(moment.get(to));
    return { faint: isFaint ? 'of what is not believed or not true' : undefined };
  };
  return [...relations.values()]
    .filter(({ from, to }) => shown.has(from) && shown.has(to) && from !== to)
    .map((relation) => ({ ...relation, past: sight(pastIds, past, relation), now: sight(nowIds, now, relation) }));
}

const plain: Sight = {
  faint: undefined,
  importance: 5,
  confidence: 1,
  isSuspect: false,
  isDisputed: false,
  finding: undefined,
};

/** Entities that two shown memories or more mention: what only one mentions connects nothing. */
function mentionsOf(
  now: Moment,
  past: Moment,
  shown: ReadonlySet<string>,
): { nodes: EntityNode[]; edges: GraphEdge[] } {
  const entities = new Map<string, { entity: GraphEntity; by: string[] }>();
  for (const { id, entities: mentioned } of now.values()) {
    if (!shown.has(id)) continue;
    for (const entity of mentioned) {
      const known = entities.get(entity.id) ?? { entity, by: [] };
      known.by.push(id);
      entities.set(entity.id, known);
    }
  }
  const joining = [...entities.values()].filter(({ by }) => by.length > 1);
  const faint = (moment: Moment, ids: readonly string[]) => ({
    faint: ids.some((id) => isBelieved(moment.get(id))) ? undefined : 'mentioned by nothing that is believed',
  });
  return {
    nodes: joining.map(({ entity, by }) => ({
      kind: 'entity',
      id: entity.id,
      entity,
      past: { ...plain, ...faint(past, by) },
      now: { ...plain, ...faint(now, by) },
    })),
    edges: joining.flatMap(({ entity, by }) =>
      by.map((from) => ({
        id: `${from} ${entity.id}`,
        from,
        to: entity.id,
        type: 'MENTIONS' as const,
        strength: 0.3,
        past: faint(past, [from]),
        now: faint(now, [from]),
      })),
    ),
  };
}

/** What a node is called where there is little room. */
export const nameOf = (node: GraphNode): string => (node.kind === 'entity' ? node.entity.name : node.memory.content);

/** Nodes that an edge leads to or comes from, for each node. */
export function neighborsOf(view: View): ReadonlyMap<string, readonly string[]> {
  const neighbors = new Map<string, string[]>();
  const add = (from: string, to: string) => {
    const known = neighbors.get(from);
    if (!known) neighbors.set(from, [to]);
    else if (!known.includes(to)) known.push(to);
  };
  for (const { from, to } of view.edges) {
    add(from, to);
    add(to, from);
  }
  return neighbors;
}
