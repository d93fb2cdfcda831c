import { sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import {
  aliased,
  fields,
  insertSelect,
  names,
  pick,
  type RowOf,
  type RowsOf,
  recordset,
  under,
  valueFor,
} from '../../db/typed-sql.ts';
import { NotFound } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import type { GivenId } from '../../kernel/input.ts';
import { memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import type { RelationType } from './seen.ts';

const m = under(memories, 'm');
const r = under(relations, 'r');

/** A relation to be made, `from` TYPE `to`. */
export interface NewRelation {
  from: GivenId;
  to: GivenId;
  type: RelationType;
  strength: number;
  metadata?: Record<string, unknown> | null;
  /** When it was learned, for an import: by default when both ends were known. */
  recordedAt?: Date | null | undefined;
  /** Where it stands in the input. */
  path: readonly (string | number)[];
}

const edgeColumns = {
  ...pick(relations, 'id', 'fromLineageId', 'toLineageId', 'fromMemoryId', 'toMemoryId', 'type', 'strength'),
  ...pick(relations, 'metadata', 'recordedAt'),
};
/** A relation to be written. */
export type Edge = RowsOf<typeof edgeColumns>;

export const edgeOf = (relation: NewRelation, from: End, to: End, recordedAt: Date): Edge => ({
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
export function learnedAt({ recordedAt }: NewRelation, from: End, to: End, stamp: Date): Date {
  const known = [from.recordedAt, to.recordedAt, ...(recordedAt ? [recordedAt] : [])];
  const latest = new Date(Math.max(...known.map(Number)));
  return latest < stamp ? latest : stamp;
}

/** Writes the relations that are not there yet, and returns their keys. */
export async function insertEdges(tx: WriteTransaction, edges: readonly Edge[]): Promise<Set<string>> {
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
export async function keyOf(tx: WriteTransaction, { fromLineageId, toLineageId, type }: Edge): Promise<string> {
  const [there] = await tx.rows<Pick<Edge, 'id'>>(sql`
    select ${r.id} from ${aliased(r)}
    where ${r.workspaceId} = ${tx.workspaceId} and ${r.fromLineageId} = ${fromLineageId}::uuid
      and ${r.toLineageId} = ${toLineageId}::uuid and ${r.type} = ${valueFor(relations.type, type)}
      and ${r.retractedAt} is null`);
  return (there as Pick<Edge, 'id'>).id;
}

const end = fields(pick(m, 'id', 'lineageId', 'recordedAt', 'companionId', 'userId'));
export type End = RowOf<typeof end>;

/** By key: the memories that the relations name. Throws NotFound. */
export async function endsOf(tx: WriteTransaction, wanted: readonly NewRelation[]): Promise<Map<string, End>> {
  const given = wanted.flatMap(({ from, to }) => [from, to]);
  const rows = await tx.rows<End>(sql`
    select ${end} from ${aliased(m)}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${uuids(given.map(({ uuid }) => uuid))})`);
  const found = new Map(rows.map((row) => [row.id, row]));
  const missing = new Set(given.filter(({ uuid }) => !found.has(uuid)).map((each) => each.given));
  if (missing.size > 0) throw new NotFound('memory', [...missing]);
  return found;
}
