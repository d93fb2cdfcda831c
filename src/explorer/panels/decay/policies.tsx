import { useState } from 'preact/hooks';
import { TypeBadge, words } from '../../parts/badges.tsx';
import { Scroll } from '../../parts/scroll.tsx';
import { type Policy, PolicyDialog } from './policy-dialog.tsx';

/** How importance decays, by type; who may administer the workspace can change it. */
export function Policies({ policies, mayChange }: { policies: readonly Policy[]; mayChange: boolean }) {
  const [changing, setChanging] = useState<Policy>();
  return (
    <section class="card" aria-label="Policies">
      <h2>Policies</h2>
      <Scroll label="How importance decays, by type">
        <table>
          <thead>
            <tr>
              <th scope="col">Type</th>
              <th scope="col">Half-life</th>
              <th scope="col">Never below</th>
              <th scope="col">Archived below</th>
              <th scope="col">Longer with each access</th>
              {mayChange && <th scope="col">Change</th>}
            </tr>
          </thead>
          <tbody>
            {policies.map((policy) => (
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
                {mayChange && (
                  <td>
                    <button
                      type="button"
                      class="button"
                      aria-label={`Change how ${words(policy.type).toLowerCase()} memories decay`}
                      onClick={() => setChanging(policy)}
                    >
                      Change…
                    </button>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p class="quiet">
        The preview is by these policies.
        {!mayChange && ' To change them takes a credential with the scope ADMIN that is not restricted.'}
      </p>
      {changing && <PolicyDialog key={changing.type} policy={changing} onClose={() => setChanging(undefined)} />}
    </section>
  );
}
