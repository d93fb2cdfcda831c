import { sql } from 'drizzle-orm';
import { json, moment, uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { newId } from '../../kernel/ids.ts';
import { lineages } from '../../tables/memory.ts';
import { type DisputeRow, openLines, type TimeLines } from './lines.ts';
import { settle } from './settle.ts';

const l = under(lineages, 'l');

/** What stands in the place of a resolution that goes: the same, said of what stays alone. */
interface Substitute {
  id: string;
  kind: 'RETRACTED' | 'ENDED';
  memoryId: string;
  effectiveAt: number | null;
  recordedAt: number;
}

/** A memory that stood beside the answer of a slot, which goes. */
interface Orphan {
  lineageId: string;
  /** The slot it answers from now on; null: none, since another does. */
  slot: string | null;
}

/**
 * Erases lineages, and with them the contradictions they are in. What was decided against or after them is still believed
 * of the others: each such resolution becomes a decision about the other side, which can be taken back like any. What was
 * disputed by them is not any more.
 */
export async function eraseFromDisputes(
  tx: WriteTransaction,
  lineageIds: readonly string[],
  erase: () => Promise<unknown>,
): Promise<void> {
  const gone = uuids(lineageIds);
  const others = await tx.rows<{ id: string }>(sql`
    select by_lineage_id as id from contradictions
    where workspace_id = ${tx.workspaceId} and memory_lineage_id = any(${gone}) and by_lineage_id <> all(${gone})
    union
    select memory_lineage_id from contradictions
    where workspace_id = ${tx.workspaceId} and by_lineage_id = any(${gone}) and memory_lineage_id <> all(${gone})`);
  if (others.length === 0) return void (await erase());
  const ids = others.map(({ id }) => id);
  const lines = await openLines(tx, ids);
  const stamp = await tx.stamp(lines.latest);
  const isGone = (lineageId: string) => lineageIds.includes(lineageId);
  const going = lines.disputes.filter(
    ({ memoryLineageId, byLineageId }) => isGone(memoryLineageId) !== isGone(byLineageId),
  );
  const substitutes = going.flatMap((dispute) => substituteFor(lines, dispute, isGone));
  const orphans = orphansOf(lines, going, isGone);
  await erase();
  await writeSubstitutes(tx, substitutes, stamp);
  await writeOrphans(tx, orphans);
  await settle(tx, await openLines(tx, ids));
}

function substituteFor(
  lines: TimeLines,
  { id, resolution, resolvedAt }: DisputeRow,
  isGone: (lineageId: string) => boolean,
): Substitute[] {
  const sides = lines.beliefs.sides.get(id);
  const memory = lines.versions.get(sides?.memoryId ?? '');
  const by = lines.versions.get(sides?.byId ?? '');
  if (!memory || !by || resolvedAt === null) return [];
  const [earlier, later] = memory.start < by.start ? [memory, by] : [by, memory];
  const against = { KEEP_MEMORY: by, KEEP_BY: memory, SUCCEEDED: earlier, DISMISSED: undefined }[
    resolution ?? 'DISMISSED'
  ];
  if (!against || isGone(against.lineageId)) return [];
  const kind = resolution === 'SUCCEEDED' ? 'ENDED' : 'RETRACTED';
  const effectiveAt = resolution === 'SUCCEEDED' ? later.start : null;
  return [{ id: newId(), kind, memoryId: against.id, effectiveAt, recordedAt: resolvedAt }];
}

/** What stood beside the answer of a slot: where that goes, the first of it answers the slot, and the others none. */
function orphansOf(lines: TimeLines, going: readonly DisputeRow[], isGone: (lineageId: string) => boolean): Orphan[] {
  const taken = new Set<string>();
  return going
    .filter(({ isOfSlot, status, memoryLineageId }) => isOfSlot && status === 'OPEN' && isGone(memoryLineageId))
    .sort((a, b) => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1))
    .map(({ id, memoryLineageId, byLineageId }) => {
      const side = lines.beliefs.sides.get(id)?.byId ?? '';
      const answers = lines.versions.has(side) && lines.isBelieved(side) && !taken.has(memoryLineageId);
      if (answers) taken.add(memoryLineageId);
      return { lineageId: byLineageId, slot: answers ? (lines.slots.get(memoryLineageId) ?? null) : null };
    });
}

async function writeSubstitutes(tx: WriteTransaction, substitutes: readonly Substitute[], stamp: Date): Promise<void> {
  if (substitutes.length === 0) return;
  await tx.rows(sql`
    insert into decisions (workspace_id, id, kind, memory_id, effective_at, recorded_at, known_from)
    select ${tx.workspaceId}, id, kind, "memoryId", to_timestamp("effectiveAt" / 1000), to_timestamp("recordedAt" / 1000),
      ${moment(stamp)}
    from jsonb_to_recordset(${json(substitutes)}) as d
      (id uuid, kind decision_kind, "memoryId" uuid, "effectiveAt" float8, "recordedAt" float8)`);
}

async function writeOrphans(tx: WriteTransaction, orphans: readonly Orphan[]): Promise<void> {
  if (orphans.length === 0) return;
  await tx.rows(sql`
    update ${aliased(l)} set slot = o.slot
    from jsonb_to_recordset(${json(orphans)}) as o ("lineageId" uuid, slot text)
    where ${l.workspaceId} = ${tx.workspaceId} and ${l.id} = o."lineageId" and o.slot is not null`);
  const left = orphans.filter(({ slot }) => slot === null).map(({ lineageId }) => lineageId);
  if (left.length === 0) return;
  await tx.rows(sql`
    update memories set slot = null
    where workspace_id = ${tx.workspaceId} and lineage_id = any(${uuids(left)}) and slot is not null`);
}
