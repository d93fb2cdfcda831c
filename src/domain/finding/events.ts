import type { WriteTransaction } from '../../db/transaction.ts';
import { type FindingKind, findingKind, findingVerdict, type Verdict } from '../../tables/finding.ts';
import { noteEvents } from '../event/record.ts';

const kinds = new Map(Object.entries(findingKind).map(([name, number]) => [number as number, name as FindingKind]));
const verdicts = new Map(Object.entries(findingVerdict).map(([name, number]) => [number as number, name as Verdict]));

/** The kind, or the verdict, that a column says by its number. */
export const kindOf = ({ kind }: { kind: number }): FindingKind => kinds.get(kind) as FindingKind;
export const verdictOf = ({ verdict }: { verdict: number | null }): Verdict | null =>
  verdict === null ? null : (verdicts.get(verdict) as Verdict);

/** A finding and the versions it is about. */
interface Sides {
  id: string;
  memoryId: string;
  byId: string;
}

const eventOf = ({ id, memoryId, byId }: Sides) => ({ findingId: id, memoryId, otherMemoryId: byId });

/** Notes that something was found: it happened to the older memory, and the newer one is the other. */
export function noteFound(tx: WriteTransaction, found: readonly (Sides & { kind: number; score: number })[]): void {
  noteEvents(
    tx,
    found.map((finding) => ({
      kind: 'FOUND' as const,
      ...eventOf(finding),
      changes: { kind: kindOf(finding), score: finding.score },
    })),
  );
}

/** Notes a verdict on a finding, which had `finding.verdict` before. */
export function noteJudged(
  tx: WriteTransaction,
  finding: Sides & { verdict: number | null },
  verdict: Verdict,
  reason: string | null | undefined,
): void {
  const changes = { verdict: { from: verdictOf(finding), to: verdict } };
  noteEvents(tx, [{ kind: 'JUDGED', ...eventOf(finding), reason: reason ?? null, changes }]);
}
