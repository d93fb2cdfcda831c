import { change } from '../../core/change.ts';
import { ChoiceField, TextField } from '../../parts/fields.tsx';
import { FormDialog, type Values } from '../../parts/form-dialog.tsx';
import { notifyDone } from '../../parts/outcome.ts';
import { mergeContents, reopenContradiction, resolveContradiction, revertMerge } from './documents.ts';
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
  const kept = keep === 'KEEP_MEMORY' ? memory : by;
  const reason = 'Merged with what contradicted it.';
  const { correctMemory: done } = await change(mergeContents, { id: kept.id, kind: 'MISTAKE', content, reason });
  const version = 'memory' in done ? done.memory.id : kept.id;
  const takeBack = () => change(revertMerge, { id: version });
  try {
    await change(resolveContradiction, { id, resolution: keep as 'KEEP_MEMORY' | 'KEEP_BY', note: reason });
  } catch (error) {
    // Half of a merge is none.
    await takeBack();
    throw error;
  }
  const undo = async () => {
    await change(reopenContradiction, { id });
    await takeBack();
  };
  notifyDone('Both are one now.', undo, 'They are two again, and disputed.');
}
