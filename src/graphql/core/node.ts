import type { GraphQLResolveInfo } from 'graphql';
import { decodeAnyId, encodeId, type NodeType } from '../../kernel/ids.ts';
import { bounds, checkCount } from '../../kernel/input.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';
import type { Snapshot } from './snapshot.ts';

/** What every node's value has: its key, and the graph it was read from. */
export interface NodeValue {
  id: string;
  at: Snapshot;
}

/** How the object types that are nodes are found again by their keys. */
type LoadNode = (snapshot: Snapshot, uuid: string, info: GraphQLResolveInfo) => Promise<NodeValue | undefined>;
const loaders = new Map<NodeType, LoadNode>();
const typeOf = new WeakMap<object, NodeType>();

/** Says how the nodes of a type are found by their key, at the point their id carries. */
export function loadNodesOf(type: NodeType, load: LoadNode): void {
  loaders.set(type, load);
}

export const Node = builder.interfaceRef<object>('Node').implement({
  description: 'An object with an id, which can be read again by that id.',
  resolveType: (value) => typeOf.get(value),
  fields: (t) => ({
    id: t.id({
      description:
        'Opaque and stable. Its prefix names the type. An object read at a point in time other than now has a different id, with that point after an `@`.',
      // Each node type resolves its own.
      resolve: (): never => {
        throw new Error('each node type resolves its own id');
      },
    }),
  }),
});

/** The public id of a node's value. */
export const nodeId = (type: NodeType, { id, at }: NodeValue): string => encodeId(type, id, at.point);

async function load(context: Context, id: string, path: readonly (string | number)[], info: GraphQLResolveInfo) {
  const { type, uuid, point } = decodeAnyId(id, path);
  const value = await loaders.get(type)?.(context.at(point), uuid, info);
  if (value) typeOf.set(value, type);
  return value ?? null;
}

builder.queryFields((t) => ({
  node: t.field({
    type: Node,
    nullable: true,
    description: 'Any object by its id, at the point in time the id carries. Null if it does not exist.',
    args: { id: t.arg.id({ required: true, description: 'An id, unchanged. A malformed id is INVALID_INPUT.' }) },
    resolve: (_root, { id }, context, info) => load(context, id, ['id'], info),
  }),
  nodes: t.field({
    type: [Node],
    nullable: { list: false, items: true },
    description: 'Objects by their ids, at most 100, in the order given. Null for each one that does not exist.',
    args: {
      ids: t.arg.idList({ required: true, description: 'At most 100 ids; more is LIMIT_EXCEEDED.' }),
    },
    resolve: (_root, { ids }, context, info) => {
      checkCount('ids', bounds.nodes, ids.length);
      return ids.map((id, index) => load(context, id, ['ids', index], info));
    },
  }),
}));
