import { sql } from 'drizzle-orm';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, insertSelect, set, under, valueFor } from '../../db/typed-sql.ts';
import { decisions } from '../../tables/correction.ts';
import { relations } from '../../tables/relation.ts';
import type { DecisionRow } from '../belief/rows.ts';

const d = under(decisions, 'd');
const r = under(relations, 'r');

/** Writes a new correction or retraction. */
export async function insertDecision(
  tx: WriteTransaction,
  { id, kind, memoryId, versionId, effectiveAt, recordedAt, relationId }: DecisionRow,
  reason: string | null | undefined,
): Promise<void> {
  const stamp = new Date(recordedAt);
  const values = {
    workspaceId: valueFor(decisions.workspaceId, tx.workspaceId),
    id: valueFor(decisions.id, id),
    kind: valueFor(decisions.kind, kind),
    memoryId: valueFor(decisions.memoryId, memoryId),
    versionId: valueFor(decisions.versionId, versionId),
    effectiveAt: valueFor(decisions.effectiveAt, effectiveAt === null ? null : new Date(effectiveAt)),
    relationId: valueFor(decisions.relationId, relationId),
    reason: valueFor(decisions.reason, reason ?? null),
    recordedAt: valueFor(decisions.recordedAt, stamp),
    revertedAt: sql`null`,
    knownFrom: valueFor(decisions.knownFrom, stamp),
  };
  await tx.unrestricted(() => tx.rows(insertSelect(decisions, values, sql``)));
}

/** Writes that a correction or retraction has been taken back, which ends its relation. */
export async function revertDecision(
  tx: WriteTransaction,
  { id, relationId }: Pick<DecisionRow, 'id' | 'relationId'>,
  stamp: Date,
): Promise<void> {
  await tx.unrestricted(() =>
    tx.rows(sql`
      update ${aliased(d)} set ${set(decisions, { revertedAt: valueFor(decisions.revertedAt, stamp) })}
      where ${d.workspaceId} = ${tx.workspaceId} and ${d.id} = ${id}::uuid`),
  );
  if (!relationId) return;
  await tx.rows(sql`
    update ${aliased(r)} set ${set(relations, { retractedAt: valueFor(relations.retractedAt, stamp) })}
    where ${r.workspaceId} = ${tx.workspaceId} and ${r.id} = ${relationId}::uuid`);
}
