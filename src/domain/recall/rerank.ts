import { sql } from 'drizzle-orm';
import { readOnce } from '../../db/read-transaction.ts';
import type { Reading } from '../../db/reading.ts';
import { uuids } from '../../db/sql.ts';
import type { Tenant, Transaction } from '../../db/transaction.ts';
import { fields, type RowOf, under } from '../../db/typed-sql.ts';
import { memories } from '../../tables/memory.ts';
import type { Reranker } from '../rerank/reranker.ts';
import { type Kept, keep, MAX_KEPT } from './kept.ts';

const m = under(memories, 'm');

/** How many memories, the best of a recall, are put in order by a model. */
export const MAX_RERANKED = MAX_KEPT;
/** How many characters of a content are sent for it, from its beginning. */
const MAX_CHARACTERS = 4_000;

/**
 * Has a model rerank the best of a recall, `first`, which reads their ids. All that is read is read in a view of its own,
 * which has ended before the model is asked. Null where there is nothing to rerank, or it fails.
 */
export async function rerank(
  reranker: Reranker,
  tenant: Tenant,
  reading: Reading,
  query: string,
  first: (tx: Transaction) => Promise<readonly string[]>,
): Promise<Kept | null> {
  const rows = await readOnce(tenant, async (tx) => {
    const ids = await first(tx);
    return ids.length > 1 ? readContents(tx, reading, ids) : [];
  });
  const scores = await reranker.rank(
    query,
    rows.map(({ content }) => content),
  );
  if (!scores) return null;
  return keep(
    scores.flatMap((score, at) => (score === undefined ? [] : [[(rows[at] as ContentRow).id, score] as const])),
  );
}

const contentFields = fields({ id: m.id, content: sql<string>`left(${m.content}, ${MAX_CHARACTERS}::int)` });
type ContentRow = RowOf<typeof contentFields>;

const readContents = (tx: Transaction, reading: Reading, ids: readonly string[]): Promise<ContentRow[]> =>
  tx.rows<ContentRow>(sql`
    select ${contentFields} from unnest(${uuids(ids)}) wanted (memory) ${reading.lookUp(m, sql`${m.id} = wanted.memory`)}`);
