import type { ResultOf } from '../../core/graphql.ts';
import { hrefTo } from '../../core/route.ts';
import { useQuery } from '../../core/use-query.ts';
import { Panel } from '../../parts/panel.tsx';
import { PolicyTable } from '../../parts/policy-table/policy-table.tsx';
import { Answer } from '../../parts/states.tsx';
import { Counts, Kinds } from './counts.tsx';
import { workspace } from './documents.ts';
import { Keys } from './keys.tsx';
import { Webhooks } from './webhooks.tsx';

type Data = ResultOf<typeof workspace>;

/** The workspace as a whole: counts, vectors, policies, webhooks, keys. */
export default function WorkspacePanel() {
  const query = useQuery(workspace, {}, { everything: true, calmMs: 5_000 });
  return (
    <Panel title="Workspace" intro="How much there is, and by what rules it decays." query={{ document: workspace }}>
      <Answer query={query}>
        {(data) => (
          <>
            <Counts data={data} />
            <Kinds />
            <Vectors data={data} />
            <Policies data={data} />
            {data.viewer.scopes.includes('ADMIN') && <Webhooks />}
            {data.viewer.scopes.includes('ADMIN') && <Keys workspace={data.viewer.workspace.name} />}
          </>
        )}
      </Answer>
    </Panel>
  );
}

const Vectors = ({ data: { viewer } }: { data: Data }) => {
  const { model, dimension, provider, embedded, pending } = viewer.embedding;
  const total = embedded + pending;
  return (
    <section class="card">
      <h2>{viewer.workspace.name}</h2>
      <dl class="pairs">
        <dt>This credential may</dt>
        <dd>{viewer.scopes.join(', ')}</dd>
        <dt>Vectors by</dt>
        <dd>{model ? `${model}, ${dimension} numbers each` : `nothing (${provider})`}</dd>
        <dt>Vectors made</dt>
        <dd>{embedded.toLocaleString()}</dd>
        <dt>Vectors pending</dt>
        <dd>{pending.toLocaleString()}</dd>
        {model && total > 0 && (
          <>
            <dt id="vectors-done">Done</dt>
            <dd class="vectors-done">
              <progress aria-labelledby="vectors-done" max={total} value={embedded} />{' '}
              {pending === 0 ? '100 %' : `${Math.min(99, Math.floor((100 * embedded) / total))} %`}
            </dd>
          </>
        )}
      </dl>
    </section>
  );
};

const Policies = ({ data: { viewer } }: { data: Data }) => (
  <section class="card">
    <h2>How importance decays</h2>
    <PolicyTable policies={viewer.workspace.decayPolicies} />
    <p class="quiet">
      <a href={hrefTo('decay')}>What that comes to, and how to change it</a>
    </p>
  </section>
);
