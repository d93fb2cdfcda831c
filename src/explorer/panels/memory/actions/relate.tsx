import { useState } from 'preact/hooks';
import { change } from '../../../core/change.ts';
import { ChoiceField, NumberField } from '../../../parts/fields.tsx';
import { FindMemory, type FoundMemory } from '../../../parts/find/find-memory.tsx';
import { FormDialog, type Values } from '../../../parts/form-dialog.tsx';
import { notifyDone } from '../../../parts/outcome.ts';
import type { Memory } from '../model/types.ts';
import { relateMemories, unrelateMemories } from './documents.ts';
import { numberOf } from './inputs.ts';
import type { ActionProps } from './props.ts';

const types = ['ELABORATES', 'REFERENCES', 'FOLLOWS', 'CAUSES'] as const;

/** Makes a relation between this memory and another one. */
export function RelateDialog({ memory, onClose }: ActionProps) {
  const [other, setOther] = useState<FoundMemory>();
  return (
    <FormDialog
      title="Relate this memory"
      initial={{ toId: '', type: 'ELABORATES', direction: 'OUT', strength: '1' }}
      effects={({ type = '', direction }) => <Effects type={type} isOut={direction === 'OUT'} other={other} />}
      action="Relate them"
      onClose={onClose}
      onSubmit={(values) => relate(memory, other, values)}
    >
      <FindMemory
        label="The other memory"
        name="toId"
        companion={memory.companion.key}
        without={memory.versions.nodes.map(({ id }) => id)}
        chosen={other}
        onChoose={setOther}
      />
      <div class="field-row">
        <ChoiceField name="type" label="Type" options={types.map((value) => ({ value, text: value }))} />
        <ChoiceField
          name="direction"
          label="Direction"
          options={[
            { value: 'OUT', text: 'From this memory' },
            { value: 'IN', text: 'To this memory' },
          ]}
        />
      </div>
      <NumberField name="strength" label="How strong" step={0.05} hint="0 to 1. Left empty: 1." />
    </FormDialog>
  );
}

function Effects({ type, isOut, other }: { type: string; isOut: boolean; other: FoundMemory | undefined }) {
  const name = other ? `“${other.content}”` : 'the other one';
  const verb = type.toLowerCase();
  return (
    <>
      <p>{isOut ? `This memory ${verb} ${name}.` : `The other way: ${name} ${verb} this memory.`}</p>
      <p>Undo ends the relation.</p>
    </>
  );
}

async function relate({ id }: Memory, other: FoundMemory | undefined, values: Values): Promise<void> {
  if (!other) throw new Error('Choose the other memory.');
  const [fromId, toId] = values.direction === 'OUT' ? [id, other.id] : [other.id, id];
  const { relateMemories: done } = await change(relateMemories, {
    fromId,
    toId,
    type: values.type as (typeof types)[number],
    strength: numberOf(values.strength) ?? 1,
  });
  if (!('relation' in done)) return;
  const undo = () => change(unrelateMemories, { relationId: done.relation.id });
  notifyDone('The two are related.', undo, 'The relation is ended.');
}
