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
import { readWindow } from '../../model/paging/window.ts';
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
  description: 'How far a contradiction has come.',
  values: {
    OPEN: { description: 'Undecided: where both sides hold they are DISPUTED, and believed less.' },
    RESOLVED: { description: 'Decided: see resolution.' },
    DISMISSED: { description: 'No contradiction after all.' },
  },
});

export const ContradictionResolutionEnum = builder.enumType('ContradictionResolution', {
  description: 'What became of a contradiction. reopenContradiction takes any of them back.',
  values: {
    KEEP_MEMORY: { description: '`memory` stands; `by` is retracted, as never having been true.' },
    KEEP_BY: {
      description:
        '`by` stands; `memory` is retracted, as never having been true. In a slot, `by` takes its place there.',
    },
    SUCCEEDED: {
      description: 'Each was true in its time: the one valid earlier ends where the later begins.',
    },
    DISMISSED: { description: 'No contradiction after all; both stand as before.' },
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
    'Two memories that speak against each other, from its opening to its resolution. Of each pair of memories, all their versions counted as one, there is one, ever.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Its id, `con_…`.', resolve: (contradiction) => nodeId('Contradiction', contradiction) }),
    status: t.expose('status', { type: ContradictionStatusEnum, description: 'How far it has come.' }),
    memory: t.field({
      type: Memory,
      description:
        'The memory spoken against, whatever its status: the version it was opened on, or what a correction has put in its place.',
      resolve: (contradiction, _args, _context, info) =>
        sideOf(contradiction, contradiction.memoryId, memoryColumnsAt(info)),
    }),
    by: t.field({
      type: Memory,
      description: 'The memory that speaks against it, likewise.',
      resolve: (contradiction, _args, _context, info) =>
        sideOf(contradiction, contradiction.byId, memoryColumnsAt(info)),
    }),
    relation: t.field({
      type: MemoryRelation,
      description: 'The CONTRADICTS relation from `by` to `memory`; it is live while the contradiction is open.',
      resolve: async ({ at, relationId }) => {
        const relation = await loadRelation(at, relationId);
        if (!relation) throw new Error(`a contradiction without its relation ${relationId}`);
        return relation;
      },
    }),
    strength: t.exposeFloat('strength', { description: 'How strongly `by` speaks against `memory`, 0–1.' }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why, in the words of whoever opened it.' }),
    openedAt: t.expose('openedAt', { type: 'DateTime', description: 'When it was first opened.' }),
    resolvedAt: t.expose('resolvedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was resolved or dismissed; null: it is open.',
    }),
    resolution: t.expose('resolution', {
      type: ContradictionResolutionEnum,
      nullable: true,
      description: 'What became of it; null: it is open.',
    }),
    note: t.exposeString('note', { nullable: true, description: 'Why, in the words of whoever resolved it.' }),
  }),
});

const ContradictionConnection = connectionType('Contradiction', Contradiction, { of: 'contradictions' });

const statuses = z.array(z.enum(contradictionStatus.enumValues)).nullish();

const ContradictionFilterInput = builder.inputType('ContradictionFilter', {
  description: 'Which contradictions are let through: those that fulfil every part given.',
  fields: (t) => ({
    companion: t.field({ type: CompanionRefInput, description: 'Between memories of this companion; unknown: none.' }),
    user: t.field({ type: UserRefInput, description: 'One of them is about this user; unknown: none.' }),
    statuses: t.field({ type: [ContradictionStatusEnum], description: 'In one of these states. Default: any.' }),
  }),
});

const contradictionFilter = z.object({ companion: companionRef.nullish(), user: userRef.nullish(), statuses });

builder.queryField('contradictions', (t) =>
  t.field({
    type: ContradictionConnection,
    description: "The workspace's contradictions, the one opened last first.",
    args: {
      filter: t.arg({ type: ContradictionFilterInput, description: 'Which of them. Default: all.' }),
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
    description: 'What it, in any of its versions, contradicts or is contradicted by; the one opened last first.',
    args: {
      statuses: t.arg({ type: [ContradictionStatusEnum], description: 'In one of these states. Default: any.' }),
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
      'True while it rests on something that is disputed, or was made against a version that is no longer believed: within three relations of what it elaborates, references or was caused by.',
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
