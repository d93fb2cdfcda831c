import type { SQL } from 'drizzle-orm';
import type { LRUCache } from 'lru-cache';
import type { Reading } from '../../db/reading.ts';
import { fill, type Made, make, withOneWorkspace } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { MemoryList } from '../memory/list.ts';
import { withKnownCompanion } from '../memory/list.ts';
import type { Asked, ListPart, Part } from './plan.ts';
import { listCountSql, listSql, memoriesSql } from './statement.ts';

/** The statements that were made for one part of an operation, by what else they depend on. */
export type Statements = LRUCache<string, Made>;

/** Cursors and their moments differ from request to request: what has them is made each time. */
function keyOf(name: string, reading: Reading | undefined, asked: readonly Asked[]): string | undefined {
  if (asked.some(({ window: { after, before, asOf } }) => after || before || asOf)) return undefined;
  return JSON.stringify([name, reading?.key, asked.map((each) => [each.reading.key, each.given, each.window])]);
}

function statementFor(tx: Transaction, statements: Statements, key: string | undefined, build: () => SQL): Made {
  const known = key === undefined ? undefined : statements.get(key);
  if (known) return known;
  const made = withOneWorkspace(make(tx.workspaceId, build));
  if (key !== undefined) statements.set(key, made);
  return made;
}

/** The values of memories, by their keys, in one statement. Those unknown at the reading's point are left out. */
export async function readMemories(
  tx: Transaction,
  statements: Statements,
  reading: Reading,
  ids: readonly string[],
  parts: readonly Part[],
  asked: readonly Asked[],
): Promise<Map<string, unknown[]>> {
  const key = keyOf('memories', reading, asked);
  const made = statementFor(tx, statements, key, () => memoriesSql(parts, reading, asked));
  const rows = await tx.rows<{ row: unknown[] }>(fill(made, tx.workspaceId, { ids: `{${ids.join(',')}}` }));
  return new Map(rows.map(({ row: [id, ...values] }) => [id as string, values]));
}

/** The rows of a list of the workspace's memories, and how many it has where that is asked, each by one statement. */
export async function readList(
  tx: Transaction,
  statements: Statements,
  list: ListPart,
  asked: readonly Asked[],
  isCounted: boolean,
): Promise<{ rows: unknown[][]; count: number | undefined }> {
  const own = asked[list.list] as Asked;
  const given = await withKnownCompanion(tx, own.given as MemoryList);
  const all = asked.with(list.list, { ...own, given });
  const made = statementFor(tx, statements, keyOf('list', undefined, all), () => listSql(list, all));
  const counting = isCounted
    ? tx.rows<{ count: number }>(
        fill(
          make(tx.workspaceId, () => listCountSql(list, asked)),
          tx.workspaceId,
          {},
        ),
      )
    : undefined;
  const [rows, counts] = await Promise.all([tx.rows<{ row: unknown[] }>(fill(made, tx.workspaceId, {})), counting]);
  return { rows: rows.map(({ row }) => row), count: counts?.[0]?.count };
}
