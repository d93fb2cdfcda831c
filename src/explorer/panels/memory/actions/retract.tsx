import { change } from '../../../core/change.ts';
import { fromInput, minuteText } from '../../../core/moments.ts';
import { takeBackCorrection } from '../../../parts/correction/take-back.ts';
import { ChoiceField, MomentField, TextField } from '../../../parts/fields.tsx';
import { FormDialog, useForm, type Values } from '../../../parts/form-dialog.tsx';
import { notifyDone } from '../../../parts/outcome.ts';
import type { Memory } from '../model/types.ts';
import { retractMemory } from './documents.ts';
import { correctionKinds } from './inputs.ts';
import type { ActionProps } from './props.ts';

/** Says that a memory is not true, or no longer, with nothing in its place. */
export function RetractDialog({ memory, onClose }: ActionProps) {
  return (
    <FormDialog
      title="Retract this memory"
      initial={{ kind: 'MISTAKE', effectiveAt: '', reason: '' }}
      effects={(values) => <Effects values={values} />}
      action="Retract it"
      onClose={onClose}
      onSubmit={(values) => retract(memory, values)}
    >
      <ChoiceField name="kind" label="What is wrong" options={correctionKinds} />
      <End />
      <TextField name="reason" label="Reason" rows={2} hint="In your own words; may be left out." />
    </FormDialog>
  );
}

const End = () =>
  useForm().values.kind === 'CHANGE' ? (
    <MomentField name="effectiveAt" label="When it stopped being true" hint="Left empty: now." />
  ) : null;

function Effects({ values }: { values: Values }) {
  const at = fromInput(values.effectiveAt ?? '');
  return (
    <>
      <p>
        {values.kind === 'CHANGE'
          ? `It ends ${at ? `at ${minuteText(at)}` : 'now'}: it was true until then, and nothing takes its place.`
          : 'It is no longer believed: it was never true, and nothing takes its place. What rests on it becomes suspect.'}
      </p>
      <p>It can still be read in the past. Undo makes it believed again.</p>
    </>
  );
}

async function retract({ id }: Memory, { kind, effectiveAt, reason }: Values): Promise<void> {
  const isChange = kind === 'CHANGE';
  const moment = fromInput(effectiveAt ?? '');
  const { retractMemory: done } = await change(retractMemory, {
    id,
    kind: isChange ? 'CHANGE' : 'MISTAKE',
    ...(isChange && moment && { effectiveAt: moment }),
    ...(reason && { reason }),
  });
  if (!('memory' in done)) return;
  const { memory: left } = done;
  notifyDone('Retracted.', () => takeBackCorrection(left.id, left), 'The memory is believed again.');
}
