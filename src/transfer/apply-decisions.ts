import { sql } from 'drizzle-orm';
import { moment } from '../db/sql.ts';
import { momentIn, type WriteTransaction } from '../db/transaction.ts';
import { aliased, set, under } from '../db/typed-sql.ts';
import { completeContradiction, contradictMemory } from '../domain/contradiction/contradictions.ts';
import { reopenContradiction, resolveContradiction } from '../domain/contradiction/resolve.ts';
import { correctMemory, retractMemory, revertDecisionAbout } from '../domain/correction/corrections.ts';
import { createMemories } from '../domain/memory/create.ts';
import { encodeId } from '../kernel/ids.ts';
import type { GivenId } from '../kernel/input.ts';
import { changesSql } from '../model/memory/fields.ts';
import { memories } from '../tables/memory.ts';
import type { Counts } from './counts.ts';
import type { ContradictionItem, CorrectionItem, DecisionItem, MemoryItem, Numbered } from './format/items.ts';
import { LineProblem } from './format/items.ts';
import { findContradiction, isInForce, isMemory, isResolved, isRetracted } from './read/there.ts';

const m = under(memories, 'm');

/** What is applied in the order of the file, each as of the moment it was recorded at. */
export type Dated = DecisionItem | MemoryItem;

/**
 * Applies what was written to slots and decided, one after the other, since each depends on those before. What is there
 * already stays as it is. `standing` gives the key a memory of the file has here. Throws LineProblem, and what the
 * operations throw.
 */
export async function applyDated(
  tx: WriteTransaction,
  items: readonly Numbered<Dated>[],
  standing: (key: string) => string,
  counts: Counts,
  redirects: Map<string, string>,
): Promise<void> {
  const now = items.length > 0 ? await momentIn(tx) : new Date();
  const here = ({ given, uuid }: GivenId): GivenId => ({ given, uuid: standing(uuid) });
  for (const { line, item } of items) {
    const recordedAt = item.kind === 'memory' ? item.memory.past.recordedAt : item.recordedAt;
    refuseFuture(line, recordedAt, now);
    const apply = (tx: WriteTransaction) => applyOne(tx, item, here, redirects);
    counts.add(item.kind, await (recordedAt ? tx.asOf(recordedAt, apply) : apply(tx)));
  }
}

/** Throws LineProblem for a moment still to come. */
export function refuseFuture(line: number, recordedAt: Date | null | undefined, now: Date): void {
  if (recordedAt && recordedAt > now) {
    throw new LineProblem(line, `recordedAt: ${recordedAt.toISOString()} is in the future.`);
  }
}

/** Applies one, and tells whether it made something. */
async function applyOne(
  tx: WriteTransaction,
  item: Dated,
  here: (id: GivenId) => GivenId,
  redirects: Map<string, string>,
): Promise<boolean> {
  switch (item.kind) {
    case 'memory': {
      const { id } = item.memory.past;
      const [created] = await createMemories(tx, { key: item.companion }, [item.memory], () => []);
      if (created && created.id !== id) redirects.set(id, created.id);
      return created?.duplicate === false;
    }
    case 'correction': {
      if (await isMemory(tx, item.correction.id)) return false;
      const id = await correctMemory(tx, here(item.memory), item.correction);
      await liveOn(tx, id, item.life);
      return true;
    }
    case 'retraction': {
      const memory = here(item.memory);
      if (await isRetracted(tx, memory.uuid, item.retraction.kind, item.recordedAt)) return false;
      await retractMemory(tx, memory, item.retraction);
      return true;
    }
    case 'reversion': {
      const version = item.version && here(item.version).uuid;
      return revertDecisionAbout(tx, here(item.memory), version, item.recordedAt ?? new Date());
    }
    case 'contradiction':
      return contradict(tx, item, here(item.memory), here(item.by));
    case 'resolution': {
      const there = await findContradiction(tx, here(item.memory), here(item.by));
      if (there && (await isResolved(tx, there, item.recordedAt))) return false;
      await resolveContradiction(tx, given(there?.id ?? item.by.uuid), item.resolution, item.note);
      return true;
    }
    case 'reopening': {
      const there = await findContradiction(tx, here(item.memory), here(item.by));
      if (there && !isInForce(there, item.recordedAt)) return false;
      await reopenContradiction(tx, given(there?.id ?? item.by.uuid));
      return true;
    }
  }
}

const given = (uuid: string): GivenId => ({ uuid, given: encodeId('Contradiction', uuid) });

/** Opens a contradiction, or completes the one that a slot has just opened by itself. */
async function contradict(tx: WriteTransaction, item: ContradictionItem, memory: GivenId, by: GivenId) {
  const { strength, reason, recordedAt } = item;
  const there = await findContradiction(tx, memory, by);
  if (!there) {
    await contradictMemory(tx, memory, by, { strength, reason });
    return true;
  }
  const isJustOpened = there.isOfSlot && there.openedAt.getTime() === recordedAt?.getTime() && there.status === 'OPEN';
  if (!isJustOpened || (there.strength === strength && there.reason === reason)) return false;
  await completeContradiction(tx, there, strength, reason);
  return true;
}

async function liveOn(tx: WriteTransaction, id: string, life: CorrectionItem['life']): Promise<void> {
  const { importanceAsOf, accessCount, lastAccessedAt, archivedAt, ...plain } = life;
  const became = set(memories, {
    ...changesSql(plain),
    importanceAsOf: importanceAsOf ? moment(importanceAsOf) : undefined,
    accessCount: accessCount == null ? undefined : sql`${accessCount}::int`,
    lastAccessedAt: lastAccessedAt === undefined ? undefined : moment(lastAccessedAt),
    archivedAt: moment(archivedAt ?? null),
  });
  await tx.rows(sql`
    update ${aliased(m)} set ${became} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${id}::uuid`);
}
