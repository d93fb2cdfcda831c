import { type ComponentChildren, createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import { type InputFailure, inputFailure } from '../core/failures.ts';
import { Dialog } from './dialog.tsx';

/** What a form says, by the names of its fields. Empty: nothing is said. */
export type Values = Readonly<Record<string, string>>;

interface FormState {
  values: Values;
  set(name: string, value: string): void;
  failure: InputFailure | undefined;
}

const Form = createContext<FormState>({ values: {}, set: () => {}, failure: undefined });

/** The state of the form around a field. */
export const useForm = () => useContext(Form);

export interface FormDialogProps {
  title: string;
  /** What its fields say at first; each field has a value here. */
  initial: Values;
  /** What it will do, with what is put in so far. */
  effects: (values: Values) => ComponentChildren;
  /** The text of the button that does it. */
  action: string;
  /** Whether there is something to do, with what is put in so far. Default: always. */
  hasEffect?: (values: Values) => boolean;
  onClose: () => void;
  /** Does it. What it rejects with is shown: at its field, or above the buttons. */
  onSubmit: (values: Values) => Promise<unknown>;
  children: ComponentChildren;
}

/** A form over the page that says before what it will do. What is not allowed is said by the server alone. */
export function FormDialog(props: FormDialogProps) {
  const { title, initial, effects, action, hasEffect = () => true, onClose, onSubmit, children } = props;
  const [values, setValues] = useState(initial);
  const [failure, setFailure] = useState<InputFailure>();
  const [isSending, setSending] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (failure) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [failure]);
  const submit = async (event: Event) => {
    event.preventDefault();
    setSending(true);
    try {
      await onSubmit(values);
      onClose();
    } catch (error) {
      setFailure(inputFailure(error, Object.keys(initial)));
      setSending(false);
    }
  };
  const set = (name: string, value: string) => setValues((before) => ({ ...before, [name]: value }));
  return (
    <Dialog title={title} onClose={onClose}>
      <form ref={form} class="form" noValidate onSubmit={submit}>
        <Form.Provider value={{ values, set, failure }}>{children}</Form.Provider>
        <p class="quiet">What it will do:</p>
        <div class="effects">{effects(values)}</div>
        {failure?.general !== undefined && (
          <p class="warning" role="alert">
            {failure.general}
          </p>
        )}
        <footer>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button button-main" disabled={isSending || !hasEffect(values)}>
            {action}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
