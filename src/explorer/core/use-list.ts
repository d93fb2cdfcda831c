import { useEffect, useRef, useState } from 'preact/hooks';
import type { GraphQLDocument } from '../../client/document.ts';
import { run } from './api.ts';
import { type QueryOptions, useQuery } from './use-query.ts';

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
  isLoading: boolean;
  error: unknown;
  /** Adds the next page. */
  more(): void;
  reload(): void;
}

/** A list that grows page by page: `pageOf` finds it in the answer, and the document takes `after`. */
export function useList<Data, Variables extends { after?: string | null | undefined }, Node>(
  document: GraphQLDocument<Data, Variables>,
  variables: Variables,
  pageOf: (data: Data) => Page<Node>,
  options: QueryOptions = {},
): List<Node> {
  const first = useQuery(document, variables, options);
  const [later, setLater] = useState<Page<Node>[]>([]);
  const [state, setState] = useState<{ isLoading: boolean; error: unknown }>({ isLoading: false, error: undefined });
  const latest = useRef(first.data);
  useEffect(() => {
    latest.current = first.data;
    setLater([]);
    setState({ isLoading: false, error: undefined });
  }, [first.data]);
  const pages = first.data === undefined ? [] : [pageOf(first.data), ...later];
  const last = pages.at(-1);
  const more = async () => {
    if (!last?.pageInfo.hasNextPage || state.isLoading) return;
    const of = first.data;
    setState({ isLoading: true, error: undefined });
    try {
      const data = await run(document, { ...variables, after: last.pageInfo.endCursor }, options);
      if (latest.current === of) setLater((before) => [...before, pageOf(data)]);
      setState({ isLoading: false, error: undefined });
    } catch (error) {
      setState({ isLoading: false, error });
    }
  };
  return {
    nodes: pages.flatMap(({ nodes }) => nodes),
    totalCount: pages[0]?.totalCount,
    hasMore: last?.pageInfo.hasNextPage ?? false,
    isLoading: first.isLoading || state.isLoading,
    error: first.error ?? state.error,
    more: () => void more(),
    reload: first.reload,
  };
}
