import { sql } from 'drizzle-orm';
import { moment } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { AlreadyResolved, InvalidInput, NotFound, RelationExists } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import type { GivenId } from '../../kernel/input.ts';
import type { contradictionResolution } from '../../tables/all.ts';
import { disputeEvent, draftDispute, writeDisputes } from '../belief/dispute.ts';
import { type DisputeRow, openLines, type TimeLines, type VersionRow } from '../belief/lines.ts';
import { lineagesOf } from '../belief/lock.ts';
import { refuseCollision, settle } from '../belief/settle.ts';
import { noteEvents } from '../event/record.ts';
import { createMemories } from '../memory/create.ts';
import type { CreatedMemory, NewMemory } from '../memory/new-memory.ts';

export type ContradictionResolution = (typeof contradictionResolution.enumValues)[number];

const invalid = (path: readonly string[], message: string) => new InvalidInput([{ path: ['input', ...path], message }]);

export interface NewContradiction {
  /** 0–1: how strongly it speaks against. */
  strength: number;
  reason?: string | null | undefined;
}

/** A contradiction, and the memories that are its sides. */
export interface ContradictionOutcome extends Record<string, unknown> {
  contradictionId: string;
  memoryIds: string[];
}

const outcome = ({ id, memoryId, byId }: DisputeRow): ContradictionOutcome => ({
  contradictionId: id,
  memoryIds: [memoryId, byId],
});

/**
 * Opens a contradiction: `by`, a memory there is or one to be made, speaks against a memory.
 * Throws NotFound, InvalidInput, RelationExists.
 */
export async function contradictMemory(
  tx: WriteTransaction,
  id: GivenId,
  by: GivenId | NewMemory,
  { strength, reason }: NewContradiction,
): Promise<ContradictionOutcome> {
  const isThere = 'uuid' in by;
  const [opposed] = (await lineagesOf(tx, [id])) as [string];
  const { opposing, opened } = isThere ? { opposing: by, opened: null } : await createOpposing(tx, id, opposed, by);
  const [memoryLineageId, byLineageId] = (await lineagesOf(tx, [id, opposing])) as [string, string];
  const byPath = ['by', isThere ? 'memoryId' : 'newMemory'];
  if (memoryLineageId === byLineageId) {
    throw invalid(byPath, 'A memory does not contradict itself or a version of itself: correct it with correctMemory.');
  }
  const lines = await openLines(tx, [memoryLineageId, byLineageId]);
  const there = lines.disputes.find((dispute) => isPair(lines, dispute, [memoryLineageId, byLineageId]));
  if (there && there.id === opened) {
    await sayMore(tx, there, strength, reason ?? null);
    return outcome(there);
  }
  if (there) throw new RelationExists('CONTRADICTS', there.relationId, there.id);
  const memory = believedVersion(lines, id, ['id']);
  const opponent = believedVersion(lines, opposing, byPath);
  const stamp = await tx.stamp(lines.latest);
  const dispute = draftDispute({ memory, by: opponent, isOfSlot: false, strength, reason }, stamp);
  await writeDisputes(tx, [dispute], stamp);
  lines.disputes.push(dispute);
  lines.changed();
  await settle(tx, lines);
  return outcome(dispute);
}

/** What a slot has opened by itself in this transaction is what the caller speaks of. */
async function sayMore(tx: WriteTransaction, { id, relationId }: DisputeRow, strength: number, reason: string | null) {
  await tx.rows(sql`
    update contradictions set strength = ${String(strength)}::text::float8, reason = ${reason}::text
    where workspace_id = ${tx.workspaceId} and id = ${id}::uuid`);
  await tx.rows(sql`
    update relations set strength = ${String(strength)}::text::float8
    where workspace_id = ${tx.workspaceId} and id = ${relationId}::uuid`);
}

/** True of a contradiction between two lineages, or between what stands in them by now: a slot may have taken one in. */
function isPair(lines: TimeLines, dispute: DisputeRow, pair: readonly [string, string]): boolean {
  const home = (anchorId: string) => lines.versions.get(anchorId) && lines.belief(anchorId).lineageId;
  const { memoryLineageId, byLineageId, memoryAnchorId, byAnchorId } = dispute;
  return [
    [memoryLineageId, byLineageId],
    [home(memoryAnchorId), home(byAnchorId)],
  ].some((joined) => pair.every((lineageId) => joined.includes(lineageId)));
}

/** Makes the memory that speaks against another: of the same companion, and of the same user unless it says so. */
async function createOpposing(tx: WriteTransaction, id: GivenId, lineageId: string, memory: NewMemory) {
  const [opposed] = await tx.rows<{ companionId: string; userId: string | null }>(sql`
    select companion_id as "companionId", user_id as "userId" from memories
    where workspace_id = ${tx.workspaceId} and id = ${id.uuid}::uuid`);
  if (!opposed) throw new NotFound('memory', [id.given]);
  const user = memory.user ?? (opposed.userId ? { id: opposed.userId, given: opposed.userId } : null);
  const companion = { id: opposed.companionId, given: opposed.companionId };
  const path = ['input', 'by', 'newMemory'];
  const [created] = await createMemories(tx, companion, [{ ...memory, user }], () => path, [lineageId]);
  const { id: uuid, contradictionId } = created as CreatedMemory;
  return { opposing: { uuid, given: encodeId('Memory', uuid) }, opened: contradictionId };
}

function believedVersion(lines: TimeLines, { uuid, given }: GivenId, path: readonly string[]): VersionRow {
  const version = lines.versions.get(uuid);
  if (!version) throw new NotFound('memory', [given]);
  if (lines.isBelieved(uuid)) return version;
  const current = lines.current(version.lineageId, Date.now());
  const hint = lines.isBelieved(current.id) ? `; its current version is ${encodeId('Memory', current.id)}` : '';
  throw invalid(path, `It is no longer believed, so there is nothing to contradict${hint}.`);
}

async function openDispute(tx: WriteTransaction, id: GivenId): Promise<{ lines: TimeLines; dispute: DisputeRow }> {
  const [found] = await tx.rows<{ lineageIds: string[] }>(sql`
    select jsonb_build_array(memory_lineage_id, by_lineage_id) as "lineageIds" from contradictions
    where workspace_id = ${tx.workspaceId} and id = ${id.uuid}::uuid`);
  const lines = found && (await openLines(tx, found.lineageIds));
  const dispute = lines?.disputes.find((each) => each.id === id.uuid);
  if (!lines || !dispute) throw new NotFound('contradiction', [id.given]);
  return { lines, dispute };
}

/** Resolves an open contradiction. Throws NotFound, InvalidInput, AlreadyResolved. */
export async function resolveContradiction(
  tx: WriteTransaction,
  id: GivenId,
  resolution: ContradictionResolution,
  note: string | null | undefined,
): Promise<ContradictionOutcome> {
  const { lines, dispute } = await openDispute(tx, id);
  if (dispute.status !== 'OPEN') throw new AlreadyResolved(dispute.id, String(dispute.resolution));
  const stamp = await tx.stamp(lines.latest);
  const sides = lines.beliefs.sides.get(dispute.id) as { memoryId: string; byId: string };
  checkResolution(lines, sides, resolution);
  // The decision is about the sides as they are: what stood for a side elsewhere than by correction is its anchor now.
  dispute.memoryAnchorId = sides.memoryId;
  dispute.byAnchorId = sides.byId;
  dispute.status = resolution === 'DISMISSED' ? 'DISMISSED' : 'RESOLVED';
  dispute.resolution = resolution;
  dispute.resolvedAt = stamp.getTime();
  lines.changed();
  refuseCollision(lines, ['input', 'resolution']);
  await writeState(tx, dispute, note ?? null, stamp);
  await settle(tx, lines);
  noteEvents(tx, [disputeEvent('RESOLVED', dispute, { reason: note ?? null, changes: { resolution } })]);
  return outcome(dispute);
}

function checkResolution(
  lines: TimeLines,
  { memoryId, byId }: { memoryId: string; byId: string },
  resolution: ContradictionResolution,
): void {
  if (resolution === 'DISMISSED') return;
  const path = ['resolution'];
  for (const [side, name] of [
    [memoryId, 'memory'],
    [byId, 'by'],
  ] as const) {
    if (!lines.isBelieved(side)) {
      throw invalid(
        path,
        `Its ${name} is no longer believed, so there is nothing to decide between: DISMISSED is left.`,
      );
    }
  }
  const [memory, by] = [lines.versions.get(memoryId), lines.versions.get(byId)] as [VersionRow, VersionRow];
  if (resolution === 'SUCCEEDED' && memory.start === by.start) {
    throw invalid(
      path,
      `Both are valid from ${new Date(by.start).toISOString()}, so neither came after the other: KEEP_MEMORY, KEEP_BY and DISMISSED are left.`,
    );
  }
}

/** Takes a resolution back: it is as if it had never been made. Throws NotFound, InvalidInput where it is open. */
export async function reopenContradiction(tx: WriteTransaction, id: GivenId): Promise<ContradictionOutcome> {
  const { lines, dispute } = await openDispute(tx, id);
  if (dispute.status === 'OPEN') throw invalid(['id'], 'It is open: there is nothing to take back.');
  const { resolution } = dispute;
  const stamp = await tx.stamp(lines.latest);
  Object.assign(dispute, { status: 'OPEN', resolution: null, resolvedAt: null });
  lines.changed();
  refuseCollision(lines, ['input', 'id']);
  await writeState(tx, dispute, null, stamp);
  await settle(tx, lines);
  noteEvents(tx, [disputeEvent('REOPENED', dispute, { changes: { resolution: { from: resolution, to: null } } })]);
  return outcome(dispute);
}

/** Writes the state of a contradiction; its relation is live while it is open. */
async function writeState(tx: WriteTransaction, dispute: DisputeRow, note: string | null, stamp: Date): Promise<void> {
  const { id, status, resolution, resolvedAt, relationId } = dispute;
  const resolved = moment(resolvedAt === null ? null : stamp);
  await tx.rows(sql`
    update contradictions set status = ${status}::contradiction_status,
      resolution = ${resolution}::contradiction_resolution, resolved_at = ${resolved}, note = ${note}::text,
      memory_anchor_id = ${dispute.memoryAnchorId}::uuid, by_anchor_id = ${dispute.byAnchorId}::uuid
    where workspace_id = ${tx.workspaceId} and id = ${id}::uuid`);
  await tx.rows(sql`
    update relations set retracted_at = ${resolved}
    where workspace_id = ${tx.workspaceId} and id = ${relationId}::uuid`);
}
