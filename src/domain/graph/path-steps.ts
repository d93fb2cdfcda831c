import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, fenced, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { derived, fields, type RowOf, under } from '../../db/typed-sql.ts';
import type { Followed, Side } from '../../model/graph/shortest.ts';
import { presentSql } from '../../model/memory/columns.ts';
import { memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import { type Direction, directions, ends, filterConditions, type RelationFilter } from '../relation/seen.ts';

const m = under(memories, 'm');
const r = under(relations, 'r');

/** A side of a search, and which relations it follows. */
export interface Outward {
  side: Side;
  filter: RelationFilter;
}

/** A key without its hyphens, the form that a search works with: PostgreSQL accepts it. */
export const bare = (uuid: string) => uuid.replaceAll('-', '');

/** The conditions for relations in force that pass a filter, under the alias `r`. */
export const passing = (filter: RelationFilter, { workspaceId }: Reading): SQL[] => [
  sql`${r.workspaceId} = ${workspaceId}`,
  sql`${r.retractedAt} is null`,
  ...filterConditions(filter),
];

/** The columns of {@link stepSql}: a lineage, one that a relation joins it with, and how strongly. */
const stepOf = (alias: string) => derived(alias, { origin: r.fromLineageId, far: r.toLineageId, strength: r.strength });

/**
 * The relations of a side's frontier: its ACTIVE and DISPUTED memories and its start. At most one more than `limit`.
 */
const stepSql = (reading: Reading, { side, filter }: Outward, limit: number): SQL => {
  const { frontier, depth } = side;
  const relationsOf = (direction: Direction) => {
    const { near, far } = ends[direction];
    return reading.branches(r).map(
      (source) => sql`(
        select ${fields({ far: far.lineageId, strength: r.strength })} from ${fenced(sql`
          select * from ${source} where ${r.workspaceId} = ${reading.workspaceId}
            and ${near.lineageId} = parent.lineage and ${r.retractedAt} is null`)} r
        where ${all([sql`${r.type} <> 'CORRECTS'`, ...filterConditions(filter)])})`,
    );
  };
  const isPresent = sql`${m.lineageId} = parent.lineage and ${presentSql(m, reading.validAt)}`;
  const { far, strength } = stepOf('found');
  return sql`
    select ${fields({ origin: sql`parent.lineage`, far, strength })}
    from unnest(${uuids(frontier)}) parent (lineage)
    ${depth === 0 ? sql.empty() : reading.lookUp(m, isPresent)}
    cross join lateral (${sql.join(directions(filter).flatMap(relationsOf), sql` union all `)}) found
    limit ${limit + 1}`;
};

/**
 * The select list for steps that are grouped by their origin. A memory may have ten thousand relations, so they travel
 * as two texts of a row, 16 and 8 bytes each in hexadecimal.
 */
const packedOf = ({ origin, far, strength }: ReturnType<typeof stepOf>) =>
  fields({
    origin,
    fars: sql<string>`encode(string_agg(uuid_send(${far}), ''), 'hex')`,
    strengths: sql<string>`encode(string_agg(float8send(${strength}), ''), 'hex')`,
  });

type Packed = RowOf<ReturnType<typeof packedOf>>;

const unpack = (rows: readonly Packed[]): Followed[] =>
  rows.flatMap(({ origin, fars, strengths }) => {
    const numbers = Buffer.from(strengths, 'hex');
    return Array.from({ length: numbers.length / 8 }, (_, index) => ({
      near: bare(origin),
      far: fars.slice(32 * index, 32 * index + 32),
      strength: numbers.readDoubleBE(8 * index),
    }));
  });

/** The relations of a side's frontier: more than `limit` where there are too many. */
export async function follow(tx: Transaction, reading: Reading, outward: Outward, limit: number): Promise<Followed[]> {
  const step = stepOf('step');
  return unpack(
    await tx.rows<Packed>(sql`
      select ${packedOf(step)} from (${stepSql(reading, outward, limit)}) step group by ${step.origin}`),
  );
}

/**
 * What {@link meet} found: the relations that lead from the smaller side to the larger, or to lineages between them.
 */
interface Met {
  small: Followed[];
  large?: Followed[];
}

/**
 * The relations along which two sides meet: within one step of the smaller, or else, where `within` is 2, by one of
 * each to an ACTIVE or DISPUTED memory between them. PostgreSQL compares where the two lead, so that of all that is
 * followed only what meets is fetched. Undefined where nothing does.
 */
export async function meet(
  tx: Transaction,
  reading: Reading,
  small: Outward,
  large: Outward,
  within: 1 | 2,
  limit: number,
): Promise<Met | 'too wide' | undefined> {
  const rows = await tx.rows<MetRow>(meetSql(reading, small, large, within, limit));
  if (rows.some(({ way, count }) => way === 'count' && count > limit)) return 'too wide';
  const of = (way: MetRow['way']) => unpack(rows.filter((row) => row.way === way));
  const next = of('next');
  if (next.length > 0) return { small: next };
  const ahead = of('ahead');
  const between = new Set(await presentAmong(tx, reading, [...new Set(ahead.map(({ far }) => far))]));
  if (between.size === 0) return undefined;
  const isBetween = ({ far }: Followed) => between.has(far);
  return { small: ahead.filter(isBetween), large: of('behind').filter(isBetween) };
}

interface MetRow extends Packed {
  way: 'next' | 'ahead' | 'behind' | 'count';
  /** How many relations were followed. */
  count: number;
}

function meetSql(reading: Reading, small: Outward, large: Outward, within: 1 | 2, limit: number): SQL {
  const { frontier, depth } = large.side;
  const [ahead, behind, next] = [stepOf('ahead'), stepOf('behind'), stepOf('next')];
  const isPresent = sql`${m.lineageId} = met.far and ${presentSql(m, reading.validAt)}`;
  return sql`
    with ahead as materialized (${stepSql(reading, small, limit)}),
    behind as materialized (${within === 2 ? stepSql(reading, large, limit) : sql`select * from ahead where false`}),
    next as materialized (
      select met.* from (select * from ahead where far in (select unnest(${uuids(frontier)})) offset 0) met
      ${depth === 0 ? sql.empty() : reading.lookUp(m, isPresent)}),
    between as materialized (
      select far from ahead where not exists (select from next) intersect select far from behind)
    select 'next' as way, ${packedOf(next)}, 0 as count from next group by ${next.origin}
    union all
    select 'ahead', ${packedOf(ahead)}, 0 from ahead where far in (select far from between) group by ${ahead.origin}
    union all
    select 'behind', ${packedOf(behind)}, 0 from behind where far in (select far from between) group by ${behind.origin}
    union all
    select 'count', null, null, null, (select count(*) from ahead)::int + (select count(*) from behind)::int`;
}

/** Of these lineages, those that have an ACTIVE or DISPUTED version. */
async function presentAmong(
  tx: Transaction,
  reading: Reading,
  lineages: readonly string[],
): Promise<readonly string[]> {
  if (lineages.length === 0) return lineages;
  const isPresent = sql`${m.lineageId} = given.lineage and ${presentSql(m, reading.validAt)}`;
  const rows = await tx.rows<{ lineage: string }>(sql`
    select replace(given.lineage::text, '-', '') as lineage
    from unnest(${uuids(lineages)}) given (lineage) ${reading.lookUp(m, isPresent)}`);
  return rows.map(({ lineage }) => lineage);
}
