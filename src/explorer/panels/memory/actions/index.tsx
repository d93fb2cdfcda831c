import type { FunctionComponent } from 'preact';
import { useState } from 'preact/hooks';
import { archive, forget, restore, undoCorrection } from './confirmed.tsx';
import { ContradictDialog } from './contradict.tsx';
import { CorrectDialog } from './correct.tsx';
import type { ActionProps } from './props.ts';
import { ReinforceDialog } from './reinforce.tsx';
import { RelateDialog } from './relate.tsx';
import { RetractDialog } from './retract.tsx';
import { UpdateDialog } from './update.tsx';

const dialogs: Readonly<Record<string, FunctionComponent<ActionProps>>> = {
  Correct: CorrectDialog,
  Retract: RetractDialog,
  Contradict: ContradictDialog,
  Relate: RelateDialog,
  Reinforce: ReinforceDialog,
  Change: UpdateDialog,
};

/** Those that are about a version that is believed. */
const ofBelieved = ['Correct', 'Retract', 'Contradict'];

/** What can be done with a memory; each says before what it will do. */
export function Actions({ memory, policy }: Omit<ActionProps, 'onClose'>) {
  const [open, setOpen] = useState<string>();
  const Open = open === undefined ? undefined : dialogs[open];
  const isBelieved = memory.retractedAt === null;
  return (
    <section class="memory-actions" aria-label="What you can do">
      {Object.keys(dialogs)
        .filter((name) => isBelieved || !ofBelieved.includes(name))
        .map((name) => (
          <button key={name} type="button" class="button" onClick={() => setOpen(name)}>
            {name}
          </button>
        ))}
      <button type="button" class="button" onClick={() => void (memory.archivedAt ? restore : archive)(memory)}>
        {memory.archivedAt ? 'Restore' : 'Archive'}
      </button>
      {(memory.versions.totalCount > 1 || !isBelieved || memory.status === 'ENDED') && (
        <button type="button" class="button" onClick={() => void undoCorrection(memory)}>
          Undo correction
        </button>
      )}
      <button type="button" class="button button-forget" onClick={() => void forget(memory)}>
        Forget
      </button>
      {Open && <Open memory={memory} policy={policy} onClose={() => setOpen(undefined)} />}
    </section>
  );
}
