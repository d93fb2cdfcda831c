import { useState } from 'preact/hooks';
import { type Policy, PolicyTable } from '../../parts/policy-table/policy-table.tsx';
import { PolicyDialog } from './policy-dialog.tsx';

/** How importance decays, by type; who may administer the workspace can change it. */
export function Policies({ policies, mayChange }: { policies: readonly Policy[]; mayChange: boolean }) {
  const [changing, setChanging] = useState<Policy>();
  return (
    <section class="card" aria-label="Policies">
      <h2>Policies</h2>
      <PolicyTable policies={policies} onChange={mayChange ? setChanging : undefined} />
      <p class="quiet">
        The preview is by these policies.
        {!mayChange && ' To change them takes a credential with the scope ADMIN that is not restricted.'}
      </p>
      {changing && <PolicyDialog key={changing.type} policy={changing} onClose={() => setChanging(undefined)} />}
    </section>
  );
}
