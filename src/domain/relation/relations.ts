import { sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { uuids } from '../../db/sql.ts';
import type { Transaction, WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, set, under, valueFor } from '../../db/typed-sql.ts';
import { InvalidInput, NotFound, RelationExists } from '../../kernel/errors.ts';
import type { GivenId } from '../../kernel/input.ts';
import { mayChange, refuseReadOnly } from '../../model/restriction/allowed.ts';
import { memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import { noteEvents } from '../event/record.ts';
import { refreshNeighborhoods } from '../neighborhood/neighborhoods.ts';
import { lockCauses, refuseCycle } from './cycle.ts';
import { type Edge, type End, edgeOf, endsOf, insertEdges, keyOf, learnedAt, type NewRelation } from './edges.ts';
import { type RelationRow, type RelationType, selectRelation } from './seen.ts';

const m = under(memories, 'm');
const r = under(relations, 'r');

const madeElsewhere: Partial<Record<RelationType, string>> = {
  CONTRADICTS: 'CONTRADICTS is created only by contradictMemory, and ended by resolveContradiction.',
  CORRECTS: 'CORRECTS is created only by correctMemory and slots, and ended by revertCorrection.',
};

/**
 * Makes relations, in a constant number of statements, and returns their keys in order. `existing: 'skip'` leaves
 * those there are already as they are, and returns null for them.
 * Throws NotFound, InvalidInput, RelationExists, Cycle.
 */
export async function relate(
  tx: WriteTransaction,
  wanted: readonly NewRelation[],
  existing: 'refuse' | 'skip' = 'refuse',
): Promise<(string | null)[]> {
  if (wanted.length === 0) return [];
  const ends = await endsOf(tx, wanted);
  for (const { from, to } of wanted) refuseFixed(tx, [ends.get(from.uuid) as End, ends.get(to.uuid) as End]);
  if (wanted.some(({ type }) => type === 'CAUSES')) await lockCauses(tx);
  const stamp = await tx.stamp();
  const edges = wanted.map((relation) => {
    const [from, to] = [ends.get(relation.from.uuid) as End, ends.get(relation.to.uuid) as End];
    const recordedAt = existing === 'refuse' ? stamp : learnedAt(relation, from, to, stamp);
    return edgeOf(relation, from, to, recordedAt);
  });
  check(wanted, edges, existing);
  const fresh = await insertEdges(tx, edges);
  const made = edges.filter(({ id }) => fresh.has(id));
  const refused = edges.find(({ id }) => !fresh.has(id));
  if (refused && existing === 'refuse') throw new RelationExists(refused.type, await keyOf(tx, refused));
  const causes = edges.filter(({ type }) => type === 'CAUSES');
  if (causes.some(({ id }) => fresh.has(id))) await refuseCycle(tx, causes);
  const follows = made.filter(({ type }) => type === 'FOLLOWS');
  await refreshNeighborhoods(
    tx,
    follows.flatMap(({ fromLineageId, toLineageId }) => [fromLineageId, toLineageId]),
  );
  noteEvents(
    tx,
    made.map(({ id, type, strength, fromMemoryId, toMemoryId, recordedAt: at }) => ({
      kind: 'RELATED',
      at,
      memoryId: fromMemoryId,
      otherMemoryId: toMemoryId,
      relationId: id,
      changes: { type, strength },
    })),
  );
  return edges.map(({ id }) => (fresh.has(id) ? id : null));
}

function check(wanted: readonly NewRelation[], edges: readonly Edge[], existing: 'refuse' | 'skip'): void {
  const seen = new Set<string>();
  const issues = wanted.flatMap(({ type, path }, index) => {
    const { fromLineageId: from, toLineageId: to } = edges[index] as Edge;
    const reserved = madeElsewhere[type];
    if (reserved) return [{ path: [...path, 'type'], message: reserved }];
    if (from === to) return [{ path, message: 'A memory cannot be related to itself, nor to a version of itself.' }];
    const key = `${from} ${to} ${type}`;
    if (seen.has(key) && existing === 'refuse') {
      return [{ path, message: `The input has this ${type} relation twice: leave one out.` }];
    }
    seen.add(key);
    return [];
  });
  if (issues.length > 0) throw new InvalidInput(issues);
}

/** Throws Forbidden where neither end may be changed. */
function refuseFixed({ restriction }: WriteTransaction, ends: readonly Pick<End, 'companionId' | 'userId'>[]): void {
  if (!ends.some((end) => mayChange(restriction, end))) refuseReadOnly(restriction, ends);
}

/** Throws NotFound where a relation is not seen, and Forbidden where it may not be ended. */
async function refuseEnding(tx: WriteTransaction, { uuid, given }: GivenId): Promise<void> {
  const ends = fields(pick(m, 'companionId', 'userId'));
  const rows = await tx.rows<RowOf<typeof ends>>(sql`
    select ${ends} from ${aliased(r)} join ${aliased(m)}
      on ${m.workspaceId} = ${tx.workspaceId} and ${m.id} in (${r.fromMemoryId}, ${r.toMemoryId})
    where ${r.workspaceId} = ${tx.workspaceId} and ${r.id} = ${uuid}::uuid`);
  if (rows.length === 0) throw new NotFound('relation', [given]);
  refuseFixed(tx, rows);
}

const ended = fields({
  ...pick(r, 'type', 'fromMemoryId', 'toMemoryId', 'fromLineageId', 'toLineageId', 'knownFrom'),
  isRetracted: sql<boolean>`${r.retractedAt} is not null`,
});

/** Ends a relation, which can still be read in the past, and returns its key. Ending it again changes nothing. */
export async function unrelate(tx: WriteTransaction, id: GivenId): Promise<string> {
  if (tx.restriction) await refuseEnding(tx, id);
  const [relation] = await tx.rows<RowOf<typeof ended>>(sql`
    select ${ended} from ${aliased(r)}
    where ${r.workspaceId} = ${tx.workspaceId} and ${r.id} = ${id.uuid}::uuid for update`);
  if (!relation) throw new NotFound('relation', [id.given]);
  const reserved = madeElsewhere[relation.type];
  if (reserved) throw new InvalidInput([{ path: ['input', 'relationId'], message: reserved }]);
  if (!relation.isRetracted) {
    const stamp = await tx.stamp(relation.knownFrom);
    await tx.rows(sql`
      update ${aliased(r)} set ${set(relations, { retractedAt: valueFor(relations.retractedAt, stamp) })}
      where ${r.workspaceId} = ${tx.workspaceId} and ${r.id} = ${id.uuid}::uuid`);
    const { fromMemoryId, toMemoryId, fromLineageId, toLineageId, type } = relation;
    if (type === 'FOLLOWS') await refreshNeighborhoods(tx, [fromLineageId, toLineageId]);
    noteEvents(tx, [
      {
        kind: 'UNRELATED',
        memoryId: fromMemoryId,
        otherMemoryId: toMemoryId,
        relationId: id.uuid,
        changes: { type },
      },
    ]);
  }
  return id.uuid;
}

/** Relations by their keys, ended ones too; those unknown at the reading's point are left out. */
export async function relationsById(
  tx: Transaction,
  reading: Reading,
  ids: readonly string[],
): Promise<Map<string, RelationRow>> {
  const rows = await tx.rows<RelationRow>(sql`
    select ${selectRelation()} from ${reading.from(r)}
    where ${r.workspaceId} = ${tx.workspaceId} and ${r.id} = any(${uuids(ids)})`);
  return new Map(rows.map((row) => [row.id, row]));
}
