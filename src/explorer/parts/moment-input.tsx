import { useId } from 'preact/hooks';
import { fromInput, timeZone, toInput } from '../core/moments.ts';

/** A moment that is set by itself, in no form; typed in the time zone of the browser. `value` is as GraphQL has it; undefined: none. */
export function MomentInput({
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
        value={value === undefined ? '' : toInput(value)}
        onChange={({ currentTarget }) => onSet(fromInput(currentTarget.value))}
      />
    </div>
  );
}
