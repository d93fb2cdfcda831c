import { run } from '../../core/api.ts';
import { change } from '../../core/change.ts';
import { takeBack } from '../../core/take-back.ts';
import { words } from '../../parts/badges.tsx';
import { NumberField } from '../../parts/fields.tsx';
import { FormDialog, type Values } from '../../parts/form-dialog.tsx';
import { notifyDone } from '../../parts/outcome.ts';
import type { Policy } from '../../parts/policy-table/policy-table.tsx';
import { policiesNow, setPolicy } from './documents.ts';

const fields = {
  halfLifeDays: { label: 'Half-life in days', hint: '0.001 to 1,000,000. Empty: it never decays.', none: null },
  floor: { label: 'Never below', hint: '0 to 10. Empty: 0.', none: 0 },
  archiveBelow: { label: 'Archived below', hint: '0 to 10. Empty: none is archived.', none: null },
  accessStretch: {
    label: 'Half-life longer with each access by (1 is 100 %)',
    hint: '0 to 1,000. Empty: 0.5.',
    none: 0.5,
  },
} as const;

type Field = keyof typeof fields;
const names = Object.keys(fields) as Field[];

const said = (value: number | null) => (value === null ? 'none' : String(value));
const textsOf = (policy: Policy): Values => Object.fromEntries(names.map((name) => [name, String(policy[name] ?? '')]));

/** The policy that these texts make; an empty one means what the field says. */
function policyOf(type: Policy['type'], texts: Values): Policy {
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

const changedOf = (policy: Policy, wanted: Policy) => names.filter((name) => wanted[name] !== policy[name]);

/** Changes how memories of a type decay, after it says what that does. */
export const PolicyDialog = ({ policy, onClose }: { policy: Policy; onClose: () => void }) => (
  <FormDialog
    title={`How ${words(policy.type).toLowerCase()} memories decay`}
    initial={textsOf(policy)}
    effects={(values) => <Effects policy={policy} wanted={policyOf(policy.type, values)} />}
    action="Change the policy"
    hasEffect={(values) => changedOf(policy, policyOf(policy.type, values)).length > 0}
    onClose={onClose}
    onSubmit={(values) => submit(policy, policyOf(policy.type, values))}
  >
    {names.map((name) => (
      <NumberField key={name} name={name} step="any" label={fields[name].label} hint={fields[name].hint} />
    ))}
  </FormDialog>
);

async function submit(before: Policy, wanted: Policy): Promise<void> {
  const { type } = before;
  const { setDecayPolicy: done } = await change(setPolicy, wanted);
  if (!('policy' in done)) return;
  const undo = () =>
    takeBack<Policy | undefined>(
      done.policy,
      () => policyNow(type),
      () => change(setPolicy, before),
    );
  notifyDone(`${words(type)} memories decay in another way now.`, undo, `${words(type)} memories decay as before.`);
}

const policyNow = async (type: Policy['type']) =>
  (await run(policiesNow, {}, { everything: true })).viewer.workspace.decayPolicies.find((each) => each.type === type);

function Effects({ policy, wanted }: { policy: Policy; wanted: Policy }) {
  const changed = changedOf(policy, wanted);
  if (changed.length === 0) return <p>Nothing: this is the policy as it is.</p>;
  return (
    <>
      {changed.map((name) => (
        <p key={name}>
          <b>{fields[name].label}</b>: {said(policy[name])} → {said(wanted[name])}
        </p>
      ))}
      <p>
        From now on the importance of all {words(policy.type).toLowerCase()} memories of the workspace is read by it;
        reads of the past use the policy of then. Nothing is archived before decay runs. Undo puts the policy back.
      </p>
    </>
  );
}
