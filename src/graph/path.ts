import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../db/history.ts';
import type { Scope } from '../db/scope.ts';
import { all, uuids } from '../db/sql.ts';
import { LimitExceeded } from '../errors.ts';
import type { GivenId } from '../input.ts';
import { presentSql } from '../memory/columns.ts';
import { type Direction, directions, ends, filterConditions, type RelationFilter } from '../relation/list.ts';
import type { Found } from './level.ts';
import { type Followed, Side, strongestWay } from './shortest.ts';
import { findStarts } from './starts.ts';

/** The most relations that a search follows, of both sides together. */
export const MAX_FOLLOWED = 200_000;

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
 * The strongest of the shortest paths, or null: a breadth-first search from both ends that takes the side with less to
 * follow, in one statement a step and two where the sides meet. What is reached is looked at only when it is followed, or
 * where the sides meet, so that many relations of one memory cost little. Throws NotFound for ends that are unknown at the
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
  while (forward.depth + backward.depth < question.maxDepth) {
    const isForward =
      forward.frontier.length === backward.frontier.length
        ? forward.depth <= backward.depth
        : forward.frontier.length < backward.frontier.length;
    const [side, other] = isForward ? [forward, backward] : [backward, forward];
    if (side.frontier.length === 0) return null;
    const filter = isForward ? question : { ...question, direction: back };
    const followed = await follow(scope, reading, side, filter, left);
    left -= followed.length;
    if (left < 0) throw tooWide(maxFollowed);
    side.advance(followed);
    const met = await presentAmong(scope, reading, side.meeting(other), other.depth === 0);
    if (met.length === 0) continue;
    const lineages = strongestWay(forward, backward, met);
    return way(await relationsAlong(scope, reading, lineages, question), lineages.slice(1, -1).map(hyphenated));
  }
  return null;
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
async function follow(
  scope: Scope,
  reading: Reading,
  { frontier, depth }: Side,
  filter: RelationFilter,
  limit: number,
): Promise<Followed[]> {
  const relationsOf = (direction: Direction) => {
    const { near, far } = ends[direction];
    return reading.branches('relations').map(
      (source) => sql`(
        select r.strength, r.${far}_lineage_id as far from ${source} r
        where ${all([...seen(sql`r`, filter, reading), sql`r.${near}_lineage_id = parent.lineage_id`])}
          and r.type <> 'CORRECTS' offset 0)`,
    );
  };
  const isPresent = sql`m.lineage_id = parent.lineage_id and ${presentSql(sql`m`, reading.validAt)}`;
  // A memory may have ten thousand relations, so they travel as two texts of a row, 16 and 8 bytes each in hexadecimal.
  const rows = await scope.rows<{ near: string; fars: string; strengths: string }>(sql`
    select near, encode(string_agg(uuid_send(far), ''), 'hex') as fars,
      encode(string_agg(float8send(strength), ''), 'hex') as strengths
    from (
      select parent.lineage_id as near, r.far, r.strength
      from unnest(${uuids(frontier)}) parent (lineage_id)
      ${depth === 0 ? sql.empty() : reading.lookUp('memories', sql`m`, isPresent)}
      cross join lateral (${sql.join(directions(filter).flatMap(relationsOf), sql` union all `)}) r
      limit ${limit + 1}
    ) step group by near`);
  return rows.flatMap(({ near, fars, strengths }) => {
    const numbers = Buffer.from(strengths, 'hex');
    return Array.from({ length: numbers.length / 8 }, (_, index) => ({
      near: bare(near),
      far: fars.slice(32 * index, 32 * index + 32),
      strength: numbers.readDoubleBE(8 * index),
    }));
  });
}

/** Of these lineages, those that have an ACTIVE or DISPUTED version; `all` of them where that does not matter. */
async function presentAmong(
  scope: Scope,
  reading: Reading,
  lineages: readonly string[],
  isEnd: boolean,
): Promise<readonly string[]> {
  if (isEnd || lineages.length === 0) return lineages;
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
