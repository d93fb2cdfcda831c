import { sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { Cycle } from '../../kernel/errors.ts';
import { liveRelations } from '../../model/relation/live.ts';
import { relations } from '../../tables/relation.ts';

const r = under(relations, 'r');

const cause = fields(pick(r, 'fromLineageId', 'toLineageId', 'fromMemoryId'));
type Cause = Pick<RowOf<typeof cause>, 'fromLineageId' | 'toLineageId'>;

/**
 * Lets one writer at a time add CAUSES relations: two could close a circle together, neither seeing the other's half.
 */
export const lockCauses = (tx: WriteTransaction) =>
  tx.rows(sql`select pg_advisory_xact_lock(hashtextextended(${`causes ${tx.workspaceId}`}, 0))`);

/** Throws Cycle where one of the new CAUSES relations leads back to where it began. */
export async function refuseCycle(tx: WriteTransaction, causes: readonly Cause[]): Promise<void> {
  const found = liveRelations(tx.workspaceId, 'fromLineageId', sql`reached.lineage`);
  const rows = await tx.rows<RowOf<typeof cause>>(sql`
    with recursive reached (lineage) as (
      select unnest(${uuids(causes.map(({ toLineageId }) => toLineageId))})
      union
      select ${r.toLineageId} from reached cross join lateral ${found} r where ${r.type} = 'CAUSES'
    )
    select ${cause} from reached cross join lateral ${found} r where ${r.type} = 'CAUSES'`);
  const next = Map.groupBy(rows, ({ fromLineageId }) => fromLineageId);
  for (const { fromLineageId, toLineageId } of causes) {
    const way = wayBetween(next, toLineageId, fromLineageId);
    if (way) throw new Cycle(way.map((lineageId) => next.get(lineageId)?.[0]?.fromMemoryId as string));
  }
}

/** The lineages on a shortest way from one to another, both included, or undefined. */
function wayBetween(next: ReadonlyMap<string, Cause[]>, start: string, end: string): string[] | undefined {
  const cameFrom = new Map<string, string | undefined>([[start, undefined]]);
  for (const lineage of cameFrom.keys()) {
    if (lineage === end) {
      const way: string[] = [];
      for (let at: string | undefined = end; at !== undefined; at = cameFrom.get(at)) way.unshift(at);
      return way;
    }
    for (const { toLineageId } of next.get(lineage) ?? []) {
      if (!cameFrom.has(toLineageId)) cameFrom.set(toLineageId, lineage);
    }
  }
  return undefined;
}
