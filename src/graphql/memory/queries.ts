import type { GraphQLResolveInfo } from 'graphql';
import { countMemories, type MemoryParents, memoryPages, nameOrder } from '../../domain/memory/list.ts';
import { currentMemories, memoriesById } from '../../domain/memory/read.ts';
import { NotFound } from '../../kernel/errors.ts';
import { decodeId, encodeId } from '../../kernel/ids.ts';
import { parseInput } from '../../kernel/input.ts';
import { columnsKey, type MemoryColumns } from '../../model/memory/columns.ts';
import { type PageArgs, readWindow } from '../../model/paging/window.ts';
import { Companion } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { type Connection, toConnection } from '../core/connection.ts';
import { pageArgs } from '../core/connection-type.ts';
import type { Context } from '../core/context.ts';
import { loadNodesOf, type NodeValue } from '../core/node.ts';
import { atDescription, PointInTimeInput, snapshotAt } from '../core/point-type.ts';
import { listedMemories, memoryColumnsAt, prefetchBelow } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { Entity } from '../entity/type.ts';
import { User } from '../user/type.ts';
import { memoryList, memoryListArgs } from './inputs.ts';
import { Memory, MemoryConnection, type MemoryNode, toMemory } from './type.ts';

/** A memory by its key, whatever its status; undefined where it was unknown at the snapshot's point. */
export async function loadMemory(
  snapshot: Snapshot,
  id: string,
  columns: MemoryColumns,
): Promise<MemoryNode | undefined> {
  const row = await snapshot.load(`memory ${columnsKey(columns)}`, id, (ids) =>
    memoriesById(snapshot.tx, snapshot.reading, ids, columns),
  );
  return row && toMemory(snapshot, row);
}

/** A memory that a mutation has made or changed, as it is now. Throws NotFound where it has been forgotten meanwhile. */
export async function readMemory(context: Context, id: string, info: GraphQLResolveInfo): Promise<MemoryNode> {
  const memory = await loadMemory(context.at(), id, memoryColumnsAt(info));
  if (!memory) throw new NotFound('memory', [encodeId('Memory', id)]);
  return memory;
}

/** The version of a lineage that holds at the snapshot's point, else the one last believed. */
export async function loadCurrent(
  snapshot: Snapshot,
  lineageId: string,
  columns: MemoryColumns,
): Promise<MemoryNode | undefined> {
  const row = await snapshot.load(`current ${columnsKey(columns)}`, lineageId, (ids) =>
    currentMemories(snapshot.tx, snapshot.reading, ids, columns),
  );
  return row && toMemory(snapshot, row);
}

type ListArgs = PageArgs & { at?: { validAt?: Date | null; knownAt?: Date | null } | null } & Record<string, unknown>;

/** The list of memories that hangs on a parent, or on the workspace. */
async function listMemories(
  context: Context,
  kind: NonNullable<MemoryParents>['kind'] | null,
  parent: NodeValue | null,
  { at, first, after, last, before, ...which }: ListArgs,
  info: GraphQLResolveInfo,
): Promise<Connection<MemoryNode>> {
  const list = parseInput(memoryList, which, []);
  const order = nameOrder(list.order);
  const window = readWindow({ first, after, last, before } as PageArgs, order);
  const snapshot = snapshotAt(context, at, parent?.at, window);
  const columns = memoryColumnsAt(info, listedMemories);
  const parents = (ids: readonly string[]): MemoryParents => (kind ? { kind, ids } : null);
  const key = parent?.id ?? 'workspace';
  return toConnection(snapshot, {
    order,
    window,
    page: snapshot.load(JSON.stringify(['memories', kind, list, window, columnsKey(columns)]), key, (ids) =>
      memoryPages(snapshot.tx, snapshot.reading, parents(ids), list, window, columns),
    ),
    toNode: (row) => toMemory(snapshot, row),
    count: (reading) =>
      snapshot.load(JSON.stringify(['count memories', kind, list, window.asOf]), key, (ids) =>
        countMemories(snapshot.tx, reading, parents(ids), list),
      ),
  });
}

const listed = (description: string) => ({
  type: MemoryConnection,
  description: `${description} Most recently recorded first, unless ordered otherwise.`,
});

builder.queryFields((t) => ({
  memory: t.field({
    type: Memory,
    nullable: true,
    description: 'One memory by its id, whatever its status. Null where there is none.',
    args: {
      id: t.arg.id({ required: true, description: 'Its id, `mem_…`; what is none is INVALID_INPUT.' }),
      at: t.arg({ type: PointInTimeInput, description: `${atDescription} Default: the point its id carries.` }),
    },
    resolve: async (_root, { id, at }, context, info) => {
      const { uuid, point } = decodeId('Memory', id, ['id']);
      const snapshot = at ? snapshotAt(context, at) : context.at(point);
      const memory = loadMemory(snapshot, uuid, memoryColumnsAt(info));
      prefetchBelow('Memory', info, snapshot, uuid);
      return (await memory) ?? null;
    },
  }),
  memories: t.field({
    ...listed("The workspace's memories."),
    args: { ...memoryListArgs, at: t.arg({ type: PointInTimeInput, description: atDescription }), ...pageArgs },
    resolve: (_root, args, context, info) => listMemories(context, null, null, args as ListArgs, info),
  }),
}));

builder.drizzleObjectField(Companion, 'memories', (t) => {
  const { companion: _, ...args } = memoryListArgs;
  return t.field({
    ...listed('What it remembers.'),
    args: { ...args, at: t.arg({ type: PointInTimeInput, description: atDescription }), ...pageArgs },
    resolve: (companion, given, context, info) =>
      listMemories(context, 'companion', companion as unknown as NodeValue, given as ListArgs, info),
  }) as never;
});

builder.drizzleObjectField(User, 'memories', (t) => {
  const { user: _, ...args } = memoryListArgs;
  return t.field({
    ...listed('What is remembered about them.'),
    args: { ...args, at: t.arg({ type: PointInTimeInput, description: atDescription }), ...pageArgs },
    resolve: (user, given, context, info) =>
      listMemories(context, 'user', user as unknown as NodeValue, given as ListArgs, info),
  }) as never;
});

builder.objectField(Entity, 'memories', (t) => {
  const { companion: _, ...args } = memoryListArgs;
  return t.field({
    ...listed('The memories that mention it.'),
    args: { ...args, at: t.arg({ type: PointInTimeInput, description: atDescription }), ...pageArgs },
    resolve: (entity, given, context, info) => listMemories(context, 'entity', entity, given as ListArgs, info),
  });
});

loadNodesOf('Memory', (snapshot, uuid, info) => loadMemory(snapshot, uuid, memoryColumnsAt(info)));
