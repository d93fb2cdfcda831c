import { sql } from 'drizzle-orm';
import { readOnce } from '../../db/read-transaction.ts';
import type { Tenant, Transaction } from '../../db/transaction.ts';
import { aliased, derived, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import type { EmbeddingModel } from '../../kernel/embedding-model.ts';
import { memoryEmbeddings } from '../../tables/embedding.ts';
import { indexedDistance, indexedSql, searchWidely } from './vector-index-sql.ts';
import { ofModel } from './vectors.ts';

const e = under(memoryEmbeddings, 'e');

/** How wide the index is searched, the first that finds what comparing all vectors does. */
const WIDTHS = [200, 400, 800];
/** How many vectors an index is tried with, how many nearest of each, and how many of all these must be found. */
const TRIALS = 10;
const TRIED_NEAREST = 10;
const MIN_RECALL = 0.99;

/** The first width at which the index finds, for vectors of the companion's own, what comparing all of them does. */
export async function tryOut(tenant: Tenant, model: EmbeddingModel, companionId: string): Promise<number | undefined> {
  const trials = await readOnce(tenant, (tx) => exactly(tx, model, companionId));
  const expected = trials.reduce((sum, { nearest }) => sum + nearest.length, 0);
  for (const width of WIDTHS) {
    const found = await readOnce(tenant, async (tx) => {
      await searchWidely(tx, width);
      return byIndex(
        tx,
        model,
        companionId,
        trials.map(({ id }) => id),
      );
    });
    const hits = trials.reduce(
      (sum, { id, nearest }) => sum + nearest.filter((each) => found.get(id)?.has(each)).length,
      0,
    );
    if (hits >= MIN_RECALL * expected) return width;
  }
  return undefined;
}

const all = derived('all_vectors', pick(e, 'memoryId', 'embedding'));
const trial = derived('trial', pick(e, 'memoryId', 'embedding'));
const trialColumns = fields({
  id: trial.memoryId,
  nearest: sql<string[]>`to_jsonb(array(
    select ${all.memoryId} from all_vectors order by ${all.embedding} <=> ${trial.embedding}, ${all.memoryId} limit ${TRIED_NEAREST}))`,
});

/** For some vectors of the companion, those nearest to each, by comparing all. */
const exactly = (tx: Transaction, model: EmbeddingModel, companionId: string) =>
  tx.rows<RowOf<typeof trialColumns>>(sql`
    with all_vectors as materialized (
      select ${fields(pick(e, 'memoryId', 'embedding'))} from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId}
        and ${e.companionId} = ${companionId}::uuid and ${ofModel(e, model)}
    ), trial as (select * from all_vectors order by hashtext(${all.memoryId}::text) limit ${TRIALS})
    select ${trialColumns} from trial`);

/** The same by the index. */
async function byIndex(
  tx: Transaction,
  model: EmbeddingModel,
  companionId: string,
  ids: readonly string[],
): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  const vector = fields({ embedding: sql<string>`${e.embedding}::text` });
  const nearest = fields({ id: e.memoryId });
  for (const id of ids) {
    // One statement each, as searches are: the planner must see the vector.
    const [trial] = await tx.rows<RowOf<typeof vector>>(sql`
      select ${vector} from ${aliased(e)}
      where ${e.workspaceId} = ${tx.workspaceId} and ${e.memoryId} = ${id}::uuid and ${indexedSql(model)}`);
    if (!trial) continue;
    const distance = indexedDistance(model, sql`${trial.embedding}`);
    const rows = await tx.rows<RowOf<typeof nearest>>(sql`
      select ${nearest} from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId}
        and ${e.companionId} = ${companionId}::uuid and ${indexedSql(model)} order by ${distance} limit ${TRIED_NEAREST}`);
    found.set(id, new Set(rows.map((row) => row.id)));
  }
  return found;
}
