import { Reading } from '../../db/reading.ts';
import { importancesOf } from '../../domain/memory/read.ts';
import { momentInput, parseInput } from '../../kernel/input.ts';
import type { MemoryColumn, MemoryRow } from '../../model/memory/columns.ts';
import { Companion, toCompanion } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { connectionType } from '../core/connection-type.ts';
import { Node, type NodeValue, nodeId } from '../core/node.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { toUser, User } from '../user/type.ts';
import { MemoryStatusEnum, MemoryTypeEnum } from './enums.ts';

/** A memory as it was read, and the graph it was read from. */
export interface MemoryNode extends MemoryRow, NodeValue {}

export const toMemory = (at: Snapshot, row: MemoryRow): MemoryNode => Object.assign(row, { at });

export const Memory = builder.objectRef<MemoryNode>('Memory');

/** The columns a field of Memory is made from: what the statement that reads the memory has to fetch. */
const needs = (...columns: MemoryColumn[]) => ({ extensions: { columns } });

Memory.implement({
  description:
    'One statement that a companion remembers. Its content never changes: a correction is a new version. Read at another point in time than now it has an id of its own, and so has everything below it.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Its id, `mem_…`.', resolve: (memory) => nodeId('Memory', memory) }),
    content: t.exposeString('content', { description: 'The statement, 1 to 100,000 characters.', ...needs('content') }),
    summary: t.exposeString('summary', {
      nullable: true,
      description: 'The statement in short, where one was given.',
      ...needs('summary'),
    }),
    type: t.expose('type', { type: MemoryTypeEnum, description: 'What kind of statement it is.', ...needs('type') }),
    status: t.expose('status', {
      type: MemoryStatusEnum,
      description: 'What it counts for at the point in time of the reading.',
      ...needs('status'),
    }),
    importance: t.float({
      description:
        'How much it matters, 0–10, decayed to `on`: floor + (stated − floor) · 2^(−days / half-life). Reading it writes nothing.',
      args: {
        on: t.arg({
          type: 'DateTime',
          description: 'The moment to decay to; may lie in the future. Default: the point of the reading.',
        }),
      },
      ...needs('importance'),
      resolve: (memory, { on }) => (on ? importanceOn(memory, parseInput(momentInput, on, ['on'])) : memory.importance),
    }),
    confidence: t.exposeFloat('confidence', {
      description: 'How far it is believed, 0–1, after every open contradiction has had its say.',
      ...needs('confidence'),
    }),
    statedConfidence: t.exposeFloat('statedConfidence', {
      description: 'How far it is believed, 0–1, as last stated.',
      ...needs('statedConfidence'),
    }),
    context: t.expose('context', {
      type: 'JSONObject',
      description:
        "The caller's own notes on where it comes from. Keys with meaning here: conversationId, turnNumber, speaker, source.",
      ...needs('context'),
    }),
    slot: t.exposeString('slot', {
      nullable: true,
      description:
        'The single-valued question it answers, in the caller’s words: of the memories of a slot at most one is true at any moment, or they are disputed.',
      ...needs('slot'),
    }),
    companion: t.field({
      type: Companion,
      description: 'The companion that remembers it.',
      resolve: ({ at, companionId }) => toCompanion(at, companionId) as never,
    }),
    user: t.field({
      type: User,
      nullable: true,
      description: 'Whom it is about; null: nobody in particular.',
      resolve: ({ at, userId }) => (userId ? toUser(at, userId) : null) as never,
    }),
    validFrom: t.expose('validFrom', {
      type: 'DateTime',
      description: 'When it became true in the world.',
      ...needs('validFrom'),
    }),
    validUntil: t.expose('validUntil', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ceased to be true in the world, that moment excluded; null: still true.',
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
      description: 'When this service stopped believing it; null: still believed.',
      ...needs('retractedAt'),
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'From when on it no longer counts, and purgeExpiredMemories may forget it; null: never.',
      ...needs('expiresAt'),
    }),
    archivedAt: t.expose('archivedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was put into the archive; null: it is not there.',
      ...needs('archivedAt'),
    }),
    accessCount: t.exposeInt('accessCount', {
      description: 'How often it was reinforced; each time lengthens its half-life.',
      ...needs('accessCount'),
    }),
    lastAccessedAt: t.expose('lastAccessedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last reinforced; null: never.',
      ...needs('lastAccessedAt'),
    }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description:
        'When it was last changed by updateMemory, archived or restored. Reading and time passing never move it.',
      ...needs('updatedAt'),
    }),
  }),
});

/** Importance at another moment, as it is known at the memory's point. */
async function importanceOn({ at, id }: MemoryNode, on: Date): Promise<number> {
  const then = new Reading(at.tx.workspaceId, { ...at.point, validAt: on });
  const importance = await at.load(`importance ${on.toISOString()}`, id, (ids) => importancesOf(at.tx, then, ids));
  if (importance === undefined) throw new Error(`no importance of ${id}`);
  return importance;
}

export const MemoryConnection = connectionType('Memory', Memory, { of: 'memories' });
