import { run } from '../../../core/api.ts';
import { change } from '../../../core/change.ts';
import type { ResultOf } from '../../../core/graphql.ts';
import { go } from '../../../core/route.ts';
import { takeBack } from '../../../core/take-back.ts';
import { confirm } from '../../../parts/confirm.tsx';
import { takeBackCorrection } from '../../../parts/correction/take-back.ts';
import { notifyDone, notifyFailure } from '../../../parts/outcome.ts';
import { notify } from '../../../parts/toast.tsx';
import type { Memory } from '../model/types.ts';
import { archiveMemories, forgetMemories, leftAs, restoreMemories, whatGoes } from './documents.ts';

/** Archives a memory, once that is confirmed. */
export async function archive({ id }: Memory): Promise<void> {
  const isYes = await confirm({
    title: 'Archive this memory?',
    effects: <p>Lists and recall no longer show it. It stays as it is, and Undo or Restore takes it out again.</p>,
    action: 'Archive it',
  });
  if (!isYes) return;
  await setArchived(id, true, 'Archived.', 'It is out of the archive again.');
}

/** Takes a memory out of the archive, once that is confirmed. */
export async function restore({ id }: Memory): Promise<void> {
  const isYes = await confirm({
    title: 'Restore this memory?',
    effects: <p>Lists and recall show it again. Undo archives it.</p>,
    action: 'Restore it',
  });
  if (!isYes) return;
  await setArchived(id, false, 'Restored.', 'It is archived again.');
}

/** Archives a memory or restores it, says so, and offers to undo it. */
async function setArchived(id: string, isArchived: boolean, said: string, undone: string): Promise<void> {
  const send = async (to: boolean) =>
    to
      ? (await change(archiveMemories, { ids: [id] })).archiveMemories
      : (await change(restoreMemories, { ids: [id] })).restoreMemories;
  try {
    const done = await send(isArchived);
    const left = 'memories' in done ? done.memories[0]?.archivedAt : undefined;
    const undo = () =>
      takeBack(
        left,
        () => archivedAt(id),
        () => send(!isArchived),
      );
    notifyDone(said, undo, undone);
  } catch (error) {
    notifyFailure(error);
  }
}

/** Since when a memory is archived; undefined: it has been forgotten. */
const archivedAt = async (id: string) => (await run(leftAs, { id }, { everything: true })).memory?.archivedAt;

/** Takes the newest correction or retraction back, once that is confirmed. */
export async function undoCorrection(memory: Memory): Promise<void> {
  const isYes = await confirm({
    title: 'Undo the newest correction?',
    effects: (
      <>
        <p>
          The newest correction or retraction of this memory is taken back: the version before it is believed again.
        </p>
        <p>
          What it replaced it by is no longer believed, and can still be read in the past. To get it back, correct it
          again.
        </p>
      </>
    ),
    action: 'Undo it',
  });
  if (!isYes) return;
  try {
    const version = await takeBackCorrection(memory.id, memory);
    notify('The newest correction is taken back.');
    go('memory', version);
  } catch (error) {
    notifyFailure(error);
  }
}

type Goes = NonNullable<ResultOf<typeof whatGoes>['memory']>;

/** Erases a memory for good, once what goes with it is confirmed. */
export async function forget({ id }: Memory): Promise<void> {
  try {
    const { memory } = await run(whatGoes, { id }, { everything: true });
    if (!memory) return notify('It has been forgotten already.', { tone: 'failed' });
    const isYes = await confirm({
      title: 'Forget this memory for good?',
      effects: <Forgotten goes={memory} />,
      action: 'Forget it for good',
      isFinal: true,
    });
    if (!isYes) return;
    const { forgetMemories: done } = await change(forgetMemories, { ids: [id] });
    go('memory');
    const count = 'forgottenIds' in done ? done.forgottenIds.length : 1;
    notify(`Forgotten for good: ${counted(count, 'version')}.`);
  } catch (error) {
    notifyFailure(error);
  }
}

const counted = (count: number, of: string) => `${count} ${of}${count === 1 ? '' : 's'}`;

function Forgotten({ goes: { versions, relations, contradictions, history, message, entities } }: { goes: Goes }) {
  const own = new Set(versions.nodes.map(({ id }) => id));
  const alone = entities.nodes.filter(
    ({ memories }) => memories.totalCount === memories.nodes.length && memories.nodes.every(({ id }) => own.has(id)),
  );
  return (
    <>
      <p>Erased, now and in the past, so that nothing of it can be read any more:</p>
      <ul>
        <li>
          {counted(versions.totalCount, 'version')} with {versions.totalCount === 1 ? 'its vector' : 'their vectors'}:
          <ul>
            {versions.nodes.map((version) => (
              <li key={version.id}>{version.content}</li>
            ))}
          </ul>
        </li>
        <li>{counted(relations.totalCount, 'relation')}</li>
        <li>{counted(contradictions.totalCount, 'dispute')}</li>
        <li>{counted(history.totalCount, 'event')} of its history</li>
        {message && <li>the words of the message that it was made from</li>}
        {alone.length > 0 && (
          <li>
            what no other memory mentions, unless it was made by its name: {alone.map(({ name }) => name).join(', ')}
          </li>
        )}
      </ul>
    </>
  );
}
