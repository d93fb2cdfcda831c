import { useRef, useState } from 'preact/hooks';
import { keyChanges, run } from '../../core/api.ts';
import type { ResultOf } from '../../core/graphql.ts';
import { companion, user } from '../../core/route.ts';
import { useAsking } from '../../core/use-asking.ts';
import { useRevision } from '../../core/use-revision.ts';
import { changes } from './documents.ts';
import type { Kind } from './lanes.ts';

export type Change = ResultOf<typeof changes>['events']['nodes'][number];

/** So many pages of 100 are read at once; a button reads further ones. */
const PAGES = 10;
/** What others change is shown at most once in so many milliseconds. */
export const CALM_MS = 5_000;

export interface Changes {
  nodes: readonly Change[];
  /** How many there are in all. */
  totalCount: number;
  /** Whether there are later ones that were not read. */
  hasMore: boolean;
  isLoading: boolean;
  error: unknown;
  /** Reads later ones. */
  more(): void;
}

const none = {
  nodes: [] as readonly Change[],
  totalCount: 0,
  hasMore: false,
  isLoading: true,
  error: undefined as unknown,
};

/**
 * What happened to memories, from the beginning on: the server lists events in the order they were written, and has no
 * other. What is added later is read from where the last reading ended.
 */
export function useChanges(kinds: readonly Kind[]): Changes {
  const [state, setState] = useState(none);
  const [asked, setAsked] = useState(0);
  const place = useRef<{ of: string; after: string | null; nodes: readonly Change[] }>({
    of: '',
    after: null,
    nodes: [],
  });
  const of = JSON.stringify([kinds, companion.value, user.value, keyChanges.value]);
  const ask = async (signal: AbortSignal) => {
    if (kinds.length === 0) return setState({ ...none, isLoading: false });
    if (place.current.of !== of) {
      place.current = { of, after: null, nodes: [] };
      setState(none);
    }
    setState((before) => ({ ...before, isLoading: true }));
    try {
      setState(await read(kinds, place.current, signal));
    } catch (error) {
      if (!signal.aborted) setState((before) => ({ ...before, isLoading: false, error }));
    }
  };
  useAsking(ask, [of, asked], useRevision(CALM_MS));
  return { ...state, more: () => setAsked((times) => times + 1) };
}

async function read(
  kinds: readonly Kind[],
  place: { after: string | null; nodes: readonly Change[] },
  signal: AbortSignal,
): Promise<typeof none> {
  let hasMore = true;
  let totalCount = 0;
  for (let page = 0; page < PAGES && hasMore; page++) {
    const { events } = await run(changes, { kinds: [...kinds], after: place.after }, { signal });
    signal.throwIfAborted();
    place.nodes = [...place.nodes, ...events.nodes];
    place.after = events.pageInfo.endCursor ?? place.after;
    hasMore = events.pageInfo.hasNextPage;
    totalCount = events.totalCount;
  }
  return { nodes: place.nodes, totalCount, hasMore, isLoading: false, error: undefined };
}
