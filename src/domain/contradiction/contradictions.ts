import { sql } from 'drizzle-orm';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, set, under, valueFor } from '../../db/typed-sql.ts';
import { AlreadyResolved, InvalidInput, NotFound, RelationExists } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import type { GivenId } from '../../kernel/input.ts';
import { type contradictionResolution, contradictions } from '../../tables/contradiction.ts';
import { memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import { disputeEvent, draftDispute, writeDisputes } from '../belief/dispute.ts';
import { lineagesOf } from '../belief/lock.ts';
import { openTimeLines } from '../belief/open-time-lines.ts';
import type { DisputeRow, VersionRow } from '../belief/rows.ts';
import { refuseCollision, settle } from '../belief/settle.ts';
import type { TimeLines } from '../belief/time-lines.ts';
import { noteEvents } from '../event/record.ts';
import { type CreatedMemory, createMemories, type NewMemory } from '../memory/create.ts';

const c = under(contradictions, 'c');
const m = under(memories, 'm');
const r = under(relations, 'r');

export type ContradictionResolution = (typeof contradictionResolution.enumValues)[number];

const invalid = (path: readonly string[], message: string) => new InvalidInput([{ path: ['input', ...path], message }]);

export interface NewContradiction {
  /** 0–1: how strong the contradiction is. */
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
 * Opens a contradiction: `by`, an existing memory or a new one, contradicts a memory.
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
  const timeLines = await openTimeLines(tx, [memoryLineageId, byLineageId]);
  const there = timeLines.disputes.find((dispute) => isPair(timeLines, dispute, [memoryLineageId, byLineageId]));
  if (there && there.id === opened) {
    await sayMore(tx, there, strength, reason ?? null);
    return outcome(there);
  }
  if (there) throw new RelationExists('CONTRADICTS', there.relationId, there.id);
  const memory = believedVersion(timeLines, id, ['id']);
  const opponent = believedVersion(timeLines, opposing, byPath);
  const stamp = await tx.stamp(timeLines.latest);
  const dispute = draftDispute({ memory, by: opponent, isOfSlot: false, strength, reason }, stamp);
  await writeDisputes(tx, [dispute], stamp);
  timeLines.disputes.push(dispute);
  timeLines.changed();
  await settle(tx, timeLines);
  return outcome(dispute);
}

/** Completes a contradiction that a slot has opened by itself in this transaction: it is the one that the caller means. */
async function sayMore(tx: WriteTransaction, { id, relationId }: DisputeRow, strength: number, reason: string | null) {
  const given = {
    strength: valueFor(contradictions.strength, strength),
    reason: valueFor(contradictions.reason, reason),
  };
  await tx.rows(sql`
    update ${aliased(c)} set ${set(contradictions, given)}
    where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = ${id}::uuid`);
  await tx.rows(sql`
    update ${aliased(r)} set ${set(relations, { strength: valueFor(relations.strength, strength) })}
    where ${r.workspaceId} = ${tx.workspaceId} and ${r.id} = ${relationId}::uuid`);
}

/** True of a contradiction between two lineages, or between what stands in them by now: a slot may have taken one in. */
function isPair(timeLines: TimeLines, dispute: DisputeRow, pair: readonly [string, string]): boolean {
  const home = (anchorId: string) => timeLines.versions.get(anchorId) && timeLines.belief(anchorId).lineageId;
  const { memoryLineageId, byLineageId, memoryAnchorId, byAnchorId } = dispute;
  return [
    [memoryLineageId, byLineageId],
    [home(memoryAnchorId), home(byAnchorId)],
  ].some((joined) => pair.every((lineageId) => joined.includes(lineageId)));
}

const owner = fields(pick(m, 'companionId', 'userId'));

/** Creates the memory that contradicts another: of the same companion, and of the same user unless it says so. */
async function createOpposing(tx: WriteTransaction, id: GivenId, lineageId: string, memory: NewMemory) {
  const [opposed] = await tx.rows<RowOf<typeof owner>>(sql`
    select ${owner} from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${id.uuid}::uuid`);
  if (!opposed) throw new NotFound('memory', [id.given]);
  const user = memory.user ?? (opposed.userId ? { id: opposed.userId, given: opposed.userId } : null);
  const companion = { id: opposed.companionId, given: opposed.companionId };
  const path = ['input', 'by', 'newMemory'];
  const [created] = await createMemories(tx, companion, [{ ...memory, user }], () => path, [lineageId]);
  const { id: uuid, contradictionId } = created as CreatedMemory;
  return { opposing: { uuid, given: encodeId('Memory', uuid) }, opened: contradictionId };
}

function believedVersion(timeLines: TimeLines, { uuid, given }: GivenId, path: readonly string[]): VersionRow {
  const version = timeLines.versions.get(uuid);
  if (!version) throw new NotFound('memory', [given]);
  if (timeLines.isBelieved(uuid)) return version;
  const current = timeLines.current(version.lineageId, Date.now());
  const hint = timeLines.isBelieved(current.id) ? `; its current version is ${encodeId('Memory', current.id)}` : '';
  throw invalid(path, `It is no longer believed, so there is nothing to contradict${hint}.`);
}

const joined = fields(pick(c, 'memoryLineageId', 'byLineageId'));

async function openDispute(tx: WriteTransaction, id: GivenId): Promise<{ timeLines: TimeLines; dispute: DisputeRow }> {
  const [found] = await tx.rows<RowOf<typeof joined>>(sql`
    select ${joined} from ${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = ${id.uuid}::uuid`);
  const timeLines = found && (await openTimeLines(tx, [found.memoryLineageId, found.byLineageId]));
  const dispute = timeLines?.disputes.find((each) => each.id === id.uuid);
  if (!timeLines || !dispute) throw new NotFound('contradiction', [id.given]);
  return { timeLines, dispute };
}

/** Resolves an open contradiction. Throws NotFound, InvalidInput, AlreadyResolved. */
export async function resolveContradiction(
  tx: WriteTransaction,
  id: GivenId,
  resolution: ContradictionResolution,
  note: string | null | undefined,
): Promise<ContradictionOutcome> {
  const { timeLines, dispute } = await openDispute(tx, id);
  if (dispute.status !== 'OPEN') throw new AlreadyResolved(dispute.id, String(dispute.resolution));
  const stamp = await tx.stamp(timeLines.latest);
  const sides = timeLines.beliefs.sides.get(dispute.id) as { memoryId: string; byId: string };
  checkResolution(timeLines, sides, resolution);
  // The decision is about the sides as they are: what stood for a side elsewhere than by correction is its anchor now.
  dispute.memoryAnchorId = sides.memoryId;
  dispute.byAnchorId = sides.byId;
  dispute.status = resolution === 'DISMISSED' ? 'DISMISSED' : 'RESOLVED';
  dispute.resolution = resolution;
  dispute.resolvedAt = stamp.getTime();
  timeLines.changed();
  refuseCollision(timeLines, ['input', 'resolution']);
  await writeState(tx, dispute, note ?? null, stamp);
  await settle(tx, timeLines);
  noteEvents(tx, [disputeEvent('RESOLVED', dispute, { reason: note ?? null, changes: { resolution } })]);
  return outcome(dispute);
}

function checkResolution(
  timeLines: TimeLines,
  { memoryId, byId }: { memoryId: string; byId: string },
  resolution: ContradictionResolution,
): void {
  if (resolution === 'DISMISSED') return;
  const path = ['resolution'];
  for (const [side, name] of [
    [memoryId, 'memory'],
    [byId, 'by'],
  ] as const) {
    if (!timeLines.isBelieved(side)) {
      throw invalid(
        path,
        `Its ${name} is no longer believed, so there is nothing to decide between: DISMISSED is left.`,
      );
    }
  }
  const [memory, by] = [timeLines.versions.get(memoryId), timeLines.versions.get(byId)] as [VersionRow, VersionRow];
  if (resolution === 'SUCCEEDED' && memory.start === by.start) {
    throw invalid(
      path,
      `Both are valid from ${new Date(by.start).toISOString()}, so neither came after the other: KEEP_MEMORY, KEEP_BY and DISMISSED are left.`,
    );
  }
}

/** Takes a resolution back: it is as if it had never been made. Throws NotFound, InvalidInput where it is open. */
export async function reopenContradiction(tx: WriteTransaction, id: GivenId): Promise<ContradictionOutcome> {
  const { timeLines, dispute } = await openDispute(tx, id);
  if (dispute.status === 'OPEN') throw invalid(['id'], 'It is open: there is nothing to take back.');
  const { resolution } = dispute;
  const stamp = await tx.stamp(timeLines.latest);
  Object.assign(dispute, { status: 'OPEN', resolution: null, resolvedAt: null });
  timeLines.changed();
  refuseCollision(timeLines, ['input', 'id']);
  await writeState(tx, dispute, null, stamp);
  await settle(tx, timeLines);
  noteEvents(tx, [disputeEvent('REOPENED', dispute, { changes: { resolution: { from: resolution, to: null } } })]);
  return outcome(dispute);
}

/** Writes the state of a contradiction; its relation is live while it is open. */
async function writeState(tx: WriteTransaction, dispute: DisputeRow, note: string | null, stamp: Date): Promise<void> {
  const resolvedAt = dispute.resolvedAt === null ? null : stamp;
  const state = {
    status: valueFor(contradictions.status, dispute.status),
    resolution: valueFor(contradictions.resolution, dispute.resolution),
    resolvedAt: valueFor(contradictions.resolvedAt, resolvedAt),
    note: valueFor(contradictions.note, note),
    memoryAnchorId: valueFor(contradictions.memoryAnchorId, dispute.memoryAnchorId),
    byAnchorId: valueFor(contradictions.byAnchorId, dispute.byAnchorId),
  };
  await tx.rows(sql`
    update ${aliased(c)} set ${set(contradictions, state)}
    where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = ${dispute.id}::uuid`);
  await tx.rows(sql`
    update ${aliased(r)} set ${set(relations, { retractedAt: valueFor(relations.retractedAt, resolvedAt) })}
    where ${r.workspaceId} = ${tx.workspaceId} and ${r.id} = ${dispute.relationId}::uuid`);
}
