import { sql } from 'drizzle-orm';
import type { Reading } from '../db/history.ts';
import type { Scope, WriteScope } from '../db/scope.ts';
import { json, uuids } from '../db/sql.ts';
import { Cycle, InvalidInput, NotFound, RelationExists } from '../errors.ts';
import { noteEvents } from '../event/operations.ts';
import { newId } from '../ids.ts';
import type { GivenId } from '../input.ts';
import { refreshNeighborhoods } from '../recall/neighborhoods.ts';
import { type RelationRow, type RelationType, selectRelation } from './list.ts';
import { liveRelations } from './live.ts';

/** A relation to be made: `from` TYPE `to`. */
export interface NewRelation {
  from: GivenId;
  to: GivenId;
  type: RelationType;
  strength: number;
  metadata?: Record<string, unknown> | null;
  /** When it was learned, for an import: default there the moment at which both ends were known. */
  recordedAt?: Date | null | undefined;
  /** Leads to it in the input. */
  path: readonly (string | number)[];
}

const madeElsewhere: Partial<Record<RelationType, string>> = {
  CONTRADICTS: 'CONTRADICTS is made by contradictMemory alone, and ended by resolveContradiction.',
  CORRECTS: 'CORRECTS is made by correctMemory and slots alone, and ended by revertCorrection.',
};

/**
 * Makes relations, in a constant number of statements, and returns their keys in order. `existing: 'skip'` leaves
 * those there are already as they are, and returns null for them.
 * Throws NotFound, InvalidInput, RelationExists, Cycle.
 */
export async function relate(
  tx: WriteScope,
  relations: readonly NewRelation[],
  existing: 'refuse' | 'skip' = 'refuse',
): Promise<(string | null)[]> {
  if (relations.length === 0) return [];
  const ends = await endsOf(tx, relations);
  // Two writers can close a circle between them, neither seeing the other's half: one at a time then.
  if (relations.some(({ type }) => type === 'CAUSES')) {
    await tx.rows(sql`select pg_advisory_xact_lock(hashtextextended(${`causes ${tx.workspaceId}`}, 0))`);
  }
  const stamp = await tx.stamp();
  const endOf = ({ uuid }: GivenId) => ends.get(uuid) as End;
  const recordedAt = (relation: NewRelation): Date => {
    if (existing === 'refuse') return stamp;
    const known = [endOf(relation.from).recordedAt, endOf(relation.to).recordedAt, relation.recordedAt ?? stamp];
    const latest = new Date(Math.max(...known.slice(0, relation.recordedAt ? 3 : 2).map(Number)));
    return latest < stamp ? latest : stamp;
  };
  const edges = relations.map((relation) => ({
    id: newId(),
    from: endOf(relation.from).lineageId,
    to: endOf(relation.to).lineageId,
    recordedAt: recordedAt(relation),
    fromMemory: relation.from.uuid,
    toMemory: relation.to.uuid,
    type: relation.type,
    strength: relation.strength,
    metadata: relation.metadata ?? {},
  }));
  check(relations, edges, existing);
  const causes = edges.filter(({ type }) => type === 'CAUSES');
  const made = await tx.rows<{ id: string }>(sql`
    insert into relations (workspace_id, id, from_lineage_id, to_lineage_id, from_memory_id, to_memory_id, type, strength,
      metadata, recorded_at, known_from)
    select ${tx.workspaceId}, edge.id, edge."from", edge."to", edge."fromMemory", edge."toMemory", edge.type, edge.strength,
      edge.metadata, edge."recordedAt", edge."recordedAt"
    from jsonb_to_recordset(${json(edges)}) as edge (id uuid, "from" uuid, "to" uuid, "fromMemory" uuid,
      "toMemory" uuid, type relation_type, strength float8, metadata jsonb, "recordedAt" timestamptz)
    order by edge."from", edge."to", edge.type
    on conflict (workspace_id, from_lineage_id, to_lineage_id, type) where retracted_at is null and type <> 'CORRECTS'
    do nothing returning id`);
  const fresh = new Set(made.map(({ id }) => id));
  const refused = edges.find(({ id }) => !fresh.has(id));
  if (refused && existing === 'refuse') {
    const [there] = await tx.rows<{ id: string }>(sql`
      select id from relations where workspace_id = ${tx.workspaceId} and from_lineage_id = ${refused.from}::uuid
        and to_lineage_id = ${refused.to}::uuid and type = ${refused.type}::relation_type and retracted_at is null`);
    throw new RelationExists(refused.type, (there as { id: string }).id);
  }
  if (causes.some(({ id }) => fresh.has(id))) await refuseCycle(tx, causes);
  const follows = edges.filter(({ id, type }) => type === 'FOLLOWS' && fresh.has(id));
  await refreshNeighborhoods(
    tx,
    follows.flatMap(({ from, to }) => [from, to]),
  );
  noteEvents(
    tx,
    edges
      .filter(({ id }) => fresh.has(id))
      .map(({ id, type, strength, fromMemory, toMemory, recordedAt: at }) => ({
        kind: 'RELATED',
        at,
        memoryId: fromMemory,
        otherMemoryId: toMemory,
        relationId: id,
        changes: { type, strength },
      })),
  );
  return edges.map(({ id }) => (fresh.has(id) ? id : null));
}

interface End {
  lineageId: string;
  recordedAt: Date;
}

/** By key: the memories that the relations name. Throws NotFound. */
async function endsOf(tx: WriteScope, relations: readonly NewRelation[]): Promise<Map<string, End>> {
  const ends = relations.flatMap(({ from, to }) => [from, to]);
  const rows = await tx.rows<End & { id: string }>(sql`
    select id, lineage_id as "lineageId", recorded_at as "recordedAt" from memories
    where workspace_id = ${tx.workspaceId} and id = any(${uuids(ends.map(({ uuid }) => uuid))})`);
  const found = new Map(rows.map((row) => [row.id, row]));
  const missing = new Set(ends.filter(({ uuid }) => !found.has(uuid)).map(({ given }) => given));
  if (missing.size > 0) throw new NotFound('memory', [...missing]);
  return found;
}

function check(
  relations: readonly NewRelation[],
  edges: readonly { from: string; to: string; type: string }[],
  existing: 'refuse' | 'skip',
): void {
  const seen = new Set<string>();
  const issues = relations.flatMap(({ type, path }, index) => {
    const { from, to } = edges[index] as (typeof edges)[number];
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

/** Throws Cycle where one of the new CAUSES relations leads back to where it began. */
async function refuseCycle(tx: WriteScope, causes: readonly { from: string; to: string }[]): Promise<void> {
  const relations = liveRelations(tx.workspaceId, 'from', sql`reached.id`);
  const rows = await tx.rows<{ from: string; to: string; memoryId: string }>(sql`
    with recursive reached (id) as (
      select unnest(${uuids(causes.map(({ to }) => to))})
      union
      select r.to_lineage_id from reached cross join lateral ${relations} r where r.type = 'CAUSES'
    )
    select r.from_lineage_id as "from", r.to_lineage_id as "to", r.from_memory_id as "memoryId"
    from reached cross join lateral ${relations} r where r.type = 'CAUSES'`);
  const next = Map.groupBy(rows, ({ from }) => from);
  for (const { from, to } of causes) {
    const way = wayBetween(next, to, from);
    if (way) throw new Cycle(way.map((lineageId) => next.get(lineageId)?.[0]?.memoryId as string));
  }
}

/** The lineages on a shortest way from one to another, both included, or undefined. */
function wayBetween(next: ReadonlyMap<string, { to: string }[]>, start: string, end: string): string[] | undefined {
  const cameFrom = new Map<string, string | undefined>([[start, undefined]]);
  for (const lineage of cameFrom.keys()) {
    if (lineage === end) {
      const way: string[] = [];
      for (let at: string | undefined = end; at !== undefined; at = cameFrom.get(at)) way.unshift(at);
      return way;
    }
    for (const { to } of next.get(lineage) ?? []) if (!cameFrom.has(to)) cameFrom.set(to, lineage);
  }
  return undefined;
}

/** Ends a relation, which stays legible in the past, and returns its key. Ending it again changes nothing. */
export async function unrelate(tx: WriteScope, id: GivenId): Promise<string> {
  const [relation] = await tx.rows<{
    type: RelationType;
    fromMemoryId: string;
    toMemoryId: string;
    fromLineageId: string;
    toLineageId: string;
    isRetracted: boolean;
    knownFrom: Date;
  }>(sql`
    select type, from_memory_id as "fromMemoryId", to_memory_id as "toMemoryId", from_lineage_id as "fromLineageId", to_lineage_id as "toLineageId", retracted_at is not null as "isRetracted", known_from as "knownFrom" from relations
    where workspace_id = ${tx.workspaceId} and id = ${id.uuid}::uuid for update`);
  if (!relation) throw new NotFound('relation', [id.given]);
  const reserved = madeElsewhere[relation.type];
  if (reserved) throw new InvalidInput([{ path: ['input', 'relationId'], message: reserved }]);
  if (!relation.isRetracted) {
    const stamp = await tx.stamp(relation.knownFrom);
    await tx.rows(sql`
      update relations set retracted_at = ${stamp.toISOString()}::timestamptz
      where workspace_id = ${tx.workspaceId} and id = ${id.uuid}::uuid`);
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
  scope: Scope,
  reading: Reading,
  ids: readonly string[],
): Promise<Map<string, RelationRow>> {
  const rows = await scope.rows<RelationRow>(sql`
    select ${selectRelation()} from ${reading.from('relations')} r
    where r.workspace_id = ${scope.workspaceId} and r.id = any(${uuids(ids)})`);
  return new Map(rows.map((row) => [row.id, row]));
}
