import type { ResultOf } from '../../core/graphql.ts';
import { hrefTo } from '../../core/route.ts';
import { useQuery } from '../../core/use-query.ts';
import { TypeBadge } from '../../parts/badges.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Scroll } from '../../parts/scroll.tsx';
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
    <Scroll label="How importance decays">
      <table>
        <thead>
          <tr>
            <th scope="col">Type</th>
            <th scope="col">Half-life</th>
            <th scope="col">Never below</th>
            <th scope="col">Archived below</th>
            <th scope="col">Longer with each access</th>
          </tr>
        </thead>
        <tbody>
          {viewer.workspace.decayPolicies.map((policy) => (
            <tr key={policy.type}>
              <th scope="row">
                <TypeBadge type={policy.type} />
              </th>
              <td>
                {policy.halfLifeDays === null ? 'does not decay' : `${policy.halfLifeDays.toLocaleString()} days`}
              </td>
              <td>{policy.floor}</td>
              <td>{policy.archiveBelow ?? 'never'}</td>
              <td>{Math.round(policy.accessStretch * 100)} %</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
    <p class="quiet">
      <a href={hrefTo('decay')}>What that comes to, and how to change it</a>
    </p>
  </section>
);
