import { sql } from 'drizzle-orm';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import type { CorrectionKind } from '../../domain/correction/target.ts';
import type { GivenId } from '../../kernel/input.ts';
import { contradictions, contradictionsHistory } from '../../tables/contradiction.ts';
import { decisions } from '../../tables/correction.ts';
import { memories, memoriesHistory } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';

// What of a file is there already: imported before, or decided here.

const c = under(contradictions, 'c');
const d = under(decisions, 'd');
const h = under(contradictionsHistory, 'h');
const m = under(memories, 'm');
const past = under(memoriesHistory, 'past');
const r = under(relations, 'r');

export async function isMemory(tx: Transaction, id: string): Promise<boolean> {
  const rows = await tx.rows(sql`
    select 1 as there from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${id}::uuid`);
  return rows.length > 0;
}

const retracted = fields(pick(d, 'kind', 'recordedAt', 'revertedAt'));

/**
 * True where a memory has been retracted at the moment or later, even if that was taken back; and where it is retracted
 * now. One that has only ended can still be retracted, or end once more at a moment that is told.
 */
export async function isRetracted(
  tx: Transaction,
  id: string,
  kind: CorrectionKind,
  recordedAt: Date | null,
): Promise<boolean> {
  const rows = await tx.rows<RowOf<typeof retracted>>(sql`
    select ${retracted} from ${aliased(d)} where ${d.workspaceId} = ${tx.workspaceId} and ${d.memoryId} = ${id}::uuid
      and ${d.versionId} is null`);
  return rows.some((row) => {
    if (recordedAt && row.recordedAt >= recordedAt) return true;
    return row.revertedAt === null && (row.kind === 'RETRACTED' || (kind === 'CHANGE' && !recordedAt));
  });
}

const dispute = fields(
  pick(c, 'id', 'status', 'isOfSlot', 'strength', 'reason', 'openedAt', 'resolvedAt', 'relationId'),
);
export type DisputeThere = RowOf<typeof dispute>;

/** The contradiction that was opened on two memories, or is between them or their lineages. */
export async function findContradiction(
  tx: Transaction,
  memory: GivenId,
  by: GivenId,
): Promise<DisputeThere | undefined> {
  const { workspaceId } = tx;
  const lineage = ({ uuid }: GivenId) =>
    sql`(select ${m.lineageId} from ${aliased(m)} where ${m.workspaceId} = ${workspaceId} and ${m.id} = ${uuid}::uuid)`;
  // A slot may have moved it to another lineage since.
  const lineages = sql`array(
    select ${m.lineageId} from ${aliased(m)}
    where ${m.workspaceId} = ${workspaceId} and ${m.id} in (${memory.uuid}::uuid, ${by.uuid}::uuid)
    union select ${past.lineageId} from ${aliased(past)}
    where ${past.workspaceId} = ${workspaceId} and ${past.id} in (${memory.uuid}::uuid, ${by.uuid}::uuid))`;
  const isOpenedOn = sql`exists (select from ${aliased(r)}
    where ${r.workspaceId} = ${workspaceId} and ${r.id} = ${c.relationId}
      and ${r.fromMemoryId} = ${by.uuid}::uuid and ${r.toMemoryId} = ${memory.uuid}::uuid)`;
  const [found] = await tx.rows<DisputeThere>(sql`
    select ${dispute} from ${aliased(c)}
    where ${c.workspaceId} = ${workspaceId}
      and (${c.memoryLineageId} = any(${lineages}) or ${c.byLineageId} = any(${lineages}))
      and (
        (${c.memoryLineageId}, ${c.byLineageId}) in (
          values (${lineage(memory)}, ${lineage(by)}), (${lineage(by)}, ${lineage(memory)}))
        or (${c.memoryId} = ${memory.uuid}::uuid and ${c.byId} = ${by.uuid}::uuid)
        or ${isOpenedOn})
    order by ${isOpenedOn} desc limit 1`);
  return found;
}

/** True of a contradiction that is resolved, and was by the moment. */
export const isInForce = ({ status, resolvedAt }: DisputeThere, moment: Date | null): boolean =>
  status !== 'OPEN' && (moment === null || resolvedAt === null || resolvedAt <= moment);

/** True of a contradiction that is resolved, or was at the moment or later. */
export async function isResolved(tx: Transaction, { id, status }: DisputeThere, moment: Date | null): Promise<boolean> {
  if (status !== 'OPEN') return true;
  if (moment === null) return false;
  const rows = await tx.rows(sql`
    select 1 as there from ${aliased(h)} where ${h.workspaceId} = ${tx.workspaceId} and ${h.id} = ${id}::uuid
      and ${h.resolvedAt} >= ${moment.toISOString()}::timestamptz limit 1`);
  return rows.length > 0;
}
