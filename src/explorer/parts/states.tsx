import type { ComponentChildren } from 'preact';
import { OperationError } from '../core/api.ts';
import { messageOf } from '../core/text.ts';
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
    <p>{messageOf(error)}</p>
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

/**
 * The data of a query, or its failure. Where it failed and there is data from before, both are shown, so that a form that
 * is being filled in stays.
 */
export function Answer<Data>({
  query: { data, error, reload },
  children,
}: {
  query: Asked<Data>;
  children: (data: Data) => ComponentChildren;
}) {
  return (
    <div class="answer">
      {error !== undefined && <Failed error={error} retry={reload} />}
      {data === undefined ? error === undefined && <Loading /> : children(data)}
    </div>
  );
}
