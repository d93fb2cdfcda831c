import type { ResultOf } from '../../core/graphql.ts';
import { percent } from '../../core/text.ts';
import { TypeBadge, words } from '../badges.tsx';
import { Scroll } from '../scroll.tsx';
import type { decayPolicy } from './documents.ts';

export type Policy = ResultOf<typeof decayPolicy>;

/** How importance decays, by type. With `onChange` each has a button that changes it. */
export const PolicyTable = ({
  policies,
  onChange,
}: {
  policies: readonly Policy[];
  onChange?: ((policy: Policy) => void) | undefined;
}) => (
  <Scroll label="How importance decays, by type">
    <table>
      <thead>
        <tr>
          <th scope="col">Type</th>
          <th scope="col">Half-life</th>
          <th scope="col">Never below</th>
          <th scope="col">Archived below</th>
          <th scope="col">Longer with each access</th>
          {onChange && <th scope="col">Change</th>}
        </tr>
      </thead>
      <tbody>
        {policies.map((policy) => (
          <tr key={policy.type}>
            <th scope="row">
              <TypeBadge type={policy.type} />
            </th>
            <td>{policy.halfLifeDays === null ? 'does not decay' : `${policy.halfLifeDays.toLocaleString()} days`}</td>
            <td>{policy.floor}</td>
            <td>{policy.archiveBelow ?? 'never'}</td>
            <td>{percent(policy.accessStretch)}</td>
            {onChange && (
              <td>
                <button
                  type="button"
                  class="button"
                  aria-label={`Change how ${words(policy.type).toLowerCase()} memories decay`}
                  onClick={() => onChange(policy)}
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
);
