import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../db/history.ts';
import type { Scope } from '../db/scope.ts';
import { all, fenced, uuids } from '../db/sql.ts';
import { LimitExceeded } from '../errors.ts';
import type { GivenId } from '../input.ts';
import { presentSql } from '../memory/columns.ts';
import { type Direction, directions, ends, filterConditions, type RelationFilter } from '../relation/list.ts';
import type { Found } from './level.ts';
import { type Followed, Side, strongestWay } from './shortest.ts';
import { findStarts } from './starts.ts';

/** The most relations that a search follows, of both sides together. */
export const MAX_FOLLOWED = 200_000;
/** A larger frontier is not followed only to see whether that would meet the other side. */
const MAX_LOOKED_AHEAD = 2_000;

export interface PathQuestion extends RelationFilter {
  from: GivenId;
  to: GivenId;
  /** The most relations it may have. */
  maxDepth: number;
}

/** A path by its keys. */
export interface Way {
  /** The memories at its ends. */
  from: string;
  to: string;
  /** The lineages between them, in order. */
  between: string[];
  relations: string[];
}

const opposite = { OUT: 'IN', IN: 'OUT' } as const;

/**
 * The strongest of the shortest paths, or null: a breadth-first search from both ends. Each round asks in one statement
 * whether the sides meet within two relations more, and only where they do not is the smaller one followed. What is reached
 * is looked at only when it is followed, or where the sides meet, so that many relations of one memory cost little. Throws NotFound for ends that are unknown at the
 * reading's point, and LimitExceeded where more than `maxFollowed` relations would have to be followed.
 */
export async function findPath(
  scope: Scope,
  reading: Reading,
  question: PathQuestion,
  maxFollowed = MAX_FOLLOWED,
): Promise<Way | null> {
  const starts = await findStarts(scope, reading, [question.from, question.to]);
  const [from, to = from] = starts as [Found, Found?];
  const way = (relations: string[], between: string[] = []) => ({ from: from.id, to: to.id, relations, between });
  if (from === to) return way([]);
  if (from.lineageId === to.lineageId) {
    const relation = question.maxDepth > 0 && (await correctionBetween(scope, reading, from, to, question));
    return relation ? way([relation]) : null;
  }
  // Relations show where both ends hold.
  if (!from.holds || !to.holds) return null;
  const forward = new Side(bare(from.lineageId));
  const backward = new Side(bare(to.lineageId));
  const { direction } = question;
  const back = direction ? opposite[direction] : direction;
  let left = maxFollowed;
  const found = async () => {
    const lineages = strongestWay(forward, backward, forward.meeting(backward));
    return way(await relationsAlong(scope, reading, lineages, question), lineages.slice(1, -1).map(hyphenated));
  };
  const sides = [
    { side: forward, filter: question as RelationFilter },
    { side: backward, filter: { ...question, direction: back ?? null } },
  ] as const;
  for (;;) {
    const depth = question.maxDepth - forward.depth - backward.depth;
    const [small, large] = sides.toSorted((a, b) => a.side.frontier.length - b.side.frontier.length);
    if (depth === 0 || !small || !large || small.side.frontier.length === 0) return null;
    const within = depth > 1 && large.side.frontier.length <= MAX_LOOKED_AHEAD ? 2 : 1;
    const met = await meet(scope, reading, small, large, within, left);
    if (met === 'too wide') throw tooWide(maxFollowed);
    if (met) {
      small.side.advance(met.small);
      if (met.large) large.side.advance(met.large);
      return found();
    }
    if (depth <= within) return null;
    const followed = await follow(scope, reading, small, left);
    left -= followed.length;
    if (left < 0) throw tooWide(maxFollowed);
    small.side.advance(followed);
  }
}

/** A side of a search, and which relations it follows. */
interface Outward {
  side: Side;
  filter: RelationFilter;
}

/** A key without its hyphens, as a search has them: PostgreSQL takes it as it is. */
const bare = (uuid: string) => uuid.replaceAll('-', '');

const hyphenated = (key: string) => key.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

const tooWide = (limit: number) =>
  new LimitExceeded(
    'Relations that a search for a path may follow: narrow it by types, direction, minStrength or maxDepth',
    limit,
    limit + 1,
  );

const seen = (r: SQL, filter: RelationFilter, { workspaceId }: Reading): SQL[] => [
  sql`${r}.workspace_id = ${workspaceId}`,
  sql`${r}.retracted_at is null`,
  ...filterConditions(filter, r),
];

/** The relations of a side's frontier, those of its ACTIVE and DISPUTED memories and of its start: at most one more than `limit`. */
const stepSql = (reading: Reading, { side, filter }: Outward, limit: number): SQL => {
  const { frontier, depth } = side;
  const relationsOf = (direction: Direction) => {
    const { near, far } = ends[direction];
    return reading.branches('relations').map(
      (source) => sql`(
        select r.strength, r.${far}_lineage_id as far from ${fenced(sql`
          select * from ${source} r where r.workspace_id = ${reading.workspaceId}
            and r.${near}_lineage_id = parent.lineage_id and r.retracted_at is null`)} r
        where ${all([sql`r.type <> 'CORRECTS'`, ...filterConditions(filter)])})`,
    );
  };
  const isPresent = sql`m.lineage_id = parent.lineage_id and ${presentSql(sql`m`, reading.validAt)}`;
  return sql`
    select parent.lineage_id as near, r.far, r.strength
    from unnest(${uuids(frontier)}) parent (lineage_id)
    ${depth === 0 ? sql.empty() : reading.lookUp('memories', sql`m`, isPresent)}
    cross join lateral (${sql.join(directions(filter).flatMap(relationsOf), sql` union all `)}) r
    limit ${limit + 1}`;
};

/** A memory may have ten thousand relations, so they travel as two texts of a row, 16 and 8 bytes each in hexadecimal. */
const packed = sql.raw(
  `near, encode(string_agg(uuid_send(far), ''), 'hex') as fars, encode(string_agg(float8send(strength), ''), 'hex') as strengths`,
);

interface Packed {
  near: string;
  fars: string;
  strengths: string;
}

const unpack = (rows: readonly Packed[]): Followed[] =>
  rows.flatMap(({ near, fars, strengths }) => {
    const numbers = Buffer.from(strengths, 'hex');
    return Array.from({ length: numbers.length / 8 }, (_, index) => ({
      near: bare(near),
      far: fars.slice(32 * index, 32 * index + 32),
      strength: numbers.readDoubleBE(8 * index),
    }));
  });

async function follow(scope: Scope, reading: Reading, outward: Outward, limit: number): Promise<Followed[]> {
  return unpack(
    await scope.rows<Packed>(sql`select ${packed} from (${stepSql(reading, outward, limit)}) step group by near`),
  );
}

/**
 * The relations along which two sides meet: within one step of the smaller, or else, where `within` is 2, by one of each
 * to an ACTIVE or DISPUTED memory between them. PostgreSQL compares where the two lead, so that of all that is followed
 * only what meets is fetched. Undefined where nothing does.
 */
async function meet(
  scope: Scope,
  reading: Reading,
  small: Outward,
  large: Outward,
  within: 1 | 2,
  limit: number,
): Promise<{ small: Followed[]; large?: Followed[] } | 'too wide' | undefined> {
  const isPresent = sql`m.lineage_id = a.far and ${presentSql(sql`m`, reading.validAt)}`;
  const { frontier, depth } = large.side;
  const rows = await scope.rows<Packed & { way: 'next' | 'ahead' | 'behind' | 'count'; n: number }>(sql`
    with ahead as materialized (${stepSql(reading, small, limit)}),
    behind as materialized (${within === 2 ? stepSql(reading, large, limit) : sql`select * from ahead where false`}),
    next as materialized (
      select a.* from (select * from ahead where far in (select unnest(${uuids(frontier)})) offset 0) a
      ${depth === 0 ? sql.empty() : reading.lookUp('memories', sql`m`, isPresent)}),
    between as materialized (
      select far from ahead where not exists (select from next) intersect select far from behind)
    select 'next' as way, ${packed}, 0 as n from next group by near
    union all
    select 'ahead', ${packed}, 0 from ahead where far in (select far from between) group by near
    union all
    select 'behind', ${packed}, 0 from behind where far in (select far from between) group by near
    union all
    select 'count', null, null, null, (select count(*) from ahead)::int + (select count(*) from behind)::int`);
  if (rows.some(({ way, n }) => way === 'count' && n > limit)) return 'too wide';
  const of = (way: string) => unpack(rows.filter((row) => row.way === way));
  const next = of('next');
  if (next.length > 0) return { small: next };
  const ahead = of('ahead');
  const between = new Set(await presentAmong(scope, reading, [...new Set(ahead.map(({ far }) => far))]));
  if (between.size === 0) return undefined;
  const isBetween = ({ far }: Followed) => between.has(far);
  return { small: ahead.filter(isBetween), large: of('behind').filter(isBetween) };
}

/** Of these lineages, those that have an ACTIVE or DISPUTED version. */
async function presentAmong(scope: Scope, reading: Reading, lineages: readonly string[]): Promise<readonly string[]> {
  if (lineages.length === 0) return lineages;
  const isPresent = sql`m.lineage_id = lineage.id and ${presentSql(sql`m`, reading.validAt)}`;
  const rows = await scope.rows<{ id: string }>(sql`
    select replace(lineage.id::text, '-', '') as id from unnest(${uuids(lineages)}) lineage (id) ${reading.lookUp('memories', sql`m`, isPresent)}`);
  return rows.map(({ id }) => id);
}

/** The strongest relation between each lineage and the next, of equally strong ones the newest. */
async function relationsAlong(
  scope: Scope,
  reading: Reading,
  lineages: readonly string[],
  filter: RelationFilter,
): Promise<string[]> {
  const between = directions(filter).flatMap((direction) => {
    const { near, far } = ends[direction];
    return reading.branches('relations').map(
      (source) => sql`(
        select r.id, r.strength from ${source} r
        where ${all([...seen(sql`r`, filter, reading), sql`r.${near}_lineage_id = step.near`])}
          and r.${far}_lineage_id = step.far and r.type <> 'CORRECTS' offset 0)`,
    );
  });
  const rows = await scope.rows<{ id: string }>(sql`
    select r.id from unnest(${uuids(lineages.slice(0, -1))}, ${uuids(lineages.slice(1))})
      with ordinality step (near, far, position)
    cross join lateral (
      select * from (${sql.join(between, sql` union all `)}) r order by r.strength desc, r.id desc limit 1
    ) r order by step.position`);
  return rows.map(({ id }) => id);
}

/** The CORRECTS relation that joins two versions of one memory. */
async function correctionBetween(
  scope: Scope,
  reading: Reading,
  from: Found,
  to: Found,
  filter: RelationFilter,
): Promise<string | undefined> {
  const between = directions(filter).map((direction) => {
    const { near, far } = ends[direction];
    return sql`(r.${near}_memory_id = ${from.id}::uuid and r.${far}_memory_id = ${to.id}::uuid)`;
  });
  const [row] = await scope.rows<{ id: string }>(sql`
    select r.id from ${reading.from('relations')} r
    where ${all(seen(sql`r`, filter, reading))} and r.from_lineage_id = ${from.lineageId}::uuid and r.type = 'CORRECTS'
      and (${sql.join(between, sql` or `)})
    order by r.strength desc, r.id desc limit 1`);
  return row?.id;
}
