import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { derived, fields, nullable, pick, type RowFrom, under } from '../../db/typed-sql.ts';
import { mentioningSql } from '../../model/entity/mentioning.ts';
import { presentSql } from '../../model/memory/columns.ts';
import { mentions } from '../../tables/entity.ts';
import { memories } from '../../tables/memory.ts';
import { relations, relationType } from '../../tables/relation.ts';
import { mentionsSql } from '../entity/list.ts';
import { type Direction, directions, ends, filterConditions, type RelationFilter } from '../relation/seen.ts';

const far = under(memories, 'far');
const mention = under(mentions, 'mention');
const r = under(relations, 'r');
const x = under(mentions, 'x');

/** The keys of what is at the far end. */
const keys = pick(far, 'id', 'lineageId', 'companionId', 'userId');
/** What either a relation or an entity leads to. */
const reached = {
  ...keys,
  strength: nullable(r.strength),
  relationId: nullable(r.id),
  entityId: nullable(mention.entityId),
};
const found = derived('found', reached);

/** A relation that was followed: where it leads, and its place among those of its parent and direction. */
const followed = { lineage: r.toLineageId, strength: r.strength, relationId: r.id, place: sql<number>`0` };
const step = derived('step', followed);
const nearest = derived('nearest', followed);
const cut = derived('cut', followed);

/** Which hops a traversal takes. */
export interface Hops extends RelationFilter {
  /** Memories that mention the same entity are one hop from each other, too. */
  throughEntities: boolean;
}

/** A memory as a traversal finds it: its keys, and what led to it. */
export interface Found extends RowFrom<typeof keys> {
  /** True where its lineage has a version that holds: relations are seen from it then. */
  holds: boolean;
  /** True where this version is the one that holds. */
  isHolding: boolean;
  /** The relation that led to it. */
  relationId: string | null;
  /** The entity that led to it, where no relation did. */
  entityId: string | null;
}

/** Between two lineages there is one relation of a type, each way: so many rows may lead from one to another. */
const TYPES = relationType.enumValues.length;

/** How many relations of each parent and direction are read, and whether only those that lead to what is shown count. */
interface Reach {
  rows: number;
  shownOnly: boolean;
}

const isPresent = (lineage: SQL, reading: Reading): SQL =>
  sql`${far.lineageId} = ${lineage} and ${presentSql(far, reading.validAt)}`;

/** Of each lineage one version holds: where that was visited, the lineage need not be looked up. */
const notVisited = (lineage: SQL): SQL =>
  sql`${lineage} not in (select lineage from visited where lineage is not null)`;

/** A parent's relations of a direction, but for CORRECTS: the strongest. */
function followSql(direction: Direction, hops: Hops, reading: Reading, { rows, shownOnly }: Reach): SQL {
  const end = ends[direction];
  const { lineageId } = end.far;
  const conditions = all([
    sql`${r.workspaceId} = ${reading.workspaceId}`,
    sql`${end.near.lineageId} = parent.lineage`,
    sql`${r.retractedAt} is null`,
    // Not as an index has it, which the planner would take in place of the one in order.
    sql`(${r.type} = 'CORRECTS') is not true`,
    notVisited(lineageId),
    ...filterConditions(hops),
  ]);
  const order = sql`${r.strength} desc, ${r.id} desc`;
  const columns = { ...followed, lineage: lineageId, place: sql`row_number() over (order by ${order})` };
  const branches = reading.branches(r).map(
    (source) => sql`(
      select ${fields(columns)} from ${source} ${shownOnly ? reading.lookUp(far, isPresent(lineageId, reading)) : sql.empty()}
      where ${conditions} order by ${order} limit ${rows})`,
  );
  const [only, then] = branches;
  if (only && !then) return only;
  const place = sql`row_number() over (order by ${step.strength} desc, ${step.relationId} desc)`;
  return sql`(
    select ${fields({ ...pick(step, 'lineage', 'strength', 'relationId'), place })}
    from (${sql.join(branches, sql` union all `)}) step
    order by ${step.strength} desc, ${step.relationId} desc limit ${rows})`;
}

/** The CORRECTS of versions that do not hold which lead to one that is shown: of those that hold none does. */
const correctsSql = (old: readonly Found[], hops: Hops, reading: Reading): SQL[] =>
  directions(hops).map((direction) => {
    const { near, far: end } = ends[direction];
    const passes = sql`${isPresent(end.lineageId, reading)} and ${far.id} = ${end.memoryId}`;
    const conditions = all([
      sql`${r.workspaceId} = ${reading.workspaceId}`,
      sql`${near.lineageId} = any(${uuids(old.map(({ lineageId }) => lineageId))})`,
      sql`${near.memoryId} = any(${uuids(old.map(({ id }) => id))})`,
      sql`${r.retractedAt} is null`,
      sql`${r.type} = 'CORRECTS'`,
      notVisited(end.lineageId),
      ...filterConditions(hops),
    ]);
    const columns = { ...followed, lineage: end.lineageId, place: sql`0` };
    return sql`select ${fields(columns)} from ${reading.from(r)} ${reading.lookUp(far, passes)} where ${conditions}`;
  });

/** What mentions the same entities as one of the parents, the highest keys first. */
const sharedSql = (parents: readonly Found[], reading: Reading, limit: number): SQL => sql`
  select ${fields({ ...keys, strength: sql`null::float8`, relationId: sql`null::uuid`, entityId: sql`shared.entity` })}
  from (
    select distinct ${mention.entityId} as entity
    from (${mentionsSql(reading, sql`${x.memoryId} = any(${uuids(parents.map(({ id }) => id))})`)}) mention
  ) shared
  cross join lateral (${mentioningSql(
    sql`shared.entity`,
    reading,
    limit,
    ({ id }) => sql`${id} not in (select memory from visited)`,
  )}) far`;

/**
 * The next level of a breadth-first traversal: the ACTIVE and DISPUTED memories that are a hop away from `parents` and
 * not among `visited`, each once, the first `limit` of them. Those that a relation leads to come first, by the
 * strongest one, of equally strong ones the newest; then those that share an entity, the newest first.
 *
 * Of each parent and direction the strongest relations are read, which an index has, and in their order the memories
 * that they lead to are looked up until there are enough. One statement does, or two where a parent's relations go on
 * and may lead to more: the second counts only those that lead to what is shown.
 */
export async function nextLevel(
  tx: Transaction,
  reading: Reading,
  parents: readonly Found[],
  visited: readonly Found[],
  hops: Hops,
  limit: number,
): Promise<Found[]> {
  const follow = (reach: Reach) => tx.rows<LevelRow>(levelSql(reading, parents, visited, hops, limit, reach));
  const few = await follow({ rows: Math.ceil(1.5 * limit) + 50, shownOnly: false });
  const enough = isShort(few, limit) ? await follow({ rows: limit * TYPES, shownOnly: true }) : few;
  return enough.flatMap(({ id, lineageId, companionId, userId, relationId, entityId }) => {
    if (id === null) return [];
    const led = { relationId, entityId: relationId ? null : entityId };
    // ACTIVE and DISPUTED memories hold.
    return { id, lineageId, companionId, userId, ...led, holds: true, isHolding: true };
  });
}

/**
 * A row of a level; `id` is null in the only row of one that has no memories. `cut…`: of the parents whose relations go
 * on, the strongest relation that was the last one read.
 */
interface LevelRow extends Omit<RowFrom<typeof reached>, 'id'> {
  id: string | null;
  cutStrength: number | null;
  cutId: string | null;
}

/** Whether relations that were not read may lead to what belongs among the first `limit`. */
function isShort(rows: readonly LevelRow[], limit: number): boolean {
  const { cutStrength, cutId } = rows[0] as LevelRow;
  if (cutStrength === null || cutId === null) return false;
  const last = rows[limit - 1];
  if (!last?.relationId || last.strength === null) return true;
  return cutStrength === last.strength ? cutId > last.relationId : cutStrength > last.strength;
}

function levelSql(
  reading: Reading,
  parents: readonly Found[],
  visited: readonly Found[],
  hops: Hops,
  limit: number,
  reach: Reach,
): SQL {
  const near = new Set(parents.filter(({ holds }) => holds).map(({ lineageId }) => lineageId));
  const old = parents.filter(({ isHolding }) => !isHolding);
  const followedSql = directions(hops).map((direction) => followSql(direction, hops, reading, reach));
  const steps = [
    sql`select step.* from unnest(${uuids([...near])}) parent (lineage)
      cross join lateral (${sql.join(followedSql, sql` union all `)}) step`,
    ...(old.length > 0 ? correctsSql(old, hops, reading) : []),
  ];
  const lineages = visited.map(({ lineageId, isHolding }) => (isHolding ? lineageId : 'null'));
  const related = sql`
    select ${fields({ ...keys, strength: nearest.strength, relationId: nearest.relationId, entityId: sql`null::uuid` })}
    from (
      select * from (
        select distinct on (${step.lineage}) ${fields(pick(step, 'lineage', 'strength', 'relationId'))} from step
        order by ${step.lineage}, ${step.strength} desc, ${step.relationId} desc
      ) nearest order by ${nearest.strength} desc, ${nearest.relationId} desc
    ) nearest
    ${reading.lookUp(far, isPresent(nearest.lineage, reading))}
    order by ${nearest.strength} desc, ${nearest.relationId} desc limit ${limit}`;
  return sql`
    with visited as materialized (
      select * from unnest(${uuids(visited.map(({ id }) => id))}, ${uuids(lineages)}) visited (memory, lineage)
    ),
    step as materialized (${sql.join(steps, sql` union all `)})
    select found.*, ${fields({ cutStrength: cut.strength, cutId: cut.relationId })}
    from (select) level
    left join (
      select * from step cut where ${cut.place} = ${reach.rows} order by ${cut.strength} desc, ${cut.relationId} desc limit 1
    ) cut on true
    left join (${hops.throughEntities ? withShared(related, sharedSql(parents, reading, limit), limit) : related}) found on true
    order by ${found.strength} desc nulls last, ${found.relationId} desc nulls last, ${found.id} desc`;
}

/** What relations lead to, and then what only entities do: each once, the first `limit`. */
const withShared = (related: SQL, shared: SQL, limit: number): SQL => sql`
  select * from (
    select distinct on (${found.id}) * from ((${related}) union all ${shared}) found
    order by ${found.id}, ${found.strength} desc nulls last, ${found.relationId} desc nulls last, ${found.entityId}
  ) found
  order by ${found.strength} desc nulls last, ${found.relationId} desc nulls last, ${found.id} desc limit ${limit}`;
