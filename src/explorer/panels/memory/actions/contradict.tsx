import { useState } from 'preact/hooks';
import { change } from '../../../core/change.ts';
import { confidenceWith, holds } from '../../../core/confidence.ts';
import { percent } from '../../../core/text.ts';
import { NumberField, TextField } from '../../../parts/fields.tsx';
import { FindMemory, type FoundMemory } from '../../../parts/find/find-memory.tsx';
import { FormDialog, type Values } from '../../../parts/form-dialog.tsx';
import { notifyDone } from '../../../parts/outcome.ts';
import type { Memory } from '../model/types.ts';
import { contradictMemory, dismissContradiction } from './documents.ts';
import { numberOf } from './inputs.ts';
import type { ActionProps } from './props.ts';

/** What counts where nothing is put in, as for the server. */
const STRENGTH = 1;

/** Says that another memory contradicts this one. */
export function ContradictDialog({ memory, onClose }: ActionProps) {
  const [by, setBy] = useState<FoundMemory>();
  return (
    <FormDialog
      title="Contradict this memory"
      initial={{ memoryId: '', strength: '1', reason: '' }}
      effects={(values) => <Effects memory={memory} by={by} strength={numberOf(values.strength) ?? STRENGTH} />}
      action="Open a dispute"
      onClose={onClose}
      onSubmit={(values) => contradict(memory, by, values)}
    >
      <FindMemory
        label="What contradicts it"
        name="memoryId"
        companion={memory.companion.key}
        without={memory.versions.nodes.map(({ id }) => id)}
        chosen={by}
        onChoose={setBy}
      />
      <NumberField name="strength" label="How strongly" step={0.05} hint="0 to 1. Left empty: 1." />
      <TextField name="reason" label="Reason" rows={2} hint="In your own words; may be left out." />
    </FormDialog>
  );
}

function Effects({ memory, by, strength }: { memory: Memory; by: FoundMemory | undefined; strength: number }) {
  const now = Date.now();
  const isCounted = by !== undefined && holds(memory, now) && holds(by, now);
  if (!isCounted || !(strength >= 0 && strength <= 1)) {
    return <p>Both become disputed while both are true, each with a lower confidence, until somebody decides.</p>;
  }
  const own = confidenceWith(memory, { strength, by: by.statedConfidence });
  const others = confidenceWith(by, { strength, by: memory.statedConfidence });
  return (
    <>
      <p>Both become disputed while both are true, until somebody decides:</p>
      <ul>
        <li>
          this memory: confidence {percent(memory.confidence)} → {percent(own)}
        </li>
        <li>
          the other one: {percent(by.confidence)} → {percent(others)}
        </li>
      </ul>
      <p>Undo dismisses the dispute: both are as they were.</p>
    </>
  );
}

async function contradict({ id }: Memory, by: FoundMemory | undefined, { strength, reason }: Values): Promise<void> {
  if (!by) throw new Error('Choose the memory that contradicts this one.');
  const { contradictMemory: done } = await change(contradictMemory, {
    id,
    by: { memoryId: by.id },
    strength: numberOf(strength) ?? STRENGTH,
    ...(reason && { reason }),
  });
  if (!('contradiction' in done)) return;
  const undo = () => change(dismissContradiction, { id: done.contradiction.id, resolution: 'DISMISSED' as const });
  notifyDone('The dispute is open.', undo, 'The dispute is dismissed.');
}
