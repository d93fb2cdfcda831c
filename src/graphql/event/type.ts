import { z } from 'zod';
import {
  countEvents,
  countHistories,
  EVENT_ORDER,
  type EventRow,
  eventPage,
  eventsById,
  HISTORY_ORDER,
  historyPages,
} from '../../domain/event/list.ts';
import { parseInput } from '../../kernel/input.ts';
import { companionRef } from '../../model/companion/ref.ts';
import { readWindow } from '../../model/paging/window.ts';
import { userRef } from '../../model/user/ref.ts';
import { eventKind } from '../../tables/all.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { Contradiction, loadContradiction } from '../contradiction/type.ts';
import { builder } from '../core/builder.ts';
import { toConnection } from '../core/connection.ts';
import { connectionType, forwardArgs } from '../core/connection-type.ts';
import { loadNodesOf, Node, type NodeValue, nodeId } from '../core/node.ts';
import { memoryColumnsAt } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { loadMemory } from '../memory/queries.ts';
import { Memory } from '../memory/type.ts';
import { loadRelation, MemoryRelation } from '../relation/type.ts';
import { UserRefInput } from '../user/type.ts';

/** An event as it was read, and the graph it was read from. */
interface EventNode extends EventRow, NodeValue {}

const toEvent = (at: Snapshot, row: EventRow): EventNode => ({ ...row, at });

const MemoryEventKindEnum = builder.enumType('MemoryEventKind', {
  description: 'What befell a memory.',
  values: {
    RECORDED: { description: 'It was made.' },
    UPDATED: { description: 'What is said about it was changed by updateMemory.' },
    CORRECTED: { description: 'Another version was put in its place, or after it.' },
    RETRACTED: { description: 'It was said not to be true, or no longer, with nothing in its place.' },
    REVERTED: { description: 'Its newest correction or retraction was taken back.' },
    RELATED: { description: 'A relation was made with it.' },
    UNRELATED: { description: 'A relation with it was ended.' },
    CONTRADICTED: { description: 'Another memory was said to speak against it.' },
    RESOLVED: { description: 'A contradiction of it was resolved or dismissed.' },
    REOPENED: { description: 'The resolution of a contradiction of it was taken back.' },
    ARCHIVED: { description: 'It was put into the archive.' },
    RESTORED: { description: 'It was taken out of the archive.' },
    DECAYED: { description: 'It was put into the archive because its importance had decayed.' },
    REINFORCED: { description: 'It was accessed: its importance is counted from there.' },
    ENTITIES_MERGED: { description: 'An entity it mentions was merged into another.' },
  },
});

const MemoryEvent = builder.objectRef<EventNode>('MemoryEvent');

MemoryEvent.implement({
  description:
    'One thing that befell a memory: when, what, by whom, why, and what it changed. Events are only ever added; forgetting a memory takes its events with it.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Its id, `evt_…`.', resolve: (event) => nodeId('MemoryEvent', event) }),
    kind: t.expose('kind', { type: MemoryEventKindEnum, description: 'What befell it.' }),
    at: t.expose('happenedAt', { type: 'DateTime', description: 'When it happened.' }),
    actor: t.exposeString('actor', { description: 'Whose credential it was done with.' }),
    memory: t.field({
      type: Memory,
      description: 'The version it befell, at the point of the reading. Of two memories, the first: from, or memory.',
      resolve: async ({ at, memoryId }, _args, _context, info) => {
        const memory = await loadMemory(at, memoryId, memoryColumnsAt(info));
        if (!memory) throw new Error(`an event without its memory ${memoryId}`);
        return memory;
      },
    }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why, where that was said.' }),
    relation: t.field({
      type: MemoryRelation,
      nullable: true,
      description: 'The relation that was made or ended.',
      resolve: async ({ at, relationId }) => (relationId && (await loadRelation(at, relationId))) || null,
    }),
    contradiction: t.field({
      type: Contradiction,
      nullable: true,
      description: 'The contradiction that was opened, resolved or reopened.',
      resolve: async ({ at, contradictionId }) =>
        (contradictionId && (await loadContradiction(at, contradictionId))) || null,
    }),
    changes: t.expose('changes', {
      type: 'JSONObject',
      description: 'What it changed: by field, mostly `{from, to}`. Other memories in it are ids.',
    }),
  }),
});

const MemoryEventConnection = connectionType('MemoryEvent', MemoryEvent, { of: 'events' });

const eventFilter = z.object({
  companion: companionRef.nullish(),
  user: userRef.nullish(),
  kinds: z.array(z.enum(eventKind.enumValues)).nullish(),
});

builder.queryField('events', (t) =>
  t.field({
    type: MemoryEventConnection,
    description:
      'What befell the memories of the workspace, in the order it was committed: a feed. Ask again with the last cursor as `after` and you get what has happened since, missing nothing.',
    args: {
      companion: t.arg({ type: CompanionRefInput, description: 'To memories of this companion; unknown: none.' }),
      user: t.arg({ type: UserRefInput, description: 'To memories about this user; unknown: none.' }),
      kinds: t.arg({ type: [MemoryEventKindEnum], description: 'Of these kinds. Default: all.' }),
      ...forwardArgs,
    },
    resolve: (_root, { first, after, ...given }, context) => {
      const filter = parseInput(eventFilter, given, []);
      const window = readWindow({ first, after } as Parameters<typeof readWindow>[0], EVENT_ORDER);
      const snapshot = context.at();
      return toConnection(snapshot, {
        order: EVENT_ORDER,
        window,
        page: eventPage(snapshot.tx, filter, window),
        toNode: (row) => toEvent(snapshot, row),
        count: () => countEvents(snapshot.tx, filter),
      });
    },
  }),
);

builder.objectField(Memory, 'history', (t) =>
  t.field({
    type: MemoryEventConnection,
    description:
      'What befell it, in all its versions, by the point of the reading: one entry for each thing, in the order it happened.',
    args: forwardArgs,
    resolve: ({ lineageId, at }, args) => {
      const window = readWindow(args, HISTORY_ORDER);
      return toConnection(at, {
        order: HISTORY_ORDER,
        window,
        page: at.load(JSON.stringify(['history', window]), lineageId, (ids) =>
          historyPages(at.tx, at.reading, ids, window),
        ),
        toNode: (row) => toEvent(at, row),
        count: () => at.load('count history', lineageId, (ids) => countHistories(at.tx, at.reading, ids)),
      });
    },
  }),
);

loadNodesOf('MemoryEvent', async (snapshot, id) => {
  const row = await snapshot.load('event', id, (ids) => eventsById(snapshot.tx, ids));
  return row && toEvent(snapshot, row);
});
