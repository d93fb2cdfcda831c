import { findPath, type Way } from '../../domain/graph/path.ts';
import { type ReachedRow, relationsAmong, traverse } from '../../domain/graph/traverse.ts';
import { memoriesById } from '../../domain/memory/read.ts';
import type { RelationFilter } from '../../domain/relation/seen.ts';
import { parseInput } from '../../kernel/input.ts';
import type { MemoryColumns } from '../../model/memory/columns.ts';
import { builder } from '../core/builder.ts';
import { atDescription, PointInTimeInput, snapshotAt } from '../core/point-type.ts';
import { memoryColumnsAt, type Places, selectedFields } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { loadEntity } from '../entity/type.ts';
import { loadCurrent, loadMemory, type MemoryNode, toMemory } from '../memory/load.ts';
import { loadRelation, type RelationNode, toRelation } from '../relation/type.ts';
import { bounds, checkBounds, GraphInput, PathInput, pointOf } from './inputs.ts';
import { MemoryPath, type PathValue, type ReachedNode, Subgraph } from './type.ts';

const pointDescription = `${atDescription} Default: the point in time that the ids carry.`;

/** The memories that were reached, by their keys, and where none of their fields is asked for without a statement. */
async function readNodes(
  at: Snapshot,
  nodes: readonly ReachedRow[],
  columns: MemoryColumns,
): Promise<Map<string, MemoryNode>> {
  const ids = nodes.map(({ id }) => id);
  const read = columns.size > 0 ? await memoriesById(at.tx, at.reading, ids, columns) : undefined;
  return new Map(
    nodes.map(({ id, lineageId, companionId, userId }) => {
      const row = read ? read.get(id) : { id, lineageId, companionId, userId };
      return [id, toMemory(at, row as MemoryNode)];
    }),
  );
}

/** The relations among the nodes, and whether there are more than may be; none where the document asks for none. */
async function readRelations(at: Snapshot, nodes: readonly ReachedRow[], filter: RelationFilter, fields: Set<string>) {
  if (!fields.has('relations') && !fields.has('relationsTruncated')) return { rows: [], more: false };
  const rows = await relationsAmong(at.tx, at.reading, nodes, filter, bounds.relations + 1);
  return { rows: rows.slice(0, bounds.relations), more: rows.length > bounds.relations };
}

/** What leads from a relation to its ends, without reading them again. */
function endsAmong(memories: ReadonlyMap<string, MemoryNode>, nodes: readonly ReachedRow[]) {
  // A start may be a version that does not hold, while another one of its lineage does.
  const holding = new Map(nodes.filter(({ isHolding }) => isHolding).map(({ id, lineageId }) => [lineageId, id]));
  return (relation: RelationNode): RelationNode => {
    const end = (version: string, lineage: string) =>
      memories.get(relation.type === 'CORRECTS' ? version : (holding.get(lineage) ?? ''));
    relation.ends = {
      from: end(relation.fromMemoryId, relation.fromLineageId),
      to: end(relation.toMemoryId, relation.toLineageId),
    };
    return relation;
  };
}

builder.queryField('graph', (t) =>
  t.field({
    type: Subgraph,
    description:
      'Everything within `depth` hops of the starts, as one subgraph, each memory once: breadth ' +
      'first, along relations. Besides the starts it has only ACTIVE and DISPUTED memories.',
    args: {
      input: t.arg({ type: GraphInput.type, required: true, description: 'Where it starts, and how far it goes.' }),
      at: t.arg({ type: PointInTimeInput, description: pointDescription }),
    },
    resolve: async (_root, args, context, info) => {
      checkBounds(args.input);
      const question = parseInput(GraphInput.check, args.input, ['input']);
      const at = args.at ? await snapshotAt(context, args.at) : context.at(pointOf(question.from, ['input', 'from']));
      const { nodes, truncated } = await traverse(at.tx, at.reading, question);
      const [memories, among] = await Promise.all([
        readNodes(at, nodes, memoryColumnsAt(info, inSubgraph)),
        readRelations(at, nodes, question, selectedFields(info, [])),
      ]);
      const withEnds = endsAmong(memories, nodes);
      const relations = new Map(among.rows.map((row) => [row.id, withEnds(toRelation(at, row))]));
      const via = async (id: string) => {
        const relation = await loadRelation(at, id);
        return relation ? withEnds(relation) : null;
      };
      return {
        memories: nodes.map(
          ({ id, depth, relationId, entityId }): ReachedNode =>
            ({
              memory: memories.get(id) as MemoryNode,
              depth,
              via: () => relationId && (relations.get(relationId) ?? via(relationId)),
              viaEntity: () => entityId && loadEntity(at, entityId).then((entity) => entity ?? null),
            }) as ReachedNode,
        ),
        relations: [...relations.values()],
        relationsTruncated: among.more,
        truncated,
      };
    },
  }),
);

const inSubgraph: Places = {
  type: 'Memory',
  paths: [
    ['memories', 'memory'],
    ['memories', 'via', 'from'],
    ['memories', 'via', 'to'],
    ['relations', 'from'],
    ['relations', 'to'],
  ],
};
const inPath: Places = { type: 'Memory', paths: [['memories'], ['relations', 'from'], ['relations', 'to']] };

builder.queryField('path', (t) =>
  t.field({
    type: MemoryPath,
    nullable: true,
    description:
      'The shortest path between two memories along relations, through ACTIVE and DISPUTED memories. ' +
      'Of several shortest paths it is the one with the highest product of strengths; of equal ones ' +
      'it is always the same. Null if there is no path. Two versions of one memory are joined only ' +
      'by CORRECTS.',
    args: {
      input: t.arg({
        type: PathInput.type,
        required: true,
        description: 'Which memories to find a path between, and along which relations.',
      }),
      at: t.arg({ type: PointInTimeInput, description: pointDescription }),
    },
    resolve: async (_root, args, context, info) => {
      checkBounds(args.input);
      const question = parseInput(PathInput.check, args.input, ['input']);
      const { from, to } = question;
      const at = args.at ? await snapshotAt(context, args.at) : context.at(pointOf([from, to], ['input']));
      const way = await findPath(at.tx, at.reading, question);
      return way && readPath(at, way, memoryColumnsAt(info, inPath));
    },
  }),
);

/**
 * The memories and relations of a path: one statement for the ends, one for what lies between, one for the relations.
 */
async function readPath(at: Snapshot, way: Way, columns: MemoryColumns): Promise<PathValue> {
  const { from, to, between } = way;
  const [memories, relations] = await Promise.all([
    Promise.all([
      loadMemory(at, from, columns),
      ...between.map((lineage) => loadCurrent(at, lineage, columns)),
      ...(from === to ? [] : [loadMemory(at, to, columns)]),
    ]),
    Promise.all(way.relations.map((id) => loadRelation(at, id))),
  ]);
  const found = relations as RelationNode[];
  return {
    memories: memories as MemoryNode[],
    relations: found,
    strength: found.reduce((product, { strength }) => product * strength, 1),
  };
}
