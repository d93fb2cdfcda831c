import { go, route } from '../core/route.ts';
import { Icon } from '../parts/icon.tsx';

/** The place of the search box, for the key that leads to it. */
export const SEARCH_ID = 'search';

/** Asks the memory something: opens the panel Recall with it. */
export const Search = () => (
  <search class="search">
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const query = new FormData(event.currentTarget).get('q');
        go('recall', undefined, { q: String(query).trim() });
      }}
    >
      <Icon name="recall" />
      <input
        id={SEARCH_ID}
        name="q"
        type="search"
        placeholder="Ask or search the memory"
        aria-label="Ask or search the memory"
        autocomplete="off"
        maxLength={1_000}
        defaultValue={route.value.panel === 'recall' ? route.value.params.q : ''}
      />
      <kbd>/</kbd>
    </form>
  </search>
);
