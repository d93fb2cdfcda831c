import type { ComponentChildren } from 'preact';

/** Several of a few values, each a box to tick. Nothing ticked: all of them are meant. */
export function CheckGroup<Value extends string>({
  label,
  options,
  chosen,
  onSet,
}: {
  label: string;
  options: readonly { value: Value; text: ComponentChildren }[];
  chosen: readonly Value[];
  onSet: (chosen: Value[]) => void;
}) {
  return (
    <fieldset class="check-group">
      <legend>{label}</legend>
      {options.map(({ value, text }) => (
        <label key={value}>
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={({ currentTarget: { checked } }) =>
              onSet(
                options.map((each) => each.value).filter((each) => (each === value ? checked : chosen.includes(each))),
              )
            }
          />
          {text}
        </label>
      ))}
    </fieldset>
  );
}

/** The values of a list in an address, of those allowed. */
export const valuesIn = <Value extends string>(text: string | undefined, allowed: readonly Value[]): Value[] =>
  allowed.filter((value) => (text ?? '').split(',').includes(value));

/** The list as an address has it; undefined: none. */
export const asParam = (values: readonly string[]): string | undefined => values.join(',') || undefined;
