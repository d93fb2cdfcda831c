import { EVENT_ORDER, type EventFilter } from '../../domain/event/list.ts';
import { parseInput } from '../../kernel/input.ts';
import { theNow } from '../../kernel/point.ts';
import { decodeCursor, encodeCursor, notCursor } from '../../model/paging/cursor.ts';
import { CompanionRefInput } from '../companion/type.ts';
import type { Edge } from '../core/connection.ts';
import { edgeTypeOf } from '../core/connection-type.ts';
import { anyText, defineArgs, many, optional } from '../core/input.ts';
import { addField } from '../core/pothos.ts';
import { LiveSource, liveField } from '../live/source.ts';
import { UserRefInput } from '../user/type.ts';
import { type EventNode, MemoryEventConnection, MemoryEventKindEnum, toEvent } from './type.ts';

/** Comes behind the id of what is at a place. */
const BEHIND_ANY = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

const MAX_CURSOR = 2_000;

const { args, check } = defineArgs({
  companion: optional(
    CompanionRefInput,
    'Only events of memories of this companion. An unknown companion has none yet.',
  ),
  user: optional(UserRefInput, 'Only events of memories about this user. An unknown user has none yet.'),
  kinds: optional(many(MemoryEventKindEnum), 'Only events of these kinds. Default: all.'),
  after: optional(
    anyText(MAX_CURSOR),
    'Begin with the events behind this cursor, of an event that was delivered before or of `Query.events`. Default: with ' +
      'what happens from now on.',
  ),
});

/** The place in the feed that a cursor names. Throws InvalidInput. */
function placeOf(after: string | null | undefined): number | undefined {
  if (after == null) return undefined;
  const { value } = decodeCursor(after, EVENT_ORDER, 'after').position;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw notCursor('after');
  return value;
}

function follow(given: object): LiveSource<Edge<EventNode>> {
  const { after, ...filter } = parseInput(check, given, []) as EventFilter & { after?: string | null };
  return new LiveSource({
    filter,
    after: placeOf(after),
    async deliver(context, rows) {
      const at = context.at();
      const asOf = await at.tx.now();
      return rows.map((row) => {
        const { position: value, id } = row;
        const cursor = encodeCursor(EVENT_ORDER, { value, id }, asOf, theNow);
        return { value: { node: toEvent(at, row), cursor: () => cursor }, position: value, cursor };
      });
    },
    cursorAt: (value, at) => encodeCursor(EVENT_ORDER, { value, id: BEHIND_ANY }, at, theNow),
  });
}

addField('Subscription', 'events', {
  type: edgeTypeOf(MemoryEventConnection),
  description:
    'What happens from now on, or since `after`, in the order it was committed, missing nothing and repeating nothing: ' +
    'subscribe again with the last cursor as `after`. Each event is read as it is when it is delivered.',
  args,
  ...liveField(follow),
});
