import type { ComponentChildren } from 'preact';
import { OperationError } from '../core/api.ts';
import { Icon } from './icon.tsx';

/** Something is on its way. */
export const Loading = ({ what = 'Loading' }: { what?: string }) => (
  <div class="state" role="status">
    <span class="spinner" aria-hidden="true" />
    {what}…
  </div>
);

/** There is nothing: says what there could be, and how it comes. */
export const Empty = ({ title, children }: { title: string; children?: ComponentChildren }) => (
  <div class="state">
    <p class="state-title">{title}</p>
    {children && <p class="quiet">{children}</p>}
  </div>
);

/** Something failed: its code, and its message. */
export const Failed = ({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) => (
  <div class="state state-failed" role="alert">
    <p class="state-title">{error instanceof OperationError ? error.code : 'Something went wrong'}</p>
    <p>{error instanceof Error ? error.message : String(error)}</p>
    {retry && (
      <button type="button" class="button" onClick={retry}>
        <Icon name="retry" /> Try again
      </button>
    )}
  </div>
);

interface Asked<Data> {
  data: Data | undefined;
  error: unknown;
  reload(): void;
}

/** What a query came to: shows that it is on its way or failed, or else its data. */
export function Answer<Data>({ query, children }: { query: Asked<Data>; children: (data: Data) => ComponentChildren }) {
  if (query.error !== undefined) return <Failed error={query.error} retry={query.reload} />;
  return <div class="answer">{query.data === undefined ? <Loading /> : children(query.data)}</div>;
}
