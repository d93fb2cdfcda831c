import { sql } from 'drizzle-orm';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, set, under, valueFor } from '../../db/typed-sql.ts';
import { AlreadyResolved, NotFound } from '../../kernel/errors.ts';
import type { GivenId } from '../../kernel/input.ts';
import { refuseReadOnly } from '../../model/restriction/allowed.ts';
import { type contradictionResolution, contradictions } from '../../tables/contradiction.ts';
import { lineages } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import { disputeEvent } from '../belief/dispute.ts';
import { openTimeLines } from '../belief/open-time-lines.ts';
import type { DisputeRow, VersionRow } from '../belief/rows.ts';
import { refuseCollision, settle } from '../belief/settle.ts';
import type { TimeLines } from '../belief/time-lines.ts';
import { noteEvents } from '../event/record.ts';
import { type ContradictionOutcome, invalid, outcome } from './outcome.ts';

const c = under(contradictions, 'c');
const l = under(lineages, 'l');
const r = under(relations, 'r');

export type ContradictionResolution = (typeof contradictionResolution.enumValues)[number];

const owner = fields(pick(l, 'companionId', 'userId'));
const joined = fields(pick(c, 'memoryLineageId', 'byLineageId'));

async function openDispute(tx: WriteTransaction, id: GivenId): Promise<{ timeLines: TimeLines; dispute: DisputeRow }> {
  const [found] = await tx.rows<RowOf<typeof joined>>(sql`
    select ${joined} from ${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = ${id.uuid}::uuid`);
  if (found && tx.restriction) {
    const owners = await tx.rows<RowOf<typeof owner>>(sql`
      select ${owner} from ${aliased(l)} where ${l.workspaceId} = ${tx.workspaceId}
        and ${l.id} in (${found.memoryLineageId}::uuid, ${found.byLineageId}::uuid)`);
    refuseReadOnly(tx.restriction, owners);
  }
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
      throw invalid(path, `Its ${name} is no longer believed, so only DISMISSED is possible.`);
    }
  }
  const [memory, by] = [timeLines.versions.get(memoryId), timeLines.versions.get(byId)] as [VersionRow, VersionRow];
  if (resolution === 'SUCCEEDED' && memory.start === by.start) {
    throw invalid(
      path,
      `Both are valid from ${new Date(by.start).toISOString()}, so neither came after the other: ` +
        `only KEEP_MEMORY, KEEP_BY and DISMISSED are possible.`,
    );
  }
}

/** Takes a resolution back: it is as if it had never been made. Throws NotFound, InvalidInput where it is open. */
export async function reopenContradiction(tx: WriteTransaction, id: GivenId): Promise<ContradictionOutcome> {
  const { timeLines, dispute } = await openDispute(tx, id);
  if (dispute.status === 'OPEN') throw invalid(['id'], 'It is open, so there is nothing to undo.');
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
const writeState = (tx: WriteTransaction, dispute: DisputeRow, note: string | null, stamp: Date): Promise<void> =>
  tx.unrestricted(() => writeAll(tx, dispute, note, stamp));

async function writeAll(tx: WriteTransaction, dispute: DisputeRow, note: string | null, stamp: Date): Promise<void> {
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
