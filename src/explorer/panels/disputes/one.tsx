import type { ComponentChildren } from 'preact';
import { hrefTo } from '../../core/route.ts';
import { useQuery } from '../../core/use-query.ts';
import { Panel, type PanelProps } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { ContradictionCard } from './contradictions/card.tsx';
import { oneContradiction, oneFinding } from './documents.ts';
import { FindingCard } from './findings/card.tsx';

interface OneProps {
  id: string;
  mayWrite: boolean | undefined;
}

/** The contradiction or the finding that an address names. */
export const One = (props: OneProps) => (props.id.startsWith('fnd_') ? <Finding {...props} /> : <Dispute {...props} />);

function Dispute({ id, mayWrite }: OneProps) {
  const answer = useQuery(oneContradiction, { id }, { everything: true });
  return (
    <Alone what="dispute" query={{ document: oneContradiction, variables: { id } }}>
      <Answer query={answer}>
        {({ node }) =>
          node && 'status' in node ? <ContradictionCard dispute={node} mayWrite={mayWrite} /> : <None what="dispute" />
        }
      </Answer>
      {mayWrite === false && <NeedsWrite to="decide" />}
    </Alone>
  );
}

function Finding({ id, mayWrite }: OneProps) {
  const answer = useQuery(oneFinding, { id }, { everything: true });
  return (
    <Alone what="finding" query={{ document: oneFinding, variables: { id } }}>
      <Answer query={answer}>
        {({ node }) =>
          node && 'kind' in node ? <FindingCard finding={node} mayWrite={mayWrite} /> : <None what="finding" />
        }
      </Answer>
      {mayWrite === false && <NeedsWrite to="judge" />}
    </Alone>
  );
}

type What = 'dispute' | 'finding';

const intros: Record<What, string> = {
  dispute: 'Two memories that cannot both be true. Decide which one is kept; each decision can be undone.',
  finding: 'Two memories that rules have noticed. Nothing changes before you say what holds.',
};

const Alone = ({ what, query, children }: { what: What; query: PanelProps['query']; children: ComponentChildren }) => (
  <Panel title="Disputes" intro={intros[what]} query={query}>
    <section class="inbox" aria-label={`This ${what}`}>
      {children}
      <p>
        <a href={hrefTo('disputes', undefined, { in: what === 'finding' ? 'findings' : undefined })}>
          Show all {what}s
        </a>
      </p>
    </section>
  </Panel>
);

const None = ({ what }: { what: What }) => (
  <Empty title={`There is no such ${what}`}>One of its memories may have been forgotten.</Empty>
);

/** Why there are no buttons. */
export const NeedsWrite = ({ to }: { to: string }) => (
  <p class="quiet">To {to} it takes a credential with the scope WRITE.</p>
);
