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
import { type Direction, directions, type RelationFilter, seenSql } from '../relation/seen.ts';

const far = under(memories, 'far');
const mention = under(mentions, 'mention');
const r = under(relations, 'r');
const x = under(mentions, 'x');

/** The keys of what is at the far end. */
const keys = pick(far, 'id', 'lineageId', 'companionId', 'userId');
/** What a relation leads to. */
const related = { ...keys, strength: r.strength, relationId: r.id, entityId: sql<string>`null::uuid` };
/** What either a relation or an entity leads to. */
const reached = {
  ...keys,
  strength: nullable(r.strength),
  relationId: nullable(r.id),
  entityId: nullable(mention.entityId),
};
const step = derived('step', reached);
const found = derived('found', reached);

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

/** What one parent's relations of a direction lead to, strongest first: at most so many rows. */
function stepsSql(direction: Direction, hops: Hops, reading: Reading, rows: number): SQL {
  const passes = sql`${presentSql(far, reading.validAt)} and ${notVisited(far)}`;
  const branches = reading.branches(r).map((source) => {
    const { from, conditions } = seenSql(direction, hops, reading, { passes, source });
    return sql`(
      select ${fields(related)} from ${from} where ${all(conditions)} order by ${r.strength} desc, ${r.id} desc limit ${rows})`;
  });
  const way = sql.raw(`'${direction}'`);
  if (branches.length === 1) return sql`(select ${way} as way, step.* from ${branches[0]} step)`;
  return sql`(
    select ${way} as way, step.* from (${sql.join(branches, sql` union all `)}) step
    order by ${step.strength} desc, ${step.relationId} desc limit ${rows})`;
}

const notVisited = ({ id }: Pick<typeof far, 'id'>): SQL => sql`${id} not in (select memory from visited)`;

/** What mentions the same entities as one of the parents, the highest keys first. */
const sharedSql = (parents: readonly Found[], reading: Reading, limit: number): SQL => sql`
  select null::uuid, null, ${fields(keys)}, null::float8, null::uuid, shared.entity
  from (
    select distinct ${mention.entityId} as entity
    from (${mentionsSql(reading, sql`${x.memoryId} = any(${uuids(parents.map(({ id }) => id))})`)}) mention
  ) shared
  cross join lateral (${mentioningSql(sql`shared.entity`, reading, limit, notVisited)}) far`;

/**
 * The next level of a breadth-first traversal: the ACTIVE and DISPUTED memories that are a hop away from `parents` and
 * not among `visited`, each once, the first `limit` of them. Those that a relation leads to come first, by the
 * strongest one, of equally strong ones the newest; then those that share an entity, the newest first.
 *
 * Each parent's relations are followed in the order of an index until `limit` memories are found: a parent costs what
 * it can add, however many relations it has, and all that can be among the first `limit` is found. One statement is
 * enough, or two where many of a parent's relations lead to the same memories and more of them have to be followed.
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
  const few = await follow(limit + Math.ceil(limit / 8) + 8);
  const enough = few[0]?.isShort ? await follow(limit * TYPES) : few;
  return enough.map(({ isShort: _, ...row }) => ({
    ...row,
    entityId: row.relationId ? null : row.entityId,
    // ACTIVE and DISPUTED memories hold.
    holds: true,
    isHolding: true,
  }));
}

const shown = pick(found, 'id', 'lineageId', 'companionId', 'userId', 'relationId', 'entityId');
interface LevelRow extends RowFrom<typeof shown> {
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
    ${`{${parents.map(({ holds }) => holds).join(',')}}`}::boolean[]) parent (version, lineage, holds)`;
  const steps = directions(hops).map((direction) => stepsSql(direction, hops, reading, rows));
  const ways = [
    sql`select parent.version as parent, step.* from ${near} cross join lateral (${sql.join(steps, sql` union all `)}) step`,
    ...(hops.throughEntities ? [sharedSql(parents, reading, limit)] : []),
  ];
  return sql`
    with visited as materialized (select unnest(${uuids(visited)}) as memory),
    step as materialized (${sql.join(ways, sql` union all `)})
    select ${fields(shown)}, exists (
        select from step where step.way is not null group by step.parent, step.way
        having count(*) >= ${rows} and count(distinct ${step.id}) < ${limit}) as "isShort"
    from (
      select distinct on (${step.id}) * from step
      order by ${step.id}, ${step.strength} desc nulls last, ${step.relationId} desc nulls last, ${step.entityId}
    ) found
    order by ${found.strength} desc nulls last, ${found.relationId} desc nulls last, ${found.id} desc limit ${limit}`;
}
