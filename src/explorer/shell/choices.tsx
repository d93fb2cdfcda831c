import { companion, setParams, user } from '../core/route.ts';
import { useQuery } from '../core/use-query.ts';
import { choices } from './documents.ts';

interface Option {
  value: string;
  text: string;
}

/** Whose memory is looked at: a companion's, and what of it is about a user. */
export function Choices() {
  const { data } = useQuery(choices, {}, { everything: true });
  return (
    <div class="choices">
      <Choice
        label="Companion"
        name="companion"
        all="All companions"
        chosen={companion.value}
        options={data?.companions.nodes.map(({ key, name }) => ({ value: key, text: name ?? key }))}
      />
      <Choice
        label="User"
        name="user"
        all="All users"
        chosen={user.value}
        options={data?.users.nodes.map(({ externalId }) => ({ value: externalId, text: externalId }))}
      />
    </div>
  );
}

function Choice({
  label,
  name,
  all,
  chosen = '',
  options = [],
}: {
  label: string;
  name: 'companion' | 'user';
  all: string;
  chosen: string | undefined;
  options: readonly Option[] | undefined;
}) {
  // A link may name one that is not among the first hundred, or not there any more.
  const isMissing = chosen !== '' && !options.some(({ value }) => value === chosen);
  const shown = isMissing ? [{ value: chosen, text: chosen }, ...options] : options;
  return (
    <select
      aria-label={label}
      value={chosen}
      onChange={({ currentTarget }) => setParams({ [name]: currentTarget.value || undefined })}
    >
      <option value="">{all}</option>
      {shown.map(({ value, text }) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
}
