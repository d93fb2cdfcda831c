import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { fields, pick, under } from '../../db/typed-sql.ts';
import { mentioningSql } from '../../model/entity/mentioning.ts';
import { presentSql } from '../../model/memory/columns.ts';
import { memories } from '../../tables/memory.ts';
import { relations, relationType } from '../../tables/relation.ts';
import { mentionsSql } from '../entity/list.ts';
import { type Direction, directions, type RelationFilter, seenSql } from '../relation/list.ts';

const far = under(memories, 'far');
const r = under(relations, 'r');

/** Which hops a traversal takes. */
export interface Hops extends RelationFilter {
  /** Memories that mention the same entity are a hop apart, too. */
  throughEntities: boolean;
}

/** A memory as a traversal finds it: its keys, and how it was come by. */
export interface Found {
  id: string;
  lineageId: string;
  companionId: string;
  userId: string | null;
  /** True where its lineage has a version that holds: relations are seen from it then. */
  holds: boolean;
  /** True where that is itself. */
  isHolding: boolean;
  /** The relation it was reached by. */
  relationId: string | null;
  /** The entity it was reached by, where no relation led to it. */
  entityId: string | null;
}

/** Between two lineages there is one relation of a type, each way: so many rows may lead from one to another. */
const TYPES = relationType.enumValues.length;

/** What one parent's relations of a direction lead to, strongest first: at most so many rows. */
function stepsSql(direction: Direction, hops: Hops, reading: Reading, rows: number): SQL {
  const passes = sql`${presentSql(far, reading.validAt)} and ${notVisited(far)}`;
  const branches = reading.branches(r).map((source) => {
    const { from, conditions } = seenSql(direction, hops, reading, { passes, source });
    return sql`(
      select ${reached}, ${r.strength}, ${r.id} as "relationId", null::uuid as "entityId"
      from ${from} where ${all(conditions)} order by ${r.strength} desc, ${r.id} desc limit ${rows})`;
  });
  const way = sql.raw(`'${direction}'`);
  if (branches.length === 1) return sql`(select ${way} as way, step.* from ${branches[0]} step)`;
  return sql`(
    select ${way} as way, step.* from (${sql.join(branches, sql` union all `)}) step
    order by strength desc, "relationId" desc limit ${rows})`;
}

/** The keys of what is at the far end. */
const reached = fields(pick(far, 'id', 'lineageId', 'companionId', 'userId'));

const notVisited = ({ id }: Pick<typeof far, 'id'>): SQL => sql`${id} not in (select id from visited)`;

/** What mentions the same entities as one of the parents, the highest keys first. */
const sharedSql = (parents: readonly Found[], reading: Reading, limit: number): SQL => sql`
  select null::uuid, null, ${reached}, null::float8, null::uuid, entity.id
  from (
    select distinct mention.entity_id as id
    from (${mentionsSql(reading, sql`x.memory_id = any(${uuids(parents.map(({ id }) => id))})`)}) mention
  ) entity
  cross join lateral (${mentioningSql(sql`entity.id`, reading, limit, notVisited)}) far`;

/**
 * The next level of a breadth-first traversal: the ACTIVE and DISPUTED memories that are a hop away from `parents` and not
 * among `visited`, each once, the first `limit` of them. Those that a relation leads to come first, by the strongest one, of
 * equally strong ones the newest; then those that share an entity, the newest first.
 *
 * Each parent's relations are followed in the order of an index until `limit` memories are found, so a parent costs what it
 * can add, however many relations it has; and all that can be among the first `limit` is found. In one statement, or two
 * where many of a parent's relations lead to the same memories, so that more of them have to be followed.
 */
export async function nextLevel(
  tx: Transaction,
  reading: Reading,
  parents: readonly Found[],
  visited: Iterable<string>,
  hops: Hops,
  limit: number,
): Promise<Found[]> {
  const seen = [...visited];
  const follow = (rows: number) => tx.rows<LevelRow>(levelSql(reading, parents, seen, hops, limit, rows));
  const found = await follow(limit + Math.ceil(limit / 8) + 8);
  const all = found[0]?.isShort ? await follow(limit * TYPES) : found;
  return all.map(({ isShort: _, ...row }) => ({
    ...row,
    entityId: row.relationId ? null : row.entityId,
    // ACTIVE and DISPUTED memories hold.
    holds: true,
    isHolding: true,
  }));
}

interface LevelRow extends Omit<Found, 'holds' | 'isHolding'> {
  /** A parent's relations were cut before they had led to `limit` memories. */
  isShort: boolean;
}

function levelSql(
  reading: Reading,
  parents: readonly Found[],
  visited: readonly string[],
  hops: Hops,
  limit: number,
  rows: number,
): SQL {
  const near = sql`unnest(${uuids(parents.map(({ id }) => id))}, ${uuids(parents.map(({ lineageId }) => lineageId))},
    ${`{${parents.map(({ holds }) => holds).join(',')}}`}::boolean[]) parent (id, lineage_id, holds)`;
  const steps = directions(hops).map((direction) => stepsSql(direction, hops, reading, rows));
  const ways = [
    sql`select parent.id as parent, step.* from ${near} cross join lateral (${sql.join(steps, sql` union all `)}) step`,
    ...(hops.throughEntities ? [sharedSql(parents, reading, limit)] : []),
  ];
  return sql`
    with visited as materialized (select unnest(${uuids(visited)}) as id),
    step as materialized (${sql.join(ways, sql` union all `)})
    select id, "lineageId", "companionId", "userId", "relationId", "entityId", exists (
        select from step where way is not null group by parent, way
        having count(*) >= ${rows} and count(distinct id) < ${limit}) as "isShort"
    from (
      select distinct on (id) * from step
      order by id, strength desc nulls last, "relationId" desc nulls last, "entityId"
    ) found
    order by strength desc nulls last, "relationId" desc nulls last, id desc limit ${limit}`;
}
