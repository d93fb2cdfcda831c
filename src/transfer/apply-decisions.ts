import { sql } from 'drizzle-orm';
import { moment } from '../db/sql.ts';
import { momentIn, type WriteTransaction } from '../db/transaction.ts';
import { aliased, fields, pick, type RowOf, set, under } from '../db/typed-sql.ts';
import { contradictMemory } from '../domain/contradiction/contradictions.ts';
import { resolveContradiction } from '../domain/contradiction/resolve.ts';
import { correctMemory, retractMemory } from '../domain/correction/corrections.ts';
import { createMemories } from '../domain/memory/create.ts';
import { encodeId } from '../kernel/ids.ts';
import type { GivenId } from '../kernel/input.ts';
import { changesSql } from '../model/memory/fields.ts';
import { contradictions } from '../tables/contradiction.ts';
import { decisions } from '../tables/correction.ts';
import { memories } from '../tables/memory.ts';
import type { Counts } from './counts.ts';
import type { CorrectionItem, DecisionItem, MemoryItem, Numbered } from './format/items.ts';
import { LineProblem } from './format/items.ts';

const c = under(contradictions, 'c');
const d = under(decisions, 'd');
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
    if (recordedAt && recordedAt > now) {
      throw new LineProblem(line, `recordedAt: ${recordedAt.toISOString()} is in the future.`);
    }
    const apply = (tx: WriteTransaction) => applyOne(tx, item, here, redirects);
    counts.add(item.kind, await (recordedAt ? tx.asOf(recordedAt, apply) : apply(tx)));
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
      if (await isRetracted(tx, here(item.memory))) return false;
      await retractMemory(tx, here(item.memory), item.retraction);
      return true;
    }
    case 'contradiction': {
      const { strength, reason } = item;
      if (await findContradiction(tx, here(item.memory), here(item.by))) return false;
      await contradictMemory(tx, here(item.memory), here(item.by), { strength, reason });
      return true;
    }
    case 'resolution': {
      const there = await findContradiction(tx, here(item.memory), here(item.by));
      if (there && there.status !== 'OPEN') return false;
      const uuid = there?.id ?? item.by.uuid;
      await resolveContradiction(tx, { uuid, given: encodeId('Contradiction', uuid) }, item.resolution, item.note);
      return true;
    }
  }
}

async function liveOn(tx: WriteTransaction, id: string, life: CorrectionItem['life']): Promise<void> {
  const { importanceAsOf, accessCount, lastAccessedAt, archivedAt, ...plain } = life;
  const became = set(memories, {
    ...changesSql(plain),
    importanceAsOf: importanceAsOf ? moment(importanceAsOf) : undefined,
    accessCount: accessCount == null ? undefined : sql`${accessCount}::int`,
    lastAccessedAt: lastAccessedAt ? moment(lastAccessedAt) : undefined,
    archivedAt: moment(archivedAt ?? null),
  });
  await tx.rows(sql`
    update ${aliased(m)} set ${became} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${id}::uuid`);
}

async function isMemory(tx: WriteTransaction, id: string): Promise<boolean> {
  const rows = await tx.rows(sql`
    select 1 as there from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${id}::uuid`);
  return rows.length > 0;
}

async function isRetracted(tx: WriteTransaction, { uuid }: GivenId): Promise<boolean> {
  const rows = await tx.rows(sql`
    select 1 as there from ${aliased(d)} where ${d.workspaceId} = ${tx.workspaceId} and ${d.memoryId} = ${uuid}::uuid
      and ${d.kind} in ('RETRACTED', 'ENDED') and ${d.revertedAt} is null`);
  return rows.length > 0;
}

const dispute = fields(pick(c, 'id', 'status'));

/** The contradiction between the lineages of two memories. */
async function findContradiction(tx: WriteTransaction, memory: GivenId, by: GivenId) {
  const lineage = ({ uuid }: GivenId) =>
    sql`(select ${m.lineageId} from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${uuid}::uuid)`;
  const [found] = await tx.rows<RowOf<typeof dispute>>(sql`
    select ${dispute} from ${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId} and (
      (${c.memoryLineageId}, ${c.byLineageId}) in (
        values (${lineage(memory)}, ${lineage(by)}), (${lineage(by)}, ${lineage(memory)}))
      or (${c.memoryId} = ${memory.uuid}::uuid and ${c.byId} = ${by.uuid}::uuid))`);
  return found;
}
