import type { ObjectRef } from '@pothos/core';
import type { GraphQLResolveInfo } from 'graphql';
import type { Found } from '../../domain/nested/plan.ts';
import { decodeAnyId, encodeId, type NodeType } from '../../kernel/ids.ts';
import { bounds, checkCount } from '../../kernel/input.ts';
import { formatPoint, theNow } from '../../kernel/point.ts';
import type { AccessScope } from '../../kernel/principal.ts';
import { builder, type Types } from './builder.ts';
import type { Context } from './context.ts';
import { nested, Uncovered } from './nested.ts';
import type { Snapshot } from './snapshot.ts';

/** What every node's value has: its key, and the graph it was read from. */
export interface NodeValue {
  id: string;
  at: Snapshot;
}

/** Finds a node again by its key; undefined where there is none at the snapshot's point. */
type LoadNode = (snapshot: Snapshot, uuid: string, info: GraphQLResolveInfo) => Promise<NodeValue | undefined>;
const loaders = new Map<NodeType, LoadNode>();
/** The types of which a credential sees nothing that lacks a scope, or is restricted. */
const scoped = new Map<NodeType, AccessScope>();
const typeOf = new WeakMap<object, NodeType>();

export const Node = builder.interfaceRef<object>('Node').implement({
  description: 'An object with an id, which can be read again by that id.',
  resolveType: (value) => typeOf.get(value),
  fields: (t) => ({
    id: t.id({
      description:
        'Opaque and stable. Its prefix names the type. An object read at a point in time other than ' +
        'now has a different id, with that point after an `@`.',
      // Each node type resolves its own.
      resolve: (): never => {
        throw new Error('each node type resolves its own id');
      },
    }),
  }),
});

/** What other code sees of a node type: a reference whose values are `Value`, no matter what fetches its columns. */
export type NodeRef<Value extends NodeValue> = ObjectRef<Types, Value>;

/**
 * Makes an object type a node: gives it its `id`, and says how a node is found again by its key, at the point its id
 * carries. `type` has been implemented with the interface {@link Node}, by the builder or by the Drizzle plugin, whose
 * own types say nothing of the values that resolvers hand over.
 */
export function nodeRef<Value extends NodeValue>(
  name: NodeType,
  type: unknown,
  options: {
    id: string;
    load: (...of: Parameters<LoadNode>) => Promise<Value | undefined>;
    /** Needed to find it by its id, beside READ: without there seems to be none. Nor for a restricted credential. */
    scope?: AccessScope;
  },
): NodeRef<Value> {
  const { id, load, scope } = options;
  const ref = type as NodeRef<Value>;
  builder.objectField(ref, 'id', (t) =>
    t.id({ description: id, resolve: (value) => encodeId(name, value.id, value.at.point) }),
  );
  loaders.set(name, load);
  if (scope) scoped.set(name, scope);
  return ref;
}

async function load(context: Context, id: string, path: readonly (string | number)[], info: GraphQLResolveInfo) {
  const { type, uuid, point } = decodeAnyId(id, path);
  const scope = scoped.get(type);
  if (scope && !(context.principal.scopes.has(scope) && !context.principal.restriction)) return null;
  const value = await loaders.get(type)?.(context.at(point), uuid, info);
  if (value) typeOf.set(value, type);
  return value ?? null;
}

/** What a failure names, as it stands now; null where it has been deleted meanwhile. */
export async function readNode(
  context: Context,
  { type, id }: { type: NodeType; id: string },
  info: GraphQLResolveInfo,
): Promise<NodeValue | null> {
  const value = await loaders.get(type)?.(context.at(), id, info);
  if (value) typeOf.set(value, type);
  return value ?? null;
}

/** What a statement finds of the type of an id. */
const kinds: { [T in NodeType]?: Exclude<Found['kind'], 'memories'> } = {
  Memory: 'memory',
  Companion: 'companion',
  User: 'user',
  Conversation: 'conversation',
  Entity: 'entity',
  Message: 'message',
};

/** The keys of memories of one point in time; throws Uncovered for any others. */
function memoriesOf(context: Context, ids: readonly string[]): { at: Snapshot; ids: string[] } {
  const decoded = ids.map((id) => decodeAnyId(id, []));
  const [first] = decoded;
  const point = formatPoint(first?.point ?? theNow);
  if (!first || decoded.some((each) => each.type !== 'Memory' || formatPoint(each.point) !== point)) {
    throw new Uncovered('ids of others');
  }
  return { at: context.at(first.point), ids: decoded.map(({ uuid }) => uuid) };
}

builder.queryFields((t) => ({
  node: t.field({
    type: Node,
    nullable: true,
    description: 'Any object by its id, at the point in time the id carries. Null if it does not exist.',
    args: { id: t.arg.id({ required: true, description: 'An id, unchanged. A malformed id is INVALID_INPUT.' }) },
    ...nested({
      find: (context, { id }) => {
        const { type, uuid, point } = decodeAnyId(id as string, []);
        const kind = kinds[type];
        if (!kind) throw new Uncovered(type);
        return { at: context.at(point), found: { kind, by: 'id', value: uuid }, type };
      },
    }),
    resolve: (_root, { id }, context, info) => load(context, id, ['id'], info),
  }),
  nodes: t.field({
    type: [Node],
    nullable: { list: false, items: true },
    description: 'Objects by their ids, at most 100, in the order given. Null for each one that does not exist.',
    args: {
      ids: t.arg.idList({ required: true, description: 'At most 100 ids; more is LIMIT_EXCEEDED.' }),
    },
    ...nested({
      find: (context, { ids }) => {
        checkCount('ids', bounds.nodes, (ids as string[]).length);
        const { at, ids: keys } = memoriesOf(context, ids as string[]);
        return { at, found: { kind: 'memories', ids: keys }, type: 'Memory' };
      },
    }),
    resolve: (_root, { ids }, context, info) => {
      checkCount('ids', bounds.nodes, ids.length);
      return ids.map((id, index) => load(context, id, ['ids', index], info));
    },
  }),
}));
