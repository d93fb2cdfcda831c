import { hrefTo } from '../../core/route.ts';
import { useQuery } from '../../core/use-query.ts';
import { Panel } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { ContradictionCard } from './contradictions/card.tsx';
import { oneOfThem } from './documents.ts';
import { FindingCard } from './findings/card.tsx';

/** The contradiction or the finding that an address names. */
export function One({ id, mayWrite }: { id: string; mayWrite: boolean | undefined }) {
  const query = useQuery(oneOfThem, { id }, { everything: true });
  const isFinding = id.startsWith('fnd_');
  return (
    <Panel
      title="Disputes"
      intro={isFinding ? 'One finding. Say what holds.' : 'One dispute. Decide which memory is kept.'}
      query={{ document: oneOfThem, variables: { id } }}
    >
      <section class="inbox" aria-label={isFinding ? 'This finding' : 'This dispute'}>
        <Answer query={query}>
          {({ node }) => {
            if (node && 'status' in node) return <ContradictionCard dispute={node} mayWrite={mayWrite} />;
            if (node && 'kind' in node) return <FindingCard finding={node} mayWrite={mayWrite} />;
            return (
              <Empty title={isFinding ? 'There is no such finding' : 'There is no such dispute'}>
                One of its memories may have been forgotten.
              </Empty>
            );
          }}
        </Answer>
        {mayWrite === false && <NeedsWrite to={isFinding ? 'judge' : 'decide'} />}
        <p>
          <a href={hrefTo('disputes', undefined, { in: isFinding ? 'findings' : undefined })}>
            {isFinding ? 'Show all findings' : 'Show all disputes'}
          </a>
        </p>
      </section>
    </Panel>
  );
}

/** Why there are no buttons. */
export const NeedsWrite = ({ to }: { to: string }) => (
  <p class="quiet">To {to} it takes a credential with the scope WRITE.</p>
);
