import { change } from '../../core/change.ts';
import { confirm } from '../../parts/confirm.tsx';
import { notify } from '../../parts/toast.tsx';
import type { Variables } from './asked.ts';
import { decay, restore } from './documents.ts';

/** A restore takes at most so many, and a report names at most so many. */
const NAMED = 100;

const fail = (error: unknown) => notify(error instanceof Error ? error.message : String(error), { tone: 'failed' });

const count = (number: number) => `${number.toLocaleString()} ${number === 1 ? 'memory' : 'memories'}`;

/** Says what decay will archive, and does it. `expected`: how many the preview counts. */
export async function runDecay(variables: Variables, expected: number, when: string): Promise<void> {
  const isSure = await confirm({
    title: expected === 0 ? 'Run decay?' : `Archive ${count(expected)}?`,
    effects: <Effects expected={expected} when={when} />,
    action: 'Run decay',
  });
  if (!isSure) return;
  try {
    const { decayImportance } = await change(decay, { ...variables });
    if (decayImportance.__typename !== 'DecayImportancePayload') return;
    const { examined, archived, archivedMemories } = decayImportance.report;
    const ids = archivedMemories.map(({ id }) => id);
    const text = `${count(archived)} of ${examined.toLocaleString()} ${archived === 1 ? 'was' : 'were'} archived.`;
    notify(text, ids.length > 0 ? { undo: () => bringBack(ids, archived) } : {});
  } catch (error) {
    fail(error);
  }
}

const Effects = ({ expected, when }: { expected: number; when: string }) => (
  <>
    <p>
      Memories whose importance is below what their type’s policy archives, {when}, are archived: {count(expected)} by
      the preview. They are not recalled and not listed any more, unless somebody asks for archived ones.
    </p>
    <p>The importance that was stated stays as it is, and so do relations, versions and disputes.</p>
    <p>
      {expected > NAMED
        ? `Undo takes back the ${NAMED} least important ones, which the answer names. The others can be restored one by one.`
        : 'Undo takes them out of the archive.'}
    </p>
  </>
);

async function bringBack(ids: string[], archived: number): Promise<void> {
  try {
    await change(restore, { ids });
    const rest = archived - ids.length;
    notify(`${count(ids.length)} restored.${rest > 0 ? ` ${rest.toLocaleString()} others are still archived.` : ''}`);
  } catch (error) {
    fail(error);
  }
}
