import type { WriteTransaction } from '../../db/transaction.ts';
import { AlreadyCorrected, InvalidInput, NotFound } from '../../kernel/errors.ts';
import type { GivenId } from '../../kernel/input.ts';
import { lineagesOf } from '../belief/lock.ts';
import { openTimeLines } from '../belief/open-time-lines.ts';
import type { DecisionRow, VersionRow } from '../belief/rows.ts';
import type { TimeLines } from '../belief/time-lines.ts';

export type CorrectionKind = 'MISTAKE' | 'CHANGE';

export const invalid = (field: string, message: string) => new InvalidInput([{ path: ['input', field], message }]);
export const iso = (ms: number) => new Date(ms).toISOString();

/** A version that can be decided about, and its time line. */
export interface Target {
  timeLines: TimeLines;
  target: VersionRow;
  stamp: Date;
  /** When a CHANGE takes effect. */
  effectiveAt: number;
}

/**
 * Locks a version's time line, and checks that the version can be decided about: it is believed, neither archived nor
 * expired, and for a CHANGE holds at `effectiveAt` and before. Throws NotFound, AlreadyCorrected, InvalidInput.
 */
export async function openTarget(
  tx: WriteTransaction,
  id: GivenId,
  kind: CorrectionKind,
  effectiveAt: Date | null | undefined,
): Promise<Target> {
  const [lineageId] = await lineagesOf(tx, [id]);
  const timeLines = await openTimeLines(tx, [lineageId as string]);
  const target = timeLines.versions.get(id.uuid);
  if (!target) throw new NotFound('memory', [id.given]);
  const stamp = await tx.stamp(timeLines.latest);
  const now = stamp.getTime();
  const at = effectiveAt?.getTime() ?? now;
  const { validUntil } = timeLines.belief(target.id);
  if (!timeLines.isBelieved(target.id)) {
    throw new AlreadyCorrected(standing(timeLines, target, at), 'is no longer believed');
  }
  if (target.isArchived) throw invalid('id', 'It is archived: bring it back with restoreMemories first.');
  if (target.expiresAt !== null && target.expiresAt <= now) {
    throw invalid('id', `It expired at ${iso(target.expiresAt)}: give it a later expiresAt with updateMemory first.`);
  }
  if (kind === 'MISTAKE') {
    if (effectiveAt) {
      throw invalid(
        'effectiveAt',
        'effectiveAt is for a CHANGE. A MISTAKE was never true: leave effectiveAt out, or use CHANGE.',
      );
    }
    return { timeLines, target, stamp, effectiveAt: at };
  }
  const holds = timeLines.holding(target.lineageId, at);
  if (holds && holds.id !== target.id) {
    throw new AlreadyCorrected(holds.id, `is not valid at ${iso(at)}, but another version is`);
  }
  if (at <= target.start) {
    throw invalid(
      'effectiveAt',
      `${iso(at)} is not after its validFrom (${iso(target.start)}), but a CHANGE must come later. If it was never true, use MISTAKE.`,
    );
  }
  if (validUntil !== null && at >= validUntil) {
    throw invalid('effectiveAt', `${iso(at)} is not before its validUntil (${iso(validUntil)}): it had already ended.`);
  }
  if (timeLines.belief(target.id).guestOf && timeLines.belief(target.id).guestOf !== target.lineageId) {
    throw invalid('id', 'It is in an open contradiction with another memory of its slot: resolve that first.');
  }
  return { timeLines, target, stamp, effectiveAt: at };
}

/** What is believed in the place of a version, else what holds at a moment, else what was last believed. */
function standing(timeLines: TimeLines, { id, lineageId }: VersionRow, at: number): string {
  let standIn = id;
  for (let next: DecisionRow | undefined; ; standIn = next.versionId as string) {
    next = timeLines.decisions.find(
      ({ kind, memoryId, revertedAt }) => kind === 'MISTAKE' && memoryId === standIn && revertedAt === null,
    );
    if (!next) break;
  }
  return timeLines.isBelieved(standIn) ? standIn : timeLines.current(lineageId, at).id;
}
