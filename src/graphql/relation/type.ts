import { countRelations, RELATION_ORDER, relationPages } from '../../domain/relation/list.ts';
import { relationsById } from '../../domain/relation/relations.ts';
import type { Direction, RelationExtra, RelationRow, RelationType } from '../../domain/relation/seen.ts';
import { NotFound } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import type { MemoryColumns } from '../../model/memory/columns.ts';
import { builder } from '../core/builder.ts';
import type { Edge } from '../core/connection.ts';
import { connectionType } from '../core/connection-type.ts';
import type { Context } from '../core/context.ts';
import { defineEnum, many, number, optional } from '../core/input.ts';
import { defineList } from '../core/list.ts';
import { nested } from '../core/nested.ts';
import { Node, type NodeValue, nodeRef } from '../core/node.ts';
import { columnsAt, memoryColumnsAt, type Places } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { loadCurrent, loadMemory, type MemoryNode, toMemory } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';

/** A relation as it was read, and the graph it was read from. */
export interface RelationNode extends RelationRow, NodeValue {
  /** The version that holds at one of its ends, where it was read along. */
  neighbor?: MemoryNode;
  /** What it leads to, where both were read along. */
  ends?: { from?: MemoryNode | undefined; to?: MemoryNode | undefined };
}

export const RelationTypeEnum = defineEnum<RelationType>(
  'RelationType',
  'How two memories are related. Read it as a sentence: `from` follows `to`.',
  {
    FOLLOWS: '`from` came after `to`.',
    CONTRADICTS: '`from` contradicts `to`. Created only by contradictMemory.',
    ELABORATES: '`from` adds detail to `to`.',
    CORRECTS: '`from` is the version that replaces `to`, or comes after it. Created only by correctMemory and slots.',
    REFERENCES: '`from` mentions `to`.',
    CAUSES: '`from` caused `to`. CAUSES relations never form a circle.',
  },
);

export const DirectionEnum = defineEnum<Direction>(
  'Direction',
  'The direction of a relation, seen from a memory. An argument left out means both directions.',
  {
    OUT: 'From the memory to another one.',
    IN: 'From another memory to this one.',
  },
);

/** What a relation leads to: the version it was made with for CORRECTS, else whichever version of the lineage holds. */
async function endOf(relation: RelationNode, end: 'from' | 'to', columns: MemoryColumns): Promise<MemoryNode> {
  const { at, neighbor, type, ends } = relation;
  if (ends?.[end]) return ends[end];
  const lineageId = relation[`${end}LineageId`];
  const versionId = relation[`${end}MemoryId`];
  const isVersion = type === 'CORRECTS';
  if (neighbor && (isVersion ? neighbor.id === versionId : neighbor.lineageId === lineageId)) return neighbor;
  const memory = await (isVersion ? loadMemory(at, versionId, columns) : loadCurrent(at, lineageId, columns));
  // A lineage that a slot took in has no version of its own: its relation leads to the one it was made with.
  const standIn = memory ?? (await loadMemory(at, versionId, columns));
  if (!standIn) throw new Error(`lineage ${lineageId} has no version`);
  return standIn;
}

/** What a field is made of beyond what is always read. */
const needs = (...columns: RelationExtra[]) => ({ extensions: { columns } });

const MemoryRelationType = builder.objectRef<RelationNode>('MemoryRelation').implement({
  description:
    'A typed, directed, weighted relation between two memories. It always leads to the valid ' +
    'versions of both, and is shown while both are valid.',
  interfaces: [Node],
  fields: (t) => ({
    type: t.expose('type', { type: RelationTypeEnum.type, description: 'How `from` is related to `to`.' }),
    strength: t.exposeFloat('strength', { description: 'How strongly, 0–1.' }),
    metadata: t.expose('metadata', {
      type: 'JSONObject',
      description: "The caller's own notes on it.",
      ...needs('metadata'),
    }),
    from: t.field({
      type: Memory,
      description: 'The memory it begins at, with any status.',
      ...nested({ place: 'from' }),
      resolve: (relation, _args, _context, info) => endOf(relation, 'from', memoryColumnsAt(info)),
    }),
    to: t.field({
      type: Memory,
      description: 'The memory it leads to, with any status.',
      ...nested({ place: 'to' }),
      resolve: (relation, _args, _context, info) => endOf(relation, 'to', memoryColumnsAt(info)),
    }),
    recordedAt: t.expose('recordedAt', {
      type: 'DateTime',
      description: 'When this service learned it.',
      ...needs('recordedAt'),
    }),
    retractedAt: t.expose('retractedAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When it was ended: by unrelateMemories, by resolving the contradiction (CONTRADICTS), or by ' +
        'undoing the correction (CORRECTS). Null: it has not ended.',
      ...needs('retractedAt'),
    }),
  }),
});

export const MemoryRelation = nodeRef<RelationNode>('MemoryRelation', MemoryRelationType, {
  id: 'Its id, `rel_…`.',
  load: loadRelation,
});

interface RelationEdge extends Edge<RelationNode> {
  direction: Direction;
  neighbor: MemoryNode;
}

const MemoryRelationConnection = connectionType<RelationNode, RelationEdge>('MemoryRelation', MemoryRelation, {
  of: 'relations, seen from the memory that the list belongs to',
  extra: (t) => ({
    direction: t.expose('direction', {
      type: DirectionEnum.type,
      description: 'The direction of the relation, seen from that memory.',
    }),
    neighbor: t.field({
      type: Memory,
      description: 'The memory at the other end, with any status.',
      ...nested({ place: 'neighbor' }),
      resolve: ({ neighbor }) => neighbor,
    }),
  }),
});

const listedRelations: Places = { type: 'MemoryRelation', paths: [['nodes'], ['edges', 'node']] };
const neighbors: Places = {
  type: 'Memory',
  paths: [
    ['edges', 'neighbor'],
    ['edges', 'node', 'from'],
    ['edges', 'node', 'to'],
    ['nodes', 'from'],
    ['nodes', 'to'],
  ],
};

defineList(Memory, 'relations', {
  type: MemoryRelationConnection,
  description: 'The relations of this memory, strongest first.',
  args: {
    direction: optional(DirectionEnum, 'Only relations in this direction. Default: both directions.'),
    types: optional(many(RelationTypeEnum), 'Only relations of these types. Default: all types.'),
    minStrength: optional(number(0, 1), 'Only relations at least this strong, 0–1.'),
  },
  order: RELATION_ORDER,
  prefetch: true,
  nested: { name: 'relations' },
  columns: (info) => ({
    relation: columnsAt<RelationExtra>(info, listedRelations),
    memory: memoryColumnsAt(info, neighbors),
  }),
  pages: ({ tx, reading, keys, given, window, columns }) =>
    relationPages(tx, reading, keys, given, window, columns.relation, columns.memory),
  counts: ({ tx, reading, keys, given }) => countRelations(tx, reading, keys, given),
  toNode: (at, { relation, neighbor }) => toRelation(at, relation, toMemory(at, neighbor)),
  toEdge: (edge, { direction }): RelationEdge => ({ ...edge, direction, neighbor: edge.node.neighbor as MemoryNode }),
});

/** A relation as it was read, with the memory at its far end where that was read along. */
export function toRelation(at: Snapshot, row: RelationRow, neighbor?: MemoryNode): RelationNode {
  return { ...row, at, ...(neighbor && { neighbor }) };
}

/** A relation by its key, an ended one too. */
export async function loadRelation(snapshot: Snapshot, id: string): Promise<RelationNode | undefined> {
  const row = await snapshot.load('relation', id, (ids) => relationsById(snapshot.tx, snapshot.reading, ids));
  return row && toRelation(snapshot, row);
}

/** A relation that a mutation returns, as it is now. Throws NotFound where it has been forgotten meanwhile. */
export async function readRelation(context: Context, id: string): Promise<RelationNode> {
  const relation = await loadRelation(context.at(), id);
  if (!relation) throw new NotFound('relation', [encodeId('MemoryRelation', id)]);
  return relation;
}
