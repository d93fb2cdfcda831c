import { sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { under } from '../../db/typed-sql.ts';
import { LimitExceeded } from '../../kernel/errors.ts';
import type { GivenId } from '../../kernel/input.ts';
import { Side, strongestWay } from '../../model/graph/shortest.ts';
import { relations } from '../../tables/relation.ts';
import { directions, ends, type RelationFilter } from '../relation/seen.ts';
import type { Found } from './level.ts';
import { bare, meet, passing } from './path-steps.ts';
import { findStarts } from './starts.ts';

const r = under(relations, 'r');

/** The most relations that a search follows, of both sides together. */
export const MAX_FOLLOWED = 200_000;
/** A frontier larger than this is not followed only to see whether it would meet the other side. */
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
 * whether the sides meet within two relations more, and only where they do not is the smaller one followed. What is
 * reached is looked up only when it has been followed, or where the sides meet, so that many relations cost little.
 * Throws NotFound for ends that are unknown at the reading's point, and LimitExceeded where more than `maxFollowed`
 * relations would have to be followed.
 */
export async function findPath(
  tx: Transaction,
  reading: Reading,
  question: PathQuestion,
  maxFollowed = MAX_FOLLOWED,
): Promise<Way | null> {
  const starts = await findStarts(tx, reading, [question.from, question.to]);
  const [from, to = from] = starts as [Found, Found?];
  const way = (relations: string[], between: string[] = []) => ({ from: from.id, to: to.id, relations, between });
  if (from === to) return way([]);
  if (from.lineageId === to.lineageId) {
    const relation = question.maxDepth > 0 && (await correctionBetween(tx, reading, from, to, question));
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
    return way(await relationsAlong(tx, reading, lineages, question), lineages.slice(1, -1).map(hyphenated));
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
    const round = await meet(tx, reading, { small, large }, { within, last: depth <= within }, left);
    if (round === 'too wide') throw tooWide(maxFollowed);
    if (!round.met && depth <= within) return null;
    small.side.advance(round.small);
    if (round.met) {
      if (round.large) large.side.advance(round.large);
      return found();
    }
    left -= round.small.length;
    if (left < 0) throw tooWide(maxFollowed);
  }
}

const hyphenated = (key: string) => key.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

const tooWide = (limit: number) =>
  new LimitExceeded(
    'Relations that a path search may follow: narrow it with types, direction, minStrength or maxDepth',
    limit,
    limit + 1,
  );

/** The strongest relation between each lineage and the next, of equally strong ones the newest. */
async function relationsAlong(
  tx: Transaction,
  reading: Reading,
  lineages: readonly string[],
  filter: RelationFilter,
): Promise<string[]> {
  const between = directions(filter).flatMap((direction) => {
    const { near, far } = ends[direction];
    return reading.branches(r).map(
      (source) => sql`(
        select ${r.id}, ${r.strength} from ${source}
        where ${all([...passing(filter, reading), sql`${near.lineageId} = pair.one`])}
          and ${far.lineageId} = pair.other and ${r.type} <> 'CORRECTS' offset 0)`,
    );
  });
  const rows = await tx.rows<{ id: string }>(sql`
    select ${r.id} from unnest(${uuids(lineages.slice(0, -1))}, ${uuids(lineages.slice(1))})
      with ordinality pair (one, other, place)
    cross join lateral (
      select * from (${sql.join(between, sql` union all `)}) r order by ${r.strength} desc, ${r.id} desc limit 1
    ) r order by pair.place`);
  return rows.map(({ id }) => id);
}

/** The CORRECTS relation that joins two versions of one memory. */
async function correctionBetween(
  tx: Transaction,
  reading: Reading,
  from: Found,
  to: Found,
  filter: RelationFilter,
): Promise<string | undefined> {
  const between = directions(filter).map((direction) => {
    const { near, far } = ends[direction];
    return sql`(${near.memoryId} = ${from.id}::uuid and ${far.memoryId} = ${to.id}::uuid)`;
  });
  const [row] = await tx.rows<{ id: string }>(sql`
    select ${r.id} from ${reading.from(r)}
    where ${all(passing(filter, reading))} and ${r.fromLineageId} = ${from.lineageId}::uuid and ${r.type} = 'CORRECTS'
      and (${sql.join(between, sql` or `)})
    order by ${r.strength} desc, ${r.id} desc limit 1`);
  return row?.id;
}
