import { useState } from 'preact/hooks';
import type { ResultOf } from '../../core/graphql.ts';
import { companion, route, setParams, user } from '../../core/route.ts';
import { shortened } from '../../core/text.ts';
import { useKept } from '../../core/use-kept.ts';
import { useQuery } from '../../core/use-query.ts';
import { memoryTypes, TypeBadge, words } from '../../parts/badges.tsx';
import { asParam, CheckGroup, valuesIn } from '../../parts/check-group.tsx';
import { MemoryLink } from '../../parts/memory-card.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Slider } from '../../parts/slider.tsx';
import { Answer } from '../../parts/states.tsx';
import { daysIn, MOST_DAYS, momentAhead, type Variables, variablesOf } from './asked.ts';
import { preview } from './documents.ts';
import { BeforeAndAfter } from './histogram.tsx';
import { Policies } from './policies.tsx';
import { runDecay } from './run.tsx';

type Data = ResultOf<typeof preview>;

/** What importance will come to, and what would be archived. */
export default function DecayPanel() {
  const { params } = route.value;
  const variables = variablesOf(params);
  // The companion and the user are among the variables: they say what is examined, not what may be seen.
  const query = useQuery(preview, variables, { everything: true, calmMs: 5_000 });
  const data = useKept(query.data);
  return (
    <Panel
      title="Decay"
      intro="What importance will come to, and what decay would archive. Looking changes nothing."
      query={{ document: preview, variables }}
    >
      <Controls days={daysIn(params)} types={valuesIn(params.types, memoryTypes)} />
      <Answer query={{ ...query, data }}>
        {(data) => (
          <div class="answer" aria-busy={query.isLoading}>
            <div class="decay-columns">
              <BeforeAndAfter before={data.decayPreview.importanceBefore} after={data.decayPreview.importanceAfter} />
              <Counts data={data} />
            </div>
            <Policies policies={data.viewer.workspace.decayPolicies} mayChange={data.viewer.scopes.includes('ADMIN')} />
            <Archived
              data={data}
              variables={variables}
              days={daysIn(params)}
              isCurrent={data === query.data && !query.isLoading && query.error === undefined}
            />
          </div>
        )}
      </Answer>
    </Panel>
  );
}

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });

function ahead(days: number): string {
  const until = momentAhead(days);
  return until === undefined ? 'now' : `in ${days} days, on ${day.format(new Date(until))} (UTC)`;
}

type Type = (typeof memoryTypes)[number];

function Controls({ days, types }: { days: number; types: readonly Type[] }) {
  const [moving, setMoving] = useState<number>();
  return (
    <section class="card decay-controls" aria-label="Moment and types">
      <Slider
        label="Moment"
        min={0}
        max={MOST_DAYS}
        step={5}
        value={moving ?? days}
        text={ahead}
        onMove={setMoving}
        onSet={(value) => {
          setMoving(undefined);
          setParams({ days: String(value) }, { replace: true });
        }}
      />
      <div class="decay-choices">
        <div class="segments">
          {[30, 90, 180, 365, 730].map((value) => (
            <button
              key={value}
              type="button"
              class="button"
              aria-pressed={value === days}
              onClick={() => setParams({ days: String(value) }, { replace: true })}
            >
              {value === 730 ? '2 years' : value === 365 ? '1 year' : `${value} days`}
            </button>
          ))}
        </div>
        <CheckGroup
          label="Types"
          options={memoryTypes.map((value) => ({ value, text: words(value) }))}
          chosen={types}
          onSet={(chosen) => setParams({ types: asParam(chosen) }, { replace: true })}
        />
      </div>
      <p class="quiet">
        {companion.value === undefined ? 'All companions' : `Companion ${companion.value}`},{' '}
        {user.value === undefined ? 'all users' : `user ${user.value}`}: chosen above. No type ticked: all types.
      </p>
    </section>
  );
}

const Counts = ({ data: { decayPreview } }: { data: Data }) => (
  <ul class="decay-counts" aria-label="Counts">
    <Tile
      label="Memories examined"
      value={decayPreview.examined}
      note="all active and disputed ones, counted by the server"
    />
    <Tile label="Less important then" value={decayPreview.decayed} note="than as stored" />
    <Tile label="Would be archived" value={decayPreview.archived} note="below what their policy archives" />
  </ul>
);

const Tile = ({ label, value, note }: { label: string; value: number; note: string }) => (
  <li class="card tile">
    <p class="tile-value">{value.toLocaleString()}</p>
    <p class="tile-label">{label}</p>
    <p class="quiet">{note}</p>
  </li>
);

function Archived({
  data: { decayPreview, viewer },
  variables,
  days,
  isCurrent,
}: {
  data: Data;
  variables: Variables;
  days: number;
  /** Whether it is the answer to what is asked now: only then decay does what is shown. */
  isCurrent: boolean;
}) {
  const { archived, archivedMemories } = decayPreview;
  const archives = viewer.workspace.decayPolicies.some(({ archiveBelow }) => archiveBelow !== null);
  return (
    <section class="card" aria-label="What would be archived">
      <div class="archived-head">
        <h2>What would be archived</h2>
        {viewer.scopes.includes('WRITE') && (
          <button
            type="button"
            class="button"
            disabled={!isCurrent}
            onClick={() => void runDecay(variables, archived, ahead(days))}
          >
            Run decay…
          </button>
        )}
      </div>
      {archived === 0 && (
        <p class="quiet">
          {archives
            ? 'Nothing: no memory is below what its policy archives then.'
            : 'Nothing: no policy archives anything. “Archived below” of a policy says from where on.'}
        </p>
      )}
      {archived > archivedMemories.length && (
        <p class="quiet">
          The {archivedMemories.length} least important of {archived.toLocaleString()}:
        </p>
      )}
      <ul class="archived-list">
        {archivedMemories.map((memory) => (
          <li key={memory.id}>
            <TypeBadge type={memory.type} /> <MemoryLink id={memory.id}>{shortened(memory.content, 200)}</MemoryLink>{' '}
            <span class="quiet">
              importance {memory.importance.toFixed(2)} now, {memory.then.toFixed(2)} then
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
