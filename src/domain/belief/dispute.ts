import { sql } from 'drizzle-orm';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, insertSelect, pick, recordset, valueFor } from '../../db/typed-sql.ts';
import { newId } from '../../kernel/ids.ts';
import { contradictions } from '../../tables/contradiction.ts';
import { relations } from '../../tables/relation.ts';
import { type NewEvent, noteEvents } from '../event/record.ts';
import type { DisputeRow, VersionRow } from './rows.ts';

/** A contradiction to be opened. */
export interface NewDispute {
  memory: VersionRow;
  by: VersionRow;
  /** The memory's lineage, where that is not where the version stands. */
  memoryLineageId?: string;
  isOfSlot: boolean;
  /** 0–1: how strong the contradiction is. */
  strength: number;
  reason?: string | null | undefined;
}

export interface DraftedDispute extends DisputeRow {
  strength: number;
  reason: string | null;
}

/** A contradiction that is open from `stamp` on, not written yet. */
export const draftDispute = (
  { memory, by, memoryLineageId = memory.lineageId, isOfSlot, strength, reason }: NewDispute,
  stamp: Date,
): DraftedDispute => ({
  id: newId(),
  memoryLineageId,
  byLineageId: by.lineageId,
  memoryAnchorId: memory.id,
  byAnchorId: by.id,
  memoryId: memory.id,
  byId: by.id,
  isOfSlot,
  strength,
  reason: reason ?? null,
  status: 'OPEN' as const,
  resolution: null,
  openedAt: stamp.getTime(),
  resolvedAt: null,
  relationId: newId(),
});

const shape = {
  ...pick(contradictions, 'id', 'memoryLineageId', 'byLineageId', 'memoryAnchorId', 'byAnchorId', 'memoryId', 'byId'),
  ...pick(contradictions, 'isOfSlot', 'strength', 'reason', 'status', 'relationId'),
};

/** Writes drafted contradictions, with their relations and events. */
export async function writeDisputes(
  tx: WriteTransaction,
  drafted: readonly DraftedDispute[],
  stamp: Date,
): Promise<void> {
  if (drafted.length === 0) return;
  const row = recordset('drafted', shape, drafted);
  const workspaceId = valueFor(contradictions.workspaceId, tx.workspaceId);
  const relation = insertSelect(
    relations,
    {
      workspaceId,
      id: row.relationId,
      fromLineageId: row.byLineageId,
      toLineageId: row.memoryLineageId,
      fromMemoryId: row.byAnchorId,
      toMemoryId: row.memoryAnchorId,
      type: valueFor(relations.type, 'CONTRADICTS'),
      strength: row.strength,
      recordedAt: valueFor(relations.recordedAt, stamp),
      retractedAt: sql`null`,
      knownFrom: valueFor(relations.knownFrom, stamp),
    },
    sql`from drafted`,
  );
  const contradiction = insertSelect(
    contradictions,
    {
      workspaceId,
      ...row,
      resolution: sql`null`,
      note: sql`null`,
      openedAt: valueFor(contradictions.openedAt, stamp),
      resolvedAt: sql`null`,
      knownFrom: valueFor(contradictions.knownFrom, stamp),
    },
    sql`from drafted`,
  );
  await tx.unrestricted(() =>
    tx.rows(sql`
    with drafted as (select * from ${aliased(row)}), relation as (${relation})
    ${contradiction}`),
  );
  noteEvents(
    tx,
    drafted.map((dispute) =>
      disputeEvent('CONTRADICTED', dispute, { reason: dispute.reason, changes: { strength: dispute.strength } }),
    ),
  );
}

/** What happened to the two sides of a contradiction. */
export const disputeEvent = (
  kind: NewEvent['kind'],
  dispute: DisputeRow,
  said: Pick<NewEvent, 'reason' | 'changes'>,
): NewEvent => ({
  kind,
  memoryId: dispute.memoryId,
  otherMemoryId: dispute.byId,
  contradictionId: dispute.id,
  relationId: dispute.relationId,
  ...said,
});
