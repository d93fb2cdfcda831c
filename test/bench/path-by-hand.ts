import type postgres from 'postgres';

/** What the relations of `$2` lead to, with a version that holds now. */
const STEP = `
  select distinct found.line from unnest($2::uuid[]) near (line) cross join lateral (
    select r.to_lineage_id as line from relations r
    where r.workspace_id = $1 and r.from_lineage_id = near.line and r.retracted_at is null
    union all
    select r.from_lineage_id from relations r
    where r.workspace_id = $1 and r.to_lineage_id = near.line and r.retracted_at is null
  ) found join memories m on m.workspace_id = $1 and m.lineage_id = found.line and m.retracted_at is null
    and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now())`;

/**
 * How many relations are between two lineages, at most so many; undefined: more. A breadth-first search from both ends
 * as one writes it first: a statement a level, always for the side that has reached less.
 */
export async function lengthByHand(
  sql: postgres.Sql,
  workspaceId: string,
  [from, to]: readonly [string, string],
  most: number,
): Promise<number | undefined> {
  const sides = [
    { seen: new Set([from]), level: [from] },
    { seen: new Set([to]), level: [to] },
  ];
  for (let length = 1; length <= most; length++) {
    const [small, large] = sides.toSorted((a, b) => a.level.length - b.level.length) as [
      (typeof sides)[0],
      (typeof sides)[0],
    ];
    if (small.level.length === 0) return undefined;
    const rows = await sql.unsafe<{ line: string }[]>(STEP, [workspaceId, `{${small.level}}`], { prepare: true });
    small.level = rows.map(({ line }) => line).filter((line) => !small.seen.has(line));
    if (small.level.some((line) => large.seen.has(line))) return length;
    for (const line of small.level) small.seen.add(line);
  }
  return undefined;
}
