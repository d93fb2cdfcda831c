import { type SQL, sql } from 'drizzle-orm';
import type { Transaction } from '../../db/transaction.ts';

/** How many rows a statement reads: of the largest that the bounds allow, some tens of megabytes. */
export const PAGE = 200;

/** Reads a list page by page: `page` is the statement of the page behind a row, or of the first. */
export async function* pages<Row>(tx: Transaction, page: (last: Row | undefined) => SQL): AsyncGenerator<Row[]> {
  for (let last: Row | undefined; ; ) {
    const rows = await tx.rows<Row>(page(last));
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE) return;
    last = rows.at(-1);
  }
}

/** Joins by looking each row up, no matter what the planner expects: for a page, which is always small. */
export const lookUp = (select: SQL, alias: string): SQL =>
  sql`cross join lateral (${select} offset 0) ${sql.raw(alias)}`;
