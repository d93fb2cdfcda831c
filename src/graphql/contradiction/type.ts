import { z } from 'zod';
import {
  CONTRADICTION_ORDER,
  type ContradictionRow,
  contradictionPage,
  contradictionsById,
  countContradictions,
  countLineageContradictions,
  lineageContradictionPages,
} from '../../domain/contradiction/list.ts';
import { NotFound } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import { parseInput } from '../../kernel/input.ts';
import { suspectLineages } from '../../model/belief/suspect.ts';
import { companionRef } from '../../model/companion/ref.ts';
import { readWindow } from '../../model/paging/page.ts';
import { userRef } from '../../model/user/ref.ts';
import { contradictionStatus } from '../../tables/all.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { toConnection } from '../core/connection.ts';
import { connectionType, forwardArgs } from '../core/connection-type.ts';
import type { Context } from '../core/context.ts';
import { loadNodesOf, Node, type NodeValue, nodeId } from '../core/node.ts';
import { atDescription, PointInTimeInput, snapshotAt } from '../core/point-type.ts';
import { memoryColumnsAt } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { loadMemory } from '../memory/queries.ts';
import { Memory, type MemoryNode } from '../memory/type.ts';
import { loadRelation, MemoryRelation } from '../relation/type.ts';
import { UserRefInput } from '../user/type.ts';

/** A contradiction as it was read, and the graph it was read from. */
export interface ContradictionNode extends ContradictionRow, NodeValue {}

const toContradiction = (at: Snapshot, row: ContradictionRow): ContradictionNode => ({ ...row, at });

const ContradictionStatusEnum = builder.enumType('ContradictionStatus', {
  description: 'The state of a contradiction.',
  values: {
    OPEN: { description: 'Not decided: while both sides are valid they are DISPUTED, with a lower confidence.' },
    RESOLVED: { description: 'Decided: see `resolution`.' },
    DISMISSED: { description: 'Dismissed: the two do not contradict each other.' },
  },
});

export const ContradictionResolutionEnum = builder.enumType('ContradictionResolution', {
  description: 'The decision on a contradiction. reopenContradiction undoes it.',
  values: {
    KEEP_MEMORY: { description: '`memory` is kept. `by` is retracted: it was never true.' },
    KEEP_BY: {
      description: '`by` is kept. `memory` is retracted: it was never true. In a slot, `by` takes its place.',
    },
    SUCCEEDED: {
      description: 'Each was true in its time: the earlier one ends where the later one begins.',
    },
    DISMISSED: { description: 'The two do not contradict each other. Both stay as they were.' },
  },
});

export const Contradiction = builder.objectRef<ContradictionNode>('Contradiction');

async function sideOf(
  { at }: ContradictionNode,
  id: string,
  columns: Parameters<typeof loadMemory>[2],
): Promise<MemoryNode> {
  const memory = await loadMemory(at, id, columns);
  if (!memory) throw new Error(`a contradiction without its side ${id}`);
  return memory;
}

Contradiction.implement({
  description:
    'Two memories that contradict each other. A pair of memories, with all their versions, has at most one contradiction: it can be opened, resolved and reopened.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Its id, `con_…`.', resolve: (contradiction) => nodeId('Contradiction', contradiction) }),
    status: t.expose('status', { type: ContradictionStatusEnum, description: 'Its state.' }),
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
      type: ContradictionResolutionEnum,
      nullable: true,
      description: 'The decision. Null while it is open.',
    }),
    note: t.exposeString('note', { nullable: true, description: 'The reason, as given when it was resolved.' }),
  }),
});

const ContradictionConnection = connectionType('Contradiction', Contradiction, { of: 'contradictions' });

const statuses = z.array(z.enum(contradictionStatus.enumValues)).nullish();

const ContradictionFilterInput = builder.inputType('ContradictionFilter', {
  description: 'Which contradictions to include: those that match every field given.',
  fields: (t) => ({
    companion: t.field({
      type: CompanionRefInput,
      description: 'Only between memories of this companion. An unknown companion has none.',
    }),
    user: t.field({
      type: UserRefInput,
      description: 'Only those where one side is about this user. An unknown user has none.',
    }),
    statuses: t.field({
      type: [ContradictionStatusEnum],
      description: 'Only those in one of these states. Default: all states.',
    }),
  }),
});

const contradictionFilter = z.object({ companion: companionRef.nullish(), user: userRef.nullish(), statuses });

builder.queryField('contradictions', (t) =>
  t.field({
    type: ContradictionConnection,
    description: 'All contradictions of the workspace, the most recently opened first.',
    args: {
      filter: t.arg({ type: ContradictionFilterInput, description: 'Which items to include. Default: all.' }),
      at: t.arg({ type: PointInTimeInput, description: atDescription }),
      ...forwardArgs,
    },
    resolve: (_root, args, context) => {
      const filter = parseInput(contradictionFilter, args.filter ?? {}, ['filter']);
      const window = readWindow(args, CONTRADICTION_ORDER);
      const snapshot = snapshotAt(context, args.at, undefined, window);
      return toConnection(snapshot, {
        order: CONTRADICTION_ORDER,
        window,
        page: contradictionPage(snapshot.tx, snapshot.reading, filter, window),
        toNode: (row) => toContradiction(snapshot, row),
        count: (reading) => countContradictions(snapshot.tx, reading, filter),
      });
    },
  }),
);

builder.objectFields(Memory, (t) => ({
  contradictions: t.field({
    type: ContradictionConnection,
    description: 'The contradictions of this memory, counting all its versions, the most recently opened first.',
    args: {
      statuses: t.arg({
        type: [ContradictionStatusEnum],
        description: 'Only those in one of these states. Default: all states.',
      }),
      ...forwardArgs,
    },
    resolve: ({ lineageId, at }, args) => {
      const filter = { statuses: args.statuses };
      const window = readWindow(args, CONTRADICTION_ORDER);
      return toConnection(at, {
        order: CONTRADICTION_ORDER,
        window,
        page: at.load(JSON.stringify(['contradictions', filter, window]), lineageId, (ids) =>
          lineageContradictionPages(at.tx, at.reading, ids, filter, window),
        ),
        toNode: (row) => toContradiction(at, row),
        count: (reading) =>
          at.load(JSON.stringify(['count contradictions', filter, window.asOf]), lineageId, (ids) =>
            countLineageContradictions(at.tx, reading, ids, filter),
          ),
      });
    },
  }),
  suspect: t.boolean({
    description:
      'True while it depends on a memory that is disputed, or on a version that is no longer believed. It depends on what it elaborates, references or was caused by, up to three relations away.',
    resolve: async ({ lineageId, at }) =>
      (await at.load('suspect', lineageId, (ids) => suspectLineages(at.tx, at.reading, ids))) ?? false,
  }),
}));

/** A contradiction by its key; undefined where it was unknown at the snapshot's point. */
export async function loadContradiction(snapshot: Snapshot, id: string): Promise<ContradictionNode | undefined> {
  const row = await snapshot.load('contradiction', id, (ids) => contradictionsById(snapshot.tx, snapshot.reading, ids));
  return row && toContradiction(snapshot, row);
}

/** A contradiction that a mutation speaks of, as it is now. Throws NotFound where it has been forgotten meanwhile. */
export async function readContradiction(context: Context, id: string): Promise<ContradictionNode> {
  const contradiction = await loadContradiction(context.at(), id);
  if (!contradiction) throw new NotFound('contradiction', [encodeId('Contradiction', id)]);
  return contradiction;
}

loadNodesOf('Contradiction', loadContradiction);
