import type { Database } from '../../src/db/database.ts';

/** What a table and its indexes take, in bytes. */
export interface Size {
  table: string;
  heap: number;
  indexes: number;
}

/** What each table takes on disk, as it was left by the writes. */
export async function sizesOf(database: Database): Promise<Size[]> {
  const session = await database.connect();
  try {
    return (await session.script(`
      select relname as "table", pg_table_size(oid)::float8 as heap, pg_indexes_size(oid)::float8 as indexes from pg_class
      where relnamespace = current_schema()::regnamespace and relkind = 'r' order by relname`)) as unknown as Size[];
  } finally {
    session.release();
  }
}

/** What a memory takes, in bytes, where so many have been written since: table by table, the largest first. */
export function perMemory(before: readonly Size[], after: readonly Size[], memories: number): Size[] {
  const earlier = new Map(before.map((size) => [size.table, size]));
  return after
    .map(({ table, heap, indexes }) => ({
      table,
      heap: (heap - (earlier.get(table)?.heap ?? 0)) / memories,
      indexes: (indexes - (earlier.get(table)?.indexes ?? 0)) / memories,
    }))
    .filter((size) => bytes(size) > 0)
    .toSorted((a, b) => bytes(b) - bytes(a));
}

export const bytes = ({ heap, indexes }: Size): number => heap + indexes;

export const sum = (sizes: readonly Size[]): number => sizes.reduce((total, size) => total + bytes(size), 0);
