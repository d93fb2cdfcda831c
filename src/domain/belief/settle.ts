import { sql } from 'drizzle-orm';
import { json, uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { InvalidInput } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import type { Belief } from '../../model/belief/timeline.ts';
import { contradictions } from '../../tables/contradiction.ts';
import { memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import { refreshNeighborhoods } from '../neighborhood/neighborhoods.ts';
import type { TimeLines, VersionRow } from './lines.ts';

const c = under(contradictions, 'c');
const m = under(memories, 'm');
const other = under(relations, 'other');
const r = under(relations, 'r');

/** The slot a version answers, by what it is believed to be. */
export const slotOf = (lines: TimeLines, row: VersionRow, { guestOf, leaves }: Belief): string | null => {
  if (guestOf) return lines.slots.get(guestOf) ?? null;
  return leaves ? null : row.slot;
};

/** Throws InvalidInput, with this path, where two believed versions would begin at the same moment. */
export function refuseCollision(lines: TimeLines, path: readonly string[]): void {
  const { collision } = lines.beliefs;
  if (!collision) return;
  const [one, other] = collision;
  const moment = new Date(lines.versions.get(one)?.start as number).toISOString();
  throw new InvalidInput([
    {
      path,
      message: `Two versions of one memory cannot begin at the same moment (${moment}): ${encodeId('Memory', one)} and ${encodeId('Memory', other)}. Correct or retract one of them first.`,
    },
  ]);
}

/**
 * Writes what the decisions in force make of the versions and the sides of contradictions, where it has changed. The
 * stamp must have been taken, later than `lines.latest`.
 */
export async function settle(tx: WriteTransaction, lines: TimeLines): Promise<void> {
  const changed: { row: VersionRow; belief: Belief; slot: string | null }[] = [];
  for (const row of lines.versions.values()) {
    const belief = lines.belief(row.id);
    const slot = slotOf(lines, row, belief);
    // Only of the lineages that are locked all is known that their belief hangs on.
    if (lines.slots.has(row.lineageId) && differs(row, belief, slot)) changed.push({ row, belief, slot });
  }
  if (changed.length > 0) {
    const rows = changed.map(({ row, belief, slot }) => ({ id: row.id, ...belief, slot }));
    await tx.rows(sql`
      update ${aliased(m)} set lineage_id = b."lineageId", slot = b.slot, is_corrected = b."isCorrected",
        is_contested = b."isContested",
        valid_until = to_timestamp(b."validUntil" / 1000), retracted_at = to_timestamp(b."retractedAt" / 1000)
      from jsonb_to_recordset(${json(rows)}) as b (id uuid, "lineageId" uuid, slot text, "isCorrected" boolean,
        "isContested" boolean, "validUntil" float8, "retractedAt" float8)
      where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = b.id`);
  }
  const moved = lines.disputes.flatMap(({ id, memoryId, byId }) => {
    const sides = lines.beliefs.sides.get(id);
    return sides && (sides.memoryId !== memoryId || sides.byId !== byId) ? [{ id, ...sides }] : [];
  });
  if (moved.length > 0) {
    await tx.rows(sql`
      update ${aliased(c)} set memory_id = s."memoryId", by_id = s."byId"
      from jsonb_to_recordset(${json(moved)}) as s (id uuid, "memoryId" uuid, "byId" uuid)
      where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = s.id`);
  }
  const rehoused = changed.filter(({ row, belief }) => row.lineageId !== belief.lineageId);
  if (rehoused.length > 0)
    await moveRelations(
      tx,
      rehoused.map(({ row }) => row.id),
    );
  await refreshNeighborhoods(
    tx,
    rehoused.flatMap(({ row, belief }) => [row.lineageId, belief.lineageId]),
  );
  for (const { row, belief, slot } of changed) Object.assign(row, belief, { slot });
  for (const { id, ...sides } of moved) Object.assign(lines.disputes.find((dispute) => dispute.id === id) ?? {}, sides);
}

function differs(row: VersionRow, belief: Belief, slot: string | null): boolean {
  return (
    row.lineageId !== belief.lineageId ||
    row.validUntil !== belief.validUntil ||
    row.retractedAt !== belief.retractedAt ||
    row.isCorrected !== belief.isCorrected ||
    row.isContested !== belief.isContested ||
    row.slot !== slot
  );
}

/**
 * Lets the relations made with versions that a slot took in, or let go, go along. One that would double another there,
 * or join a lineage with itself, stays behind, unseen; and so does every CAUSES, since it could close a circle.
 */
async function moveRelations(tx: WriteTransaction, memoryIds: readonly string[]): Promise<void> {
  const moved = uuids(memoryIds);
  await tx.rows(sql`
    update ${aliased(r)} set from_lineage_id = ${m.lineageId}, to_lineage_id = ${m.lineageId} from ${aliased(m)}
    where ${r.workspaceId} = ${tx.workspaceId} and ${r.type} = 'CORRECTS' and ${r.fromMemoryId} = ${m.id}
      and ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${moved})`);
  const [from, to] = [sql`from_lineage_id`, sql`to_lineage_id`];
  for (const [near, far, nearMemory] of [
    [from, to, sql`from_memory_id`],
    [to, from, sql`to_memory_id`],
  ] as const) {
    await tx.rows(sql`
      update ${aliased(r)} set ${near} = ${m.lineageId} from ${aliased(m)}
      where ${r.workspaceId} = ${tx.workspaceId} and ${r.type} not in ('CORRECTS', 'CAUSES') and r.${nearMemory} = ${m.id}
        and ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${moved})
        and r.${near} <> ${m.lineageId} and r.${far} <> ${m.lineageId}
        and (${r.retractedAt} is not null or not exists (
          select from ${aliased(other)} where ${other.workspaceId} = ${tx.workspaceId} and other.${near} = ${m.lineageId}
            and other.${far} = r.${far} and ${other.type} = ${r.type} and ${other.retractedAt} is null))`);
  }
}
