import { hrefTo, route, setParams } from '../../core/route.ts';
import { Panel } from '../../parts/panel.tsx';
import { ContradictionList } from './contradiction-list.tsx';
import { contradictions } from './documents.ts';
import type { ItemKind, ItemListProps } from './kinds.ts';
import { OneContradiction } from './one-contradiction.tsx';

/** All that can wait for a decision, in the order in which it is shown. */
const kinds: readonly ItemKind[] = [
  { title: 'Contradictions', prefix: 'con_', List: ContradictionList, One: OneContradiction },
];

const choices = { all: 'All', open: 'Open', decided: 'Decided' } as const;
type Choice = keyof typeof choices;

const sections: readonly { state: ItemListProps['state']; title: string }[] = [
  { state: 'open', title: 'Open' },
  { state: 'decided', title: 'Decided' },
];

/** The inbox: what waits for a decision, and what was decided and can be undone. */
export default function DisputesPanel() {
  const { id, params } = route.value;
  const shown = params.show !== undefined && params.show in choices ? (params.show as Choice) : 'all';
  const kind = kinds.find(({ prefix }) => id?.startsWith(prefix));
  return (
    <Panel
      title="Disputes"
      intro="Memories that cannot both be true. Decide which one is kept; each decision can be undone."
      query={{ document: contradictions, variables: { statuses: ['OPEN'] } }}
    >
      {id !== undefined && kind && (
        <section class="inbox" aria-label="This dispute">
          <kind.One id={id} />
          <p>
            <a href={hrefTo('disputes')}>Show all disputes</a>
          </p>
        </section>
      )}
      {id === undefined && <Inbox shown={shown} />}
    </Panel>
  );
}

const Inbox = ({ shown }: { shown: Choice }) => (
  <>
    <fieldset class="inbox-filter" aria-label="Show">
      {(Object.keys(choices) as Choice[]).map((choice) => (
        <button
          key={choice}
          type="button"
          class="button"
          aria-pressed={choice === shown}
          onClick={() => setParams({ show: choice === 'all' ? undefined : choice })}
        >
          {choices[choice]}
        </button>
      ))}
    </fieldset>
    {sections
      .filter(({ state }) => shown === 'all' || shown === state)
      .map(({ state, title }) => (
        <section key={state} class="inbox" aria-label={title}>
          <h2>{title}</h2>
          {kinds.map(({ prefix, title: name, List }) => (
            <div key={prefix} class="inbox">
              {kinds.length > 1 && <h3>{name}</h3>}
              <List state={state} />
            </div>
          ))}
        </section>
      ))}
  </>
);
