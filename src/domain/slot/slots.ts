import { sql } from 'drizzle-orm';
import { json } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { newId } from '../../kernel/ids.ts';
import { lineages } from '../../tables/memory.ts';
import { type DraftedDispute, draftDispute } from '../belief/dispute.ts';
import { openLines, type TimeLines, type VersionRow } from '../belief/lines.ts';

const l = under(lineages, 'l');

/** Names a slot of a companion. */
export interface SlotRef {
  userId: string | null;
  slot: string;
}

/** Slots whose time lines are locked, and what has been written to them in this transaction. */
export interface OpenSlots {
  lines: TimeLines;
  /** The lineage that a slot names. */
  lineageOf(ref: SlotRef): string;
}

const slotKey = ({ userId, slot }: SlotRef) => JSON.stringify([userId, slot]);

/** Locks slots of a companion, which are created where they are new, and lineages besides. */
export async function openSlots(
  tx: WriteTransaction,
  companionId: string,
  refs: readonly SlotRef[],
  besides: readonly string[] = [],
): Promise<OpenSlots> {
  const distinct = new Map(refs.map((ref) => [slotKey(ref), ref]));
  const rows = [...distinct.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, ref]) => ({ id: newId(), userId: ref.userId, slot: ref.slot }));
  const found = new Map<string, string>();
  if (rows.length > 0) {
    await tx.rows(sql`
      insert into lineages (workspace_id, id, companion_id, user_id, slot)
      select ${tx.workspaceId}, id, ${companionId}::uuid, "userId", slot
      from jsonb_to_recordset(${json(rows)}) as s (id uuid, "userId" uuid, slot text)
      on conflict do nothing`);
    const named = await tx.rows<SlotRef & { id: string }>(sql`
      select ${l.id}, ${l.userId} as "userId", ${l.slot}
      from jsonb_to_recordset(${json(rows)}) as s ("userId" uuid, slot text)
      join ${aliased(l)} on ${l.workspaceId} = ${tx.workspaceId} and ${l.companionId} = ${companionId}::uuid
        and coalesce(${l.userId}, '00000000-0000-0000-0000-000000000000'::uuid)
          = coalesce(s."userId", '00000000-0000-0000-0000-000000000000'::uuid)
        and ${l.slot} = s.slot`);
    for (const row of named) found.set(slotKey(row), row.id);
  }
  const lines = await openLines(tx, [...found.values(), ...besides]);
  return { lines, lineageOf: (ref) => found.get(slotKey(ref)) as string };
}

/** Where a new version has come to stand. */
export type Placed =
  | { kind: 'duplicate'; of: VersionRow }
  | {
      kind: 'placed';
      /** What held at its start until now: its time ends there. */
      succeeded: VersionRow | undefined;
      /** The version before it. */
      before: VersionRow | undefined;
    }
  | { kind: 'beside'; dispute: DraftedDispute };

/**
 * Puts a new version on a slot's time line, in memory: what was true before ends where it begins, and it ends where the
 * next begins. What says the same as what holds then is no new version. What says something else from the very same
 * moment stands beside it, in a lineage of its own, contradicting it.
 *
 * `row.lineageId` is the lineage it would have of its own; once placed it is the slot's.
 */
export function placeInSlot(lines: TimeLines, slotLineageId: string, row: VersionRow, stamp: Date): Placed {
  const { start } = row;
  const line = lines.line(slotLineageId);
  const holder = lines.holding(slotLineageId, start);
  const beside = [...lines.versions.values()].filter(
    (other) =>
      lines.belief(other.id).guestOf === slotLineageId && lines.isBelieved(other.id) && lines.isTrue(other, start),
  );
  const same = [...(holder ? [holder] : []), ...beside].find(
    (other) => other.contentFold === row.contentFold && (other.start === start || isAtHand(other, start)),
  );
  if (same) return { kind: 'duplicate', of: same };
  const occupant = line.find((other) => other.start === start);
  lines.versions.set(row.id, row);
  if (occupant) {
    const dispute = draftDispute(
      { memory: occupant, by: row, isOfSlot: true, strength: 1, memoryLineageId: slotLineageId },
      stamp,
    );
    lines.disputes.push(dispute);
    lines.changed();
    return { kind: 'beside', dispute };
  }
  row.lineageId = slotLineageId;
  lines.changed();
  return { kind: 'placed', succeeded: holder, before: line.findLast((other) => other.start < start) };
}

const isAtHand = ({ isArchived, expiresAt }: VersionRow, moment: number): boolean =>
  !isArchived && (expiresAt === null || moment < expiresAt);
