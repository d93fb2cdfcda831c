import { change } from '../../../core/change.ts';
import { halfLifeOf } from '../../../core/importance.ts';
import { NumberField } from '../../../parts/fields.tsx';
import { FormDialog, type Values } from '../../../parts/form-dialog.tsx';
import { notify } from '../../../parts/toast.tsx';
import type { Memory } from '../model/types.ts';
import { reinforceMemories } from './documents.ts';
import { numberOf } from './inputs.ts';
import type { ActionProps } from './props.ts';

/** Says that the memory was useful. */
export function ReinforceDialog({ memory, policy, onClose }: ActionProps) {
  return (
    <FormDialog
      title="Reinforce this memory"
      initial={{ delta: '0' }}
      effects={({ delta }) => <Effects memory={memory} policy={policy} delta={numberOf(delta) ?? 0} />}
      action="Reinforce it"
      onClose={onClose}
      onSubmit={(values) => reinforce(memory, values)}
    >
      <NumberField
        name="delta"
        label="Added to its importance"
        step={0.5}
        hint="Importance stays within 0 to 10. Below 0 no access is counted."
      />
    </FormDialog>
  );
}

function Effects({ memory, policy, delta }: Omit<ActionProps, 'onClose'> & { delta: number }) {
  const after = Math.min(10, Math.max(0, memory.importance + delta));
  const [now, later] = [
    policy && halfLifeOf(policy, memory.accessCount),
    policy && halfLifeOf(policy, memory.accessCount + 1),
  ];
  return (
    <>
      <p>
        Its importance goes from {memory.importance.toFixed(1)} to {after.toFixed(1)}, and decays from there.
      </p>
      {delta >= 0 && (
        <p>
          An access is counted: {memory.accessCount} → {memory.accessCount + 1}
          {now && later && `, so that it halves in ${Math.round(later)} days instead of ${Math.round(now)}`}.
        </p>
      )}
      <p>There is no undo: an access stays counted. The importance can be set again with Change.</p>
    </>
  );
}

async function reinforce({ id }: Memory, { delta }: Values): Promise<void> {
  await change(reinforceMemories, { ids: [id], delta: numberOf(delta) ?? 0 });
  notify('Reinforced.');
}
