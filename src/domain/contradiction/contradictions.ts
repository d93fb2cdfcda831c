import { sql } from 'drizzle-orm';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, set, under, valueFor } from '../../db/typed-sql.ts';
import { NotFound, RelationExists } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import type { GivenId } from '../../kernel/input.ts';
import { contradictions } from '../../tables/contradiction.ts';
import { memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import { draftDispute, writeDisputes } from '../belief/dispute.ts';
import { lineagesOf } from '../belief/lock.ts';
import { openTimeLines } from '../belief/open-time-lines.ts';
import type { DisputeRow, VersionRow } from '../belief/rows.ts';
import { settle } from '../belief/settle.ts';
import type { TimeLines } from '../belief/time-lines.ts';
import { createMemories } from '../memory/create.ts';
import type { CreatedMemory, NewMemory } from '../memory/new-memory.ts';
import { type ContradictionOutcome, invalid, outcome } from './outcome.ts';

const c = under(contradictions, 'c');
const m = under(memories, 'm');
const r = under(relations, 'r');

export interface NewContradiction {
  /** 0–1: how strong the contradiction is. */
  strength: number;
  reason?: string | null | undefined;
}

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
    throw invalid(
      byPath,
      'A memory cannot contradict itself or one of its own versions: correct it with correctMemory.',
    );
  }
  const timeLines = await openTimeLines(tx, [memoryLineageId, byLineageId]);
  const there = timeLines.disputes.find((dispute) => isPair(timeLines, dispute, [memoryLineageId, byLineageId]));
  if (there && there.id === opened) {
    await completeContradiction(tx, there, strength, reason ?? null);
    return outcome(there);
  }
  if (there) throw new RelationExists('CONTRADICTS', there.relationId, there.id);
  const stamp = await tx.stamp(timeLines.latest);
  const memory = believedVersion(timeLines, id, ['id'], stamp);
  const opponent = believedVersion(timeLines, opposing, byPath, stamp);
  const dispute = draftDispute({ memory, by: opponent, isOfSlot: false, strength, reason }, stamp);
  await writeDisputes(tx, [dispute], stamp);
  timeLines.disputes.push(dispute);
  timeLines.changed();
  await settle(tx, timeLines);
  return outcome(dispute);
}

/**
 * Completes a contradiction that a slot has opened by itself: in this transaction, or as of this moment of the past. It is
 * the one that the caller means.
 */
export async function completeContradiction(
  tx: WriteTransaction,
  { id, relationId }: Pick<DisputeRow, 'id' | 'relationId'>,
  strength: number,
  reason: string | null,
): Promise<void> {
  const given = {
    strength: valueFor(contradictions.strength, strength),
    reason: valueFor(contradictions.reason, reason),
  };
  await tx.unrestricted(() =>
    tx.rows(sql`
      update ${aliased(c)} set ${set(contradictions, given)}
      where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = ${id}::uuid`),
  );
  await tx.rows(sql`
    update ${aliased(r)} set ${set(relations, { strength: valueFor(relations.strength, strength) })}
    where ${r.workspaceId} = ${tx.workspaceId} and ${r.id} = ${relationId}::uuid`);
}

/**
 * True of a contradiction between two lineages, or between what stands in them by now: a slot may have taken one in.
 */
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

function believedVersion(
  timeLines: TimeLines,
  { uuid, given }: GivenId,
  path: readonly string[],
  now: Date,
): VersionRow {
  const version = timeLines.versions.get(uuid);
  if (!version) throw new NotFound('memory', [given]);
  if (timeLines.isBelieved(uuid)) return version;
  const current = timeLines.current(version.lineageId, now.getTime());
  const hint = timeLines.isBelieved(current.id) ? `; its current version is ${encodeId('Memory', current.id)}` : '';
  throw invalid(path, `It is no longer believed, so it cannot be contradicted${hint}.`);
}
