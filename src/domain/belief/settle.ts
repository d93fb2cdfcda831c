import { sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, pick, recordset, set, typed, under } from '../../db/typed-sql.ts';
import { InvalidInput } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import type { Belief } from '../../model/belief/belief.ts';
import { contradictions } from '../../tables/contradiction.ts';
import { memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import { refreshNeighborhoods } from '../neighborhood/neighborhoods.ts';
import type { VersionRow } from './rows.ts';
import type { TimeLines } from './time-lines.ts';

const c = under(contradictions, 'c');
const m = under(memories, 'm');
const other = under(relations, 'other');
const r = under(relations, 'r');

/** The slot a version answers, by what it is believed to be. */
export const slotOf = (timeLines: TimeLines, row: VersionRow, { guestOf, leaves }: Belief): string | null => {
  if (guestOf) return timeLines.slots.get(guestOf) ?? null;
  return leaves ? null : row.slot;
};

/** Throws InvalidInput, with this path, where two believed versions would begin at the same moment. */
export function refuseCollision(timeLines: TimeLines, path: readonly string[]): void {
  // Of lineages that are not locked, not all that their belief depends on is known.
  const collision = timeLines.beliefs.collisions.find(([id]) => timeLines.slots.has(timeLines.belief(id).lineageId));
  if (!collision) return;
  const [one, other] = collision;
  const moment = new Date(timeLines.versions.get(one)?.start as number).toISOString();
  throw new InvalidInput([
    {
      path,
      message:
        `Two versions of one memory cannot begin at the same moment (${moment}): ` +
        `${encodeId('Memory', one)} and ${encodeId('Memory', other)}. Correct or retract one of them ` +
        `first.`,
    },
  ]);
}

interface Changed {
  row: VersionRow;
  belief: Belief;
  slot: string | null;
}

/**
 * Writes what the decisions in force make of the versions and the sides of contradictions, where it has changed. The
 * stamp must have been taken, later than `timeLines.latest`.
 */
export const settle = (tx: WriteTransaction, timeLines: TimeLines): Promise<void> =>
  tx.unrestricted(() => settleAll(tx, timeLines));

async function settleAll(tx: WriteTransaction, timeLines: TimeLines): Promise<void> {
  const changed: Changed[] = [];
  for (const row of timeLines.versions.values()) {
    const belief = timeLines.belief(row.id);
    const slot = slotOf(timeLines, row, belief);
    // Of lineages that are not locked, not all that their belief depends on is known.
    if (timeLines.slots.has(row.lineageId) && differs(row, belief, slot)) changed.push({ row, belief, slot });
  }
  await writeBeliefs(tx, changed);
  await writeSides(tx, timeLines);
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
}

const believed = {
  ...pick(memories, 'id', 'lineageId', 'slot', 'isCorrected', 'isContested'),
  validUntil: typed<number | null>('float8'),
  retractedAt: typed<number | null>('float8'),
};

async function writeBeliefs(tx: WriteTransaction, changed: readonly Changed[]): Promise<void> {
  if (changed.length === 0) return;
  const rows = changed.map(({ row, belief, slot }) => ({ id: row.id, ...belief, slot }));
  const b = recordset('b', believed, rows);
  const values = set(memories, {
    ...pick(b, 'lineageId', 'slot', 'isCorrected', 'isContested'),
    validUntil: sql`to_timestamp(${b.validUntil} / 1000)`,
    retractedAt: sql`to_timestamp(${b.retractedAt} / 1000)`,
  });
  await tx.rows(sql`
    update ${aliased(m)} set ${values} from ${aliased(b)}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${b.id}`);
}

/** Writes the sides of contradictions where they have changed. */
async function writeSides(tx: WriteTransaction, { disputes, beliefs }: TimeLines): Promise<void> {
  const moved = disputes.flatMap((dispute) => {
    const sides = beliefs.sides.get(dispute.id);
    const isSame = !sides || (sides.memoryId === dispute.memoryId && sides.byId === dispute.byId);
    return isSame ? [] : [{ dispute, sides }];
  });
  if (moved.length === 0) return;
  const rows = moved.map(({ dispute, sides }) => ({ id: dispute.id, ...sides }));
  const s = recordset('s', pick(contradictions, 'id', 'memoryId', 'byId'), rows);
  await tx.rows(sql`
    update ${aliased(c)} set ${set(contradictions, pick(s, 'memoryId', 'byId'))} from ${aliased(s)}
    where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = ${s.id}`);
  for (const { dispute, sides } of moved) Object.assign(dispute, sides);
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
 * Moves the relations made with versions that a slot took in or let go. A relation stays where it is, unseen, if the
 * same one is there already, if it would join a lineage with itself, or if it is a CAUSES, which could close a circle.
 */
async function moveRelations(tx: WriteTransaction, memoryIds: readonly string[]): Promise<void> {
  const moved = uuids(memoryIds);
  const ends = { fromLineageId: m.lineageId, toLineageId: m.lineageId };
  await tx.rows(sql`
    update ${aliased(r)} set ${set(relations, ends)} from ${aliased(m)}
    where ${r.workspaceId} = ${tx.workspaceId} and ${r.type} = 'CORRECTS' and ${r.fromMemoryId} = ${m.id}
      and ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${moved})`);
  for (const { near, far, nearMemory } of [
    { near: 'fromLineageId', far: 'toLineageId', nearMemory: r.fromMemoryId },
    { near: 'toLineageId', far: 'fromLineageId', nearMemory: r.toMemoryId },
  ] as const) {
    await tx.rows(sql`
      update ${aliased(r)} set ${set(relations, { [near]: m.lineageId })} from ${aliased(m)}
      where ${r.workspaceId} = ${tx.workspaceId} and ${r.type} not in ('CORRECTS', 'CAUSES') and ${nearMemory} = ${m.id}
        and ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${moved})
        and ${r[near]} <> ${m.lineageId} and ${r[far]} <> ${m.lineageId}
        and (${r.retractedAt} is not null or not exists (
          select from ${aliased(other)} where ${other.workspaceId} = ${tx.workspaceId} and ${other[near]} = ${m.lineageId}
            and ${other[far]} = ${r[far]} and ${other.type} = ${r.type} and ${other.retractedAt} is null))`);
  }
}
