import { momentIn, type WriteTransaction } from '../db/transaction.ts';
import { ensureOwner } from '../domain/working-memory/owner.ts';
import { putVersion } from '../domain/working-memory/write.ts';
import type { Counts } from './counts.ts';
import { LineProblem, type Numbered, type WorkingMemoryItem } from './format/items.ts';

/** Writes the versions of working memories that are not there, in the order of the file. */
export async function applyWorkingMemories(
  tx: WriteTransaction,
  versions: readonly Numbered<WorkingMemoryItem>[],
  counts: Counts,
): Promise<void> {
  if (versions.length === 0) return;
  const now = await momentIn(tx);
  for (const { line, item } of versions) {
    if (item.past.writtenAt > now) {
      throw new LineProblem(line, `recordedAt: ${item.past.writtenAt.toISOString()} is in the future.`);
    }
    const owner = await ensureOwner(tx, item.of);
    counts.add('workingMemory', await putVersion(tx, owner, item.past));
  }
}
