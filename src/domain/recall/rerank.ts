import { sql } from 'drizzle-orm';
import { readOnce } from '../../db/read-transaction.ts';
import type { Reading } from '../../db/reading.ts';
import { uuids } from '../../db/sql.ts';
import type { Tenant, Transaction } from '../../db/transaction.ts';
import { fields, type RowOf, under } from '../../db/typed-sql.ts';
import type { Position } from '../../model/paging/cursor.ts';
import { memories } from '../../tables/memory.ts';
import type { Reranker } from '../rerank/reranker.ts';
import { comparePositions, type Recalled } from './search.ts';

const m = under(memories, 'm');

/** How many memories, the best of a recall, are put in order by a model. */
export const MAX_RERANKED = 50;
/** How many characters of a content are sent for it, from its beginning. */
const MAX_CHARACTERS = 4_000;

/** What a model said of memories, by {@link keyOf} their ids. */
export type Reranked = ReadonlyMap<string, number>;

/** The end of an id, which is random: enough to tell memories of one list apart. */
const keyOf = (memoryId: string): string => memoryId.slice(-12);

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
): Promise<Reranked | null> {
  const rows = await readOnce(tenant, async (tx) => {
    const ids = await first(tx);
    return ids.length > 1 ? readContents(tx, reading, ids) : [];
  });
  const scores = await reranker.rank(
    query,
    rows.map(({ content }) => content),
  );
  if (!scores) return null;
  // As cursors keep them.
  const kept = scores.flatMap((score, at) => {
    return score === undefined ? [] : [[keyOf((rows[at] as ContentRow).id), Math.fround(score)] as const];
  });
  return new Map(kept);
}

const contentFields = fields({ id: m.id, content: sql<string>`left(${m.content}, ${MAX_CHARACTERS}::int)` });
type ContentRow = RowOf<typeof contentFields>;

const readContents = (tx: Transaction, reading: Reading, ids: readonly string[]): Promise<ContentRow[]> =>
  tx.rows<ContentRow>(sql`
    select ${contentFields} from unnest(${uuids(ids)}) wanted (memory) ${reading.lookUp(m, sql`${m.id} = wanted.memory`)}`);

/** What the model said of a memory; null: nothing. */
export const scoreBy = (reranked: Reranked | null, memoryId: string): number | null =>
  reranked?.get(keyOf(memoryId)) ?? null;

/** The list with what the model has ordered first, the rest as it was. */
export const inOrderOf = (reranked: Reranked, recalled: readonly Recalled[]): Recalled[] =>
  recalled
    .map((each) => ({ each, score: scoreBy(reranked, each.memory.id) ?? LEAST }))
    .sort((a, b) => (a.score === b.score ? 0 : b.score - a.score))
    .map(({ each }) => each);

/** Whether a memory comes after another in {@link inOrderOf} the list; without `reranked`, by their scores. */
export function comesAfter(reranked: Reranked | null, one: Position, other: Position): boolean {
  const [a, b] = [scoreBy(reranked, one.id) ?? LEAST, scoreBy(reranked, other.id) ?? LEAST];
  return a === b ? comparePositions(one, other) < 0 : a < b;
}

const LEAST = Number.NEGATIVE_INFINITY;
const PACKED = 10;

/** What a list's cursors keep of it: ten bytes a memory. */
export function packed(reranked: Reranked | null): string {
  const bytes = Buffer.alloc((reranked?.size ?? 0) * PACKED);
  for (const [at, [key, score]] of [...(reranked ?? [])].entries()) {
    bytes.write(key, at * PACKED, 'hex');
    bytes.writeFloatLE(score, at * PACKED + 6);
  }
  return bytes.toString('base64url');
}

/** The same, read; null where there is nothing, or it is none. */
export function unpacked(text: string): Reranked | null {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length === 0 || bytes.length % PACKED > 0 || bytes.length > MAX_RERANKED * PACKED) return null;
  const entries = Array.from({ length: bytes.length / PACKED }, (_, at): [string, number] => [
    bytes.toString('hex', at * PACKED, at * PACKED + 6),
    bytes.readFloatLE(at * PACKED + 6),
  ]);
  return entries.every(([, score]) => Number.isFinite(score)) ? new Map(entries) : null;
}
