import { Reading } from '../../db/reading.ts';
import { importancesOf } from '../../domain/memory/read.ts';
import { momentInput, parseInput } from '../../kernel/input.ts';
import type { MemoryColumn } from '../../model/memory/columns.ts';
import { Companion, toCompanion } from '../companion/type.ts';
import { builder, type Types } from '../core/builder.ts';
import { connectionType } from '../core/connection-type.ts';
import { nested } from '../core/nested.ts';
import { Node, nodeRef } from '../core/node.ts';
import { memoryColumnsAt } from '../core/selection.ts';
import { toUser, User } from '../user/type.ts';
import { MemoryStatusEnum, MemoryTypeEnum } from './enums.ts';
import { loadMemory, type MemoryNode } from './load.ts';

/** The columns a field of Memory is made from: what the statement that reads the memory has to fetch. */
const needs = (...columns: MemoryColumn[]) => ({ extensions: { columns } });

type Fields = PothosSchemaTypes.ObjectFieldBuilder<Types, MemoryNode>;

/** What is said, about whom, and how much it counts. */
const statementFields = (t: Fields) => ({
  content: t.exposeString('content', { description: 'The statement, 1 to 100,000 characters.', ...needs('content') }),
  summary: t.exposeString('summary', {
    nullable: true,
    description: 'A summary of the statement, if one was given.',
    ...needs('summary'),
  }),
  type: t.expose('type', { type: MemoryTypeEnum.type, description: 'The kind of statement.', ...needs('type') }),
  status: t.expose('status', {
    type: MemoryStatusEnum.type,
    description: 'Its status at the point in time being read.',
    ...needs('status'),
  }),
  importance: t.float({
    description:
      'How much it matters, 0–10, decayed to `on`: floor + (stated − floor) · 2^(−days / half-life). Reading it changes nothing.',
    args: {
      on: t.arg({
        type: 'DateTime',
        description: 'The moment to decay to. It may be in the future. Default: the point in time being read.',
      }),
    },
    extensions: { ...needs('importance').extensions, ...nested({ column: 'importance' }).extensions },
    resolve: (memory, { on }) => (on ? importanceOn(memory, parseInput(momentInput, on, ['on'])) : memory.importance),
  }),
  confidence: t.exposeFloat('confidence', {
    description: 'How certain it is, 0–1, lowered by open contradictions.',
    ...needs('confidence'),
  }),
  statedConfidence: t.exposeFloat('statedConfidence', {
    description: 'How certain it is, 0–1, as last stated, without contradictions.',
    ...needs('statedConfidence'),
  }),
  context: t.expose('context', {
    type: 'JSONObject',
    description:
      "The caller's own notes on where it comes from. These keys have a meaning here: conversationId, turnNumber, speaker, source.",
    ...needs('context'),
  }),
  slot: t.exposeString('slot', {
    nullable: true,
    description:
      'The question it answers, if that has one answer at a time, named in the caller’s words. At ' +
      'any moment at most one memory of a slot is valid, or they are disputed.',
    ...needs('slot'),
  }),
  companion: t.field({
    type: Companion,
    description: 'The companion that remembers it.',
    ...nested({ one: 'companion' }),
    resolve: ({ at, companionId }) => toCompanion(at, companionId),
  }),
  user: t.field({
    type: User,
    nullable: true,
    description: 'The user it is about. Null: no particular user.',
    ...nested({ one: 'user' }),
    resolve: ({ at, userId }) => (userId ? toUser(at, userId) : null),
  }),
});

/** When things happened to it. */
const timeFields = (t: Fields) => ({
  validFrom: t.expose('validFrom', {
    type: 'DateTime',
    description: 'When it became true in the world.',
    ...needs('validFrom'),
  }),
  validUntil: t.expose('validUntil', {
    type: 'DateTime',
    nullable: true,
    description: 'When it stopped being true in the world; at that moment it is no longer true. Null: still true.',
    ...needs('validUntil'),
  }),
  recordedAt: t.expose('recordedAt', {
    type: 'DateTime',
    description: 'When this service learned it.',
    ...needs('recordedAt'),
  }),
  retractedAt: t.expose('retractedAt', {
    type: 'DateTime',
    nullable: true,
    description: 'When this service stopped believing it. Null: it is still believed.',
    ...needs('retractedAt'),
  }),
  expiresAt: t.expose('expiresAt', {
    type: 'DateTime',
    nullable: true,
    description: 'When it expires; after that purgeExpiredMemories may erase it. Null: never.',
    ...needs('expiresAt'),
  }),
  archivedAt: t.expose('archivedAt', {
    type: 'DateTime',
    nullable: true,
    description: 'When it was archived. Null: it is not archived.',
    ...needs('archivedAt'),
  }),
  accessCount: t.exposeInt('accessCount', {
    description: 'How often it was reinforced. Each time lengthens its half-life.',
    ...needs('accessCount'),
  }),
  lastAccessedAt: t.expose('lastAccessedAt', {
    type: 'DateTime',
    nullable: true,
    description: 'When it was last reinforced. Null: never.',
    ...needs('lastAccessedAt'),
  }),
  updatedAt: t.expose('updatedAt', {
    type: 'DateTime',
    description:
      'When it was last changed by updateMemory, archived or restored. Reads and the passing of time do not change it.',
    ...needs('updatedAt'),
  }),
});

const MemoryType = builder.objectRef<MemoryNode>('Memory').implement({
  description:
    'One statement that a companion remembers. Its content never changes: a correction is a new ' +
    'version. When read at a point in time other than now it has a different id, and so has ' +
    'everything below it.',
  interfaces: [Node],
  fields: (t) => ({ ...statementFields(t), ...timeFields(t) }),
});

/** Importance at another moment, as it is known at the memory's point. */
async function importanceOn({ at, id }: MemoryNode, on: Date): Promise<number> {
  const then = new Reading(at.tx.workspaceId, { ...at.point, validAt: on });
  const importance = await at.load(`importance ${on.toISOString()}`, id, (ids) => importancesOf(at.tx, then, ids));
  if (importance === undefined) throw new Error(`no importance of ${id}`);
  return importance;
}

export const Memory = nodeRef<MemoryNode>('Memory', MemoryType, {
  id: 'Its id, `mem_…`.',
  load: (snapshot, uuid, info) => loadMemory(snapshot, uuid, memoryColumnsAt(info)),
});

export const MemoryConnection = connectionType('Memory', Memory, { of: 'memories' });
