import type { WriteTransaction } from '../../db/transaction.ts';
import { encodeId, newId } from '../../kernel/ids.ts';
import type { GivenId } from '../../kernel/input.ts';
import { foldContent } from '../../model/memory/fold.ts';
import { lineagesOf } from '../belief/lock.ts';
import { openTimeLines } from '../belief/open-time-lines.ts';
import type { DecisionRow, VersionRow } from '../belief/rows.ts';
import { refuseCollision, settle } from '../belief/settle.ts';
import type { TimeLines } from '../belief/time-lines.ts';
import { addVersion, type Correction } from '../belief/version.ts';
import { noteEvents } from '../event/record.ts';
import { insertDecision, revertDecision } from './decision.ts';
import { type CorrectionKind, invalid, iso, openTarget } from './target.ts';

interface Corrected extends Correction {
  kind: CorrectionKind;
  effectiveAt?: Date | null;
  reason?: string | null;
}

/**
 * Adds a version: in the place of a believed one (MISTAKE), or from `effectiveAt` on (CHANGE, default now). Corrections
 * of a lineage may come in any order. Returns the key of the new version.
 * Throws NotFound, InvalidInput, AlreadyCorrected.
 */
export async function correctMemory(tx: WriteTransaction, id: GivenId, correction: Corrected): Promise<string> {
  const { kind, reason } = correction;
  if (kind === 'CHANGE' && correction.validFrom) {
    throw invalid('validFrom', 'A CHANGE begins at effectiveAt: give effectiveAt, and leave validFrom out.');
  }
  const { timeLines, target, stamp, effectiveAt } = await openTarget(tx, id, kind, correction.effectiveAt);
  const { start, statedUntil } = validityOf(correction, target, effectiveAt);
  // Who may not read would find out what it says by trying.
  if (!tx.isBlind) refuseSame(correction, target, start, statedUntil);
  const versionId = correction.id ?? newId();
  const decision: DecisionRow = {
    id: newId(),
    kind,
    memoryId: target.id,
    versionId,
    effectiveAt: kind === 'CHANGE' ? effectiveAt : null,
    recordedAt: stamp.getTime(),
    revertedAt: null,
    relationId: newId(),
  };
  await addVersion(tx, timeLines, target, { ...correction, id: versionId, start, statedUntil, stamp }, decision);
  await insertDecision(tx, decision, reason);
  await settle(tx, timeLines);
  const changes = changesOf(kind, target, timeLines.versions.get(versionId) as VersionRow);
  noteEvents(tx, [
    { kind: 'CORRECTED', memoryId: target.id, reason: reason ?? null, relationId: decision.relationId, changes },
  ]);
  return versionId;
}

/** From when to when a new version is valid. */
function validityOf({ kind, validFrom, validUntil }: Corrected, target: VersionRow, effectiveAt: number) {
  const start = kind === 'CHANGE' ? effectiveAt : (validFrom?.getTime() ?? target.start);
  const statedUntil = validUntil === undefined ? target.statedUntil : (validUntil?.getTime() ?? null);
  if (statedUntil !== null && statedUntil <= start) {
    throw invalid('validUntil', `validUntil (${iso(statedUntil)}) must be after validFrom (${iso(start)}).`);
  }
  return { start, statedUntil };
}

/** Throws InvalidInput where a correction would change nothing. */
function refuseSame(correction: Corrected, target: VersionRow, start: number, statedUntil: number | null): void {
  const { kind } = correction;
  const content = correction.content ?? target.content;
  // A MISTAKE may be one of spelling alone; nothing changes in the world by that.
  const saysSame =
    kind === 'CHANGE' ? foldContent(content) === foldContent(target.content) : content === target.content;
  const isSame =
    saysSame &&
    (correction.type ?? target.type) === target.type &&
    (kind === 'CHANGE' || (start === target.start && statedUntil === target.statedUntil));
  if (isSame) {
    throw invalid(
      'content',
      'It has this content already: give a different content, or change the other fields with updateMemory.',
    );
  }
}

const changesOf = (kind: CorrectionKind, target: VersionRow, version: VersionRow) => ({
  kind,
  version: encodeId('Memory', version.id),
  ...(version.content !== target.content && { content: { from: target.content, to: version.content } }),
  ...(version.type !== target.type && { type: { from: target.type, to: version.type } }),
  ...(version.start !== target.start && { validFrom: { from: iso(target.start), to: iso(version.start) } }),
});

/**
 * Says that a version was never true (MISTAKE), or stopped being true at `effectiveAt` (CHANGE, default now), with
 * nothing in its place. Throws NotFound, InvalidInput, AlreadyCorrected.
 */
export async function retractMemory(
  tx: WriteTransaction,
  id: GivenId,
  { kind, effectiveAt, reason }: { kind: CorrectionKind; effectiveAt?: Date | null; reason?: string | null },
): Promise<void> {
  const { timeLines, target, stamp, effectiveAt: at } = await openTarget(tx, id, kind, effectiveAt);
  const decision: DecisionRow = {
    id: newId(),
    kind: kind === 'MISTAKE' ? 'RETRACTED' : 'ENDED',
    memoryId: target.id,
    versionId: null,
    effectiveAt: kind === 'CHANGE' ? at : null,
    recordedAt: stamp.getTime(),
    revertedAt: null,
    relationId: null,
  };
  timeLines.decisions.push(decision);
  timeLines.changed();
  await insertDecision(tx, decision, reason);
  await settle(tx, timeLines);
  const changes = kind === 'CHANGE' ? { kind, validUntil: iso(at) } : { kind };
  noteEvents(tx, [{ kind: 'RETRACTED', memoryId: target.id, reason: reason ?? null, changes }]);
}

/**
 * Takes back the newest correction or retraction in force of a memory's lineage, and returns the key of the version it
 * was about. Throws NotFound, and InvalidInput where there is nothing to take back.
 */
export async function revertCorrection(tx: WriteTransaction, id: GivenId): Promise<string> {
  const [lineageId] = await lineagesOf(tx, [id]);
  const timeLines = await openTimeLines(tx, [lineageId as string]);
  const stamp = await tx.stamp(timeLines.latest);
  const newest = timeLines.decisions
    .filter(
      ({ memoryId, revertedAt }) => revertedAt === null && timeLines.versions.get(memoryId)?.lineageId === lineageId,
    )
    .sort((a, b) => b.recordedAt - a.recordedAt || (a.id < b.id ? 1 : -1))[0];
  if (!newest) {
    throw invalid(
      'id',
      'It has not been corrected or retracted, so there is nothing to undo. To undo a write to a slot, use retractMemory.',
    );
  }
  await takeBack(tx, timeLines, newest, stamp);
  return newest.memoryId;
}

/**
 * Takes back the newest decision in force about a version that was recorded by a moment: for an import, which knows what
 * was taken back. `versionId` is the version it made; null: it was a retraction. True if there was one. Throws NotFound,
 * and InvalidInput where two versions would then begin at one moment.
 */
export async function revertDecisionAbout(
  tx: WriteTransaction,
  id: GivenId,
  versionId: string | null,
  recordedBy: Date,
): Promise<boolean> {
  const timeLines = await openTimeLines(tx, await lineagesOf(tx, [id]));
  const stamp = await tx.stamp(timeLines.latest);
  const about = timeLines.decisions.filter((each) => each.memoryId === id.uuid && each.versionId === versionId);
  if (about.length === 0) throw invalid('id', 'There is no such correction or retraction that could be taken back.');
  const [newest] = about
    .filter(({ revertedAt, recordedAt }) => revertedAt === null && recordedAt <= recordedBy.getTime())
    .sort((a, b) => b.recordedAt - a.recordedAt || (a.id < b.id ? 1 : -1));
  if (newest) await takeBack(tx, timeLines, newest, stamp);
  return newest !== undefined;
}

async function takeBack(tx: WriteTransaction, timeLines: TimeLines, newest: DecisionRow, stamp: Date): Promise<void> {
  newest.revertedAt = stamp.getTime();
  timeLines.changed();
  refuseCollision(timeLines, ['input', 'id']);
  await revertDecision(tx, newest, stamp);
  await settle(tx, timeLines);
  noteEvents(tx, [
    {
      kind: 'REVERTED',
      memoryId: newest.memoryId,
      relationId: newest.relationId,
      changes: {
        kind: newest.kind,
        ...(newest.versionId && { version: encodeId('Memory', newest.versionId) }),
      },
    },
  ]);
}
