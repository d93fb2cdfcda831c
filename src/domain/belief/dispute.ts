import { sql } from 'drizzle-orm';
import { json, moment } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { newId } from '../../kernel/ids.ts';
import { type NewEvent, noteEvents } from '../event/record.ts';
import type { DisputeRow, VersionRow } from './lines.ts';

/** A contradiction to be opened. */
export interface NewDispute {
  memory: VersionRow;
  by: VersionRow;
  /** The memory's lineage, where that is not where the version stands. */
  memoryLineageId?: string;
  isOfSlot: boolean;
  /** 0–1: how strongly it speaks against. */
  strength: number;
  reason?: string | null | undefined;
}

export interface DraftedDispute extends DisputeRow {
  strength: number;
  reason: string | null;
}

/** A contradiction that is open from `stamp` on, yet to be written. */
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

/** Writes drafted contradictions, with their relations and events. */
export async function writeDisputes(
  tx: WriteTransaction,
  drafted: readonly DraftedDispute[],
  stamp: Date,
): Promise<void> {
  if (drafted.length === 0) return;
  const now = moment(stamp);
  await tx.rows(sql`
    with given as (
      select * from jsonb_to_recordset(${json(drafted)}) as c (id uuid, "memoryLineageId" uuid, "byLineageId" uuid,
        "memoryAnchorId" uuid, "byAnchorId" uuid, "memoryId" uuid, "byId" uuid, "isOfSlot" boolean, strength float8,
        reason text, "relationId" uuid)
    ), relation as (
      insert into relations (workspace_id, id, from_lineage_id, to_lineage_id, from_memory_id, to_memory_id, type,
        strength, recorded_at, known_from)
      select ${tx.workspaceId}, "relationId", "byLineageId", "memoryLineageId", "byAnchorId", "memoryAnchorId",
        'CONTRADICTS', strength, ${now}, ${now} from given
    )
    insert into contradictions (workspace_id, id, memory_lineage_id, by_lineage_id, memory_anchor_id, by_anchor_id,
      memory_id, by_id, is_of_slot, strength, reason, status, relation_id, opened_at, known_from)
    select ${tx.workspaceId}, id, "memoryLineageId", "byLineageId", "memoryAnchorId", "byAnchorId", "memoryId", "byId",
      "isOfSlot", strength, reason, 'OPEN', "relationId", ${now}, ${now} from given`);
  noteEvents(
    tx,
    drafted.map((row) =>
      disputeEvent('CONTRADICTED', row, { reason: row.reason, changes: { strength: row.strength } }),
    ),
  );
}

/** What befell the two sides of a contradiction. */
export const disputeEvent = (
  kind: NewEvent['kind'],
  { id, memoryId, byId, relationId }: DisputeRow,
  said: Pick<NewEvent, 'reason' | 'changes'>,
): NewEvent => ({ kind, memoryId, otherMemoryId: byId, contradictionId: id, relationId, ...said });
