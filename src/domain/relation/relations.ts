import { sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { uuids } from '../../db/sql.ts';
import type { Transaction, WriteTransaction } from '../../db/transaction.ts';
import {
  aliased,
  fields,
  insertSelect,
  names,
  pick,
  type RowOf,
  type RowsOf,
  recordset,
  set,
  under,
  valueFor,
} from '../../db/typed-sql.ts';
import { InvalidInput, NotFound, RelationExists } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import type { GivenId } from '../../kernel/input.ts';
import { memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import { noteEvents } from '../event/record.ts';
import { refreshNeighborhoods } from '../neighborhood/neighborhoods.ts';
import { lockCauses, refuseCycle } from './cycle.ts';
import { type RelationRow, type RelationType, selectRelation } from './seen.ts';

const m = under(memories, 'm');
const r = under(relations, 'r');

/** A relation to be made: `from` TYPE `to`. */
export interface NewRelation {
  from: GivenId;
  to: GivenId;
  type: RelationType;
  strength: number;
  metadata?: Record<string, unknown> | null;
  /** When it was learned, for an import: by default when both ends were known. */
  recordedAt?: Date | null | undefined;
  /** Leads to it in the input. */
  path: readonly (string | number)[];
}

const madeElsewhere: Partial<Record<RelationType, string>> = {
  CONTRADICTS: 'CONTRADICTS is made by contradictMemory alone, and ended by resolveContradiction.',
  CORRECTS: 'CORRECTS is made by correctMemory and slots alone, and ended by revertCorrection.',
};

const edgeColumns = {
  ...pick(relations, 'id', 'fromLineageId', 'toLineageId', 'fromMemoryId', 'toMemoryId', 'type', 'strength'),
  ...pick(relations, 'metadata', 'recordedAt'),
};
type Edge = RowsOf<typeof edgeColumns>;

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

const edgeOf = (relation: NewRelation, from: End, to: End, recordedAt: Date): Edge => ({
  id: newId(),
  fromLineageId: from.lineageId,
  toLineageId: to.lineageId,
  fromMemoryId: relation.from.uuid,
  toMemoryId: relation.to.uuid,
  type: relation.type,
  strength: relation.strength,
  metadata: relation.metadata ?? {},
  recordedAt,
});

/** When an imported relation was learned: not before its ends, nor after now. */
function learnedAt({ recordedAt }: NewRelation, from: End, to: End, stamp: Date): Date {
  const known = [from.recordedAt, to.recordedAt, ...(recordedAt ? [recordedAt] : [])];
  const latest = new Date(Math.max(...known.map(Number)));
  return latest < stamp ? latest : stamp;
}

/** Writes the relations that are not there yet, and returns their keys. */
async function insertEdges(tx: WriteTransaction, edges: readonly Edge[]): Promise<Set<string>> {
  const edge = recordset('edge', edgeColumns, edges);
  const values = {
    ...edge,
    workspaceId: valueFor(relations.workspaceId, tx.workspaceId),
    retractedAt: sql`null`,
    knownFrom: edge.recordedAt,
  };
  const order = sql`order by ${edge.fromLineageId}, ${edge.toLineageId}, ${edge.type}`;
  const made = await tx.rows<Pick<Edge, 'id'>>(sql`
    ${insertSelect(relations, values, sql`from ${aliased(edge)} ${order}`)}
    on conflict (${names(relations, 'workspaceId', 'fromLineageId', 'toLineageId', 'type')})
      where ${names(relations, 'retractedAt')} is null and ${names(relations, 'type')} <> 'CORRECTS'
    do nothing returning ${names(relations, 'id')}`);
  return new Set(made.map(({ id }) => id));
}

/** The key of the relation that is there already. */
async function keyOf(tx: WriteTransaction, { fromLineageId, toLineageId, type }: Edge): Promise<string> {
  const [there] = await tx.rows<Pick<Edge, 'id'>>(sql`
    select ${r.id} from ${aliased(r)}
    where ${r.workspaceId} = ${tx.workspaceId} and ${r.fromLineageId} = ${fromLineageId}::uuid
      and ${r.toLineageId} = ${toLineageId}::uuid and ${r.type} = ${valueFor(relations.type, type)}
      and ${r.retractedAt} is null`);
  return (there as Pick<Edge, 'id'>).id;
}

const end = fields(pick(m, 'id', 'lineageId', 'recordedAt'));
type End = RowOf<typeof end>;

/** By key: the memories that the relations name. Throws NotFound. */
async function endsOf(tx: WriteTransaction, wanted: readonly NewRelation[]): Promise<Map<string, End>> {
  const given = wanted.flatMap(({ from, to }) => [from, to]);
  const rows = await tx.rows<End>(sql`
    select ${end} from ${aliased(m)}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${uuids(given.map(({ uuid }) => uuid))})`);
  const found = new Map(rows.map((row) => [row.id, row]));
  const missing = new Set(given.filter(({ uuid }) => !found.has(uuid)).map((each) => each.given));
  if (missing.size > 0) throw new NotFound('memory', [...missing]);
  return found;
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

const ended = fields({
  ...pick(r, 'type', 'fromMemoryId', 'toMemoryId', 'fromLineageId', 'toLineageId', 'knownFrom'),
  isRetracted: sql<boolean>`${r.retractedAt} is not null`,
});

/** Ends a relation, which can still be read in the past, and returns its key. Ending it again changes nothing. */
export async function unrelate(tx: WriteTransaction, id: GivenId): Promise<string> {
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
