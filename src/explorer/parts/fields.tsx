import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { timeZone } from '../core/moments.ts';
import { useForm } from './form-dialog.tsx';

interface FieldProps {
  name: string;
  label: string;
  /** What may be put in, in a few words. */
  hint?: string;
}

interface Parts {
  id: string;
  name: string;
  value: string;
  'aria-invalid': boolean;
  'aria-describedby': string | undefined;
  onInput: (event: { currentTarget: { value: string } }) => void;
}

/** A label, what is put in, a hint, and what the server says is wrong with it. */
function Field({ name, label, hint, children }: FieldProps & { children: (parts: Parts) => ComponentChildren }) {
  const { values, set, failure } = useForm();
  const id = useId();
  const wrong = failure?.fields[name];
  const described = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        name,
        value: values[name] ?? '',
        'aria-invalid': wrong !== undefined,
        'aria-describedby': described || undefined,
        onInput: ({ currentTarget }) => set(name, currentTarget.value),
      })}
      {hint && (
        <p class="quiet field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {wrong && (
        <p class="field-wrong" id={`${id}-wrong`} role="alert">
          {wrong}
        </p>
      )}
    </div>
  );
}

/** Text of one line, or of several where `rows` are given. */
export const TextField = ({ rows, ...props }: FieldProps & { rows?: number }) => (
  <Field {...props}>
    {(parts) => (rows ? <textarea rows={rows} {...parts} /> : <input type="text" autocomplete="off" {...parts} />)}
  </Field>
);

/** A number; the server says which are allowed. */
export const NumberField = ({ step, ...props }: FieldProps & { step: number | 'any' }) => (
  <Field {...props}>{(parts) => <input type="number" step={step} {...parts} />}</Field>
);

/** A moment in the time zone of the browser, which the hint names. */
export const MomentField = ({ hint, ...props }: FieldProps) => (
  <Field {...props} hint={`${hint ? `${hint} ` : ''}In the time zone ${timeZone}.`}>
    {(parts) => <input type="datetime-local" {...parts} />}
  </Field>
);

interface Option {
  value: string;
  text: string;
}

/** One of several. */
export const ChoiceField = ({ options, ...props }: FieldProps & { options: readonly Option[] }) => (
  <Field {...props}>
    {(parts) => (
      <select {...parts}>
        {options.map(({ value, text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    )}
  </Field>
);
