import { sql } from 'drizzle-orm';
import { moment } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { AlreadyCorrected, InvalidInput, NotFound } from '../../kernel/errors.ts';
import { encodeId, newId } from '../../kernel/ids.ts';
import type { GivenId } from '../../kernel/input.ts';
import { foldContent } from '../../model/memory/fold.ts';
import { type DecisionRow, openLines, type TimeLines, type VersionRow } from '../belief/lines.ts';
import { lineagesOf } from '../belief/lock.ts';
import { refuseCollision, settle } from '../belief/settle.ts';
import { addVersion, type Correction } from '../belief/version.ts';
import { noteEvents } from '../event/record.ts';

export type CorrectionKind = 'MISTAKE' | 'CHANGE';

const invalid = (field: string, message: string) => new InvalidInput([{ path: ['input', field], message }]);
const iso = (ms: number) => new Date(ms).toISOString();

interface Target {
  lines: TimeLines;
  target: VersionRow;
  stamp: Date;
  /** When a CHANGE takes effect. */
  effectiveAt: number;
}

/**
 * Locks a version's time line, and checks that the version can be decided about: it is believed, at hand, and for a
 * CHANGE holds at `effectiveAt` and before. Throws NotFound, AlreadyCorrected, InvalidInput.
 */
async function openTarget(
  tx: WriteTransaction,
  id: GivenId,
  kind: CorrectionKind,
  effectiveAt: Date | null | undefined,
): Promise<Target> {
  const [lineageId] = await lineagesOf(tx, [id]);
  const lines = await openLines(tx, [lineageId as string]);
  const target = lines.versions.get(id.uuid);
  if (!target) throw new NotFound('memory', [id.given]);
  const stamp = await tx.stamp(lines.latest);
  const now = stamp.getTime();
  const at = effectiveAt?.getTime() ?? now;
  const { validUntil } = lines.belief(target.id);
  if (!lines.isBelieved(target.id)) {
    throw new AlreadyCorrected(standing(lines, target, at), 'is no longer believed');
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
    return { lines, target, stamp, effectiveAt: at };
  }
  const holds = lines.holding(target.lineageId, at);
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
  if (lines.belief(target.id).guestOf && lines.belief(target.id).guestOf !== target.lineageId) {
    throw invalid('id', 'It is in an open contradiction with another memory of its slot: resolve that first.');
  }
  return { lines, target, stamp, effectiveAt: at };
}

/** What is believed in a version's stead, else what holds at a moment, else what was last believed. */
function standing(lines: TimeLines, { id, lineageId }: VersionRow, at: number): string {
  let standIn = id;
  for (let next: DecisionRow | undefined; ; standIn = next.versionId as string) {
    next = lines.decisions.find(
      ({ kind, memoryId, revertedAt }) => kind === 'MISTAKE' && memoryId === standIn && revertedAt === null,
    );
    if (!next) break;
  }
  return lines.isBelieved(standIn) ? standIn : lines.current(lineageId, at).id;
}

/**
 * Adds a version: in the place of a believed one (MISTAKE), or from `effectiveAt` on (CHANGE, default now). Corrections
 * of a lineage may come in any order. Returns the key of the new version.
 * Throws NotFound, InvalidInput, AlreadyCorrected.
 */
export async function correctMemory(
  tx: WriteTransaction,
  id: GivenId,
  correction: Correction & { kind: CorrectionKind; effectiveAt?: Date | null; reason?: string | null },
): Promise<string> {
  const { kind, reason } = correction;
  if (kind === 'CHANGE' && correction.validFrom) {
    throw invalid('validFrom', 'A CHANGE begins at effectiveAt: give effectiveAt, and leave validFrom out.');
  }
  const { lines, target, stamp, effectiveAt } = await openTarget(tx, id, kind, correction.effectiveAt);
  const start = kind === 'CHANGE' ? effectiveAt : (correction.validFrom?.getTime() ?? target.start);
  const statedUntil =
    correction.validUntil === undefined ? target.statedUntil : (correction.validUntil?.getTime() ?? null);
  if (statedUntil !== null && statedUntil <= start) {
    throw invalid('validUntil', `validUntil (${iso(statedUntil)}) must be after validFrom (${iso(start)}).`);
  }
  const content = correction.content ?? target.content;
  // A MISTAKE may be one of spelling alone; nothing changes in the world by that.
  const saysSame = kind === 'CHANGE' ? foldContent(content) === target.contentFold : content === target.content;
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
  await addVersion(tx, lines, target, { ...correction, id: versionId, start, statedUntil, stamp }, decision);
  await insertDecision(tx, decision, reason);
  await settle(tx, lines);
  const version = lines.versions.get(versionId) as VersionRow;
  noteEvents(tx, [
    {
      kind: 'CORRECTED',
      memoryId: target.id,
      reason: reason ?? null,
      relationId: decision.relationId,
      changes: {
        kind,
        version: encodeId('Memory', versionId),
        ...(version.content !== target.content && { content: { from: target.content, to: version.content } }),
        ...(version.type !== target.type && { type: { from: target.type, to: version.type } }),
        ...(start !== target.start && { validFrom: { from: iso(target.start), to: iso(start) } }),
      },
    },
  ]);
  return versionId;
}

/**
 * Says that a version was never true (MISTAKE), or ceased to be at `effectiveAt` (CHANGE, default now), with nothing in
 * its place. Throws NotFound, InvalidInput, AlreadyCorrected.
 */
export async function retractMemory(
  tx: WriteTransaction,
  id: GivenId,
  { kind, effectiveAt, reason }: { kind: CorrectionKind; effectiveAt?: Date | null; reason?: string | null },
): Promise<void> {
  const { lines, target, stamp, effectiveAt: at } = await openTarget(tx, id, kind, effectiveAt);
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
  lines.decisions.push(decision);
  lines.changed();
  await insertDecision(tx, decision, reason);
  await settle(tx, lines);
  const changes = kind === 'CHANGE' ? { kind, validUntil: iso(at) } : { kind };
  noteEvents(tx, [{ kind: 'RETRACTED', memoryId: target.id, reason: reason ?? null, changes }]);
}

/**
 * Takes back the newest correction or retraction in force of a memory's lineage, and returns the key of the version it
 * was about. Throws NotFound, and InvalidInput where there is nothing to take back.
 */
export async function revertCorrection(tx: WriteTransaction, id: GivenId): Promise<string> {
  const [lineageId] = await lineagesOf(tx, [id]);
  const lines = await openLines(tx, [lineageId as string]);
  const stamp = await tx.stamp(lines.latest);
  const newest = lines.decisions
    .filter(({ memoryId, revertedAt }) => revertedAt === null && lines.versions.get(memoryId)?.lineageId === lineageId)
    .sort((a, b) => b.recordedAt - a.recordedAt || (a.id < b.id ? 1 : -1))[0];
  if (!newest) {
    throw invalid(
      'id',
      'It has not been corrected or retracted, so there is nothing to undo. To undo a write to a slot, use retractMemory.',
    );
  }
  newest.revertedAt = stamp.getTime();
  lines.changed();
  refuseCollision(lines, ['input', 'id']);
  await tx.rows(sql`
    update decisions set reverted_at = ${moment(stamp)}
    where workspace_id = ${tx.workspaceId} and id = ${newest.id}::uuid`);
  if (newest.relationId) {
    await tx.rows(sql`
      update relations set retracted_at = ${moment(stamp)}
      where workspace_id = ${tx.workspaceId} and id = ${newest.relationId}::uuid`);
  }
  await settle(tx, lines);
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
  return newest.memoryId;
}

async function insertDecision(
  tx: WriteTransaction,
  { id, kind, memoryId, versionId, effectiveAt, recordedAt, relationId }: DecisionRow,
  reason: string | null | undefined,
): Promise<void> {
  const stamp = moment(new Date(recordedAt));
  await tx.rows(sql`
    insert into decisions (workspace_id, id, kind, memory_id, version_id, effective_at, relation_id, reason, recorded_at,
      known_from)
    values (${tx.workspaceId}, ${id}::uuid, ${kind}::decision_kind, ${memoryId}::uuid, ${versionId}::uuid,
      ${moment(effectiveAt === null ? null : new Date(effectiveAt))}, ${relationId}::uuid, ${reason ?? null}::text,
      ${stamp}, ${stamp})`);
}
