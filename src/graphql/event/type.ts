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
import type { EventKind } from '../../domain/event/record.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { Contradiction, loadContradiction } from '../contradiction/type.ts';
import { builder } from '../core/builder.ts';
import { connectionType } from '../core/connection-type.ts';
import { defineEnum, many, optional } from '../core/input.ts';
import { defineList, ofWorkspace } from '../core/list.ts';
import { Node, type NodeValue, nodeRef } from '../core/node.ts';
import { memoryColumnsAt } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { Finding, loadFinding } from '../finding/type.ts';
import { loadMemory, type MemoryNode } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';
import { loadRelation, MemoryRelation } from '../relation/type.ts';
import { UserRefInput } from '../user/type.ts';

/** An event as it was read, and the graph it was read from. */
export interface EventNode extends EventRow, NodeValue {}

export const toEvent = (at: Snapshot, row: EventRow): EventNode => ({ ...row, at });

export const MemoryEventKindEnum = defineEnum<EventKind>('MemoryEventKind', 'What happened to a memory.', {
  RECORDED: 'It was created.',
  UPDATED: 'It was changed by updateMemory.',
  CORRECTED: 'Another version replaced it, or was added after it.',
  RETRACTED: 'It was retracted: it is not true, or no longer true, and nothing replaced it.',
  REVERTED: 'Its newest correction or retraction was undone.',
  RELATED: 'A relation with it was created.',
  UNRELATED: 'A relation with it was ended.',
  CONTRADICTED: 'Another memory was said to contradict it.',
  RESOLVED: 'A contradiction of it was resolved or dismissed.',
  REOPENED: 'The resolution of a contradiction of it was undone.',
  ARCHIVED: 'It was archived.',
  RESTORED: 'It was taken out of the archive.',
  DECAYED: 'It was archived because its importance had decayed.',
  REINFORCED: 'It was accessed: its importance decays from then on.',
  ENTITIES_MERGED: 'An entity it mentions was merged into another.',
  FOUND: 'A newer memory was found to say the same, another value, or the opposite.',
  JUDGED: 'It was judged what such a finding comes to.',
});

const MemoryEventType = builder.objectRef<EventNode>('MemoryEvent').implement({
  description:
    'One thing that happened to a memory: when, what, by whom, why, and what changed. Events are ' +
    'never changed. Forgetting a memory erases its events too.',
  interfaces: [Node],
  fields: (t) => ({
    kind: t.expose('kind', { type: MemoryEventKindEnum.type, description: 'What happened.' }),
    at: t.expose('happenedAt', { type: 'DateTime', description: 'When it happened.' }),
    actor: t.exposeString('actor', {
      description:
        'Who did it: the kind and the name, `key:…` an API key, `jwt:…` the subject of a JWT, `local:anyone` ' +
        'on a server without credentials, `system:…` the service itself or a command, such as `system:import`, ' +
        '`model:…` a chat model that was asked.',
    }),
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
    finding: t.field({
      type: Finding,
      nullable: true,
      description: 'What was found or judged, as it is now.',
      resolve: async ({ at, findingId }) => (findingId && (await loadFinding(at, findingId))) || null,
    }),
    changes: t.expose('changes', {
      type: 'JSONObject',
      description: 'What changed, by field, mostly as `{from, to}`. Other memories appear as ids.',
    }),
  }),
});

export const MemoryEvent = nodeRef<EventNode>('MemoryEvent', MemoryEventType, {
  id: 'Its id, `evt_…`.',
  load: async (snapshot, id) => {
    const row = await snapshot.load('event', id, (ids) => eventsById(snapshot.tx, ids));
    return row && toEvent(snapshot, row);
  },
});

export const MemoryEventConnection = connectionType('MemoryEvent', MemoryEvent, { of: 'events' });

defineList('Query', 'events', {
  type: MemoryEventConnection,
  description:
    'All events of the workspace, in the order they were committed: a feed. Ask again with the last ' +
    'cursor as `after` to get everything that happened since; no event is missed.',
  args: {
    companion: optional(CompanionRefInput, 'Only events of memories of this companion. An unknown companion has none.'),
    user: optional(UserRefInput, 'Only events of memories about this user. An unknown user has none.'),
    kinds: optional(many(MemoryEventKindEnum), 'Only events of these kinds. Default: all.'),
  },
  order: EVENT_ORDER,
  pages: ({ tx, given, window }) => ofWorkspace(eventPage(tx, given, window)),
  counts: ({ tx, given }) => ofWorkspace(countEvents(tx, given)),
  toNode: toEvent,
});

defineList(Memory, 'history', {
  type: MemoryEventConnection,
  description:
    'The events of this memory and all its versions up to the point in time being read, in the order they happened.',
  order: HISTORY_ORDER,
  key: ({ lineageId }: MemoryNode) => lineageId,
  pages: ({ tx, reading, keys, window }) => historyPages(tx, reading, keys, window),
  countsNow: true,
  counts: ({ tx, reading, keys }) => countHistories(tx, reading, keys),
  toNode: toEvent,
});
