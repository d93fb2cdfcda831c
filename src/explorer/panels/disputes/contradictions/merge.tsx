import { change } from '../../../core/change.ts';
import { revertCorrection } from '../../../parts/correction/documents.ts';
import { expectStanding, takeBackCorrection } from '../../../parts/correction/take-back.ts';
import { ChoiceField, TextField } from '../../../parts/fields.tsx';
import { FormDialog, type Values } from '../../../parts/form-dialog.tsx';
import { notifyDone } from '../../../parts/outcome.ts';
import { mergeContents, resolveContradiction } from './documents.ts';
import { takeBackDecision } from './take-back.ts';
import type { Contradiction } from './types.ts';

/** Makes one memory of both: one side is corrected to say what both say, and kept; the other is retracted. */
export function MergeDialog({ dispute, onClose }: { dispute: Contradiction; onClose: () => void }) {
  const { memory, by } = dispute;
  return (
    <FormDialog
      title="Merge both into one?"
      initial={{
        keep: memory.confidence >= by.confidence ? 'KEEP_MEMORY' : 'KEEP_BY',
        content: `${memory.content} ${by.content}`,
      }}
      effects={({ keep }) => <Effects isFirst={keep === 'KEEP_MEMORY'} />}
      action="Merge them"
      onClose={onClose}
      onSubmit={(values) => merge(dispute, values)}
    >
      <TextField name="content" label="What is right" rows={5} hint="One statement instead of both." />
      <ChoiceField
        name="keep"
        label="It takes the place of"
        options={[
          { value: 'KEEP_MEMORY', text: 'the first' },
          { value: 'KEEP_BY', text: 'the second' },
        ]}
      />
    </FormDialog>
  );
}

const Effects = ({ isFirst }: { isFirst: boolean }) => (
  <>
    <p>
      The {isFirst ? 'first' : 'second'} is corrected (MISTAKE): the new text takes its place, with its dates and
      relations. The {isFirst ? 'second' : 'first'} is retracted, and the dispute is decided.
    </p>
    <p>Both can still be read in the past. Undo takes both steps back.</p>
  </>
);

async function merge({ id, memory, by }: Contradiction, { keep, content = '' }: Values): Promise<void> {
  const resolution = keep === 'KEEP_BY' ? 'KEEP_BY' : 'KEEP_MEMORY';
  const isFirst = resolution === 'KEEP_MEMORY';
  const note = 'Merged with what contradicted it.';
  const corrected = await change(mergeContents, {
    id: isFirst ? memory.id : by.id,
    kind: 'MISTAKE',
    content,
    reason: note,
  });
  if (!('memory' in corrected.correctMemory)) return;
  const { memory: version } = corrected.correctMemory;
  const resolved = await change(resolveContradiction, { id, resolution, note }).catch(async (error: unknown) => {
    // Half of a merge is none.
    await takeBackCorrection(version.id, version);
    throw error;
  });
  if (!('contradiction' in resolved.resolveContradiction)) return;
  const { contradiction } = resolved.resolveContradiction;
  const undo = async () => {
    await expectStanding(version.id, isFirst ? contradiction.memory : contradiction.by);
    await takeBackDecision(contradiction);
    await change(revertCorrection, { id: version.id });
  };
  notifyDone('Both are one now.', undo, 'They are two again, and disputed.');
}
