import type postgres from 'postgres';

export type Direction = 'OUT' | 'BOTH';

/** What a walk is asked for. */
export interface Walk {
  workspaceId: string;
  /** A lineage. */
  from: string;
  depth: number;
  maxNodes: number;
  direction: Direction;
}

export interface Reached {
  id: string;
  content: string;
  type: string;
  depth: number;
}

/** What version of the lineage in `line` holds now. */
const holding = (line: string) =>
  `join memories m on m.workspace_id = $1 and m.lineage_id = ${line} and m.retracted_at is null
     and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now())`;

/** The strongest relations of `near.line` one way: as many as could be let in, were none of them known already. */
const strongest = (near: string, far: string) =>
  `(select r.${far}_lineage_id as line, r.strength from relations r ${holding(`r.${far}_lineage_id`)}
    where r.workspace_id = $1 and r.${near}_lineage_id = near.line and r.retracted_at is null
    order by r.strength desc, r.id desc limit $4)`;

const ways = { OUT: [strongest('from', 'to')], BOTH: [strongest('from', 'to'), strongest('to', 'from')] };

/** Breadth first, the strongest of a level first: one recursive statement, a row for each level. */
const levels = (direction: Direction) => `
  with recursive walk (depth, level, seen) as (
    select 0, array[$2::uuid], array[$2::uuid]
    union all
    select walk.depth + 1, next.level, walk.seen || next.level
    from walk cross join lateral (
      select array_agg(line) as level from (
        select found.line from (
          select far.line, max(far.strength) as strength from unnest(walk.level) near (line)
          cross join lateral (${ways[direction].join(' union all ')}) far group by far.line
        ) found left join unnest(walk.seen) seen (line) on seen.line = found.line where seen.line is null
        order by found.strength desc, found.line limit $4 - cardinality(walk.seen)
      ) kept
    ) next
    where walk.depth < $3 and cardinality(walk.seen) < $4 and next.level is not null
  )
  select m.id, m.content, m.type, walk.depth
  from walk cross join lateral unnest(walk.level) with ordinality reached (line, place) ${holding('reached.line')}
  order by walk.depth, reached.place`;

/** The strongest of the relations of `near.line` one way as their index has them, to what is not known already. */
const listed = (near: string, far: string) =>
  `(select r.${far}_lineage_id as line, r.strength, r.id from relations r
    where r.workspace_id = $1 and r.${near}_lineage_id = near.line and r.retracted_at is null and r.${far}_lineage_id <> all(walk.seen)
    order by r.strength desc, r.id desc limit ($4 - cardinality(walk.seen)) * 2)`;

const listedWays = { OUT: [listed('from', 'to')], BOTH: [listed('from', 'to'), listed('to', 'from')] };

/**
 * The same, looking memories up only in the order of the level, until there are enough. It knows that no memory is
 * retracted here: else a level might miss some.
 */
const lookedUp = (direction: Direction) => `
  with recursive walk (depth, level, seen, ids) as (
    select 0, array[$2::uuid], array[$2::uuid], null::uuid[]
    union all
    select walk.depth + 1, next.level, walk.seen || next.level, next.ids
    from walk cross join lateral (
      select array_agg(kept.line) as level, array_agg(kept.id) as ids from (
        select m.lineage_id as line, m.id from (
          select * from (
            select distinct on (far.line) far.line, far.strength, far.id from unnest(walk.level) near (line)
            cross join lateral (${listedWays[direction].join(' union all ')}) far
            order by far.line, far.strength desc, far.id desc
          ) strongest order by strength desc, id desc
        ) found ${holding('found.line')}
        limit $4 - cardinality(walk.seen)
      ) kept
    ) next
    where walk.depth < $3 and cardinality(walk.seen) < $4 and next.level is not null
  )
  select m.id, 0 as depth from memories m where m.workspace_id = $1 and m.lineage_id = $2
  union all
  select reached.id, walk.depth from walk cross join lateral unnest(walk.ids) reached (id)`;

/** As a textbook has it: every way of at most so many relations, and then what they lead to. */
const textbook = (direction: Direction) => `
  with recursive reach (line, depth) as (
    select $2::uuid, 0
    union
    select case when r.from_lineage_id = reach.line then r.to_lineage_id else r.from_lineage_id end, reach.depth + 1
    from reach join relations r on r.workspace_id = $1 and r.retracted_at is null
      and ${direction === 'OUT' ? 'r.from_lineage_id = reach.line' : '(r.from_lineage_id = reach.line or r.to_lineage_id = reach.line)'}
    where reach.depth < $3
  ), nearest as (
    select line, min(depth) as depth from reach group by line order by 2 limit $4
  )
  select m.id, m.content, m.type, nearest.depth from nearest ${holding('nearest.line')} order by depth`;

/** The relations among memories. */
const among = `
  select r.id, r.type, r.strength from unnest($2::uuid[]) near (line)
  join relations r on r.workspace_id = $1 and r.from_lineage_id = near.line and r.to_lineage_id = any($2::uuid[]) and r.retracted_at is null`;

const ask = (sql: postgres.Sql, text: string, { workspaceId, from, depth, maxNodes }: Walk) =>
  sql.unsafe<Reached[]>(text, [workspaceId, from, depth, maxNodes], { prepare: true });

export const byLevels = (sql: postgres.Sql, walk: Walk) => ask(sql, levels(walk.direction), walk);
export const byLookUp = (sql: postgres.Sql, walk: Walk) => ask(sql, lookedUp(walk.direction), walk);
export const byTextbook = (sql: postgres.Sql, walk: Walk) => ask(sql, textbook(walk.direction), walk);

/**
 * By levels, and then the relations among what was reached. Lineages and their one version share a key in the graph.
 */
export async function withRelations(sql: postgres.Sql, walk: Walk) {
  const memories = await byLevels(sql, walk);
  const relations = await sql.unsafe(among, [walk.workspaceId, `{${memories.map(({ id }) => id)}}`], { prepare: true });
  return { memories, relations };
}
