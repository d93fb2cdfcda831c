import { type List, useList } from '../../core/use-list.ts';
import { conversations, recorded, sessions } from './documents.ts';
import { ofChange, ofConversation, ofMemory, ofSession } from './items.ts';
import { type Item, kindsOf, type Lane, type Range } from './lanes.ts';
import { CALM_MS, type Changes, useChanges } from './use-changes.ts';

/** All that is loaded, the newest first, and how to load older. */
export interface Loaded {
  items: readonly Item[];
  /** Before this moment not all is loaded; undefined: all is. */
  loadedFrom: number | undefined;
  isLoading: boolean;
  errors: readonly unknown[];
  /** How many of the events were read, where not all were: those written last are missing. */
  eventsRead: { read: number; of: number } | undefined;
  more(): void;
  moreEvents(): void;
  reload(): void;
}

/** Each lane is loaded by itself, as far as it is shown, and then all are put in one order. */
export function useSources(shown: readonly Lane[], range: Range | undefined): Loaded {
  const span = range && { from: new Date(range.from).toISOString(), until: new Date(range.until).toISOString() };
  const memories = useList(recorded, span ? { range: span } : {}, (data) => data.memories, {
    skip: !shown.includes('recorded'),
    calmMs: CALM_MS,
  });
  // One that began before the span, or ends after it, is in it too.
  const talks = useList(
    conversations,
    span ? { filter: { lastMessageAt: { from: span.from } } } : {},
    (data) => data.conversations,
    {
      skip: !shown.includes('conversations'),
      calmMs: CALM_MS,
    },
  );
  const connected = useList(sessions, {}, (data) => data.sessions, {
    skip: !shown.includes('sessions'),
    calmMs: CALM_MS,
  });
  // Read apart, so that decisions are not behind thousands of other events.
  const decisions = useChanges(shown.filter(isDecision).flatMap(kindsOf));
  const others = useChanges(shown.filter((lane) => !isDecision(lane)).flatMap(kindsOf));
  const events = [decisions, others];
  const cut = events.filter(({ hasMore }) => hasMore);
  const sources = [
    { list: memories, items: memories.nodes.map(ofMemory) },
    { list: talks, items: talks.nodes.map(ofConversation) },
    { list: connected, items: connected.nodes.map(ofSession) },
  ];
  const ends = sources.filter(({ list, items }) => list.hasMore && items.length > 0).map(endOf);
  const loadedFrom = ends.length > 0 ? Math.max(...ends) : undefined;
  const changed = events.flatMap(({ nodes }) => nodes.map(ofChange)).filter(({ lane }) => shown.includes(lane));
  const lists: List<unknown>[] = [memories, talks, connected];
  return {
    items: [...sources.flatMap(({ items }) => items), ...changed].sort((a, b) => b.at - a.at),
    loadedFrom,
    isLoading: [...events, ...lists].some((each) => each.isLoading),
    errors: [...events, ...lists].map(({ error }) => error).filter((error) => error !== undefined),
    eventsRead:
      cut.length > 0
        ? { read: total(cut, (each) => each.nodes.length), of: total(cut, (each) => each.totalCount) }
        : undefined,
    more: () => {
      for (const source of sources) if (source.list.hasMore && endOf(source) === loadedFrom) source.list.more();
    },
    moreEvents: () => {
      for (const each of cut) each.more();
    },
    reload: () => {
      for (const list of lists) list.reload();
      for (const each of events) each.more();
    },
  };
}

const isDecision = (lane: Lane) => lane === 'corrections' || lane === 'disputes';

const total = (all: readonly Changes[], of: (changes: Changes) => number) =>
  all.reduce((sum, each) => sum + of(each), 0);

/** The moment of the last that is loaded of a list: what comes later in it is older, by what it is sorted by. */
const endOf = ({ items }: { items: readonly Item[] }): number => {
  const last = items.at(-1);
  return last?.lane === 'sessions' ? (last.from ?? last.at) : (last?.at ?? 0);
};
