import { useState } from 'preact/hooks';
import { change } from '../../../core/change.ts';
import { fromInput, minuteText } from '../../../core/moments.ts';
import { go } from '../../../core/route.ts';
import { memoryTypes } from '../../../parts/badges.tsx';
import { takeBackCorrection } from '../../../parts/correction/take-back.ts';
import { ChoiceField, MomentField, NumberField, TextField } from '../../../parts/fields.tsx';
import { FormDialog, useForm, type Values } from '../../../parts/form-dialog.tsx';
import { notifyDone } from '../../../parts/outcome.ts';
import type { Memory } from '../model/types.ts';
import { correctMemory } from './documents.ts';
import { correctionKinds, numberOf } from './inputs.ts';
import type { ActionProps } from './props.ts';

/** Another version: in place of what was never true, or after what stopped being true. */
export function CorrectDialog({ memory: latest, onClose }: ActionProps) {
  // What others change meanwhile is no change of one's own.
  const [memory] = useState(latest);
  return (
    <FormDialog
      title="Correct this memory"
      initial={{
        kind: 'MISTAKE',
        content: memory.content,
        effectiveAt: '',
        validFrom: '',
        validUntil: '',
        type: memory.type,
        confidence: String(memory.statedConfidence),
        reason: '',
      }}
      effects={(values) => <Effects memory={memory} values={values} />}
      action="Correct it"
      onClose={onClose}
      onSubmit={(values) => correct(memory, values)}
    >
      <ChoiceField name="kind" label="What is wrong" options={correctionKinds} />
      <TextField name="content" label="What is right" rows={4} hint="1 to 100,000 characters." />
      <Since />
      <MomentField name="validUntil" label="True until" hint="Left empty: as before." />
      <div class="field-row">
        <ChoiceField name="type" label="Type" options={memoryTypes.map((value) => ({ value, text: value }))} />
        <NumberField name="confidence" label="Confidence" step={0.05} hint="0 to 1." />
      </div>
      <TextField name="reason" label="Reason" rows={2} hint="In your own words; may be left out." />
    </FormDialog>
  );
}

/** Since when the new text is true: the input that the kind has. */
function Since() {
  const { values } = useForm();
  return values.kind === 'CHANGE' ? (
    <MomentField name="effectiveAt" label="When it changed" hint="Left empty: now." />
  ) : (
    <MomentField name="validFrom" label="True since" hint="Left empty: as before." />
  );
}

function Effects({ memory, values }: { memory: Memory; values: Values }) {
  if (values.kind === 'CHANGE') {
    const at = fromInput(values.effectiveAt ?? '');
    return (
      <>
        <p>
          The present text ends {at ? `at ${minuteText(at)}` : 'now'}: it was true until then. The new one is true from
          then on. Relations lead to the version that is valid.
        </p>
        <p>Undo takes the new version back.</p>
      </>
    );
  }
  const from = fromInput(values.validFrom ?? '');
  return (
    <>
      <p>
        The present text is no longer believed: it was never true. The new one takes its place, true since{' '}
        {minuteText(from ?? memory.validFrom)}. What rests on the old text becomes suspect.
      </p>
      <p>The old text can still be read in the past. Undo takes the new version back.</p>
    </>
  );
}

async function correct(memory: Memory, values: Values): Promise<void> {
  const { kind, content = '', type, reason } = values;
  const isChange = kind === 'CHANGE';
  const moment = fromInput((isChange ? values.effectiveAt : values.validFrom) ?? '');
  const validUntil = fromInput(values.validUntil ?? '');
  const confidence = numberOf(values.confidence);
  const { correctMemory: done } = await change(correctMemory, {
    id: memory.id,
    kind: isChange ? 'CHANGE' : 'MISTAKE',
    content,
    type: type as Memory['type'],
    ...(confidence !== memory.statedConfidence && { confidence }),
    ...(moment && (isChange ? { effectiveAt: moment } : { validFrom: moment })),
    ...(validUntil && { validUntil }),
    ...(reason && { reason }),
  });
  if (!('memory' in done)) return;
  const { memory: made } = done;
  go('memory', made.id);
  const undo = async () => {
    await takeBackCorrection(made.id, made);
    go('memory', memory.id);
  };
  notifyDone('Corrected.', undo, 'The correction is taken back.');
}
