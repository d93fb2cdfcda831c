import { sql } from 'drizzle-orm';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, insertSelect, pick, type RowOf, recordset, under, valueFor } from '../../db/typed-sql.ts';
import { newId } from '../../kernel/ids.ts';
import { foldContent } from '../../model/memory/fold.ts';
import { lineages } from '../../tables/memory.ts';
import { type DraftedDispute, draftDispute } from '../belief/dispute.ts';
import { openTimeLines } from '../belief/open-time-lines.ts';
import type { VersionRow } from '../belief/rows.ts';
import type { TimeLines } from '../belief/time-lines.ts';

const l = under(lineages, 'l');

const NOBODY = sql`'00000000-0000-0000-0000-000000000000'::uuid`;

const slotted = fields(pick(l, 'id', 'userId', 'slot'));

/** Names a slot of a companion. */
export interface SlotRef extends Pick<RowOf<typeof slotted>, 'userId'> {
  slot: string;
}

/** Slots whose time lines are locked, and what has been written to them in this transaction. */
export interface OpenSlots {
  timeLines: TimeLines;
  /** The lineage that answers a slot. */
  lineageOf(ref: SlotRef): string;
}

const slotKey = ({ userId, slot }: SlotRef) => JSON.stringify([userId, slot]);

/** Locks slots of a companion, which are created where they are new, and further lineages. */
export async function openSlots(
  tx: WriteTransaction,
  companionId: string,
  refs: readonly SlotRef[],
  further: readonly string[] = [],
): Promise<OpenSlots> {
  const distinct = new Map(refs.map((ref) => [slotKey(ref), ref]));
  const rows = [...distinct.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, ref]) => ({ id: newId(), userId: ref.userId, slot: ref.slot }));
  const found = new Map<string, string>();
  if (rows.length > 0) {
    const given = recordset('given', pick(lineages, 'id', 'userId', 'slot'), rows);
    const created = insertSelect(
      lineages,
      {
        workspaceId: valueFor(lineages.workspaceId, tx.workspaceId),
        companionId: valueFor(lineages.companionId, companionId),
        ...pick(given, 'id', 'userId', 'slot'),
      },
      sql`from ${aliased(given)}`,
    );
    await tx.rows(sql`${created} on conflict do nothing`);
    const named = await tx.rows<RowOf<typeof slotted>>(sql`
      select ${slotted} from ${aliased(given)}
      join ${aliased(l)} on ${l.workspaceId} = ${tx.workspaceId} and ${l.companionId} = ${companionId}::uuid
        and coalesce(${l.userId}, ${NOBODY}) = coalesce(${given.userId}, ${NOBODY}) and ${l.slot} = ${given.slot}`);
    for (const { id, userId, slot } of named) found.set(slotKey({ userId, slot: slot as string }), id);
  }
  const timeLines = await openTimeLines(tx, [...found.values(), ...further]);
  return { timeLines, lineageOf: (ref) => found.get(slotKey(ref)) as string };
}

/** Where a new version stands. */
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
 * Puts a new version on a slot's time line, in memory. What was true before ends where it begins, and it ends where the
 * next begins. If it says the same as what holds then, it is a duplicate. If it says something else from exactly the
 * same moment, it gets a lineage of its own, and contradicts what is there. What is `isApart` is a duplicate only of what
 * begins with it.
 *
 * Only what `mayEqual` lets through counts as saying the same. `row.lineageId` is the lineage it would have of its own;
 * once placed it is the slot's.
 */
export function placeInSlot(
  timeLines: TimeLines,
  slotLineageId: string,
  row: VersionRow,
  stamp: Date,
  isApart = false,
  mayEqual: (other: VersionRow) => boolean = () => true,
): Placed {
  const { start } = row;
  const timeLine = timeLines.of(slotLineageId);
  const holder = timeLines.holding(slotLineageId, start);
  const beside = [...timeLines.versions.values()].filter(
    (other) =>
      timeLines.belief(other.id).guestOf === slotLineageId &&
      timeLines.isBelieved(other.id) &&
      timeLines.isTrue(other, start),
  );
  const same = [...(holder ? [holder] : []), ...beside].find(
    (other) =>
      saysSame(other, row) && (other.start === start || (!isApart && isInUse(other, start))) && mayEqual(other),
  );
  if (same) return { kind: 'duplicate', of: same };
  const occupant = timeLine.find((other) => other.start === start);
  timeLines.versions.set(row.id, row);
  if (occupant) {
    const dispute = draftDispute(
      { memory: occupant, by: row, isOfSlot: true, strength: 1, memoryLineageId: slotLineageId },
      stamp,
    );
    timeLines.disputes.push(dispute);
    timeLines.changed();
    return { kind: 'beside', dispute };
  }
  row.lineageId = slotLineageId;
  timeLines.changed();
  return { kind: 'placed', succeeded: holder, before: timeLine.findLast((other) => other.start < start) };
}

/** By the contents: what version 0.1 kept of them says less. */
const saysSame = (one: VersionRow, other: VersionRow): boolean =>
  one.contentFold === other.contentFold || foldContent(one.content) === foldContent(other.content);

const isInUse = ({ isArchived, expiresAt }: VersionRow, moment: number): boolean =>
  !isArchived && (expiresAt === null || moment < expiresAt);
