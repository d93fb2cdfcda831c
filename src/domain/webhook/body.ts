import { encodeId } from '../../kernel/ids.ts';
import { encodeCursor } from '../../model/paging/cursor.ts';
import { EVENT_ORDER } from '../event/list.ts';
import type { EventKind } from '../event/record.ts';

/** What is sent of an event: which one, and what it is of. Never contents, reasons or changes. */
export interface Happened {
  eventId: string;
  kind: EventKind;
  at: Date;
  position: number;
  memoryId: string;
  companionId: string;
  userId: string | null;
  relationId: string | null;
  contradictionId: string | null;
  findingId: string | null;
}

/** What a receiver knows an event by, each time it is sent. */
export const messageId = ({ eventId }: Happened): string => encodeId('MemoryEvent', eventId);

/**
 * The body of a request, the same each time it is sent. `cursor` is the event's place in `Query.events`, to go on from
 * as `after`.
 */
export function bodyOf(event: Happened): string {
  const { eventId, kind, at, position, memoryId, companionId, userId, relationId, contradictionId, findingId } = event;
  return JSON.stringify({
    type: `memory.${kind.toLowerCase()}`,
    timestamp: at.toISOString(),
    data: {
      event: messageId(event),
      kind,
      cursor: encodeCursor(EVENT_ORDER, { value: position, id: eventId }, at, {}),
      memory: encodeId('Memory', memoryId),
      companion: encodeId('Companion', companionId),
      user: userId && encodeId('User', userId),
      relation: relationId && encodeId('MemoryRelation', relationId),
      contradiction: contradictionId && encodeId('Contradiction', contradictionId),
      finding: findingId && encodeId('Finding', findingId),
    },
  });
}
