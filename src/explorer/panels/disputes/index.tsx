import { hrefTo, route, setParams } from '../../core/route.ts';
import { useMayWrite } from '../../core/use-may-write.ts';
import { Panel } from '../../parts/panel.tsx';
import { ContradictionList } from './contradiction-list.tsx';
import { contradictions } from './documents.ts';
import { OneContradiction } from './one-contradiction.tsx';
import type { State } from './types.ts';

const choices = { all: 'All', open: 'Open', decided: 'Decided' } as const;
type Choice = keyof typeof choices;

const sections: readonly { state: State; title: string }[] = [
  { state: 'open', title: 'Open' },
  { state: 'decided', title: 'Decided' },
];

/** The inbox: what waits for a decision, and what was decided and can be undone. */
export default function DisputesPanel() {
  const { id, params } = route.value;
  const mayWrite = useMayWrite();
  const shown = params.show !== undefined && params.show in choices ? (params.show as Choice) : 'all';
  return (
    <Panel
      title="Disputes"
      intro="Memories that cannot both be true. Decide which one is kept; each decision can be undone."
      query={{ document: contradictions, variables: { statuses: ['OPEN'] } }}
    >
      {id !== undefined && (
        <section class="inbox" aria-label="This dispute">
          <OneContradiction id={id} mayWrite={mayWrite} />
          <p>
            <a href={hrefTo('disputes')}>Show all disputes</a>
          </p>
        </section>
      )}
      {id === undefined && <Inbox shown={shown} mayWrite={mayWrite} />}
    </Panel>
  );
}

const Inbox = ({ shown, mayWrite }: { shown: Choice; mayWrite: boolean | undefined }) => (
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
          <ContradictionList state={state} mayWrite={mayWrite} />
        </section>
      ))}
  </>
);
