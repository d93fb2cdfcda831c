import { useRef, useState } from 'preact/hooks';
import type { GraphQLDocument } from '../../client/document.ts';
import { run } from './api.ts';
import { type QueryOptions, useAnswer } from './use-query.ts';

/** A page of a list, as the schema has it. */
export interface Page<Node> {
  nodes: readonly Node[];
  totalCount?: number | undefined;
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

export interface List<Node> {
  nodes: readonly Node[];
  /** Undefined until it is known, or where the document does not ask for it. */
  totalCount: number | undefined;
  hasMore: boolean;
  /** Whether there is an answer: without, that there are no nodes says nothing. */
  hasAnswer: boolean;
  isLoading: boolean;
  /** Whether a page is on its way that `more` has asked for. */
  isAdding: boolean;
  error: unknown;
  /** Adds the next page. */
  more(): void;
  reload(): void;
}

/** Where several pages are read again, others' changes are shown at most once in so many milliseconds. */
const PAGES_CALM_MS = 5_000;
/** And for each of many pages, which are read one after another, in so many. */
const PAGE_CALM_MS = 1_000;

/**
 * A list that grows page by page: `pageOf` finds it in the answer, and the document takes `after`. After a change all
 * pages that are shown are read again.
 */
export function useList<Data, Variables extends { after?: string | null | undefined }, Node>(
  document: GraphQLDocument<Data, Variables>,
  variables: Variables,
  pageOf: (data: Data) => Page<Node>,
  options: QueryOptions = {},
): List<Node> {
  /** How many pages are shown, or on their way. */
  const wanted = useRef(1);
  const question = useRef(0);
  const [adding, setAdding] = useState<{ isOn: boolean; error: unknown }>({ isOn: false, error: undefined });
  const { everything = false, calmMs = 0 } = options;
  const { data, update, ...first } = useAnswer<readonly Page<Node>[]>(
    `${document}${JSON.stringify(variables)}`,
    async ({ isOther, ...runOptions }) => {
      if (isOther) {
        question.current++;
        wanted.current = 1;
        setAdding({ isOn: false, error: undefined });
      }
      const pages: Page<Node>[] = [];
      do {
        const after = pages.at(-1)?.pageInfo.endCursor;
        pages.push(pageOf(await run(document, { ...variables, ...(after && { after }) }, runOptions)));
      } while (pages.length < wanted.current && pages.at(-1)?.pageInfo.hasNextPage);
      return pages;
    },
    { ...options, calmMs: Math.max(calmMs, calmOf(wanted.current)) },
  );
  const pages = data ?? [];
  const last = pages.at(-1);
  const shown = useRef(last);
  shown.current = last;
  const more = async () => {
    const after = last?.pageInfo.endCursor;
    const of = question.current;
    if (!last?.pageInfo.hasNextPage || adding.isOn) return;
    wanted.current = pages.length + 1;
    setAdding({ isOn: true, error: undefined });
    try {
      const page = pageOf(await run(document, { ...variables, after }, { everything }));
      if (question.current !== of) return;
      setAdding({ isOn: false, error: undefined });
      // Where all was read again meanwhile it has no place any more.
      if (shown.current === last) return update((before) => [...before, page]);
      wanted.current = pages.length + 1;
      first.reload();
    } catch (error) {
      if (question.current !== of) return;
      wanted.current = pages.length;
      setAdding({ isOn: false, error });
    }
  };
  return {
    nodes: pages.flatMap(({ nodes }) => nodes),
    totalCount: pages[0]?.totalCount,
    hasMore: last?.pageInfo.hasNextPage ?? false,
    hasAnswer: data !== undefined,
    isLoading: first.isLoading || adding.isOn,
    isAdding: adding.isOn,
    error: first.error ?? adding.error,
    more: () => void more(),
    reload() {
      setAdding((before) => ({ ...before, error: undefined }));
      first.reload();
    },
  };
}

const calmOf = (pages: number): number => (pages === 1 ? 0 : Math.max(PAGES_CALM_MS, pages * PAGE_CALM_MS));
