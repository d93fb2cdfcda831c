import {
  CONTRADICTION_ORDER,
  type ContradictionRow,
  type ContradictionStatus,
  contradictionPage,
  contradictionsById,
  countContradictions,
  countLineageContradictions,
  lineageContradictionPages,
} from '../../domain/contradiction/list.ts';
import type { ContradictionResolution } from '../../domain/contradiction/resolve.ts';
import { NotFound } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import { suspectLineages } from '../../model/belief/suspect.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { connectionType } from '../core/connection-type.ts';
import type { Context } from '../core/context.ts';
import { defineEnum, defineInput, many, optional } from '../core/input.ts';
import { defineList, ofWorkspace } from '../core/list.ts';
import { Node, type NodeValue, nodeRef } from '../core/node.ts';
import { memoryColumnsAt } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { MemoryNode } from '../memory/load.ts';
import { loadMemory } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';
import { loadRelation, MemoryRelation } from '../relation/type.ts';
import { UserRefInput } from '../user/type.ts';

/** A contradiction as it was read, and the graph it was read from. */
export interface ContradictionNode extends ContradictionRow, NodeValue {}

export function toContradiction(at: Snapshot, row: ContradictionRow): ContradictionNode {
  return { ...row, at };
}

const ContradictionStatusEnum = defineEnum<ContradictionStatus>(
  'ContradictionStatus',
  'The state of a contradiction.',
  {
    OPEN: 'Not decided: while both sides are valid they are DISPUTED, with a lower confidence.',
    RESOLVED: 'Decided: see `resolution`.',
    DISMISSED: 'Dismissed: the two do not contradict each other.',
  },
);

export const ContradictionResolutionEnum = defineEnum<ContradictionResolution>(
  'ContradictionResolution',
  'The decision on a contradiction. reopenContradiction undoes it.',
  {
    KEEP_MEMORY: '`memory` is kept. `by` is retracted: it was never true.',
    KEEP_BY: '`by` is kept. `memory` is retracted: it was never true. In a slot, `by` takes its place.',
    SUCCEEDED: 'Each was true in its time: the earlier one ends where the later one begins.',
    DISMISSED: 'The two do not contradict each other. Both stay as they were.',
  },
);

async function sideOf(
  { at }: ContradictionNode,
  id: string,
  columns: Parameters<typeof loadMemory>[2],
): Promise<MemoryNode> {
  const memory = await loadMemory(at, id, columns);
  if (!memory) throw new Error(`a contradiction without its side ${id}`);
  return memory;
}

const ContradictionType = builder.objectRef<ContradictionNode>('Contradiction').implement({
  description:
    'Two memories that contradict each other. A pair of memories, with all their versions, has at ' +
    'most one contradiction: it can be opened, resolved and reopened.',
  interfaces: [Node],
  fields: (t) => ({
    status: t.expose('status', { type: ContradictionStatusEnum.type, description: 'Its state.' }),
    memory: t.field({
      type: Memory,
      description:
        'The memory that is contradicted, with any status: the version it was opened on, or the version that replaced that one.',
      resolve: (contradiction, _args, _context, info) =>
        sideOf(contradiction, contradiction.memoryId, memoryColumnsAt(info)),
    }),
    by: t.field({
      type: Memory,
      description:
        'The memory that contradicts it, with any status: the version it was opened on, or the version that replaced that one.',
      resolve: (contradiction, _args, _context, info) =>
        sideOf(contradiction, contradiction.byId, memoryColumnsAt(info)),
    }),
    relation: t.field({
      type: MemoryRelation,
      description: 'The CONTRADICTS relation from `by` to `memory`; it exists while the contradiction is open.',
      resolve: async ({ at, relationId }) => {
        const relation = await loadRelation(at, relationId);
        if (!relation) throw new Error(`a contradiction without its relation ${relationId}`);
        return relation;
      },
    }),
    strength: t.exposeFloat('strength', { description: 'How strongly `by` contradicts `memory`, 0–1.' }),
    reason: t.exposeString('reason', { nullable: true, description: 'The reason, as given when it was opened.' }),
    openedAt: t.expose('openedAt', { type: 'DateTime', description: 'When it was first opened.' }),
    resolvedAt: t.expose('resolvedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was resolved or dismissed. Null while it is open.',
    }),
    resolution: t.expose('resolution', {
      type: ContradictionResolutionEnum.type,
      nullable: true,
      description: 'The decision. Null while it is open.',
    }),
    note: t.exposeString('note', { nullable: true, description: 'The reason, as given when it was resolved.' }),
  }),
});

export const Contradiction = nodeRef<ContradictionNode>('Contradiction', ContradictionType, {
  id: 'Its id, `con_…`.',
  load: loadContradiction,
});

const ContradictionConnection = connectionType('Contradiction', Contradiction, { of: 'contradictions' });

const ContradictionFilterInput = defineInput(
  'ContradictionFilter',
  'Which contradictions to include: those that match every field given.',
  {
    companion: optional(CompanionRefInput, 'Only between memories of this companion. An unknown companion has none.'),
    user: optional(UserRefInput, 'Only those where one side is about this user. An unknown user has none.'),
    statuses: optional(many(ContradictionStatusEnum), 'Only those in one of these states. Default: all states.'),
  },
);

defineList('Query', 'contradictions', {
  type: ContradictionConnection,
  description: 'All contradictions of the workspace, the most recently opened first.',
  args: { filter: optional(ContradictionFilterInput, 'Which items to include. Default: all.') },
  at: true,
  order: CONTRADICTION_ORDER,
  pages: ({ tx, reading, given, window }) => ofWorkspace(contradictionPage(tx, reading, given.filter ?? {}, window)),
  counts: ({ tx, reading, given }) => ofWorkspace(countContradictions(tx, reading, given.filter ?? {})),
  toNode: toContradiction,
});

defineList(Memory, 'contradictions', {
  type: ContradictionConnection,
  description: 'The contradictions of this memory, counting all its versions, the most recently opened first.',
  args: {
    statuses: optional(many(ContradictionStatusEnum), 'Only those in one of these states. Default: all states.'),
  },
  order: CONTRADICTION_ORDER,
  key: ({ lineageId }: MemoryNode) => lineageId,
  pages: ({ tx, reading, keys, given, window }) => lineageContradictionPages(tx, reading, keys, given, window),
  counts: ({ tx, reading, keys, given }) => countLineageContradictions(tx, reading, keys, given),
  toNode: toContradiction,
});

builder.objectField(Memory, 'suspect', (t) =>
  t.boolean({
    description:
      'True while it depends on a memory that is disputed, or on a version that is no longer ' +
      'believed. It depends on what it elaborates, references or was caused by, up to three ' +
      'relations away.',
    resolve: async ({ lineageId, at }) =>
      (await at.load('suspect', lineageId, (ids) => suspectLineages(at.tx, at.reading, ids))) ?? false,
  }),
);

/** A contradiction by its key; undefined where it was unknown at the snapshot's point. */
export async function loadContradiction(snapshot: Snapshot, id: string): Promise<ContradictionNode | undefined> {
  const row = await snapshot.load('contradiction', id, (ids) => contradictionsById(snapshot.tx, snapshot.reading, ids));
  return row && toContradiction(snapshot, row);
}

/** A contradiction that a mutation returns, as it is now. Throws NotFound where it has been forgotten meanwhile. */
export async function readContradiction(context: Context, id: string): Promise<ContradictionNode> {
  const contradiction = await loadContradiction(context.at(), id);
  if (!contradiction) throw new NotFound('contradiction', [encodeId('Contradiction', id)]);
  return contradiction;
}
