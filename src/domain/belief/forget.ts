import { sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import {
  aliased,
  insertSelect,
  pick,
  type RowsOf,
  recordset,
  set,
  typed,
  under,
  valueFor,
} from '../../db/typed-sql.ts';
import { newId } from '../../kernel/ids.ts';
import { contradictions } from '../../tables/contradiction.ts';
import { decisions } from '../../tables/correction.ts';
import { lineages, memories } from '../../tables/memory.ts';
import { openTimeLines } from './open-time-lines.ts';
import type { DisputeRow } from './rows.ts';
import { settle } from './settle.ts';
import type { TimeLines } from './time-lines.ts';

const c = under(contradictions, 'c');
const l = under(lineages, 'l');
const m = under(memories, 'm');

const substituted = {
  ...pick(decisions, 'id', 'kind', 'memoryId'),
  effectiveAt: typed<number | null>('float8'),
  recordedAt: typed<number>('float8'),
};
/** What replaces a resolution that is erased: a decision that says the same of the side that stays. */
type Substitute = RowsOf<typeof substituted>;

const orphaned = { lineageId: memories.lineageId, slot: lineages.slot };
/** A memory that was next to the answer of a slot, which is erased. `slot`: the one it answers now; null: none. */
type Orphan = RowsOf<typeof orphaned>;

/**
 * Erases lineages, and with them the contradictions they are in. What was decided against or after them is still
 * believed of the others: each such resolution becomes a decision about the other side, which can be taken back like
 * any other. What they disputed is not disputed any more.
 */
export async function eraseFromDisputes(
  tx: WriteTransaction,
  lineageIds: readonly string[],
  erase: () => Promise<unknown>,
): Promise<void> {
  const gone = uuids(lineageIds);
  const others = await tx.rows<{ other: string }>(sql`
    select ${c.byLineageId} as other from ${aliased(c)}
    where ${c.workspaceId} = ${tx.workspaceId} and ${c.memoryLineageId} = any(${gone}) and ${c.byLineageId} <> all(${gone})
    union
    select ${c.memoryLineageId} from ${aliased(c)}
    where ${c.workspaceId} = ${tx.workspaceId} and ${c.byLineageId} = any(${gone}) and ${c.memoryLineageId} <> all(${gone})`);
  if (others.length === 0) return void (await erase());
  const ids = others.map(({ other }) => other);
  const timeLines = await openTimeLines(tx, ids);
  const stamp = await tx.stamp(timeLines.latest);
  const isGone = (lineageId: string) => lineageIds.includes(lineageId);
  const going = timeLines.disputes.filter(
    ({ memoryLineageId, byLineageId }) => isGone(memoryLineageId) !== isGone(byLineageId),
  );
  const substitutes = going.flatMap((dispute) => substituteFor(timeLines, dispute, isGone));
  const orphans = orphansOf(timeLines, going, isGone);
  await erase();
  await writeSubstitutes(tx, substitutes, stamp);
  await writeOrphans(tx, orphans);
  await settle(tx, await openTimeLines(tx, ids));
}

function substituteFor(
  timeLines: TimeLines,
  { id, resolution, resolvedAt }: DisputeRow,
  isGone: (lineageId: string) => boolean,
): Substitute[] {
  const sides = timeLines.beliefs.sides.get(id);
  const memory = timeLines.versions.get(sides?.memoryId ?? '');
  const by = timeLines.versions.get(sides?.byId ?? '');
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

/**
 * What was next to the answer of a slot. If the answer is erased, the first of them answers the slot, the others none.
 */
function orphansOf(
  timeLines: TimeLines,
  going: readonly DisputeRow[],
  isGone: (lineageId: string) => boolean,
): Orphan[] {
  const taken = new Set<string>();
  return going
    .filter(({ isOfSlot, status, memoryLineageId }) => isOfSlot && status === 'OPEN' && isGone(memoryLineageId))
    .sort((a, b) => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1))
    .map(({ id, memoryLineageId, byLineageId }) => {
      const side = timeLines.beliefs.sides.get(id)?.byId ?? '';
      const answers = timeLines.versions.has(side) && timeLines.isBelieved(side) && !taken.has(memoryLineageId);
      if (answers) taken.add(memoryLineageId);
      return { lineageId: byLineageId, slot: answers ? (timeLines.slots.get(memoryLineageId) ?? null) : null };
    });
}

async function writeSubstitutes(tx: WriteTransaction, substitutes: readonly Substitute[], stamp: Date): Promise<void> {
  if (substitutes.length === 0) return;
  const given = recordset('given', substituted, substitutes);
  const values = {
    workspaceId: valueFor(decisions.workspaceId, tx.workspaceId),
    id: given.id,
    kind: given.kind,
    memoryId: given.memoryId,
    versionId: sql`null`,
    effectiveAt: sql`to_timestamp(${given.effectiveAt} / 1000)`,
    relationId: sql`null`,
    reason: sql`null`,
    recordedAt: sql`to_timestamp(${given.recordedAt} / 1000)`,
    revertedAt: sql`null`,
    knownFrom: valueFor(decisions.knownFrom, stamp),
  };
  await tx.rows(insertSelect(decisions, values, sql`from ${aliased(given)}`));
}

async function writeOrphans(tx: WriteTransaction, orphans: readonly Orphan[]): Promise<void> {
  if (orphans.length === 0) return;
  const given = recordset('given', orphaned, orphans);
  await tx.rows(sql`
    update ${aliased(l)} set ${set(lineages, { slot: given.slot })} from ${aliased(given)}
    where ${l.workspaceId} = ${tx.workspaceId} and ${l.id} = ${given.lineageId} and ${given.slot} is not null`);
  const left = orphans.filter(({ slot }) => slot === null).map(({ lineageId }) => lineageId);
  if (left.length === 0) return;
  await tx.rows(sql`
    update ${aliased(m)} set ${set(memories, { slot: sql`null` })}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.lineageId} = any(${uuids(left)}) and ${m.slot} is not null`);
}
