import type { FieldRef, ObjectRef } from '@pothos/core';
import { DEFAULT_PAGE, MAX_PAGE } from '../../model/paging/window.ts';
import { builder, type Types } from './builder.ts';
import type { Connection, Edge } from './connection.ts';

type Fields<Shape> = (t: PothosSchemaTypes.ObjectFieldBuilder<Types, Shape>) => Record<string, FieldRef<Types>>;

const PageInfo = builder.objectRef<Connection<unknown>>('PageInfo').implement({
  description: 'The position of a page in its list.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', { description: 'True if more items follow this page.' }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', { description: 'True if there are items before this page.' }),
    startCursor: t.string({
      nullable: true,
      description: 'The cursor of the first item, for `before`. Null for an empty page.',
      resolve: ({ edges }) => edges[0]?.cursor() ?? null,
    }),
    endCursor: t.string({
      nullable: true,
      description: 'The cursor of the last item, for `after`. Null for an empty page.',
      resolve: ({ edges }) => edges.at(-1)?.cursor() ?? null,
    }),
  }),
});

const edgeTypes = new WeakMap<object, ObjectRef<Types, unknown>>();

/** The type of a connection's edges. */
export const edgeTypeOf = <Node, E extends Edge<Node>>(
  connection: ObjectRef<Types, Connection<Node> & { edges: E[] }>,
): ObjectRef<Types, E> => edgeTypes.get(connection) as ObjectRef<Types, E>;

/**
 * The connection and edge types of a node, named `…Connection` and `…Edge` after `name`. `extra` are fields of its
 * edges, `fields` of the connection; `totalCount: false` leaves the count out.
 */
export function connectionType<
  Node,
  E extends Edge<Node> = Edge<Node>,
  C extends Connection<Node> & { edges: E[] } = Connection<Node> & { edges: E[] },
>(
  name: string,
  node: ObjectRef<Types, Node>,
  options: { of: string; extra?: Fields<E>; fields?: Fields<C>; totalCount?: boolean },
): ObjectRef<Types, C> {
  const EdgeType = builder.objectRef<E>(`${name}Edge`).implement({
    description: `An item of a list of ${options.of}, with its place in that list.`,
    fields: (t) => ({
      cursor: t.string({
        description:
          'Its place in the list, to pass as `after` or `before`. Opaque. It keeps the point in time of the first page.',
        resolve: (edge) => edge.cursor(),
      }),
      node: t.field({ type: node, description: 'The item.', resolve: (edge) => edge.node as never }),
      ...options.extra?.(t as never),
    }),
  });
  const connection = builder.objectRef<C>(`${name}Connection`).implement({
    description: `One page of a list of ${options.of}.`,
    fields: (t) => ({
      edges: t.field({
        type: [EdgeType],
        description: `The page's items with their cursors: at most ${MAX_PAGE}.`,
        resolve: ({ edges }) => edges,
      }),
      nodes: t.field({
        type: [node],
        description: `The page's items: at most ${MAX_PAGE}.`,
        resolve: ({ edges }) => edges.map((edge) => edge.node) as never,
      }),
      pageInfo: t.field({
        type: PageInfo,
        description: 'The position of the page in the list.',
        resolve: (connection) => connection,
      }),
      ...options.fields?.(t as never),
      ...(options.totalCount !== false && {
        totalCount: t.int({
          description: 'How many items the whole list has. It is counted only if this field is requested.',
          resolve: (connection) => connection.totalCount(),
        }),
      }),
    }),
  });
  edgeTypes.set(connection, EdgeType);
  return connection;
}

const size = (end: 'start' | 'end') =>
  `How many items at most, from the ${end} of the list: 0 to ${MAX_PAGE}, more is LIMIT_EXCEEDED. Default: the first ${DEFAULT_PAGE}.`;

/** The arguments of a list that is read forward. */
export const forwardArgs = builder.args((t) => ({
  first: t.int({ description: size('start') }),
  after: t.string({ description: 'Only items after this cursor, which must be a cursor of the same list.' }),
}));

/** The arguments of a list that is read either way. */
export const pageArgs = builder.args((t) => ({
  first: t.int({ description: size('start') }),
  after: t.string({ description: 'Only items after this cursor, which must be a cursor of the same list.' }),
  last: t.int({ description: `${size('end')} Not together with \`first\`.` }),
  before: t.string({ description: 'Only items before this cursor, which must be a cursor of the same list.' }),
}));
