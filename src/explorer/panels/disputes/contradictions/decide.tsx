import { change } from '../../../core/change.ts';
import { confirm } from '../../../parts/confirm.tsx';
import { notifyDone, notifyFailure } from '../../../parts/outcome.ts';
import { notify } from '../../../parts/toast.tsx';
import { resolveContradiction } from './documents.ts';
import { decidedWords, decisions, effectsOf } from './effects.ts';
import { takeBackDecision } from './take-back.ts';
import type { Contradiction, Resolution } from './types.ts';

/** The input of the reason, in the dialog that asks. */
const NOTE_ID = 'dispute-note';

/** Decides a dispute, once what it will do is confirmed. */
export async function decide(dispute: Contradiction, resolution: Resolution): Promise<void> {
  let note = '';
  const isYes = await confirm({
    title: `${decisions[resolution]}?`,
    effects: (
      <>
        {effectsOf(dispute, resolution).map((effect) => (
          <p key={effect}>{effect}</p>
        ))}
        <p>Undo opens the dispute again, and sets back what this changes.</p>
        <label for={NOTE_ID}>Reason, if you want to say it</label>
        <input
          id={NOTE_ID}
          type="text"
          autocomplete="off"
          onInput={({ currentTarget }) => {
            note = currentTarget.value;
          }}
        />
      </>
    ),
    action: decisions[resolution],
  });
  if (!isYes) return;
  const { id } = dispute;
  try {
    const { resolveContradiction: done } = await change(resolveContradiction, {
      id,
      resolution,
      ...(note && { note }),
    });
    if (!('contradiction' in done)) return;
    const { contradiction } = done;
    notifyDone(`${decidedWords(resolution)}.`, () => takeBackDecision(contradiction), 'It is open again.');
  } catch (error) {
    notifyFailure(error);
  }
}

/** Opens a decided dispute again, once that is confirmed. */
export async function reopen(dispute: Contradiction): Promise<void> {
  const { memory, by, resolution } = dispute;
  const isYes = await confirm({
    title: 'Undo this decision?',
    effects: (
      <>
        <p>
          The dispute between “{memory.content}” and “{by.content}” is open again, as if it had not been decided.
        </p>
        {(resolution === 'KEEP_MEMORY' || resolution === 'KEEP_BY') && <p>What was retracted is believed again.</p>}
        {resolution === 'SUCCEEDED' && <p>The earlier one no longer ends where the later one begins.</p>}
        <p>While both are true they are disputed, each with a lower confidence.</p>
      </>
    ),
    action: 'Open it again',
  });
  if (!isYes) return;
  await takeBackDecision(dispute).then(() => notify('The dispute is open again.'), notifyFailure);
}
