import type { ObjectRef } from '@pothos/core';
import {
  countMemories,
  type MemoryList,
  type MemoryParents,
  memoryPages,
  nameOrder,
  namesCompanionToFind,
} from '../../domain/memory/list.ts';
import { decodeId } from '../../kernel/ids.ts';
import { Companion } from '../companion/type.ts';
import { builder, type Types } from '../core/builder.ts';
import type { Context } from '../core/context.ts';
import { defineList } from '../core/list.ts';
import { nested, Uncovered } from '../core/nested.ts';
import type { NodeValue } from '../core/node.ts';
import { type AtArgument, atDescription, PointInTimeInput, snapshotAt } from '../core/point-type.ts';
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
    nested: { name: 'memories', given: kind ? nestedListOf : memoryListOf },
    order: (given) => nameOrder(memoryListOf(given).order),
    columns: (info) => ({ memory: memoryColumnsAt(info, listedMemories) }),
    pages: ({ tx, reading, keys, given, window, columns }) =>
      memoryPages(tx, reading, parents(keys), memoryListOf(given), window, columns.memory),
    counts: ({ tx, reading, keys, given }) => countMemories(tx, reading, parents(keys), memoryListOf(given)),
    toNode: toMemory,
  });
}

/** What is asked of a list within a statement, which looks nothing up before it. */
function nestedListOf(given: Parameters<typeof memoryListOf>[0]): MemoryList {
  const list = memoryListOf(given);
  if (namesCompanionToFind(list)) throw new Uncovered('a companion to find');
  return list;
}

const { companion: _companion, ...ofCompanion } = memoryListArgs;
const { user: _user, ...ofUser } = memoryListArgs;
defineMemoryList('Query', null, memoryListArgs, 'All memories of the workspace.');
defineMemoryList(Companion, 'companion', ofCompanion, 'The memories of this companion.');
defineMemoryList(User, 'user', ofUser, 'The memories about this user.');
defineMemoryList(Entity, 'entity', ofCompanion, 'The memories that mention it.');

/** The memory that the arguments name, and the point in time it is read at. */
async function memoryAsked(context: Context, id: string, at: AtArgument['at']) {
  const { uuid, point } = decodeId('Memory', id, ['id']);
  return { id: uuid, at: at ? await snapshotAt(context, at) : context.at(point) };
}

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
    ...nested({
      find: async (context, { id, at }) => {
        const asked = await memoryAsked(context, id as string, at as AtArgument['at']);
        return { at: asked.at, found: { kind: 'memory', by: 'id', value: asked.id } };
      },
    }),
    resolve: async (_root, { id, at }, context, info) => {
      const { at: snapshot, id: uuid } = await memoryAsked(context, id, at);
      const memory = loadMemory(snapshot, uuid, memoryColumnsAt(info));
      prefetchBelow('Memory', info, snapshot, uuid);
      return (await memory) ?? null;
    },
  }),
);
