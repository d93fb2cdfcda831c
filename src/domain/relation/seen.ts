import { type InferSelectModel, type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { textsAs } from '../../db/sql.ts';
import { fields, pick, under } from '../../db/typed-sql.ts';
import { holdsSql } from '../../model/belief/validity.ts';
import { memories } from '../../tables/memory.ts';
import { relations, type relationType } from '../../tables/relation.ts';

const farEnd = under(memories, 'far');
const r = under(relations, 'r');

export type RelationType = (typeof relationType.enumValues)[number];
export type Direction = 'OUT' | 'IN';

/** Which relations of a memory are asked for; a part left out lets all through. */
export interface RelationFilter {
  direction?: Direction | null;
  types?: readonly RelationType[] | null;
  minStrength?: number | null;
}

export type RelationRow = Pick<InferSelectModel<typeof relations>, (typeof always)[number] | RelationExtra>;

/** What is always read of a relation: its keys, those of the versions it was made between, its type and strength. */
const always = ['id', 'fromLineageId', 'toLineageId', 'fromMemoryId', 'toMemoryId', 'type', 'strength'] as const;
/** What is read of a relation only where it is asked for. */
export const relationExtras = ['metadata', 'recordedAt', 'retractedAt'] as const;
export type RelationExtra = (typeof relationExtras)[number];

/** The select list for a relation. */
export const selectRelation = (extras: Iterable<RelationExtra> = relationExtras): SQL =>
  fields(pick(r, ...always, ...extras));

/** A relation's two ends, by the way it points: it is seen from the near one. */
export const ends = {
  OUT: {
    near: { lineageId: r.fromLineageId, memoryId: r.fromMemoryId },
    far: { lineageId: r.toLineageId, memoryId: r.toMemoryId },
  },
  IN: {
    near: { lineageId: r.toLineageId, memoryId: r.toMemoryId },
    far: { lineageId: r.fromLineageId, memoryId: r.fromMemoryId },
  },
};

/**
 * What a relation seen from version `parent.version` of lineage `parent.lineage` must fulfil; `far` is its far end, an
 * alias of `memories`.
 * CORRECTS joins versions, and always shows. The others join lineages, and show where both have a version that holds.
 */
export function seenSql(
  direction: Direction,
  filter: RelationFilter,
  reading: Reading,
  far = farEnd,
): { from: SQL; conditions: SQL[] } {
  const end = ends[direction];
  const { workspaceId, validAt } = reading;
  const conditions = [
    sql`${r.workspaceId} = ${workspaceId}`,
    sql`${end.near.lineageId} = parent.lineage`,
    sql`${r.retractedAt} is null`,
    sql`case when ${r.type} = 'CORRECTS' then ${end.near.memoryId} = parent.version else parent.holds end`,
    ...filterConditions(filter),
  ];
  const condition = sql`${far.lineageId} = ${end.far.lineageId}
    and case when ${r.type} = 'CORRECTS' then ${far.id} = ${end.far.memoryId} else ${holdsSql(far, validAt)} end`;
  return { from: sql`${reading.from(r)} ${reading.lookUp(far, condition)}`, conditions };
}

/** The conditions that types and strength put on a relation, under the alias `r`. */
export function filterConditions({ types, minStrength }: RelationFilter): SQL[] {
  return [
    ...(types ? [sql`${r.type} = any(${textsAs(types, 'relation_type')})`] : []),
    ...(minStrength == null ? [] : [sql`${r.strength} >= ${String(minStrength)}::text::float8`]),
  ];
}

/** The ways relations may point. */
export const directions = (filter: RelationFilter): Direction[] =>
  filter.direction ? [filter.direction] : ['OUT', 'IN'];
