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
 * expired, and for a CHANGE holds at `effectiveAt` and before. Of a decision of the past, which was made once, only what
 * would make no sense is refused. Throws NotFound, AlreadyCorrected, InvalidInput.
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
  if (!timeLines.isBelieved(target.id)) {
    throw new AlreadyCorrected(standing(timeLines, target, at), 'is no longer believed');
  }
  if (!tx.isPast) refuseUnused(target, now);
  if (kind === 'MISTAKE') {
    if (effectiveAt) {
      throw invalid(
        'effectiveAt',
        'effectiveAt is for a CHANGE. A MISTAKE was never true: leave effectiveAt out, or use CHANGE.',
      );
    }
    return { timeLines, target, stamp, effectiveAt: at };
  }
  if (!tx.isPast) refuseOther(timeLines, target, at);
  if (at <= target.start) {
    throw invalid(
      'effectiveAt',
      `${iso(at)} is not after its validFrom (${iso(target.start)}), but a CHANGE must come later. If it was never true, use MISTAKE.`,
    );
  }
  if (!tx.isPast) refuseEnded(timeLines, target, at);
  return { timeLines, target, stamp, effectiveAt: at };
}

/** Throws InvalidInput where a version is archived or expired. */
function refuseUnused({ isArchived, expiresAt }: VersionRow, now: number): void {
  if (isArchived) throw invalid('id', 'It is archived: bring it back with restoreMemories first.');
  if (expiresAt !== null && expiresAt <= now) {
    throw invalid('id', `It expired at ${iso(expiresAt)}: give it a later expiresAt with updateMemory first.`);
  }
}

/** Throws AlreadyCorrected where another version holds at a moment. */
function refuseOther(timeLines: TimeLines, target: VersionRow, at: number): void {
  const holds = timeLines.holding(target.lineageId, at);
  if (holds && holds.id !== target.id) {
    throw new AlreadyCorrected(holds.id, `is not valid at ${iso(at)}, but another version is`);
  }
}

/** Throws InvalidInput where a version does not hold until a moment, or another answers its slot. */
function refuseEnded(timeLines: TimeLines, target: VersionRow, at: number): void {
  const { validUntil, guestOf } = timeLines.belief(target.id);
  if (validUntil !== null && at >= validUntil) {
    throw invalid('effectiveAt', `${iso(at)} is not before its validUntil (${iso(validUntil)}): it had already ended.`);
  }
  if (guestOf && guestOf !== target.lineageId) {
    throw invalid('id', 'It is in an open contradiction with another memory of its slot: resolve that first.');
  }
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
