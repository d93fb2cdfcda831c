import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all } from '../../db/sql.ts';
import { under } from '../../db/typed-sql.ts';
import { importanceSql } from '../../model/decay/importance.ts';
import { memories } from '../../tables/memory.ts';
import type { MemoryFilter } from './filter.ts';

const m = under(memories, 'm');

/** How many of the newest memories are looked at: so many for each one of the page, and at least as many as this. */
const NEWEST_FOR_EACH = 10;
const NEWEST = 500;

/** By rounding, decayed importance may be so little above the stated one. */
const ROUNDING = sql.raw('1e-9');

/** Conditions that are cheap to ask of a few hundred memories. */
const isCheap = ({ text, suspect, entity, conversation, context, minConfidence }: MemoryFilter): boolean =>
  text == null && suspect == null && !entity && !conversation && !context && minConfidence == null;

/** A list whose first `limit` by importance are looked for, the highest first. */
interface Highest {
  reading: Reading;
  filter: MemoryFilter;
  /** What selects its rows, or more, whose order by `recordedAt` an index has. */
  owner: readonly SQL[];
  /** What its rows must fulfil, these included. */
  conditions: readonly SQL[];
  limit: number;
}

/**
 * The importance that a memory needs, as it was stated, to be among the first of a list by decayed importance: a row
 * (least). No index has how importance decays, so all memories of the list are read; but it never rises, so that it need
 * be computed only for those that were stated to be as important as the last of a page of the newest is still. Undefined
 * where this cannot be said, or not cheaply.
 */
export function leastImportanceSql({ reading, filter, owner, conditions, limit }: Highest): SQL | undefined {
  const [source] = reading.branches(m);
  // What looks back takes earlier statements into account, which the row has no more.
  if (!source || reading.looksBack || !isCheap(filter)) return undefined;
  return sql`
    select coalesce((
      select newest.value from (
        select ${importanceSql(m, reading, 'joined policies')} as value from (
          select * from ${source} where ${all(owner)}
          order by ${m.recordedAt} desc, ${m.id} desc limit ${Math.max(NEWEST, NEWEST_FOR_EACH * limit)}
        ) m cross join policies where ${all(conditions)}
      ) newest order by newest.value desc offset ${limit - 1} limit 1
    ), 0) - ${ROUNDING} as least`;
}

/** What a row fulfils whose importance is worth computing, where {@link leastImportanceSql} is joined as `bound`. */
export const isAtLeast: SQL = sql`${m.importance} >= bound.least`;
