import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { hrefTo, route, setParams } from '../../core/route.ts';
import { useFocusKept } from '../../core/use-focus-kept.ts';
import { useMayWrite } from '../../core/use-may-write.ts';
import { useQuery } from '../../core/use-query.ts';
import { Panel } from '../../parts/panel.tsx';
import { contradictions } from './contradictions/documents.ts';
import { ContradictionList } from './contradictions/list.tsx';
import { waiting } from './documents.ts';
import { variablesOf } from './findings/asked.ts';
import { findings } from './findings/documents.ts';
import { Filters } from './findings/filters.tsx';
import { FindingList } from './findings/list.tsx';
import { LookForMore } from './findings/look.tsx';
import { NeedsWrite, One } from './one.tsx';

/** Counting costs more than it is worth at each change of others: at most once in so many milliseconds. */
const CALM_MS = 5_000;

const shows = ['all', 'open', 'decided'] as const;
type Show = (typeof shows)[number];

/** What the panel has: each has a part that waits, and one that can be undone. */
const inboxes = {
  disputes: { all: 'All', open: 'Open', decided: 'Decided' },
  findings: { all: 'All', open: 'To judge', decided: 'Judged' },
} as const;
type Inbox = keyof typeof inboxes;

/** What waits for a decision, and what was decided and can be undone: disputes, and findings that may become some. */
export default function DisputesPanel() {
  const { id, params } = route.value;
  const mayWrite = useMayWrite();
  const [looked, setLooked] = useState('');
  if (id !== undefined) return <One key={id} id={id} mayWrite={mayWrite} />;
  const inbox: Inbox = params.in === 'findings' ? 'findings' : 'disputes';
  const isFindings = inbox === 'findings';
  const show = shows.find((each) => each === params.show) ?? 'all';
  return (
    <Panel
      title="Disputes"
      intro={
        isFindings
          ? 'Pairs that rules have noticed. Nothing changes before you say what holds.'
          : 'Memories that cannot both be true. Decide which one is kept; each decision can be undone.'
      }
      query={
        isFindings
          ? { document: findings, variables: variablesOf(show === 'decided') }
          : { document: contradictions, variables: { statuses: ['OPEN'] } }
      }
      actions={isFindings && mayWrite && <LookForMore onLooked={setLooked} />}
    >
      <Tabs inbox={inbox} />
      <div class="inbox-bar">
        <Shown names={inboxes[inbox]} show={show} />
        {isFindings && <Filters />}
      </div>
      {isFindings && looked !== '' && <p class="looked">{looked}</p>}
      {mayWrite === false && <NeedsWrite to={isFindings ? 'judge' : 'decide'} />}
      {(['open', 'decided'] as const)
        .filter((state) => show === 'all' || show === state)
        .map((state) => (
          <Section key={`${inbox} ${state}`} title={inboxes[inbox][state]}>
            {isFindings ? (
              <FindingList isJudged={state === 'decided'} mayWrite={mayWrite} />
            ) : (
              <ContradictionList isOpen={state === 'open'} mayWrite={mayWrite} />
            )}
          </Section>
        ))}
    </Panel>
  );
}

/** Leads to disputes and to findings, and says how many of each wait. */
function Tabs({ inbox }: { inbox: Inbox }) {
  const { data } = useQuery(waiting, {}, { calmMs: CALM_MS });
  const tabs = [
    { name: 'disputes', title: 'Disputes', count: data?.contradictions.totalCount, what: 'open' },
    { name: 'findings', title: 'Findings', count: data?.findings.totalCount, what: 'to judge' },
  ] as const;
  return (
    <nav class="tabs" aria-label="Disputes and findings">
      {tabs.map(({ name, title, count, what }) => (
        <a
          key={name}
          href={hrefTo('disputes', undefined, { in: name === 'disputes' ? undefined : name })}
          aria-current={name === inbox ? 'page' : undefined}
        >
          {title}
          {count !== undefined && (
            <span class="tab-count">
              {count.toLocaleString()} {what}
            </span>
          )}
        </a>
      ))}
    </nav>
  );
}

const Shown = ({ names, show }: { names: Readonly<Record<Show, string>>; show: Show }) => (
  <fieldset class="inbox-filter" aria-label="Show">
    {shows.map((choice) => (
      <button
        key={choice}
        type="button"
        class="button"
        aria-pressed={choice === show}
        onClick={() => setParams({ show: choice === 'all' ? undefined : choice })}
      >
        {names[choice]}
      </button>
    ))}
  </fieldset>
);

function Section({ title, children }: { title: string; children: ComponentChildren }) {
  const section = useRef<HTMLElement>(null);
  useFocusKept(section);
  return (
    <section ref={section} class="inbox" aria-label={title}>
      <h2 tabIndex={-1}>{title}</h2>
      {children}
    </section>
  );
}
