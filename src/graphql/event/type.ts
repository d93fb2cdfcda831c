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
import { readWindow } from '../../model/paging/page.ts';
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
  description: 'What happened to a memory.',
  values: {
    RECORDED: { description: 'It was created.' },
    UPDATED: { description: 'It was changed by updateMemory.' },
    CORRECTED: { description: 'Another version replaced it, or was added after it.' },
    RETRACTED: { description: 'It was retracted: it is not true, or no longer true, and nothing replaced it.' },
    REVERTED: { description: 'Its newest correction or retraction was undone.' },
    RELATED: { description: 'A relation with it was created.' },
    UNRELATED: { description: 'A relation with it was ended.' },
    CONTRADICTED: { description: 'Another memory was said to contradict it.' },
    RESOLVED: { description: 'A contradiction of it was resolved or dismissed.' },
    REOPENED: { description: 'The resolution of a contradiction of it was undone.' },
    ARCHIVED: { description: 'It was archived.' },
    RESTORED: { description: 'It was taken out of the archive.' },
    DECAYED: { description: 'It was archived because its importance had decayed.' },
    REINFORCED: { description: 'It was accessed: its importance decays from then on.' },
    ENTITIES_MERGED: { description: 'An entity it mentions was merged into another.' },
  },
});

const MemoryEvent = builder.objectRef<EventNode>('MemoryEvent');

MemoryEvent.implement({
  description:
    'One thing that happened to a memory: when, what, by whom, why, and what changed. Events are never changed. Forgetting a memory erases its events too.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Its id, `evt_…`.', resolve: (event) => nodeId('MemoryEvent', event) }),
    kind: t.expose('kind', { type: MemoryEventKindEnum, description: 'What happened.' }),
    at: t.expose('happenedAt', { type: 'DateTime', description: 'When it happened.' }),
    actor: t.exposeString('actor', { description: 'The credential that did it.' }),
    memory: t.field({
      type: Memory,
      description:
        'The version it happened to, at the point in time being read. If it happened to two memories, the first one: `from`, or `memory`.',
      resolve: async ({ at, memoryId }, _args, _context, info) => {
        const memory = await loadMemory(at, memoryId, memoryColumnsAt(info));
        if (!memory) throw new Error(`an event without its memory ${memoryId}`);
        return memory;
      },
    }),
    reason: t.exposeString('reason', { nullable: true, description: 'The reason, if one was given.' }),
    relation: t.field({
      type: MemoryRelation,
      nullable: true,
      description: 'The relation that was created or ended.',
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
      description: 'What changed, by field, mostly as `{from, to}`. Other memories appear as ids.',
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
      'All events of the workspace, in the order they were committed: a feed. Ask again with the last cursor as `after` to get everything that happened since; no event is missed.',
    args: {
      companion: t.arg({
        type: CompanionRefInput,
        description: 'Only events of memories of this companion. An unknown companion has none.',
      }),
      user: t.arg({
        type: UserRefInput,
        description: 'Only events of memories about this user. An unknown user has none.',
      }),
      kinds: t.arg({ type: [MemoryEventKindEnum], description: 'Only events of these kinds. Default: all.' }),
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
      'The events of this memory and all its versions up to the point in time being read, in the order they happened.',
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
