import type { GraphQLResolveInfo } from 'graphql';
import { z } from 'zod';
import {
  countRelations,
  type Direction,
  RELATION_ORDER,
  type RelationExtra,
  type RelationFilter,
  type RelationRow,
  relationPages,
} from '../../domain/relation/list.ts';
import { relationsById } from '../../domain/relation/relations.ts';
import { NotFound } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import { bounded, parseInput } from '../../kernel/input.ts';
import { columnsKey, type MemoryColumns } from '../../model/memory/columns.ts';
import { type PageArgs, readWindow } from '../../model/paging/window.ts';
import { builder } from '../core/builder.ts';
import { type Edge, toConnection } from '../core/connection.ts';
import { connectionType, forwardArgs } from '../core/connection-type.ts';
import type { Context } from '../core/context.ts';
import { loadNodesOf, Node, type NodeValue, nodeId } from '../core/node.ts';
import { columnsAt, memoryColumnsAt, type Places, type Prefetch } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { loadCurrent, loadMemory } from '../memory/queries.ts';
import { Memory, type MemoryNode, toMemory } from '../memory/type.ts';

/** A relation as it was read, and the graph it was read from. */
export interface RelationNode extends RelationRow, NodeValue {
  /** The version that holds at one of its ends, where it was read along. */
  neighbor?: MemoryNode;
  /** What it leads to, where both were read along. */
  ends?: { from?: MemoryNode | undefined; to?: MemoryNode | undefined };
}

export const RelationTypeEnum = builder.enumType('RelationType', {
  description: 'How two memories are joined. Read as a sentence: `from` follows `to`.',
  values: {
    FOLLOWS: { description: '`from` came after `to`.' },
    CONTRADICTS: { description: '`from` speaks against `to`. Made by contradictMemory alone.' },
    ELABORATES: { description: '`from` adds detail to `to`.' },
    CORRECTS: {
      description: '`from` is the version made in place of `to`, or after it. Made by correctMemory and slots alone.',
    },
    REFERENCES: { description: '`from` mentions `to`.' },
    CAUSES: { description: '`from` brought `to` about. Never leads back to where it began.' },
  },
});

export const DirectionEnum = builder.enumType('Direction', {
  description: 'Which way a relation points, seen from the memory at hand. As an argument, left out: both.',
  values: { OUT: { description: 'Away from it.' }, IN: { description: 'Towards it.' } },
});

export const MemoryRelation = builder.objectRef<RelationNode>('MemoryRelation');

/** What a relation leads to: the version it was made with for CORRECTS, else whichever version of the lineage holds. */
async function endOf(relation: RelationNode, end: 'from' | 'to', columns: MemoryColumns): Promise<MemoryNode> {
  const { at, neighbor, type, ends } = relation;
  if (ends?.[end]) return ends[end];
  const lineageId = relation[`${end}LineageId`];
  const versionId = relation[`${end}MemoryId`];
  const isVersion = type === 'CORRECTS';
  if (neighbor && (isVersion ? neighbor.id === versionId : neighbor.lineageId === lineageId)) return neighbor;
  const memory = await (isVersion ? loadMemory(at, versionId, columns) : loadCurrent(at, lineageId, columns));
  // A lineage that a slot's time line took in has no version of its own: its relation leads to the one it was made with.
  const standIn = memory ?? (await loadMemory(at, versionId, columns));
  if (!standIn) throw new Error(`lineage ${lineageId} has no version`);
  return standIn;
}

/** What a field is made of beyond what is always read. */
const needs = (...columns: RelationExtra[]) => ({ extensions: { columns } });

MemoryRelation.implement({
  description:
    'A typed, directed, weighted relation between two memories. It leads to whichever version of each holds, and shows where both do.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Its id, `rel_…`.', resolve: (relation) => nodeId('MemoryRelation', relation) }),
    type: t.expose('type', { type: RelationTypeEnum, description: 'How `from` is joined to `to`.' }),
    strength: t.exposeFloat('strength', { description: 'How strongly, 0–1.' }),
    metadata: t.expose('metadata', {
      type: 'JSONObject',
      description: "The caller's own notes on it.",
      ...needs('metadata'),
    }),
    from: t.field({
      type: Memory,
      description: 'The memory it begins at, whatever its status.',
      resolve: (relation, _args, _context, info) => endOf(relation, 'from', memoryColumnsAt(info)),
    }),
    to: t.field({
      type: Memory,
      description: 'The memory it leads to, whatever its status.',
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
        'When it was ended: by unrelateMemories, a CONTRADICTS by resolving, a CORRECTS by taking the correction back. Null: it stands.',
      ...needs('retractedAt'),
    }),
  }),
});

interface RelationEdge extends Edge<RelationNode> {
  direction: Direction;
  neighbor: MemoryNode;
}

const MemoryRelationConnection = connectionType<RelationNode, RelationEdge>('MemoryRelation', MemoryRelation, {
  of: 'relations, seen from the memory the page hangs on',
  extra: (t) => ({
    direction: t.expose('direction', { type: DirectionEnum, description: 'Which way the relation points.' }),
    neighbor: t.field({
      type: Memory,
      description: 'The memory at its far end, whatever its status.',
      resolve: ({ neighbor }) => neighbor,
    }),
  }),
});

const relationFilter = z.object({ minStrength: bounded(0, 1).nullish() });

type RelationArgs = PageArgs & RelationFilter;

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

/** Reads a page of a memory's relations, along with those of others that ask the same. */
function loadRelations(at: Snapshot, id: string, args: RelationArgs, info: GraphQLResolveInfo) {
  const { direction, types, minStrength } = args;
  parseInput(relationFilter, { minStrength }, []);
  const filter = { direction: direction ?? null, types: types ?? null, minStrength: minStrength ?? null };
  const window = readWindow(args, RELATION_ORDER);
  const extras = columnsAt<RelationExtra>(info, listedRelations);
  const columns = memoryColumnsAt(info, neighbors);
  const question = JSON.stringify(['relations', filter, window, [...extras].sort(), columnsKey(columns)]);
  const page = at.load(question, id, (ids) => relationPages(at.tx, at.reading, ids, filter, window, extras, columns));
  return { filter, window, page };
}

builder.objectField(Memory, 'relations', (t) =>
  t.field({
    type: MemoryRelationConnection,
    description: 'What it is joined to, strongest first.',
    args: {
      direction: t.arg({ type: DirectionEnum, description: 'Only those that point this way. Default: both.' }),
      types: t.arg({ type: [RelationTypeEnum], description: 'Only those of one of these types. Default: all.' }),
      minStrength: t.arg.float({ description: 'Only those at least this strong, 0–1.' }),
      ...forwardArgs,
    },
    extensions: {
      prefetch: ((at, id, args, info) => loadRelations(at, id, args as unknown as RelationArgs, info).page) as Prefetch,
    },
    resolve: async ({ id, at }, args, _context, info) => {
      const { filter, window, page } = loadRelations(at, id, args, info);
      const connection = await toConnection(at, {
        order: RELATION_ORDER,
        window,
        page,
        toNode: ({ relation, neighbor, direction: way }) => ({
          ...toRelation(at, relation, toMemory(at, neighbor)),
          direction: way,
        }),
        count: (reading) =>
          at.load(JSON.stringify(['count relations', filter, window.asOf]), id, (ids) =>
            countRelations(at.tx, reading, ids, filter),
          ),
      });
      return {
        ...connection,
        edges: connection.edges.map(({ node, cursor }) => ({
          node,
          cursor,
          direction: node.direction,
          neighbor: node.neighbor as MemoryNode,
        })),
      };
    },
  }),
);

export const toRelation = (at: Snapshot, row: RelationRow, neighbor?: MemoryNode): RelationNode => ({
  ...row,
  at,
  ...(neighbor && { neighbor }),
});

/** A relation by its key, an ended one too. */
export async function loadRelation(snapshot: Snapshot, id: string): Promise<RelationNode | undefined> {
  const row = await snapshot.load('relation', id, (ids) => relationsById(snapshot.tx, snapshot.reading, ids));
  return row && toRelation(snapshot, row);
}

/** A relation that a mutation speaks of, as it is now. Throws NotFound where it has been forgotten meanwhile. */
export async function readRelation(context: Context, id: string): Promise<RelationNode> {
  const relation = await loadRelation(context.at(), id);
  if (!relation) throw new NotFound('relation', [encodeId('MemoryRelation', id)]);
  return relation;
}

loadNodesOf('MemoryRelation', loadRelation);
