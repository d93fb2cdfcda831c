import { useState } from 'preact/hooks';
import { run } from '../../../core/api.ts';
import { change } from '../../../core/change.ts';
import { fromInput, toInput } from '../../../core/moments.ts';
import { takeBack } from '../../../core/take-back.ts';
import { MomentField, NumberField, TextField } from '../../../parts/fields.tsx';
import { FormDialog, type Values } from '../../../parts/form-dialog.tsx';
import { notifyDone } from '../../../parts/outcome.ts';
import type { Memory } from '../model/types.ts';
import { leftAs, updateMemory } from './documents.ts';
import { numberOf } from './inputs.ts';
import type { ActionProps } from './props.ts';

/** What a change sets, and what it says before. */
interface Stated {
  summary?: string | null;
  importance?: number | null;
  confidence?: number | null;
  expiresAt?: string | null;
  entities?: { type: string; name: string }[];
}

const entitiesText = ({ entities }: Memory) => entities.nodes.map(({ type, name }) => `${type}: ${name}`).join('\n');

/** Entities of lines such as `place: Lisbon`. */
const entitiesOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => {
      const [, type = '', name = ''] = /^([^:]*):(.*)$/.exec(line) ?? [line, '', line];
      return { type: type.trim(), name: name.trim() };
    });

const initialOf = (memory: Memory) => ({
  summary: memory.summary ?? '',
  importance: memory.importance.toFixed(2),
  confidence: String(memory.statedConfidence),
  expiresAt: memory.expiresAt ? toInput(memory.expiresAt) : '',
  entities: entitiesText(memory),
});

/** Changes what is said besides the content. */
export function UpdateDialog({ memory, onClose }: ActionProps) {
  // What others change meanwhile is no change of one's own.
  const [initial] = useState(() => initialOf(memory));
  return (
    <FormDialog
      title="Change this memory"
      initial={initial}
      effects={(values) => <Effects initial={initial} values={values} />}
      action="Change it"
      hasEffect={(values) => changedOf(initial, values).length > 0}
      onClose={onClose}
      onSubmit={(values) => update(memory, initial, values)}
    >
      <TextField name="summary" label="Summary" rows={2} hint="At most 10,000 characters." />
      <div class="field-row">
        <NumberField name="importance" label="Importance" step={0.5} hint="0 to 10." />
        <NumberField name="confidence" label="Confidence" step={0.05} hint="0 to 1." />
      </div>
      <MomentField name="expiresAt" label="Expires" hint="Left empty: never." />
      <TextField name="entities" label="Mentions" rows={4} hint="A line each, such as “place: Lisbon”." />
    </FormDialog>
  );
}

const changedOf = (initial: Values, values: Values) =>
  Object.keys(initial).filter((name) => initial[name] !== values[name]);

function Effects({ initial, values }: { initial: Values; values: Values }) {
  const changed = changedOf(initial, values);
  return (
    <>
      <p>
        The content stays as it is: to change that, or the type, correct it.{' '}
        {changed.length === 0 ? 'Nothing is changed so far.' : `Changed: ${changed.join(', ')}.`}
      </p>
      {changed.includes('importance') && <p>Decay starts again from the new importance, now.</p>}
      <p>Undo sets back what was changed.</p>
    </>
  );
}

async function update(memory: Memory, initial: Values, values: Values): Promise<void> {
  const isChanged = (name: string) => initial[name] !== values[name];
  const after: Stated = {
    ...(isChanged('summary') && { summary: values.summary || null }),
    ...(isChanged('importance') && { importance: numberOf(values.importance) }),
    ...(isChanged('confidence') && { confidence: numberOf(values.confidence) }),
    ...(isChanged('expiresAt') && { expiresAt: fromInput(values.expiresAt ?? '') ?? null }),
    ...(isChanged('entities') && { entities: entitiesOf(values.entities ?? '') }),
  };
  const before: Stated = {
    ...('summary' in after && { summary: memory.summary }),
    ...('importance' in after && { importance: memory.importance }),
    ...('confidence' in after && { confidence: memory.statedConfidence }),
    ...('expiresAt' in after && { expiresAt: memory.expiresAt }),
    ...('entities' in after && { entities: memory.entities.nodes.map(({ type, name }) => ({ type, name })) }),
  };
  const { id } = memory;
  const { updateMemory: done } = await change(updateMemory, { id, ...after });
  if (!('memory' in done)) return;
  const left = { updatedAt: done.memory.updatedAt, accessCount: done.memory.accessCount };
  const undo = () =>
    takeBack(
      left,
      () => nowOf(id),
      () => change(updateMemory, { id, ...before }),
    );
  notifyDone('Changed.', undo, 'It is set back.');
}

/** What moves when a memory is changed or reinforced. */
async function nowOf(id: string): Promise<{ updatedAt: string; accessCount: number } | undefined> {
  const { memory } = await run(leftAs, { id }, { everything: true });
  return memory ? { updatedAt: memory.updatedAt, accessCount: memory.accessCount } : undefined;
}
