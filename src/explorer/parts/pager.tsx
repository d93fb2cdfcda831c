import { Failed } from './states.tsx';

/** Below a list: how much of it is shown, and a button for more. Takes what `useList` answers. */
export function Pager({
  list: { nodes, totalCount, hasMore, isLoading, error, more },
  of,
}: {
  list: {
    nodes: readonly unknown[];
    totalCount: number | undefined;
    hasMore: boolean;
    isLoading: boolean;
    error: unknown;
    more(): void;
  };
  /** What is in it, e.g. `memories`. */
  of: string;
}) {
  return (
    <div class="pager">
      <p class="quiet">
        {nodes.length}
        {totalCount === undefined ? '' : ` of ${totalCount}`} {of}
      </p>
      {nodes.length > 0 && error !== undefined && <Failed error={error} />}
      {hasMore && (
        <button type="button" class="button" disabled={isLoading} onClick={more}>
          {isLoading ? 'Loading…' : 'More'}
        </button>
      )}
    </div>
  );
}
