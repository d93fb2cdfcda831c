import type { ComponentChildren } from 'preact';
import { type GraphQLDocument, textOf } from '../../client/document.ts';
import { graphiqlUrl } from '../core/place.ts';
import { Icon } from './icon.tsx';

export interface PanelProps {
  title: string;
  /** A sentence on what it shows. */
  intro?: ComponentChildren;
  /** What it asks, for its button that opens GraphiQL. */
  query?: { document: GraphQLDocument<unknown, never>; variables?: object | undefined } | undefined;
  /** Further buttons beside that one. */
  actions?: ComponentChildren;
  children: ComponentChildren;
}

/** What each panel is in: a title, what it shows, and a button that opens its query in GraphiQL where that is on. */
export function Panel({ title, intro, query, actions, children }: PanelProps) {
  const address = query && graphiqlUrl(textOf(query.document), query.variables);
  return (
    <section class="panel" aria-labelledby="panel-title">
      <header class="panel-head">
        <div>
          <h1 id="panel-title" tabIndex={-1}>
            {title}
          </h1>
          {intro && <p class="quiet">{intro}</p>}
        </div>
        <div class="panel-actions">
          {actions}
          {address && (
            <a class="button" href={address} target="_blank" rel="noopener">
              <Icon name="outside" /> Open query in GraphiQL
            </a>
          )}
        </div>
      </header>
      {children}
    </section>
  );
}
