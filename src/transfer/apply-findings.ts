import { momentIn, type WriteTransaction } from '../db/transaction.ts';
import { bringFindings } from '../domain/finding/bring.ts';
import { refuseFuture } from './apply-decisions.ts';
import type { Counts } from './counts.ts';
import type { FindingItem, Numbered } from './format/items.ts';

/** Makes the findings that are not there. `standing` gives the key a memory of the file has here. */
export async function applyFindings(
  tx: WriteTransaction,
  findings: readonly Numbered<FindingItem>[],
  standing: (key: string) => string,
  counts: Counts,
): Promise<void> {
  if (findings.length === 0) return;
  const now = await momentIn(tx);
  for (const { line, item } of findings) {
    refuseFuture(line, item.recordedAt, now);
    refuseFuture(line, item.judgedAt, now);
    refuseFuture(line, item.confirmedAt, now);
  }
  const made = await bringFindings(
    tx,
    findings.map(({ item: { kind: _, as, memory, by, recordedAt, ...finding } }) => ({
      ...finding,
      kind: as,
      memoryId: standing(memory.uuid),
      byId: standing(by.uuid),
      foundAt: recordedAt,
    })),
  );
  counts.add('finding', true, made);
  counts.add('finding', false, findings.length - made);
}
