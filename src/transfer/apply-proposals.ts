import { momentIn, type WriteTransaction } from '../db/transaction.ts';
import { bringProposals } from '../domain/proposal/bring.ts';
import { refuseFuture } from './apply-decisions.ts';
import type { Counts } from './counts.ts';
import type { Numbered, ProposalItem } from './format/items.ts';

/** Makes the proposals that are not there. `standing` gives the key a memory of the file has here. */
export async function applyProposals(
  tx: WriteTransaction,
  proposals: readonly Numbered<ProposalItem>[],
  standing: (key: string) => string,
  counts: Counts,
): Promise<void> {
  if (proposals.length === 0) return;
  const now = await momentIn(tx);
  for (const { line, item } of proposals) {
    refuseFuture(line, item.recordedAt, now);
    refuseFuture(line, item.decidedAt, now);
  }
  const made = await bringProposals(
    tx,
    proposals.map(({ item: { kind: _, as, id, memory, other, recordedAt, sources, ...proposal } }) => ({
      ...proposal,
      kind: as,
      id: id.uuid,
      memoryId: memory && standing(memory.uuid),
      otherId: other && standing(other.uuid),
      proposedAt: recordedAt,
      sources: sources.map((source) => ({
        ...{ role: source.role, quote: source.quote },
        messageId: source.message?.uuid ?? null,
        memoryId: source.memory && standing(source.memory.uuid),
      })),
    })),
  );
  counts.add('proposal', true, made);
  counts.add('proposal', false, proposals.length - made);
}
