import type { WriteTransaction } from '../../db/transaction.ts';
import { encodeId, newId } from '../../kernel/ids.ts';
import type { Belief } from '../../model/belief/belief.ts';
import type { MemoryType } from '../../tables/memory.ts';
import { type DraftedDispute, writeDisputes } from '../belief/dispute.ts';
import type { VersionRow } from '../belief/rows.ts';
import { settle } from '../belief/settle.ts';
import { relateVersions } from '../belief/version.ts';
import { type OpenSlots, placeInSlot } from './slots.ts';

/** A memory about to be written to a slot. */
export interface SlotDraft {
  id: string;
  /** Its own lineage, used if it does not join the slot's time line. */
  lineageId: string;
  userId: string | null;
  slot: string;
  type: MemoryType;
  content: string;
  fold: string;
  from: Date;
  validUntil?: Date | null;
  expiresAt?: Date | null;
  isApart?: boolean | null | undefined;
}

export interface Written {
  duplicateOf?: { id: string; lineageId: string };
  succeededId: string | null;
  contradictionId: string | null;
}

/** Puts memories on the time lines of their slots one after the other, in memory, and then writes what that changes. */
export class SlotWriter {
  readonly #slots: OpenSlots;
  readonly #companionId: string;
  readonly #stamp: Date;
  /** What was there before is no duplicate of what is written: it would be told to who may not read. */
  readonly #isBlind: boolean;
  readonly #disputes: DraftedDispute[] = [];
  readonly #corrects: { id: string; lineageId: string; from: string; to: string }[] = [];
  readonly #placed: string[] = [];

  constructor(slots: OpenSlots, companionId: string, stamp: Date, isBlind = false) {
    this.#slots = slots;
    this.#companionId = companionId;
    this.#stamp = stamp;
    this.#isBlind = isBlind;
  }

  place(draft: SlotDraft): Written {
    const { timeLines } = this.#slots;
    const lineageId = this.#slots.lineageOf(draft);
    const row: VersionRow = {
      id: draft.id,
      lineageId: draft.lineageId,
      companionId: this.#companionId,
      userId: draft.userId,
      type: draft.type,
      content: draft.content,
      contentFold: draft.fold,
      slot: draft.slot,
      start: draft.from.getTime(),
      statedUntil: draft.validUntil?.getTime() ?? null,
      validUntil: null,
      retractedAt: null,
      recordedAt: this.#stamp.getTime(),
      isCorrected: false,
      isContested: false,
      isArchived: false,
      expiresAt: draft.expiresAt?.getTime() ?? null,
    };
    const mayEqual = ({ id }: VersionRow) => !this.#isBlind || this.#placed.includes(id);
    const placed = placeInSlot(timeLines, lineageId, row, this.#stamp, draft.isApart ?? false, mayEqual);
    if (placed.kind === 'duplicate') {
      return { duplicateOf: placed.of, succeededId: null, contradictionId: null };
    }
    this.#placed.push(row.id);
    if (placed.kind === 'beside') {
      this.#disputes.push(placed.dispute);
      return { succeededId: null, contradictionId: placed.dispute.id };
    }
    if (placed.before) this.#corrects.push({ id: newId(), lineageId, from: row.id, to: placed.before.id });
    return { succeededId: placed.succeeded?.id ?? null, contradictionId: null };
  }

  /** States another end of a memory placed. */
  end(id: string, until: Date | null): void {
    const { timeLines } = this.#slots;
    const row = timeLines.versions.get(id);
    if (row) row.statedUntil = until?.getTime() ?? null;
    timeLines.changed();
  }

  /** What a memory placed is believed to be, once all are. */
  belief(id: string): Belief {
    return this.#slots.timeLines.belief(id);
  }

  /** Writes what the memories placed, which must have been written, make of the others. */
  async write(tx: WriteTransaction): Promise<void> {
    if (this.#placed.length === 0) return;
    const { timeLines } = this.#slots;
    for (const id of this.#placed) {
      const { guestOf: _, leaves: __, ...belief } = this.belief(id);
      Object.assign(timeLines.versions.get(id) as VersionRow, belief);
    }
    await writeDisputes(tx, this.#disputes, this.#stamp);
    await relateVersions(tx, this.#corrects, this.#stamp);
    await settle(tx, timeLines);
  }
}

/** The changes in the event of a memory written to a slot. */
export const slotChanges = (slot: string, { succeededId }: Written) => ({
  slot,
  ...(succeededId && { succeeded: encodeId('Memory', succeededId) }),
});
