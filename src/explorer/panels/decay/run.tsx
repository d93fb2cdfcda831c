import { run } from '../../core/api.ts';
import { change } from '../../core/change.ts';
import { confirm } from '../../parts/confirm.tsx';
import { notifyFailure } from '../../parts/outcome.ts';
import { notify } from '../../parts/toast.tsx';
import type { Variables } from './asked.ts';
import { archivedNow, decay, restore } from './documents.ts';

/** A restore takes at most so many, and a report names at most so many. */
const NAMED = 100;

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
    const text = `${count(archived)} of ${examined.toLocaleString()} ${archived === 1 ? 'was' : 'were'} archived.`;
    notify(text, archivedMemories.length > 0 ? { undo: () => bringBack(archivedMemories, archived) } : {});
  } catch (error) {
    notifyFailure(error);
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

/** A memory that decay archived. */
interface Archived {
  id: string;
  archivedAt: string | null;
}

/** Takes what decay archived out of the archive; what somebody has restored and archived since stays there. */
async function bringBack(left: readonly Archived[], archived: number): Promise<void> {
  try {
    const { nodes } = await run(archivedNow, { ids: left.map(({ id }) => id) }, { everything: true });
    const now = new Map(nodes.flatMap((node) => (node && 'archivedAt' in node ? [[node.id, node.archivedAt]] : [])));
    const ids = left.filter(({ id, archivedAt }) => now.get(id) === archivedAt).map(({ id }) => id);
    if (ids.length > 0) await change(restore, { ids });
    const [changed, others] = [left.length - ids.length, archived - left.length];
    notify(
      [
        `${count(ids.length)} restored.`,
        changed > 0 && `${count(changed)} changed since, and stay as they are.`,
        others > 0 && `${others.toLocaleString()} others are still archived.`,
      ]
        .filter(Boolean)
        .join(' '),
    );
  } catch (error) {
    notifyFailure(error);
  }
}
