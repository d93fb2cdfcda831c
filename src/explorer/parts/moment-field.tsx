import { useId } from 'preact/hooks';

/** The time zone that moments are typed and shown in, e.g. `Europe/Lisbon`. */
export const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const two = (number: number) => String(number).padStart(2, '0');

/** A moment as an input of the type datetime-local has it: in the time zone of the browser, to the minute. */
function localText(value: string | undefined): string {
  const moment = value === undefined ? undefined : new Date(value);
  if (!moment || Number.isNaN(moment.getTime())) return '';
  const [year, month, day] = [moment.getFullYear(), two(moment.getMonth() + 1), two(moment.getDate())];
  return `${String(year).padStart(4, '0')}-${month}-${day}T${two(moment.getHours())}:${two(moment.getMinutes())}`;
}

/** A moment, typed in the time zone of the browser. `value` is as GraphQL has it; undefined: none. */
export function MomentField({
  label,
  value,
  onSet,
}: {
  label: string;
  value: string | undefined;
  onSet: (value: string | undefined) => void;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="datetime-local"
        title={`In your time zone, ${timeZone}`}
        value={localText(value)}
        onChange={({ currentTarget }) =>
          onSet(currentTarget.value ? new Date(currentTarget.value).toISOString() : undefined)
        }
      />
    </div>
  );
}
