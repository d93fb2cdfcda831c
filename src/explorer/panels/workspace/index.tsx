import type { ResultOf } from '../../core/graphql.ts';
import { hrefTo } from '../../core/route.ts';
import { useQuery } from '../../core/use-query.ts';
import { TypeBadge } from '../../parts/badges.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Scroll } from '../../parts/scroll.tsx';
import { Answer } from '../../parts/states.tsx';
import { workspace } from './documents.ts';

type Data = ResultOf<typeof workspace>;

/** The workspace as a whole: counts, vectors, policies. */
export default function WorkspacePanel() {
  const query = useQuery(workspace, {}, { everything: true });
  return (
    <Panel title="Workspace" intro="How much there is, and by what rules it decays." query={{ document: workspace }}>
      <Answer query={query}>
        {(data) => (
          <>
            <Counts data={data} />
            <Vectors data={data} />
            <Policies data={data} />
          </>
        )}
      </Answer>
    </Panel>
  );
}

const Counts = ({ data }: { data: Data }) => (
  <ul class="tiles" aria-label="Counts">
    <Tile label="Memories believed now" value={data.believed.totalCount} note={`${data.all.totalCount} in all`} />
    <Tile label="Suspect memories" value={data.suspect.totalCount} note="rest on what is no longer believed" />
    <Tile label="Open disputes" value={data.open.totalCount} href={hrefTo('disputes')} />
    <Tile label="Entities" value={data.entities.totalCount} />
    <Tile label="Companions" value={data.companions.totalCount} />
    <Tile label="Users" value={data.users.totalCount} />
  </ul>
);

function Tile({ label, value, note, href }: { label: string; value: number; note?: string; href?: string }) {
  return (
    <li class="card tile">
      <p class="tile-value">{value.toLocaleString()}</p>
      <p class="tile-label">{href ? <a href={href}>{label}</a> : label}</p>
      {note && <p class="quiet">{note}</p>}
    </li>
  );
}

const Vectors = ({ data: { viewer } }: { data: Data }) => (
  <section class="card">
    <h2>{viewer.workspace.name}</h2>
    <dl class="pairs">
      <dt>This credential may</dt>
      <dd>{viewer.scopes.join(', ')}</dd>
      <dt>Vectors by</dt>
      <dd>
        {viewer.embedding.model
          ? `${viewer.embedding.model}, ${viewer.embedding.dimension} numbers each`
          : `nothing (${viewer.embedding.provider})`}
      </dd>
      <dt>Vectors made</dt>
      <dd>{viewer.embedding.embedded.toLocaleString()}</dd>
      <dt>Vectors pending</dt>
      <dd>{viewer.embedding.pending.toLocaleString()}</dd>
    </dl>
  </section>
);

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
              <td>{policy.halfLifeDays === null ? 'does not decay' : `${policy.halfLifeDays} days`}</td>
              <td>{policy.floor}</td>
              <td>{policy.archiveBelow ?? 'never'}</td>
              <td>{Math.round(policy.accessStretch * 100)} %</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  </section>
);
