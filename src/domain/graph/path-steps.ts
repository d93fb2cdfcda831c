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
const n = under(memories, 'n');
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
 * The relations of a side's frontier, at most one more than `limit`: also of what is neither ACTIVE nor DISPUTED, since
 * looking that up costs more than the relations do.
 */
const stepSql = (reading: Reading, { side, filter }: Outward, limit: number): SQL => {
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
  const { far, strength } = stepOf('found');
  return sql`
    select ${fields({ origin: sql`parent.lineage`, far, strength })}
    from unnest(${uuids(side.frontier)}) parent (lineage)
    cross join lateral (${sql.join(directions(filter).flatMap(relationsOf), sql` union all `)}) found
    limit ${limit + 1}`;
};

/**
 * Joins the ACTIVE or DISPUTED version of a lineage that is `depth` relations away from a side's start, which may have
 * any status.
 */
const joinPresent = (reading: Reading, alias: typeof m, lineage: SQL, depth: number): SQL => {
  const isPresent = sql`${alias.lineageId} = ${lineage} and ${presentSql(alias, reading.validAt)}`;
  return depth === 0 ? sql.empty() : reading.lookUp(alias, isPresent);
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

/** Of the rows `step`, those whose origins are ACTIVE or DISPUTED, packed. */
const followedSql = (reading: Reading, { side }: Outward, step: ReturnType<typeof stepOf>, source: SQL): SQL => sql`
  select packed.* from (select ${packedOf(step)} from ${source} group by ${step.origin}) packed
  ${joinPresent(reading, m, sql`packed.origin`, side.depth)}`;

/** The relations of a side's frontier: more than `limit` where there are too many. */
async function follow(tx: Transaction, reading: Reading, outward: Outward, limit: number): Promise<Followed[]> {
  const source = sql`(${stepSql(reading, outward, limit)}) step`;
  return unpack(await tx.rows<Packed>(followedSql(reading, outward, stepOf('step'), source)));
}

/** What a round of a search found. */
type Round =
  /** The relations that lead from the smaller side to the larger, or to lineages between them. */
  | { met: true; small: Followed[]; large?: Followed[] }
  /** The relations of the smaller side's frontier: none of them leads there. */
  | { met: false; small: Followed[] }
  /** More than `limit` relations had to be followed. */
  | 'too wide';

/**
 * Looks whether two sides meet: within one step of the smaller, or else, where `within` is 2, by one of each to an
 * ACTIVE or DISPUTED memory between them. PostgreSQL compares where the two lead, so that of all that is followed only
 * what meets is fetched; the smaller side's relations where nothing does, unless this is the `last` round.
 */
export async function meet(
  tx: Transaction,
  reading: Reading,
  { small, large }: { small: Outward; large: Outward },
  { within, last }: { within: 1 | 2; last: boolean },
  limit: number,
): Promise<Round> {
  const rows = await tx.rows<MetRow>(meetSql(reading, { small, large }, { within, last }, limit));
  if (rows.some(({ way, count }) => way === 'count' && count > limit)) return 'too wide';
  const of = (way: MetRow['way']) => unpack(rows.filter((row) => row.way === way));
  const next = of('next');
  if (next.length > 0) return { met: true, small: next };
  const ahead = of('ahead');
  if (ahead.length === 0) return { met: false, small: of('followed') };
  const met = await throughPresent(tx, reading, [
    { steps: ahead, isStart: small.side.depth === 0 },
    { steps: of('behind'), isStart: large.side.depth === 0 },
  ]);
  if (met.small.length > 0) return { met: true, ...met };
  return { met: false, small: last ? [] : await follow(tx, reading, small, limit) };
}

interface MetRow extends Packed {
  way: 'next' | 'ahead' | 'behind' | 'followed' | 'count';
  /** How many relations were followed. */
  count: number;
}

/** In this form PostgreSQL hashes the lineages, however many it expects: it has no statistics of steps. */
const among = (lineage: SQL, lineages: SQL): SQL => sql`(${lineage} in (${lineages})) is true`;

function meetSql(
  reading: Reading,
  { small, large }: { small: Outward; large: Outward },
  { within, last }: { within: 1 | 2; last: boolean },
  limit: number,
): SQL {
  const [ahead, behind, next] = [stepOf('ahead'), stepOf('behind'), stepOf('next')];
  const none = sql`select * from ahead where false`;
  const between = sql`select far from between`;
  return sql`
    with ahead as materialized (${stepSql(reading, small, limit)}),
    next as materialized (
      select next.* from (
        select * from ahead where ${among(ahead.far, sql`select unnest(${uuids(large.side.frontier)})`)} offset 0) next
      ${joinPresent(reading, m, next.far, large.side.depth)} ${joinPresent(reading, n, next.origin, small.side.depth)}),
    behind as materialized (${
      within === 2
        ? sql`select * from (${stepSql(reading, large, limit)}) behind where not exists (select from next)`
        : none
    }),
    between as materialized (
      select distinct ${ahead.far} as far from ahead where ${among(ahead.far, sql`select ${behind.far} from behind`)})
    select 'next' as way, ${packedOf(next)}, 0 as count from next group by ${next.origin}
    union all
    select 'ahead', ${packedOf(ahead)}, 0 from ahead
    where exists (${between}) and ${among(ahead.far, between)} group by ${ahead.origin}
    union all
    select 'behind', ${packedOf(behind)}, 0 from behind
    where exists (${between}) and ${among(behind.far, between)} group by ${behind.origin}
    union all
    select 'followed', followed.*, 0 from (${followedSql(
      reading,
      small,
      ahead,
      last
        ? sql`(${none}) ahead`
        : sql`(select * from ahead where not exists (select from next) and not exists (${between})) ahead`,
    )}) followed
    union all
    select 'count', null, null, null, (select count(*) from ahead)::int + (select count(*) from behind)::int`;
}

/** A side's relations that may meet the other's. */
interface Meeting {
  steps: Followed[];
  /** They lead from its start. */
  isStart: boolean;
}

/** Those of two sides' relations that meet, their ends but for the starts being ACTIVE or DISPUTED. */
async function throughPresent(tx: Transaction, reading: Reading, sides: [Meeting, Meeting]) {
  const lineages = sides.flatMap(({ steps, isStart }) =>
    steps.flatMap(({ near, far }) => (isStart ? [far] : [near, far])),
  );
  const present = await presentAmong(tx, reading, [...new Set(lineages)]);
  const [small, large] = sides.map(({ steps, isStart }) =>
    steps.filter(({ near, far }) => present.has(far) && (isStart || present.has(near))),
  ) as [Followed[], Followed[]];
  const reached = ({ far }: Followed) => far;
  const between = new Set(small.map(reached)).intersection(new Set(large.map(reached)));
  return { small: small.filter(({ far }) => between.has(far)), large: large.filter(({ far }) => between.has(far)) };
}

/** Of these lineages, those that have an ACTIVE or DISPUTED version. */
async function presentAmong(tx: Transaction, reading: Reading, lineages: readonly string[]): Promise<Set<string>> {
  const isPresent = sql`${m.lineageId} = given.lineage and ${presentSql(m, reading.validAt)}`;
  const rows = await tx.rows<{ lineage: string }>(sql`
    select replace(given.lineage::text, '-', '') as lineage
    from unnest(${uuids(lineages)}) given (lineage) ${reading.lookUp(m, isPresent)}`);
  return new Set(rows.map(({ lineage }) => lineage));
}
