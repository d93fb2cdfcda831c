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

/** How many memories, the best of a recall, a model puts in order. */
export const MAX_RERANKED = MAX_KEPT;
/** How many characters of a content are sent to it, from the beginning. */
const MAX_CHARACTERS = 4_000;

/**
 * Has a model rerank the best memories of a recall; `first` reads their ids. Everything is read in a view of its own,
 * which ends before the model is asked. Null if there is nothing to rerank, or if the model fails.
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
