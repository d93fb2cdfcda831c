import { Failed } from './states.tsx';

/** Below a list: how much of it is shown, and a button for more. Takes what `useList` answers. */
export function Pager({
  list: { nodes, totalCount, hasMore, isAdding, error, more, reload },
  of,
}: {
  list: {
    nodes: readonly unknown[];
    totalCount: number | undefined;
    hasMore: boolean;
    isAdding: boolean;
    error: unknown;
    more(): void;
    reload(): void;
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
      {nodes.length > 0 && error !== undefined && <Failed error={error} retry={reload} />}
      {hasMore && (
        <button type="button" class="button" disabled={isAdding} onClick={more}>
          {isAdding ? 'Loading…' : 'More'}
        </button>
      )}
    </div>
  );
}
