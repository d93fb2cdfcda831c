import { useState } from 'preact/hooks';
import { change } from '../../core/change.ts';
import type { ResultOf } from '../../core/graphql.ts';
import { words } from '../../parts/badges.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { notify } from '../../parts/toast.tsx';
import { type preview, setPolicy } from './documents.ts';

export type Policy = ResultOf<typeof preview>['viewer']['workspace']['decayPolicies'][number];

const fields = {
  halfLifeDays: { label: 'Half-life in days', empty: 'it never decays', min: 0.001, max: 1_000_000, none: null },
  floor: { label: 'Never below', empty: '0', min: 0, max: 10, none: 0 },
  archiveBelow: { label: 'Archived below', empty: 'none is archived', min: 0, max: 10, none: null },
  accessStretch: {
    label: 'Half-life longer with each access by (1 is 100 %)',
    empty: '0.5',
    min: 0,
    max: 1_000,
    none: 0.5,
  },
} as const;

type Field = keyof typeof fields;
const names = Object.keys(fields) as Field[];

const said = (value: number | null) => (value === null ? 'none' : String(value));
const textsOf = (policy: Policy) => Object.fromEntries(names.map((name) => [name, String(policy[name] ?? '')]));

/** The policy that these texts make; an empty one means what the field says. */
function policyOf(type: Policy['type'], texts: Readonly<Record<string, string>>): Policy {
  const value = (name: Field) => {
    const text = texts[name]?.trim() ?? '';
    return text === '' ? fields[name].none : Number(text);
  };
  return {
    type,
    halfLifeDays: value('halfLifeDays'),
    floor: value('floor') ?? 0,
    archiveBelow: value('archiveBelow'),
    accessStretch: value('accessStretch') ?? 0.5,
  };
}

/** Changes how memories of a type decay, after it says what that does. */
export function PolicyDialog({ policy, onClose }: { policy: Policy; onClose: () => void }) {
  const [texts, setTexts] = useState<Record<string, string>>(textsOf(policy));
  const [error, setError] = useState<string>();
  const wanted = policyOf(policy.type, texts);
  const changed = names.filter((name) => wanted[name] !== policy[name]);
  const submit = async () => {
    try {
      await change(setPolicy, wanted);
      notify(`${words(policy.type)} memories decay in another way now.`, { undo: () => void putBack(policy) });
      onClose();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    }
  };
  return (
    <Dialog title={`How ${words(policy.type).toLowerCase()} memories decay`} onClose={onClose}>
      <form
        class="policy-form"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {names.map((name) => (
          <NumberInput
            key={name}
            name={name}
            value={texts[name] ?? ''}
            onSet={(text) => setTexts({ ...texts, [name]: text })}
          />
        ))}
        <Effects policy={policy} wanted={wanted} changed={changed} />
        {error && (
          <p class="warning" role="alert">
            {error}
          </p>
        )}
        <footer>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button button-main" disabled={changed.length === 0}>
            Change the policy
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

async function putBack(policy: Policy): Promise<void> {
  try {
    await change(setPolicy, policy);
    notify(`${words(policy.type)} memories decay as before.`);
  } catch (error) {
    notify(error instanceof Error ? error.message : String(error), { tone: 'failed' });
  }
}

function NumberInput({ name, value, onSet }: { name: Field; value: string; onSet: (text: string) => void }) {
  const { label, empty, min, max } = fields[name];
  const id = `policy-${name}`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="number"
        min={min}
        max={max}
        step="any"
        value={value}
        aria-describedby={`${id}-hint`}
        onInput={({ currentTarget }) => onSet(currentTarget.value)}
      />
      <p class="quiet" id={`${id}-hint`}>
        {min.toLocaleString()} to {max.toLocaleString()}. Empty: {empty}.
      </p>
    </div>
  );
}

const Effects = ({ policy, wanted, changed }: { policy: Policy; wanted: Policy; changed: readonly Field[] }) => (
  <div class="effects" role="status">
    <p>What it will do:</p>
    {changed.length === 0 && <p>Nothing: this is the policy as it is.</p>}
    {changed.map((name) => (
      <p key={name}>
        <b>{fields[name].label}</b>: {said(policy[name])} → {said(wanted[name])}
      </p>
    ))}
    {changed.length > 0 && (
      <p>
        From now on the importance of all {words(policy.type).toLowerCase()} memories of the workspace is read by it;
        reads of the past use the policy of then. Nothing is archived before decay runs. Undo puts the policy back.
      </p>
    )}
  </div>
);
