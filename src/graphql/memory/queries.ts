import type { ObjectRef } from '@pothos/core';
import { countMemories, type MemoryParents, memoryPages, nameOrder } from '../../domain/memory/list.ts';
import { decodeId } from '../../kernel/ids.ts';
import { Companion } from '../companion/type.ts';
import { builder, type Types } from '../core/builder.ts';
import { defineList } from '../core/list.ts';
import type { NodeValue } from '../core/node.ts';
import { atDescription, PointInTimeInput, snapshotAt } from '../core/point-type.ts';
import { listedMemories, memoryColumnsAt, prefetchBelow } from '../core/selection.ts';
import { Entity } from '../entity/type.ts';
import { User } from '../user/type.ts';
import { memoryListArgs, memoryListOf } from './inputs.ts';
import { loadMemory, toMemory } from './load.ts';
import { Memory, MemoryConnection } from './type.ts';

/** The list of memories of an object, or of the workspace. The owner of the list is no argument of it. */
export function defineMemoryList<Parent extends NodeValue>(
  parent: ObjectRef<Types, Parent> | 'Query',
  kind: NonNullable<MemoryParents>['kind'] | null,
  args: Partial<typeof memoryListArgs>,
  description: string,
): void {
  const parents = (ids: readonly string[]): MemoryParents => (kind ? { kind, ids } : null);
  defineList(parent, 'memories', {
    type: MemoryConnection,
    description: `${description} Most recently recorded first, unless orderBy says otherwise.`,
    args: args as typeof memoryListArgs,
    at: true,
    paging: 'either',
    order: (given) => nameOrder(memoryListOf(given).order),
    columns: (info) => ({ memory: memoryColumnsAt(info, listedMemories) }),
    pages: ({ tx, reading, keys, given, window, columns }) =>
      memoryPages(tx, reading, parents(keys), memoryListOf(given), window, columns.memory),
    counts: ({ tx, reading, keys, given }) => countMemories(tx, reading, parents(keys), memoryListOf(given)),
    toNode: toMemory,
  });
}

const { companion: _companion, ...ofCompanion } = memoryListArgs;
const { user: _user, ...ofUser } = memoryListArgs;
defineMemoryList('Query', null, memoryListArgs, 'All memories of the workspace.');
defineMemoryList(Companion, 'companion', ofCompanion, 'The memories of this companion.');
defineMemoryList(User, 'user', ofUser, 'The memories about this user.');
defineMemoryList(Entity, 'entity', ofCompanion, 'The memories that mention it.');

builder.queryField('memory', (t) =>
  t.field({
    type: Memory,
    nullable: true,
    description: 'One memory by its id, with any status. Null if it does not exist.',
    args: {
      id: t.arg.id({ required: true, description: 'Its id, `mem_…`. A malformed id is INVALID_INPUT.' }),
      at: t.arg({
        type: PointInTimeInput,
        description: `${atDescription} Default: the point in time that the id carries.`,
      }),
    },
    resolve: async (_root, { id, at }, context, info) => {
      const { uuid, point } = decodeId('Memory', id, ['id']);
      const snapshot = at ? await snapshotAt(context, at) : context.at(point);
      const memory = loadMemory(snapshot, uuid, memoryColumnsAt(info));
      prefetchBelow('Memory', info, snapshot, uuid);
      return (await memory) ?? null;
    },
  }),
);
